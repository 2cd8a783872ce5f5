"""Small WebP versions of a picture, re-encoded from its pixels and so free of metadata."""

from __future__ import annotations

import io

from PIL import Image

THUMBNAIL = 128  # pixels, longest side


def thumbnail(image: Image.Image, size: int = THUMBNAIL) -> bytes:
    """WebP whose longest side is `size` pixels, or less when the picture is smaller. `image` stays as it is."""
    return _webp(_fitted(image, size), quality=80)


def preview(image: Image.Image, longest: int = 1600) -> bytes:
    """WebP to look at closely: longest side `longest` pixels, never enlarged. `image` stays as it is."""
    return _webp(_fitted(image, longest), quality=85)


def _fitted(image: Image.Image, longest: int) -> Image.Image:
    width, height = image.size
    scale = longest / max(width, height)
    if scale >= 1:
        return image
    target = (max(1, round(width * scale)), max(1, round(height * scale)))
    return image.resize(target, Image.Resampling.LANCZOS, reducing_gap=2.0)


def _webp(image: Image.Image, quality: int) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "WEBP", quality=quality, method=2)
    return buffer.getvalue()
