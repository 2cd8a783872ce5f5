"""Makes image files, sound and hostile, for the tests. Everything is computed here; nothing is stored."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pillow_heif
from PIL import Image

from embedding_core.records import Reason

pillow_heif.register_heif_opener()  # to write HEIC; decoding does not depend on it

RED, BLUE, WHITE = (255, 0, 0), (0, 0, 255), (255, 255, 255)


def picture(width: int = 24, height: int = 16) -> Image.Image:
    """Left half red, right half blue, so that a turn shows."""
    image = Image.new("RGB", (width, height), RED)
    image.paste(BLUE, (width // 2, 0, width, height))
    return image


def noisy(width: int = 64, height: int = 48, seed: int = 0) -> Image.Image:
    """A picture that does not compress away, so that cutting a file cuts pixels."""
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8))


def encoded(image: Image.Image, form: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def turned(form: str, orientation: int) -> bytes:
    """`picture()` with an EXIF orientation."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    return encoded(picture(), form, exif=exif.tobytes())


def sixteen_bits(values: np.ndarray) -> bytes:
    """A grey PNG of 16 bits; `values` is (height, width) uint16."""
    return encoded(Image.fromarray(values.astype(np.uint16)), "PNG")


def half_transparent(mode: str = "RGBA") -> Image.Image:
    """Left half red and opaque, right half blue and invisible."""
    image = picture().convert("RGBA")
    image.paste((*BLUE, 0), (12, 0, 24, 16))
    return image.convert(mode)


def transparent_palette() -> bytes:
    """A palette PNG whose colour 1, the right half, is invisible."""
    image = Image.new("P", (24, 16), 0)
    image.putpalette([*RED, *BLUE])
    image.paste(1, (12, 0, 24, 16))
    return encoded(image, "PNG", transparency=1)


def animation(form: str) -> bytes:
    """Two frames; the first is `picture()`."""
    return encoded(picture(), form, save_all=True, append_images=[Image.new("RGB", (24, 16), "lime")])


def chunk(kind: bytes, content: bytes, checksum: int | None = None) -> bytes:
    """One chunk of a PNG."""
    real = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", real if checksum is None else checksum)


