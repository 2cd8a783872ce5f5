"""Pictures changed a little, so that one can ask whether an encoder minds."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from PIL.Image import Image

KEPT = 0.8  # of both sides, around the middle
BRIGHTER = 1.3  # times as bright


def mirrored(picture: Image) -> Image:
    """Left and right exchanged."""
    from PIL import Image

    return picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)


def cropped(picture: Image) -> Image:
    """The middle of it, four fifths wide and high."""
    width, height = picture.size
    wide, high = max(1, round(width * KEPT)), max(1, round(height * KEPT))
    left, top = (width - wide) // 2, (height - high) // 2
    return picture.crop((left, top, left + wide, top + high))


def brighter(picture: Image) -> Image:
    """A third brighter."""
    from PIL import ImageEnhance

    return ImageEnhance.Brightness(picture).enhance(BRIGHTER)


WAYS: Mapping[str, Callable[[Image], Image]] = {"mirrored": mirrored, "cropped": cropped, "brighter": brighter}
