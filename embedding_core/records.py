"""The small types that travel between reading files and storing them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol

Scalar = str | int | float | bool | None


class Reason(StrEnum):
    """Why a file was refused. The value is stored; `Rejected.detail` says it in a sentence."""

    EMPTY = "empty"
    TEXT = "text"
    MARKUP = "markup"  # HTML or SVG under an image's name
    UNKNOWN_FORMAT = "unknown format"
    TRUNCATED = "truncated"
    CORRUPT = "corrupt"  # bad checksum and other damage
    BOMB = "decompression bomb"
    TOO_MANY_PIXELS = "over the pixel limit"
    TOO_MANY_BYTES = "over the size limit"
    LINK_OUTSIDE = "link out of the folder"
    UNREADABLE = "unreadable"
    NOT_A_FILE = "not a file"  # directory, FIFO or device under an image's name
    UNSAFE_MEMBER = "unsafe archive member"
    NESTED_ARCHIVE = "nested archive"
    ENCRYPTED = "encrypted member"
    MISSING = "missing"  # a table names a file that is not there
    URL = "url"  # a table names a web address
    CHANGED = "changed on disk"  # the file is no longer what was added
    CRASHED = "crashed the decoder"


@dataclass(frozen=True, slots=True)
class Rejected:
    """A file that was left out, and why."""

    path: str
    reason: Reason
    detail: str  # one sentence: what was found, what was wanted


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file that may be an image. Nothing of it has been read yet."""

    path: str  # its identity in the dataset: relative, POSIX separators, NFC
    load: Callable[[], bytes]  # raises ImageRefused
    origin: str | None = None  # where the file stays, an absolute path; None: the bytes are kept in the workspace


@dataclass(frozen=True, slots=True)
class ImageRecord:
    """A verified image, ready to be stored."""

    path: str
    sha256: str  # of the file's bytes
    width: int  # pixels, after the EXIF turn
    height: int
    format: str  # Pillow's name: JPEG, PNG, …
    nbytes: int
    thumbnail: bytes = field(repr=False)  # JPEG, longest side 128 px
    content: bytes | None = field(repr=False, default=None)  # the file's bytes, unless it stays at `origin`
    origin: str | None = None


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asked for something. Handed down explicitly; the core never reads a session."""

    id: str
    name: str


LOCAL = Actor(id="local", name="local")


class Progress(Protocol):
    """Told by long work how far it is. Raises `JobCancelled` when the work should stop."""

    def __call__(self, stage: str, done: int = 0, total: int | None = None, note: str = "") -> None: ...


class Reporter(Progress, Protocol):
    """A `Progress` that is also told which files are being read, so that a crash can be laid at their door."""

    @property
    def suspects(self) -> Mapping[str, int]:
        """How often a process has died while it read these paths, for this piece of work."""
        ...

    def reading(self, paths: Sequence[str]) -> None: ...


class Silent:
    """A `Reporter` that listens to nothing."""

    suspects: Mapping[str, int] = MappingProxyType({})

    def __call__(self, stage: str, done: int = 0, total: int | None = None, note: str = "") -> None: ...

    def reading(self, paths: Sequence[str]) -> None: ...


silent = Silent()
