"""Tell what a file is by its first bytes; a name proves nothing."""

from __future__ import annotations

import re

from embedding_core.errors import ImageRefused
from embedding_core.records import Reason

HEAD = 4096  # bytes that are looked at

_SIGNATURES = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"II+\0", "TIFF"),  # BigTIFF
    (b"MM\0+", "TIFF"),
)
_BMP_HEADERS = frozenset({12, 16, 40, 52, 56, 64, 108, 124})  # sizes of the header that follows the first 14 bytes
_AVIF_BRANDS = frozenset({b"avif", b"avis"})
_HEIF_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"})

_ARCHIVES = (
    (b"PK\x03\x04", "ZIP"),
    (b"PK\x05\x06", "ZIP"),
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\0", "xz"),
    (b"\x28\xb5\x2f\xfd", "Zstandard"),
    (b"7z\xbc\xaf\x27\x1c", "7-Zip"),
    (b"Rar!\x1a\x07", "RAR"),
)
_OTHERS = (
    (b"%PDF", "a PDF document"),
    (b"%!PS", "a PostScript document"),
    (b"8BPS", "a Photoshop document"),
    (b"\0\0\0\x0cjP  ", "a JPEG 2000 image"),
    (b"\xff\x4f\xff\x51", "a JPEG 2000 image"),
    (b"\0\0\0\x0cJXL ", "a JPEG XL image"),
    (b"\xff\x0a", "a JPEG XL image"),
    (b"\0\0\x01\0", "an icon"),
    (b"PAR1", "a Parquet table"),
    (b"\x1aE\xdf\xa3", "a video"),
    (b"OggS", "a sound or video"),
    (b"ID3", "a sound"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
)
_UNKNOWN = "It begins like no image format that is known here."
_READ = "Readable are JPEG, PNG, WebP, GIF, BMP, TIFF, HEIC and AVIF."

_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_TEXT_BYTES = bytes({7, 8, 9, 10, 12, 13, 27} | set(range(0x20, 0x100)) - {0x7F})  # as the tool `file` has it
_MARKUP = re.compile(r"\s*<(!doctype|!--|\?xml|[a-z][a-z0-9:-]*[\s/>])", re.IGNORECASE)


def identify(data: bytes) -> str:
    """Pillow's name of the image format that these bytes begin with.

    Raises `ImageRefused`: `EMPTY`, `TEXT`, `MARKUP`, `NESTED_ARCHIVE` or `UNKNOWN_FORMAT`.
    """
    if not data:
        raise ImageRefused(Reason.EMPTY, "The file is empty.")
    head = data[:HEAD]
    form = _image(head)
    if form is None:
        raise _refusal(head)
    return form


def _image(head: bytes) -> str | None:
    for signature, form in _SIGNATURES:
        if head.startswith(signature):
            return form
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    if head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in _BMP_HEADERS:
        return "BMP"
    if head[4:8] == b"ftyp":
        return _iso_image(head)
    return None


def _iso_image(head: bytes) -> str | None:
    """AVIF and HEIC share a container; its first box names what is inside, the major brand first."""
    size = int.from_bytes(head[:4], "big")
    brands = [head[8:12], *(head[at : at + 4] for at in range(16, min(size, len(head)), 4))]
    if brands[0] in _AVIF_BRANDS:
        return "AVIF"
    if brands[0] not in _HEIF_BRANDS:
        return None
    generic = brands[0] in (b"mif1", b"msf1")
    return "AVIF" if generic and not _AVIF_BRANDS.isdisjoint(brands) else "HEIF"


def archive(head: bytes) -> str | None:
    """The kind of archive or compressed file that these bytes begin with."""
    if head[257:262] == b"ustar":
        return "TAR"
    return next((kind for signature, kind in _ARCHIVES if head.startswith(signature)), None)


def _refusal(head: bytes) -> ImageRefused:
    kind = archive(head)
    if kind is not None:
        return ImageRefused(Reason.NESTED_ARCHIVE, f"It is an archive ({kind}). Unpack it, or add it by itself.")
    what = next((what for signature, what in _OTHERS if head.startswith(signature)), None)
    if head[4:8] == b"ftyp" or (head[:4] == b"RIFF" and head[8:12] in (b"AVI ", b"WAVE")):
        what = "a sound or video"
    if what is not None:
        return ImageRefused(Reason.UNKNOWN_FORMAT, f"It is {what}. {_READ}")
    text = _text(head)
    return _not_pixels(text) if text is not None else ImageRefused(Reason.UNKNOWN_FORMAT, f"{_UNKNOWN} {_READ}")


def _not_pixels(text: str) -> ImageRefused:
    if _MARKUP.match(text):
        return ImageRefused(Reason.MARKUP, "It is a web page or a drawing in markup (HTML, SVG, XML), not pixels.")
    if text.startswith("version https://git-lfs"):
        return ImageRefused(Reason.TEXT, "It is a Git LFS pointer, not the file itself. Fetch it with `git lfs pull`.")
    return ImageRefused(Reason.TEXT, "It is text, not an image.")


def _text(head: bytes) -> str | None:
    """The text that these bytes spell, or None when they are binary."""
    if head.startswith(_UTF16):
        return head.decode("utf-16", "replace")
    if head.translate(None, _TEXT_BYTES):
        return None
    return head.decode("utf-8-sig", "replace")
