"""A folder of images on the server's disk, or a list of files. The files stay where they are."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from embedding_core.errors import ImageRefused, InvalidSource
from embedding_core.records import Candidate, Reason, Rejected
from embedding_core.sources.base import Listing, assemble
from embedding_core.sources.files import not_a_file, read_file, unreadable
from embedding_core.sources.paths import has_image_name, is_ignored, readable


class FolderSource:
    """All files below a folder; paths are relative to it.

    Links are never followed out of the folder, nor into another part of it: what a link to a folder leads to is found
    where it lies. A link to a file inside is that file under another name. Only names are read, never a FIFO or device.
    """

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise InvalidSource(f"{folder} is not a folder.")
        self._root = folder.resolve()

    @property
    def name(self) -> str:
        return readable(self._root.name) or "images"

    def listing(self) -> Listing:
        found = list(_walk(self._root, self._root))
        return assemble(
            [one for one in found if isinstance(one, Candidate)], [one for one in found if isinstance(one, Rejected)]
        )

    def close(self) -> None:
        """Nothing is held open."""


class FilesSource:
    """Some files, named by what comes below their common folder."""

    def __init__(self, files: Sequence[Path]) -> None:
        if not files:
            raise InvalidSource("No file was given.")
        self._files = [Path(os.path.abspath(file)) for file in files]  # noqa: PTH100 - `resolve` would follow links

    @property
    def name(self) -> str:
        return readable(self._files[0].stem if len(self._files) == 1 else self._folder().name) or "images"

    def listing(self) -> Listing:
        folder = self._folder()
        candidates, rejected = [], []
        for file in self._files:
            path = readable(file.relative_to(folder).as_posix())
            try:
                mode = file.stat().st_mode
                if not stat.S_ISREG(mode):
                    raise not_a_file(mode)
            except OSError as error:
                rejected.append(_rejected(path, unreadable(error)))
            except ImageRefused as error:
                rejected.append(_rejected(path, error))
            else:
                candidates.append(candidate(path, file.resolve()))
        return assemble(candidates, rejected)

    def close(self) -> None:
        """Nothing is held open."""

    def _folder(self) -> Path:
        return Path(os.path.commonpath([file.parent for file in self._files]))


def candidate(path: str, file: Path) -> Candidate:
    """A file that stays where it is. `file` is absolute and free of links."""
    return Candidate(path, partial(read_file, file), str(file))


def _walk(folder: Path, root: Path) -> Iterator[Candidate | Rejected]:
    """Candidates and refusals below `folder`, itself below or equal to `root`. Hidden names are passed over."""
    try:
        with os.scandir(folder) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        yield _rejected(_path(folder, root), unreadable(error))
        return
    for entry in found:
        file = Path(entry.path)
        path = _path(file, root)
        if is_ignored(path):
            continue
        if entry.is_symlink():
            yield from _link(file, path, root)
        elif entry.is_dir(follow_symlinks=False):
            if has_image_name(path):
                yield _rejected(path, not_a_file(stat.S_IFDIR))
            yield from _walk(file, root)
        elif entry.is_file(follow_symlinks=False):
            yield candidate(path, file)
        else:
            yield _special(file, path)


def _link(file: Path, path: str, root: Path) -> Iterator[Candidate | Rejected]:
    try:
        target = file.resolve(strict=True)
    except (OSError, RuntimeError):  # RuntimeError: Python 3.11 and 3.12 say so of links in a circle
        yield Rejected(path, Reason.MISSING, "It is a link that leads nowhere.")
        return
    if not target.is_relative_to(root):
        yield Rejected(path, Reason.LINK_OUTSIDE, "It is a link that leads out of the folder.")
    elif target.is_file():
        yield candidate(path, target)
    elif not target.is_dir():
        yield _special(target, path)


def _special(file: Path, path: str) -> Rejected:
    try:
        return _rejected(path, not_a_file(file.lstat().st_mode))
    except OSError as error:  # it went while the folder was being read
        return _rejected(path, unreadable(error))


def _rejected(path: str, error: ImageRefused) -> Rejected:
    return Rejected(path, error.reason, error.detail)


def _path(file: Path, root: Path) -> str:
    return readable(file.relative_to(root).as_posix())
