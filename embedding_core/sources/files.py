"""Read one file of the disk without being led elsewhere, blocked or flooded."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from embedding_core.errors import ImageRefused
from embedding_core.images import Limits
from embedding_core.records import Reason

MAX_BYTES = Limits().max_bytes


def read_file(path: Path, limit: int = MAX_BYTES) -> bytes:
    """The bytes of a regular file of at most `limit` bytes.

    The last part of `path` must not be a link. Never waits for a FIFO or a device. Raises `ImageRefused`.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode):
                raise not_a_file(found.st_mode)
            check_size(found.st_size, limit)
            with os.fdopen(descriptor, "rb", closefd=False) as file:
                content = file.read(limit + 1)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise unreadable(error) from error
    check_size(len(content), limit)
    return content


def check_size(nbytes: int, limit: int = MAX_BYTES) -> None:
    """Raises `ImageRefused` above the limit."""
    if nbytes > limit:
        raise ImageRefused(Reason.TOO_MANY_BYTES, f"The file has {nbytes:,} bytes; the limit is {limit:,}.")


def not_a_file(mode: int) -> ImageRefused:
    """Say what is there instead of a file."""
    kinds = {stat.S_IFDIR: "a folder", stat.S_IFIFO: "a FIFO", stat.S_IFSOCK: "a socket", stat.S_IFLNK: "a link"}
    what = kinds.get(stat.S_IFMT(mode), "a device")
    return ImageRefused(Reason.NOT_A_FILE, f"It is {what}, not a file.")


def unreadable(error: OSError) -> ImageRefused:
    if isinstance(error, FileNotFoundError):
        return ImageRefused(Reason.MISSING, "The file is not there.")
    if error.errno == errno.ELOOP:  # what O_NOFOLLOW says of a link
        return ImageRefused(Reason.LINK_OUTSIDE, "It has become a link since it was listed.")
    if error.errno == errno.ENXIO:  # what O_NONBLOCK says of a socket
        return not_a_file(stat.S_IFSOCK)
    return ImageRefused(Reason.UNREADABLE, f"The file cannot be read: {error.strerror or error}.")
