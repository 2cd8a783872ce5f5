"""What a browser announces before it uploads: files with path and size, judged before a byte is sent."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from embedding_core.errors import ImageRefused, InvalidInput
from embedding_core.records import Reason, Rejected
from embedding_core.sources.files import check_size
from embedding_core.sources.metadata import is_metadata
from embedding_core.sources.paths import clean, has_image_name, is_ignored, readable

_LAYOUT = 1


@dataclass(frozen=True, slots=True)
class Entry:
    """One announced file."""

    path: str  # clean when the file is wanted, else as it was sent
    size: int  # bytes
    reason: str | None = None  # why it is refused
    detail: str = ""
    ignored: bool = False  # passed over in silence

    @property
    def wanted(self) -> bool:
        return self.reason is None and not self.ignored


@dataclass(frozen=True, slots=True)
class Manifest:
    """All announced files, in the order in which they were."""

    entries: tuple[Entry, ...]
    created: float  # seconds since 1970

    @property
    def rejected(self) -> tuple[Rejected, ...]:
        return tuple(Rejected(one.path, Reason(one.reason), one.detail) for one in self.entries if one.reason)

    def write(self, file: Path) -> None:
        """Write it whole or not at all."""
        rows = [[one.path, one.size, one.reason, one.detail, one.ignored] for one in self.entries]
        content = {"layout": _LAYOUT, "created": self.created, "entries": rows}
        making = file.with_suffix(".making")
        with making.open("w", encoding="utf-8") as stream:
            json.dump(content, stream, ensure_ascii=False)
            stream.flush()
            os.fsync(stream.fileno())
        making.replace(file)

    @classmethod
    def read(cls, file: Path) -> Manifest:
        """Raises `FileNotFoundError`."""
        found = file.stat()
        return _read(file, found.st_ino, found.st_mtime_ns)


@lru_cache(maxsize=16)
def _read(file: Path, inode: int, written: int) -> Manifest:
    """A manifest never changes once it is written; of many files it is megabytes, and every piece asks for it."""
    content = json.loads(file.read_text(encoding="utf-8"))
    return Manifest(tuple(Entry(*one) for one in content["entries"]), content["created"])


def examined(announced: Sequence[dict[str, object]]) -> tuple[Entry, ...]:
    """Judge every announced file by its path and size.

    An unsafe path, or an image over the size limit, costs that file alone. Raises `InvalidInput` for another form.
    """
    if not announced:
        raise InvalidInput("An upload holds at least one file.")
    return tuple(map(_examined, announced))


def _examined(one: dict[str, object]) -> Entry:
    path, size = one.get("path"), one.get("size")
    if not isinstance(path, str) or not isinstance(size, int) or isinstance(size, bool) or size < 0:
        raise InvalidInput(f"A file is announced as {{path: text, size: bytes}}, not as {one!r:.100}.")
    try:
        name = clean(path)
        if is_ignored(name) and not is_metadata(name):
            return Entry(name, size, ignored=True)
        if has_image_name(name):
            check_size(size)
    except ImageRefused as error:
        return Entry(readable(path), size, str(error.reason), error.detail)
    return Entry(name, size)
