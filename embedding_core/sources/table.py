"""A CSV or Parquet table that names image files, one a row, with further columns about them."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import pyarrow as pa

from embedding_core.errors import ImageRefused, InvalidSource
from embedding_core.records import Candidate, Reason, Rejected
from embedding_core.sources.base import Listing, assemble
from embedding_core.sources.columns import path_column, read_csv
from embedding_core.sources.files import not_a_file, unreadable
from embedding_core.sources.folder import candidate
from embedding_core.sources.metadata import with_paths
from embedding_core.sources.parquet import is_parquet, opened, read_columns
from embedding_core.sources.paths import readable, stem

MAX_CSV_BYTES = 2**30
_SCHEMES = ("http:", "https:", "ftp:", "s3:", "gs:", "hf:", "data:", "file:")


class TableSource:
    """The files that a table names.

    Relative names start at the table's folder and must stay in it. Absolute ones are allowed anywhere when `roots` is
    None and else below one of `roots`; outside the table's folder, an image is known by its absolute path without the
    leading slash. With `folder` None the table has no folder: it came alone, and relative names lead nowhere.
    Of several rows for one file the first counts.
    """

    def __init__(
        self, file: Path, *, folder: Path | None, roots: Sequence[Path] | None = None, name: str | None = None
    ) -> None:
        self._file, self._name = file, name or file.name
        self._folder = None if folder is None else folder.resolve()
        self._roots = None if roots is None else [root.resolve() for root in roots]

    @property
    def name(self) -> str:
        return stem(self._name)

    def listing(self) -> Listing:
        table = read_table(self._file, self._name)
        column = path_column(table)
        if column is None:
            known = ", ".join(table.column_names)
            raise InvalidSource(f"No column of {self._name} names image files ({known}). Call one `file`.")
        candidates: dict[str, Candidate] = {}
        rejected: dict[str, Rejected] = {}
        paths: list[str | None] = []
        for row, value in enumerate(table[column].to_pylist(), start=1):
            try:
                one = self._locate(value)
            except ImageRefused as error:
                shown = readable(value)[:500] if value else f"row {row}"
                rejected.setdefault(shown, Rejected(shown, error.reason, error.detail))
                paths.append(None)
            else:
                paths.append(None if one.path in candidates else one.path)
                candidates.setdefault(one.path, one)
        return assemble(candidates.values(), rejected.values(), columns=with_paths(table, column, paths))

    def close(self) -> None:
        """Nothing is held open."""

    def _locate(self, value: str | None) -> Candidate:
        """The file that a cell names. Raises `ImageRefused`."""
        if not value:
            raise ImageRefused(Reason.MISSING, "The row names no file.")
        if value.lower().startswith(_SCHEMES):
            raise ImageRefused(Reason.URL, "It is a web address. Nothing is downloaded: name files instead.")
        if "\0" in value:
            raise ImageRefused(Reason.MISSING, "It is not the name of a file.")
        name = value.replace("\\", "/")
        absolute = name.startswith("/")
        if self._folder is None and not absolute:
            raise ImageRefused(Reason.MISSING, "The table came without its images. Add their folder, table included.")
        # Not `resolve`: an image is known by the name that the table gives it, links included.
        file = Path(os.path.normpath((self._folder or Path("/")) / name))
        real = Path(_real(str(file.parent)), file.name)
        if real.is_symlink():
            real = Path(_real(str(real)))
        self._check_place(real, absolute=absolute)  # before `stat`: nothing is told about what lies elsewhere
        try:
            mode = real.stat().st_mode
        except OSError as error:
            raise unreadable(error) from error
        if not stat.S_ISREG(mode):
            raise not_a_file(mode)
        return candidate(readable(self._path(file, real)), real)

    def _check_place(self, real: Path, *, absolute: bool) -> None:
        if self._folder is not None and real.is_relative_to(self._folder):
            return
        if not absolute:
            raise ImageRefused(Reason.LINK_OUTSIDE, "It lies outside the table's folder.")
        if self._roots is not None and not any(real.is_relative_to(root) for root in self._roots):
            raise ImageRefused(Reason.LINK_OUTSIDE, "It lies outside the folders that may be read.")

    def _path(self, file: Path, real: Path) -> str:
        for known in (file, real):
            if self._folder is not None and known.is_relative_to(self._folder):
                return known.relative_to(self._folder).as_posix()
        return file.relative_to("/").as_posix()


def read_table(file: Path, name: str) -> pa.Table:
    """The columns of a CSV or Parquet file, image bytes left out. Raises `InvalidSource`."""
    try:
        if is_parquet(file):
            with opened(file, name) as parquet:
                return read_columns(parquet)
        if file.stat().st_size > MAX_CSV_BYTES:
            raise InvalidSource(f"{name} has more than {MAX_CSV_BYTES:,} bytes. Make it a Parquet file, or split it.")
        return read_csv(file.read_bytes(), name)
    except OSError as error:
        raise InvalidSource(f"{name} cannot be read: {error}.") from error


@lru_cache(maxsize=4096)
def _real(path: str) -> str:
    return os.path.realpath(path)
