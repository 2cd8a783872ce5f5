"""The paths by which images are known, and the names that are passed over."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath

from embedding_core.errors import ImageRefused
from embedding_core.records import Reason

IMAGE_SUFFIXES = frozenset(
    f".{ending}"
    for ending in (
        *("jpg", "jpeg", "jpe", "jfif", "png", "apng", "webp", "gif", "bmp", "dib"),
        *("tif", "tiff", "heic", "heif", "hif", "avif"),
    )
)
ARCHIVE_SUFFIXES = frozenset(
    f".{ending}" for ending in ("zip", "tar", "tgz", "tbz2", "txz", "gz", "bz2", "xz", "zst", "7z", "rar", "cbz", "jar")
)

_LEFTOVERS = frozenset({"thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r"})
_NOTICES = re.compile(r"(licen[cs]e|copying|notice|readme|authors|contributors|attribution)([-_. ].*)?", re.IGNORECASE)
_DRIVE = re.compile(r"[A-Za-z]:/")


def readable(name: str) -> str:
    """The name as valid, composed Unicode (NFC). Bytes that are no text become �."""
    try:
        raw = name.encode("utf-8", "surrogateescape")  # how Python hands on bytes of the disk that are no text
    except UnicodeEncodeError:
        raw = name.encode("utf-8", "surrogatepass")
    return unicodedata.normalize("NFC", raw.decode("utf-8", "replace"))


def clean(name: str) -> str:
    """The identity of an image that an archive, a table or a browser calls `name`: relative, POSIX separators, NFC.

    Idempotent. Raises `ImageRefused` (`UNSAFE_MEMBER`) for a name that is absolute, climbs with `..` or names nothing.
    """
    posix = readable(name).replace("\\", "/")
    parts = [part for part in posix.split("/") if part not in ("", ".")]
    if posix.startswith("/") or _DRIVE.match(posix):
        raise ImageRefused(Reason.UNSAFE_MEMBER, "Its name is an absolute path; names must be relative.")
    if ".." in parts:
        raise ImageRefused(Reason.UNSAFE_MEMBER, "Its name climbs out of its folder with “..”.")
    if not parts or "\0" in posix:
        raise ImageRefused(Reason.UNSAFE_MEMBER, "Its name is not the name of a file.")
    return "/".join(parts)


def stem(name: str) -> str:
    """A file's name without its endings: what to call what is made of it."""
    return name.rsplit("/", 1)[-1].split(".", 1)[0] or "images"


def suffix(path: str) -> str:
    return PurePosixPath(path).suffix.lower()


def has_image_name(path: str) -> bool:
    return suffix(path) in IMAGE_SUFFIXES


def is_ignored(path: str) -> bool:
    """Is it passed over in silence: hidden, left by an operating system, or a licence, notice or README?"""
    *folders, name = path.split("/")
    if name.startswith(".") or any(folder.startswith(".") or folder == "__MACOSX" for folder in folders):
        return True
    if name.lower() in _LEFTOVERS:
        return True
    return not has_image_name(name) and _NOTICES.fullmatch(name) is not None


def has_archive_name(path: str) -> bool:
    return suffix(path) in ARCHIVE_SUFFIXES
