"""Bring every mode that image files come in to RGB, transparency on white."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_ALPHA = frozenset({"RGBA", "LA", "PA", "RGBa", "La"})
_PREMULTIPLIED = {"RGBa": "RGBA", "La": "LA"}


def to_rgb(image: Image.Image) -> Image.Image:
    """Return the picture in mode RGB.

    16-bit grey is scaled by its full range (65535 is white). 32-bit integers and floats have no agreed white: values
    within 0 to 1 (floats), 0 to 255 or 0 to 65535 are taken for that range, others are stretched from their least to
    their greatest. CMYK goes by the plain formula, without a profile.
    """
    if image.mode.startswith("I") or image.mode == "F":
        image = Image.fromarray(_eight_bits(image))
    if image.mode in _ALPHA or "transparency" in image.info:
        return _on_white(image)
    if image.mode == "LAB":
        return _from_lab(image)
    return image if image.mode == "RGB" else image.convert("RGB")


def _on_white(image: Image.Image) -> Image.Image:
    marked = image.info.get("transparency")
    if isinstance(marked, tuple) and max(marked) > 255:
        # A 16-bit PNG names its transparent colour in 16 bits, while Pillow keeps 8 bits of the pixels.
        image.info["transparency"] = tuple(value >> 8 for value in marked)
    if image.mode in _PREMULTIPLIED:
        image = image.convert(_PREMULTIPLIED[image.mode])
    if image.mode != "RGBA":
        image = image.convert("RGBA")
    alpha = image.getchannel("A")
    if alpha.getextrema() == (255, 255):
        return image.convert("RGB")
    page = Image.new("RGB", image.size, "white")
    page.paste(image, mask=alpha)
    return page


def _from_lab(image: Image.Image) -> Image.Image:
    from PIL import ImageCms

    lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    converted = ImageCms.profileToProfile(image, lab, srgb, outputMode="RGB")
    if converted is None:
        raise ValueError("CIELAB colours cannot be converted")
    return converted


def _eight_bits(image: Image.Image) -> NDArray[np.uint8]:
    """Grey of any depth as (height, width) uint8."""
    values: NDArray[Any] = np.asarray(image)
    if values.dtype.kind == "u" and values.dtype.itemsize == 2:
        grey: NDArray[np.uint8] = _SIXTEEN_TO_EIGHT[values]
        transparent = image.info.get("transparency")
        if isinstance(transparent, int):
            grey[values == transparent] = 255
        return grey
    return _scaled(values.astype(np.float32), floats=values.dtype.kind == "f")


def _scaled(values: NDArray[np.float32], *, floats: bool) -> NDArray[np.uint8]:
    """Map `values` (height, width) to 0 … 255; what is not finite becomes black."""
    finite = np.isfinite(values)
    low = float(values.min(where=finite, initial=np.inf))
    high = float(values.max(where=finite, initial=-np.inf))
    for white in (1, 255, 65535) if floats else (255, 65535):
        if low >= 0 and high <= white:
            low, high = 0, white
            break
    spread = max(high - low, 1e-30)
    shares = np.where(finite, values - np.float32(low), 0) / np.float32(spread)
    grey: NDArray[np.uint8] = np.rint(shares * 255).clip(0, 255).astype(np.uint8)
    return grey


_SIXTEEN_TO_EIGHT: NDArray[np.uint8] = np.rint(np.arange(65536) / 257).astype(np.uint8)
