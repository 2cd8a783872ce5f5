"""A TAR archive, plain or compressed, read in place: no member is ever written to disk under a name."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import stat
import tarfile
import tempfile
import zlib
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import IO, Any, cast

from embedding_core.errors import ImageRefused, InvalidSource
from embedding_core.records import Candidate, Reason, Rejected
from embedding_core.sources.base import Listing, assemble
from embedding_core.sources.files import check_size, not_a_file, unreadable
from embedding_core.sources.paths import clean, has_archive_name, has_image_name, is_ignored, readable, stem

BOMB_RATIO = 200
LEAST_LIMIT = 64 * 2**20  # bytes that any archive may unpack to
_BLOCK = 2**20
_OPENERS: dict[bytes, Callable[[IO[bytes]], Any]] = {b"\x1f\x8b": gzip.open, b"BZ": bz2.open, b"\xfd7": lzma.open}


class TarSource:
    """The members of a TAR archive, under their own names. One pass finds where each lies; reading is then direct.

    A compressed archive is first unpacked into one nameless temporary file. `load` may be called from many threads.
    """

    def __init__(self, file: Path, name: str | None = None) -> None:
        """Open the archive, which its owner calls `name`. Raises `InvalidSource`."""
        name = name or file.name
        self._name = stem(name)
        try:
            self._file = _plain(file, name)
        except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
            raise _unsound(name, error) from error
        self._size = os.fstat(self._file.fileno()).st_size
        try:
            self._tar = tarfile.open(fileobj=self._file, mode="r:")  # noqa: SIM115 - closed by `close`
        except (tarfile.TarError, OSError, EOFError, ValueError) as error:
            self._file.close()
            raise _unsound(name, error) from error

    @property
    def name(self) -> str:
        return self._name

    def listing(self) -> Listing:
        candidates, rejected = [], []
        try:
            for member in self._tar:
                if member.isdir() and not has_image_name(member.name):
                    continue
                try:
                    path = clean(member.name)
                    if is_ignored(path):
                        continue
                    self._check(member, path)
                except ImageRefused as error:
                    rejected.append(Rejected(readable(member.name), error.reason, error.detail))
                else:
                    candidates.append(Candidate(path, partial(self._read, member.offset_data, member.size)))
        except (tarfile.TarError, OSError, EOFError, ValueError) as error:
            detail = f"The archive is damaged after {len(candidates):,} files: {error}. What comes later is missing."
            rejected.append(Rejected(self._name, Reason.TRUNCATED, detail))
        return assemble(candidates, rejected)

    def close(self) -> None:
        self._tar.close()
        self._file.close()

    def _read(self, offset: int, size: int) -> bytes:
        parts, left = [], size
        try:
            while left:
                part = os.pread(self._file.fileno(), left, offset + size - left)
                if not part:
                    raise ImageRefused(Reason.TRUNCATED, "The archive ends before this member does.")
                parts.append(part)
                left -= len(part)
        except OSError as error:
            raise unreadable(error) from error
        return b"".join(parts)

    def _check(self, member: tarfile.TarInfo, path: str) -> None:
        if member.issym() or member.islnk():
            raise ImageRefused(Reason.UNSAFE_MEMBER, "It is a link; links in archives are not followed.")
        if member.isdir():
            raise not_a_file(stat.S_IFDIR)
        if not member.isreg() or member.issparse():
            raise ImageRefused(Reason.UNSAFE_MEMBER, "It is a device, a FIFO or a file of a rare kind.")
        if has_archive_name(path):
            raise ImageRefused(Reason.NESTED_ARCHIVE, "It is an archive in an archive. Unpack it, or add it by itself.")
        check_size(member.size)
        if member.offset_data + member.size > self._size:
            raise ImageRefused(Reason.TRUNCATED, "The archive ends before this member does.")


def _unsound(name: str, error: Exception) -> InvalidSource:
    return InvalidSource(f"{name} is not a sound TAR archive: {error}. Make or upload it again.")


def _plain(file: Path, name: str) -> IO[bytes]:
    """The archive uncompressed. Raises `InvalidSource` when it unpacks to an absurd size."""
    source = file.open("rb")
    opener = _OPENERS.get(source.read(2))
    source.seek(0)
    if opener is None:
        return source
    limit = max(LEAST_LIMIT, BOMB_RATIO * file.stat().st_size)
    with ExitStack() as broken:
        unpacked = cast("IO[bytes]", broken.enter_context(tempfile.TemporaryFile()))
        with source, opener(source) as stream:
            while block := stream.read(_BLOCK):
                unpacked.write(block)
                if unpacked.tell() > limit:
                    raise InvalidSource(f"{name} unpacks to more than {limit:,} bytes: it is a decompression bomb.")
        broken.pop_all()  # all is well: `close` closes it
    unpacked.seek(0)
    return unpacked
