"""Small drawings, each a JPEG and its thumbnail: shapes on a ground, in the colours of a class."""

from __future__ import annotations

import colorsys
import hashlib
import io
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from benchmarks.synthetic.points import CLASSES
from embedding_core.records import ImageRecord

SIDE = 128  # pixels
EACH = 40  # drawings of a class, which its images share


@dataclass(frozen=True, slots=True)
class Drawing:
    jpeg: bytes
    thumbnail: bytes  # WebP


def all_drawings(seed: int = 0) -> list[list[Drawing]]:
    """EACH drawings of every class."""
    random = np.random.default_rng(seed)
    return [[_draw(code, random) for _ in range(EACH)] for code in range(CLASSES)]


def record(path: str, drawing: Drawing, number: int) -> ImageRecord:
    """The image `number` with this drawing: a comment in its file makes it one of its kind."""
    comment = f"image {number}".encode()
    # A JPEG's comment may follow its first two bytes: marker, length of what follows, text.
    content = drawing.jpeg[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment + drawing.jpeg[2:]
    return ImageRecord(
        path=path,
        sha256=hashlib.sha256(content).hexdigest(),
        width=SIDE,
        height=SIDE,
        format="JPEG",
        nbytes=len(content),
        thumbnail=drawing.thumbnail,
        content=content,
    )


def _draw(code: int, random: np.random.Generator) -> Drawing:
    hue = code / CLASSES
    ground, ink = _colour(hue, 0.25, 0.96), _colour(hue + 0.45, 0.75, random.uniform(0.35, 0.8))
    image = Image.new("RGB", (SIDE, SIDE), ground)
    canvas = ImageDraw.Draw(image)
    for _ in range(2 + code % 4):
        x, y = random.uniform(0.2, 0.8, 2) * SIDE
        size = random.uniform(0.08, 0.28) * SIDE
        box = (x - size, y - size, x + size, y + size)
        if code % 3 == 0:
            canvas.ellipse(box, fill=ink)
        elif code % 3 == 1:
            canvas.rectangle(box, fill=ink)
        else:
            canvas.regular_polygon((x, y, size), 3 + code % 5, int(random.integers(0, 90)), fill=ink)
    return Drawing(_saved(image, "JPEG", quality=60), _saved(image, "WEBP", quality=50, method=4))


def _colour(hue: float, saturation: float, value: float) -> tuple[int, int, int]:
    red, green, blue = colorsys.hsv_to_rgb(hue % 1, saturation, value)
    return round(red * 255), round(green * 255), round(blue * 255)


def _saved(image: Image.Image, kind: str, **options: int) -> bytes:
    packed = io.BytesIO()
    image.save(packed, kind, **options)
    return packed.getvalue()
