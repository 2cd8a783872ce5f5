"""Find and name the damage in an image file."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Literal

from PIL import Image

from embedding_core.errors import ImageRefused
from embedding_core.records import Reason

MAX_CHUNKS = 100_000  # of a PNG; 256 MB in the usual 8 KB chunks are a third of that
MAX_JUNK = 2**16  # bytes between the segments of a JPEG


def check_structure(form: str, data: bytes) -> None:
    """Refuse damage that Pillow overlooks, and what would keep its Python loops busy for minutes.

    Pillow skips the checksum of PNG pixel data, accepts a PNG without an end, and walks junk in a JPEG byte by byte.
    Raises `ImageRefused`.
    """
    check = {"PNG": _check_png, "JPEG": _check_jpeg}.get(form)
    if check is not None:
        check(data)


def refusal(form: str, data: bytes, error: Exception) -> ImageRefused:
    """Say why decoding failed."""
    if isinstance(error, Image.DecompressionBombError):
        return ImageRefused(Reason.BOMB, "It announces or unpacks to far more pixels than fit.")
    if isinstance(error, MemoryError):
        return ImageRefused(Reason.TOO_MANY_PIXELS, "It needs more memory than there is.")
    said = str(error).lower()
    if isinstance(error, EOFError) or "truncated" in said or _is_cut(form, data):
        return truncated(form)
    return ImageRefused(Reason.CORRUPT, f"The {form} data is damaged ({str(error)[:120] or type(error).__name__}).")


def truncated(form: str) -> ImageRefused:
    return ImageRefused(Reason.TRUNCATED, f"The {form} file ends before its picture does: it was cut off.")


def _check_png(data: bytes) -> None:
    """Walk the chunks and verify every checksum (PNG specification, 5.3)."""
    view = memoryview(data)
    at = 8
    for _ in range(MAX_CHUNKS):
        end = at + 12 + int.from_bytes(view[at : at + 4], "big")
        kind = bytes(view[at + 4 : at + 8])
        if end > len(data) or at + 12 > len(data):
            raise truncated("PNG")
        if zlib.crc32(view[at + 4 : end - 4]) != int.from_bytes(view[end - 4 : end], "big"):
            name = kind.decode("ascii", "replace")
            raise ImageRefused(Reason.CORRUPT, f"The checksum of PNG chunk {name!r} does not match its content.")
        if kind == b"IEND":
            return
        at = end
    raise ImageRefused(Reason.CORRUPT, f"The PNG file has more than {MAX_CHUNKS:,} chunks.")


def _check_jpeg(data: bytes) -> None:
    """Walk the segments up to the first scan (ITU T.81, B.1.1)."""
    at, junk = 2, 0
    while True:
        marker = data.find(b"\xff", at)
        if marker < 0 or marker + 4 > len(data):
            raise truncated("JPEG")
        junk += marker - at + 1
        if junk > MAX_JUNK:
            raise ImageRefused(Reason.CORRUPT, "The JPEG data is damaged (junk between its segments).")
        code = data[marker + 1]
        if code == 0xDA:
            return
        standalone = code in (0x00, 0x01, 0xFF) or 0xD0 <= code <= 0xD9
        at = marker + 1 if standalone else marker + 2 + int.from_bytes(data[marker + 2 : marker + 4], "big")


def _is_cut(form: str, data: bytes) -> bool:
    """Does the container announce more bytes than there are?"""
    test = _CUT.get(form)
    return test is not None and test(data)


def _iso_is_cut(data: bytes) -> bool:
    """ISO base media files are a row of boxes, each with its length first."""
    at = 0
    while at + 8 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        if size == 1:  # a 64-bit length follows
            size = int.from_bytes(data[at + 8 : at + 16], "big")
        if size == 0:  # the last box, to the end of the file
            return False
        at += max(size, 8)
    return at != len(data)


def _tiff_is_cut(data: bytes) -> bool:
    """The directory of a TIFF may lie anywhere; many writers put it last."""
    order: Literal["little", "big"] = "little" if data[:2] == b"II" else "big"
    big = data[2:4] in (b"+\0", b"\0+")  # BigTIFF has 64-bit offsets
    start = int.from_bytes(data[8:16] if big else data[4:8], order)
    entries = int.from_bytes(data[start : start + (8 if big else 2)], order)
    return start + entries * (20 if big else 12) >= len(data)


_CUT: dict[str, Callable[[bytes], bool]] = {
    "JPEG": lambda data: b"\xff\xd9" not in data[-MAX_JUNK:],
    "GIF": lambda data: not data.rstrip(b"\0").endswith(b";"),
    "BMP": lambda data: int.from_bytes(data[2:6], "little") > len(data),
    "WEBP": lambda data: int.from_bytes(data[4:8], "little") + 8 > len(data),
    "TIFF": _tiff_is_cut,
    "AVIF": _iso_is_cut,
    "HEIF": _iso_is_cut,
}
