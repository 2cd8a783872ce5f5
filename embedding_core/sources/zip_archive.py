"""A ZIP archive, read in place: no member is ever written to disk."""

from __future__ import annotations

import lzma
import os
import stat
import struct
import threading
import zipfile
import zlib
from functools import partial
from pathlib import Path
from typing import BinaryIO

from embedding_core.errors import ImageRefused, InvalidSource
from embedding_core.records import Candidate, Reason, Rejected
from embedding_core.sources.base import Listing, assemble
from embedding_core.sources.files import MAX_BYTES, check_size, not_a_file
from embedding_core.sources.paths import clean, has_archive_name, has_image_name, is_ignored, readable, stem

BOMB_RATIO = 400  # deflate reaches 1,032 on zeros; no picture comes near
BOMB_BYTES = 2**20  # smaller members are harmless, however well they pack

MAX_DIRECTORY = 256 * 2**20  # bytes: millions of members; Python holds ten times as much of it in memory

_END_BYTES = 22  # of the end record, without its comment
_TAIL = _END_BYTES + 2**16 + 128  # where that record lies, with the longest comment, and the one of large archives
_UTF8, _ENCRYPTED = 0x800, 0x1  # general purpose flags (APPNOTE 4.4.4)


class ZipSource:
    """The members of a ZIP archive. Paths are the members' names, kept as they are, a common top folder included.

    `load` of a candidate may be called from many threads at once.
    """

    def __init__(self, file: Path, name: str | None = None) -> None:
        """Open the archive, which its owner calls `name`. Raises `InvalidSource`."""
        name = name or file.name
        self._name = stem(name)
        self._lock = threading.Lock()
        try:
            self._file = file.open("rb")
        except OSError as error:
            raise InvalidSource(f"{name} cannot be opened: {error.strerror}.") from error
        size = _directory_size(self._file)
        if size > MAX_DIRECTORY:
            self._file.close()
            raise InvalidSource(
                f"The list of members of {name} takes {size:,} bytes; at most {MAX_DIRECTORY:,} are read. Split it."
            )
        try:
            self._zip = zipfile.ZipFile(self._file)
        except (zipfile.BadZipFile, OSError, ValueError, struct.error, NotImplementedError) as error:
            self._file.close()
            raise InvalidSource(f"{name} is not a sound ZIP archive: {error}. Make or upload it again.") from error

    @property
    def name(self) -> str:
        return self._name

    def listing(self) -> Listing:
        candidates, rejected = [], []
        for member in self._zip.infolist():
            name = _decoded(member)
            if name.endswith("/") and not has_image_name(name):
                continue
            try:
                path = clean(name)
                if is_ignored(path):
                    continue
                _check(member, path)
            except ImageRefused as error:
                rejected.append(Rejected(readable(name), error.reason, error.detail))
            else:
                candidates.append(Candidate(path, partial(self._read, member)))
        return assemble(candidates, rejected)

    def close(self) -> None:
        self._zip.close()
        self._file.close()

    def _read(self, member: zipfile.ZipInfo) -> bytes:
        """The bytes of one member, never more than the limit, whatever the archive claims."""
        try:
            with self._lock:  # ZipFile counts its open members without one
                stream = self._zip.open(member)
            try:
                content = stream.read(MAX_BYTES + 1)
            finally:
                with self._lock:
                    stream.close()
        except (EOFError, struct.error) as error:
            raise ImageRefused(Reason.TRUNCATED, "The archive ends before this member does.") from error
        except NotImplementedError as error:
            raise ImageRefused(Reason.UNREADABLE, f"It is packed in a way that cannot be read: {error}.") from error
        except RuntimeError as error:
            raise ImageRefused(Reason.ENCRYPTED, "It is encrypted. Pack the archive without a password.") from error
        except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError, ValueError) as error:
            raise ImageRefused(Reason.CORRUPT, f"The archive is damaged at this member: {error}.") from error
        check_size(len(content))
        return content


def _directory_size(file: BinaryIO) -> int:
    """Bytes of the list of members, as the end of the archive states and `zipfile` believes; 0 if it is silent.

    APPNOTE 4.3.16, and 4.3.14 for archives over 4 GB.
    """
    file.seek(0, os.SEEK_END)
    file.seek(max(0, file.tell() - _TAIL))
    tail = file.read()
    end = tail.rfind(b"PK\5\6", 0, -_END_BYTES + 4)
    if end < 0:
        return 0
    size: int = struct.unpack_from("<I", tail, end + 12)[0]
    large = tail.rfind(b"PK\6\6", 0, end)
    if large >= 0:
        size = max(size % 0xFFFFFFFF, struct.unpack_from("<Q", tail, large + 40)[0])
    return size


def _check(member: zipfile.ZipInfo, path: str) -> None:
    """Refuse what the archive's directory already shows to be no file that should be read. Raises `ImageRefused`."""
    kind = stat.S_IFMT(member.external_attr >> 16)  # zero when the archive was not made on Unix
    if kind == stat.S_IFLNK:
        raise ImageRefused(Reason.UNSAFE_MEMBER, "It is a symbolic link; links in archives are not followed.")
    if member.filename.endswith("/") or kind == stat.S_IFDIR:
        raise not_a_file(stat.S_IFDIR)
    if kind not in (0, stat.S_IFREG):
        raise ImageRefused(Reason.UNSAFE_MEMBER, "It is a device or FIFO, not a file.")
    if member.flag_bits & _ENCRYPTED:
        raise ImageRefused(Reason.ENCRYPTED, "It is encrypted. Pack the archive without a password.")
    if has_archive_name(path):
        raise ImageRefused(Reason.NESTED_ARCHIVE, "It is an archive in an archive. Unpack it, or add it by itself.")
    if member.file_size >= BOMB_BYTES and member.file_size > BOMB_RATIO * max(member.compress_size, 1):
        raise ImageRefused(
            Reason.BOMB, f"{member.compress_size:,} bytes unpack to {member.file_size:,}: no image packs so well."
        )
    check_size(member.file_size)


def _decoded(member: zipfile.ZipInfo) -> str:
    """The member's name. Many programs write UTF-8 without saying so; Python then reads it as the DOS code page."""
    if member.flag_bits & _UTF8:
        return member.filename
    try:
        return member.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return member.filename
