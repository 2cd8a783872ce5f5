"""What is measured of one picture: light, contrast, sharpness, colour, and how much of it is one flat colour.

Everything is measured at the size at which networks look, short side 256 pixels or less, so that a photograph of twelve
megapixels and its small copy are judged alike. A larger picture that is soft only when magnified counts as sharp.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from embedding_core.images import decode
from embedding_core.quality.hashing import SIDE, perceptual_hash
from embedding_core.quality.photos import tallies
from embedding_core.quality.photos.edges import lost_down

if TYPE_CHECKING:
    from numpy.typing import NDArray

SHORT = 256  # pixels of the shorter side at which light and sharpness are measured
COARSE = 64  # and colour: this, or up to twice as many
LONGEST = 8  # times the shorter side: of a longer picture the rest is squeezed
REBLUR = 9  # pixels, Crété-Roffet's filter
FAINTEST = 0.4  # grey levels from pixel to pixel, on average, below which there is nothing that could be sharp
SMALLEST = 2 * REBLUR  # pixels of the shorter side from which sharpness can be told
SAME = 10  # levels off in each of red, green and blue, within which two colours are one flat colour


@dataclass(frozen=True, slots=True)
class Look:
    """The measures of one picture. Light runs from 0, black, to 255, white."""

    width: int  # pixels of the original, upright
    height: int
    format: str  # as decoding tells it: JPEG, PNG, …
    nbytes: int  # of the file
    brightness: float  # mean
    shadows: float  # light that 5 % of the picture stay below
    highlights: float  # light that 5 % of the picture are above
    contrast: float  # standard deviation of light
    entropy: float  # bits, 0 to 8, of the distribution of light
    sharpness: float  # 0 to 1, the worse of across and down; NaN where nothing is there to be sharp
    colourfulness: float  # Hasler & Süsstrunk's; 0 grey, 15 slight, 109 extreme
    chroma: float  # 0 to 255, between the largest and the smallest of red, green, blue; 1 % of the picture have more
    flat: float  # share of the picture that is one colour, 0 to 1
    hash: int  # 64 bits, see `hashing.perceptual_hash`


def look(data: bytes) -> Look:
    """Measure an image file. Raises `ImageRefused` for what is not a sound image. Safe to call from many threads."""
    decoded = decode(data, side=SHORT)
    picture = reduced(decoded.pixels, SHORT)
    grey: NDArray[Any] = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    coarse = halved(picture, COARSE)
    return Look(
        width=decoded.width,
        height=decoded.height,
        format=decoded.format,
        nbytes=len(data),
        **_light(grey),
        sharpness=sharpness(grey),
        colourfulness=tallies.colourfulness(coarse),
        chroma=_level(_shares(tallies.chromas(coarse)), 0.99),
        flat=tallies.even(coarse, SAME),
        hash=perceptual_hash(cv2.resize(halved(grey, COARSE), (SIDE, SIDE), interpolation=cv2.INTER_AREA)),
    )


def reduced(picture: NDArray[np.uint8], short: int) -> NDArray[np.uint8]:
    """A picture (height, width, …) whose shorter side is at most `short` pixels; a smaller one stays as it is."""
    height, width = picture.shape[:2]
    scale = min(1.0, short / min(height, width))
    size = [max(1, min(round(side * scale), LONGEST * short)) for side in (width, height)]
    if size == [width, height]:
        return picture
    smaller: NDArray[Any] = cv2.resize(picture, (size[0], size[1]), interpolation=cv2.INTER_AREA)
    return smaller


def halved(picture: NDArray[np.uint8], short: int) -> NDArray[np.uint8]:
    """A picture halved, by whole pixels, as long as its shorter side stays at or above `short`: far quicker."""
    while min(picture.shape[:2]) >= 2 * short:
        height, width = (side // 2 for side in picture.shape[:2])
        smaller: NDArray[Any] = cv2.resize(
            picture[: 2 * height, : 2 * width], (width, height), interpolation=cv2.INTER_AREA
        )
        picture = smaller
    return picture


def sharpness(grey: NDArray[np.uint8]) -> float:
    """1 minus the blur effect of a picture in grey (height, width), the worse direction; NaN for what has no edges.

    A sharp picture loses much of its variation from pixel to pixel when it is blurred, a blurred one little: Crété-
    Roffet et al., "The blur effect: perception and estimation with a new no-reference perceptual blur metric", 2007. A
    median of 3 × 3 goes before, since noise over a blurred picture would be taken for sharpness.
    """
    if min(grey.shape) < SMALLEST:
        return float("nan")
    fine: NDArray[Any] = cv2.medianBlur(grey, 3)
    lost: list[float] = []
    turned: NDArray[Any] = cv2.transpose(fine)
    for picture in (fine, turned):
        whole, taken = lost_down(picture, REBLUR)
        if whole >= REBLUR * FAINTEST * (len(picture) - 1) * picture.shape[1]:
            lost.append(taken / whole)
    return min(lost) if lost else float("nan")


def _light(grey: NDArray[np.uint8]) -> dict[str, float]:
    shares = _shares(tallies.levels(grey))
    mean = float(shares @ _LEVELS)
    present = shares[shares > 0]
    return {
        "brightness": mean,
        "shadows": _level(shares, 0.05),
        "highlights": _level(shares, 0.95),
        "contrast": float(np.sqrt(shares @ (_LEVELS - mean) ** 2)),
        "entropy": max(0.0, -float(present @ np.log2(present))),
    }


def _shares(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """The share (256,) of pixels that have each level."""
    shares: NDArray[np.float64] = counts / counts.sum()
    return shares


def _level(shares: NDArray[np.float64], below: float) -> float:
    """The level that so large a share of pixels stay at or below."""
    return min(255.0, float(np.searchsorted(np.cumsum(shares), below - 1e-9)))


_LEVELS = np.arange(256, dtype=np.float64)
