"""Find out what something is, and open it as a source."""

from __future__ import annotations

import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from embedding_core import remote
from embedding_core.errors import InvalidSource
from embedding_core.images import sniff
from embedding_core.sources.base import Source
from embedding_core.sources.bucket import BucketSource
from embedding_core.sources.folder import FilesSource, FolderSource
from embedding_core.sources.parquet import image_column, opened
from embedding_core.sources.parquet_images import ParquetSource
from embedding_core.sources.paths import suffix
from embedding_core.sources.table import TableSource
from embedding_core.sources.tar_archive import TarSource
from embedding_core.sources.zip_archive import ZipSource

Kind = Literal["zip", "tar", "parquet", "csv", "file"]

_COMPRESSED_TARS = (".tgz", ".tbz2", ".txz", ".tar.gz", ".tar.bz2", ".tar.xz")


def open_source(path: str | Path | Sequence[str | Path], *, roots: Sequence[Path] | None = None) -> Source:
    """Open a folder, a ZIP or TAR archive, a CSV or Parquet table, an image file, a list of files, or s3://bucket/prefix.

    What a file is, its content tells (a CSV its name). With `roots`, only what lies below one of these folders may be
    read; links do not lead out of them. Raises `InvalidSource`.
    """
    if not isinstance(path, str | Path):
        return FilesSource([_allowed(Path(one), roots) for one in path])
    if str(path).startswith(remote.SCHEME) and roots is None:  # a browser gets no use of the server's credentials
        return BucketSource(str(path))
    if "://" in str(path):
        raise InvalidSource(f"{path} is a web address. Download it first: a folder or file on this machine is wanted.")
    file = _allowed(Path(path), roots)
    try:
        mode = file.stat().st_mode
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise InvalidSource(f"There is nothing to read at {path}. Check the spelling, and the rights.") from error
    if stat.S_ISDIR(mode):
        return FolderSource(file)
    if not stat.S_ISREG(mode):
        raise InvalidSource(f"{path} is neither a folder nor a file.")
    try:
        kind = kind_of(file, file.name)
    except OSError as error:
        raise InvalidSource(f"{path} cannot be read: {error.strerror}.") from error
    if kind == "file":
        return FilesSource([file])
    return open_container(file, kind, file.name, folder=file.parent, roots=roots)


def kind_of(file: Path, name: str) -> Kind:
    """What a file is that its owner calls `name`. Raises `OSError`."""
    with file.open("rb") as stream:
        head = stream.read(sniff.HEAD)
    lowered, packed = name.lower(), sniff.archive(head)
    if head.startswith(b"PAR1"):
        return "parquet"
    if packed == "ZIP":
        return "zip"
    if packed == "TAR" or lowered.endswith(".tar") or (packed is not None and lowered.endswith(_COMPRESSED_TARS)):
        return "tar"
    return "csv" if suffix(lowered) in (".csv", ".tsv") else "file"


def open_container(file: Path, kind: Kind, name: str, *, folder: Path | None, roots: Sequence[Path] | None) -> Source:
    """Open an archive or table that its owner calls `name`. `folder` and `roots` as in `TableSource`.

    Raises `InvalidSource`.
    """
    if kind == "zip":
        return ZipSource(file, name)
    if kind == "tar":
        return TarSource(file, name)
    if kind == "parquet":
        with opened(file, name) as parquet:
            holds_images = image_column(parquet) is not None
        if holds_images:
            return ParquetSource(file, name)
    return TableSource(file, folder=folder, roots=roots, name=name)


def _allowed(path: Path, roots: Sequence[Path] | None) -> Path:
    """`path`, if it may be read. Links in it are followed before judging. Raises `InvalidSource`."""
    if roots is None:
        return path.expanduser()
    try:
        real = path.resolve()
        if any(real.is_relative_to(root.resolve()) for root in roots):
            return real
    except (OSError, RuntimeError, ValueError):  # links in a circle, a NUL in the name
        pass
    raise InvalidSource(f"{path} lies outside the folders that may be read here (KINDRED_DATA_ROOTS names them).")
