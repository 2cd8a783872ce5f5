"""Decode untrusted bytes into an RGB picture, or say why they are not one."""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    ImageFile,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from embedding_core.errors import ImageRefused, InvalidInput
from embedding_core.images import damage, sniff
from embedding_core.images.colour import to_rgb
from embedding_core.records import Reason

if TYPE_CHECKING:
    from numpy.typing import NDArray

ORIENTATION = 0x0112  # EXIF tag; 1 is upright

TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True, slots=True)
class Limits:
    """What decoding accepts. Both bounds are inclusive."""

    max_bytes: int = 256 * 2**20
    max_pixels: int = 178_956_970  # 512 MB as RGB; the same bound at which Pillow speaks of a bomb


@dataclass(frozen=True, slots=True)
class Decoded:
    """A picture whose every pixel has been decoded."""

    image: Image.Image  # mode RGB, upright, without metadata
    width: int  # pixels of the original, upright
    height: int
    format: str  # JPEG, PNG, WEBP, GIF, BMP, TIFF, HEIF or AVIF

    @property
    def pixels(self) -> NDArray[np.uint8]:
        """A copy (height, width, 3) of the image, not to be written to, in a third of the time of `np.asarray`."""
        return np.frombuffer(self.image.tobytes(), np.uint8).reshape(self.image.height, self.image.width, 3)


DEFAULT_LIMITS = Limits()

# Pixels a byte. A photograph has about 10 and an even JPEG at most 512; a canvas that is announced and never painted
# has thousands, and costs gigabytes even within the pixel limit. Small blank pictures are harmless, whatever they have.
BOMB_RATIO = 100  # over the pixel limit: the word for it, no more
HOLLOW_RATIO, HOLLOW_PIXELS = 2_000, 50_000_000


def decode(data: bytes, *, side: int | None = None, limits: Limits = DEFAULT_LIMITS) -> Decoded:
    """Decode a whole image file: the first frame, upright by its EXIF or container turn, transparency on white.

    The format is told by content, never by a name. Grey and colour of more than 8 bits are scaled to 8 bits. Embedded
    colour profiles are not applied, as in the training of the encoders.

    With `side`, a JPEG may come back smaller, reduced while decoding (much faster): its short side is then still at
    least `side` pixels. `width` and `height` always are the original's.

    Raises `ImageRefused` with one reason for whatever is not a sound image. Safe to call from many threads.
    """
    if side is not None and side < 1:
        raise InvalidInput(f"`side` is a length in pixels and at least 1, not {side}.")
    if len(data) > limits.max_bytes:
        raise ImageRefused(
            Reason.TOO_MANY_BYTES, f"The file has {len(data):,} bytes; the limit is {limits.max_bytes:,}."
        )
    form = sniff.identify(data)
    damage.check_structure(form, data)
    _quieten_pillow()
    try:
        return _decode(form, data, side, limits)
    except ImageRefused:
        raise
    except Exception as error:  # on hostile bytes Pillow and its codecs raise anything, MemoryError too
        raise damage.refusal(form, data, error) from error


def _decode(form: str, data: bytes, side: int | None, limits: Limits) -> Decoded:
    image = _OPENERS[form](io.BytesIO(data))
    width, height = image.size
    _check_pixels(width, height, len(data), limits)
    if side is not None and form == "JPEG":
        image.draft(None, (side, side))
    reduced = image.size != (width, height)
    image.load()
    # Read after loading: only then are all of a PNG's chunks known, and a TIFF has turned itself.
    turn = TURNS.get(_orientation(image))
    upright = to_rgb(image if turn is None else image.transpose(turn))
    if not reduced:
        width, height = upright.size
    elif turn in (TURNS[5], TURNS[6], TURNS[7], TURNS[8]):
        width, height = height, width
    upright.info = {}
    return Decoded(upright, width, height, form)


def _check_pixels(width: int, height: int, nbytes: int, limits: Limits) -> None:
    pixels = width * height
    over, hollow = pixels > limits.max_pixels, pixels > HOLLOW_PIXELS and pixels > HOLLOW_RATIO * nbytes
    if hollow or (over and pixels > BOMB_RATIO * nbytes):
        raise ImageRefused(
            Reason.BOMB, f"{nbytes:,} bytes announce {width:,} × {height:,} pixels, far more than they can hold."
        )
    if over:
        raise ImageRefused(
            Reason.TOO_MANY_PIXELS,
            f"It has {width:,} × {height:,} = {pixels:,} pixels; the limit is {limits.max_pixels:,}.",
        )


def _orientation(image: Image.Image) -> int:
    """The EXIF orientation, 1 to 8. Broken metadata costs the turn, not the picture."""
    try:
        value = image.getexif().get(ORIENTATION)
    except Exception:  # noqa: BLE001 - Pillow's EXIF reader raises anything
        return 1
    return value if isinstance(value, int) else 1


def _quieten_pillow() -> None:
    """Keep Pillow's warnings about odd metadata from the console.

    `warnings.catch_warnings` swaps a list of the whole process and so mixes up threads; one filter that is added
    once, for Pillow's modules alone, does not.
    """
    if _QUIET not in warnings.filters:
        warnings.filterwarnings("ignore", module=_PILLOW)


def _open_heif(file: io.BytesIO) -> ImageFile.ImageFile:
    from pillow_heif import HeifImageFile

    image: ImageFile.ImageFile = HeifImageFile(file)  # type: ignore[no-untyped-call]
    return image


logging.getLogger("PIL").addHandler(logging.NullHandler())  # else what it logs of a broken file goes to the console

_PILLOW = r"(PIL|pillow_heif)\."
with warnings.catch_warnings():
    warnings.filterwarnings("ignore", module=_PILLOW)
    _QUIET = warnings.filters[0]

# Called directly, not through `Image.open`: no other parser of Pillow's can be reached, and its global limit, which
# warns, stays out of play.
_OPENERS: dict[str, Callable[[io.BytesIO], ImageFile.ImageFile]] = {
    "JPEG": JpegImagePlugin.JpegImageFile,
    "PNG": PngImagePlugin.PngImageFile,
    "WEBP": WebPImagePlugin.WebPImageFile,
    "GIF": GifImagePlugin.GifImageFile,
    "BMP": BmpImagePlugin.BmpImageFile,
    "TIFF": TiffImagePlugin.TiffImageFile,
    "AVIF": AvifImagePlugin.AvifImageFile,
    "HEIF": _open_heif,
}
