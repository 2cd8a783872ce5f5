"""Members of an export, and a ZIP of them that is written while it is sent."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from zipfile import ZIP_STORED, ZipFile, ZipInfo

PIECE = 2**20  # bytes handed on at a time
_LARGE = 2**30  # a member that may be larger is announced as ZIP64, which must be known before its first byte


@dataclass(frozen=True, slots=True)
class Member:
    """A file of an export. Its pieces are made as they are asked for, and once."""

    path: str  # relative, safe on every disk, see `names.py`
    pieces: Iterator[bytes]
    size: int | None = None  # bytes; None while nobody knows


def whole(path: str, content: bytes) -> Member:
    """A member whose bytes are there already."""
    return Member(path, cut(content), len(content))


def cut(content: bytes) -> Iterator[bytes]:
    """The bytes in pieces of at most `PIECE`."""
    for start in range(0, len(content), PIECE):
        yield content[start : start + PIECE]


def gathered(texts: Iterable[str]) -> Iterator[bytes]:
    """Many small texts as UTF-8, in pieces of about `PIECE`."""
    waiting: list[str] = []
    size = 0
    for text in texts:
        waiting.append(text)
        size += len(text)
        if size >= PIECE:
            yield "".join(waiting).encode()
            waiting, size = [], 0
    if waiting:
        yield "".join(waiting).encode()


def zipped(members: Iterable[Member]) -> Iterator[bytes]:
    """A ZIP of the members, a piece at a time; nothing is held but the piece and the list of names.

    Members are stored as they are: images are compressed already. Beyond 4 GB or 65,535 members it is a ZIP64.
    """
    sink = Sink()
    with ZipFile(sink, "w", ZIP_STORED) as archive:
        for member in members:
            entry = ZipInfo(member.path)
            entry.external_attr = 0o644 << 16
            large = member.size is None or member.size >= _LARGE
            with archive.open(entry, "w", force_zip64=large) as opened:
                for piece in member.pieces:
                    opened.write(piece)
                    yield sink.take()
    yield sink.take()


class Sink(io.RawIOBase):
    """What a writer of files writes to that wants no seeking: `take` empties it."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        part = bytes(data)  # type: ignore[call-overload]
        self._parts.append(part)
        return len(part)

    def take(self) -> bytes:
        taken = b"".join(self._parts)
        self._parts.clear()
        return taken