def png(width: int, height: int, pixels: bytes, *, depth: int = 8, colour: int = 2, extra: bytes = b"") -> bytes:
    """A PNG put together by hand, whatever its header claims. `pixels` are the raw scan lines."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    body = extra + chunk(b"IDAT", zlib.compress(pixels))
    return b"\x89PNG\r\n\x1a\n" + header + body + chunk(b"IEND", b"")


def bad_checksum(kind: bytes) -> bytes:
    """A PNG with one wrong bit in the checksum of its first chunk of this kind. Its pixels are sound."""
    data = bytearray(encoded(noisy(), "PNG"))
    at = data.index(kind) - 4
    data[at + 8 + int.from_bytes(data[at : at + 4], "big")] ^= 1
    return bytes(data)


def huge_webp(width: int, height: int) -> bytes:
    """An animation of two small frames on a canvas that is announced as huge."""
    data = bytearray(animation("WEBP"))
    at = data.index(b"VP8X") + 12
    data[at : at + 6] = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return bytes(data)


def zipped(members: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


SVG = b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!DOCTYPE html><html><body>404 not found</body></html>"

# Name → how to make it. Each must be kept.
GOOD: dict[str, Callable[[], bytes]] = {
    "photo.jpg": lambda: encoded(noisy(), "JPEG"),
    "progressive.jpeg": lambda: encoded(noisy(), "JPEG", progressive=True),
    "picture.png": lambda: encoded(noisy(), "PNG"),
    "interlaced-palette.png": lambda: encoded(noisy().convert("P"), "PNG"),
    "picture.webp": lambda: encoded(noisy(), "WEBP"),
    "lossless.webp": lambda: encoded(noisy(), "WEBP", lossless=True),
    "first-frame.gif": lambda: animation("GIF"),
    "animated.webp": lambda: animation("WEBP"),
    "animated.png": lambda: animation("PNG"),
    "picture.bmp": lambda: encoded(noisy(), "BMP"),
    "picture.tif": lambda: encoded(noisy(), "TIFF"),
    "deflated.tiff": lambda: encoded(noisy(), "TIFF", compression="tiff_adobe_deflate"),
    "fax.tiff": lambda: encoded(noisy().convert("1"), "TIFF", compression="group4"),
    "phone.heic": lambda: encoded(noisy(), "HEIF"),
    "picture.avif": lambda: encoded(noisy(), "AVIF"),
    "bitonal.png": lambda: encoded(noisy().convert("1"), "PNG"),
    "grey.jpg": lambda: encoded(noisy().convert("L"), "JPEG"),
    "grey-alpha.png": lambda: encoded(half_transparent("LA"), "PNG"),
    "sixteen-bits.png": lambda: sixteen_bits(np.arange(65536).reshape(256, 256)),
    "sixteen-bits.tif": lambda: encoded(Image.fromarray(np.arange(6000, dtype=np.uint16).reshape(60, 100)), "TIFF"),
    "integers.tif": lambda: encoded(Image.fromarray(np.arange(600, dtype=np.int32).reshape(20, 30)), "TIFF"),
    "floats.tif": lambda: encoded(Image.fromarray(np.linspace(0, 1, 600, dtype=np.float32).reshape(20, 30)), "TIFF"),
    "alpha.png": lambda: encoded(half_transparent(), "PNG"),
    "palette-alpha.png": transparent_palette,
    "print.jpg": lambda: encoded(noisy().convert("CMYK"), "JPEG"),
    "print.tif": lambda: encoded(noisy().convert("CMYK"), "TIFF"),
    "ycc.tif": lambda: encoded(noisy().convert("YCbCr"), "TIFF"),
    "turned.jpg": lambda: turned("JPEG", 6),
    "wrong-name.png": lambda: encoded(noisy(), "JPEG"),
    "no-name": lambda: encoded(noisy(), "PNG"),
    "one-pixel.png": lambda: encoded(Image.new("RGB", (1, 1)), "PNG"),
    "sliver.png": lambda: encoded(noisy(3000, 1), "PNG"),
    "blank.png": lambda: encoded(Image.new("1", (4000, 3000)), "PNG"),
    "broken-exif.jpg": lambda: encoded(noisy(), "JPEG", exif=b"Exif\0\0II*\0\x08\0\0\0\xff\xff\x12\x01"),
}


def _cut(form: str, **options: Any) -> bytes:
    data = encoded(noisy(), form, **options)
    return data[: len(data) // 2]


# Name → how to make it, and the reason with which it must be refused.
BAD: dict[str, tuple[Callable[[], bytes], Reason]] = {
    "empty.jpg": (lambda: b"", Reason.EMPTY),
    "text.png": (lambda: b"Not an image at all.\n", Reason.TEXT),
    "latin1.jpg": (lambda: "Käse und Brötchen".encode("latin-1"), Reason.TEXT),
    "utf16.jpg": (lambda: "Käse".encode("utf-16"), Reason.TEXT),
    "BMW.bmp": (lambda: b"BMW is the name of a car, and this is a text about it.", Reason.TEXT),
    "lfs.jpg": (lambda: b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", Reason.TEXT),
    "page.jpg": (lambda: HTML, Reason.MARKUP),
    "spaced-page.jpg": (lambda: b"\xef\xbb\xbf\r\n  " + HTML, Reason.MARKUP),
    "utf16-page.jpg": (lambda: HTML.decode().encode("utf-16"), Reason.MARKUP),
    "drawing.png": (lambda: SVG, Reason.MARKUP),
    "bare-drawing.png": (lambda: b'<svg width="1">', Reason.MARKUP),
    "truncated.jpg": (lambda: _cut("JPEG"), Reason.TRUNCATED),
    "truncated-progressive.jpg": (lambda: _cut("JPEG", progressive=True), Reason.TRUNCATED),
    "header-only.jpg": (lambda: encoded(noisy(), "JPEG")[:30], Reason.TRUNCATED),
    "last-byte-missing.jpg": (lambda: encoded(noisy(), "JPEG")[:-1], Reason.TRUNCATED),
    "truncated.png": (lambda: _cut("PNG"), Reason.TRUNCATED),
    "no-end.png": (lambda: encoded(noisy(), "PNG")[:-12], Reason.TRUNCATED),
    "signature-only.png": (lambda: b"\x89PNG\r\n\x1a\n", Reason.TRUNCATED),
    "truncated.webp": (lambda: _cut("WEBP"), Reason.TRUNCATED),
    "truncated.gif": (lambda: _cut("GIF"), Reason.TRUNCATED),
    "truncated.bmp": (lambda: _cut("BMP"), Reason.TRUNCATED),
    "truncated.tif": (lambda: _cut("TIFF"), Reason.TRUNCATED),
    "truncated-deflated.tif": (lambda: _cut("TIFF", compression="tiff_adobe_deflate"), Reason.TRUNCATED),
    "truncated.avif": (lambda: _cut("AVIF"), Reason.TRUNCATED),
    "truncated.heic": (lambda: _cut("HEIF"), Reason.TRUNCATED),
    "pixel-checksum.png": (lambda: bad_checksum(b"IDAT"), Reason.CORRUPT),
    "header-checksum.png": (lambda: bad_checksum(b"IHDR"), Reason.CORRUPT),
    "end-checksum.png": (lambda: bad_checksum(b"IEND"), Reason.CORRUPT),
    "garbage-pixels.png": (lambda: png(4, 4, b"\x09" * 52), Reason.CORRUPT),
    "endless-chunks.png": (
        lambda: png(1, 1, b"\0\0\0\0", extra=chunk(b"teSt", b"") * 100_001),
        Reason.CORRUPT,
    ),
    "junk.jpg": (lambda: b"\xff\xd8\xff\xd8" + bytes(2**18) + encoded(noisy(), "JPEG")[2:], Reason.CORRUPT),
    "bomb.png": (lambda: png(60_000, 60_000, b"few"), Reason.BOMB),
    "bomb.webp": (lambda: huge_webp(16_383, 10_900), Reason.BOMB),
    "bomb.bmp": (lambda: _claiming_bmp(30_000, 30_000), Reason.BOMB),
    "real-bomb.png": (lambda: encoded(Image.new("L", (14_000, 14_000)), "PNG", compress_level=1), Reason.BOMB),
    "document.jpg": (lambda: b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", Reason.UNKNOWN_FORMAT),
    "zeros.jpg": (lambda: bytes(1000), Reason.UNKNOWN_FORMAT),
    "postscript.jpg": (lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", Reason.UNKNOWN_FORMAT),
    "layers.png": (lambda: b"8BPS\0\1" + bytes(200), Reason.UNKNOWN_FORMAT),
    "film.avif": (lambda: b"\0\0\0\x18ftypisom\0\0\0\0isommp41" + bytes(100), Reason.UNKNOWN_FORMAT),
    "archive.jpg": (lambda: zipped({"a.txt": b"a"}), Reason.NESTED_ARCHIVE),
}


def _claiming_bmp(width: int, height: int) -> bytes:
    data = bytearray(encoded(picture(), "BMP"))
    data[18:26] = struct.pack("<ii", width, height)
    return bytes(data)
