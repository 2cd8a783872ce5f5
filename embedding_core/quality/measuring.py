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

if TYPE_CHECKING:
    from numpy.typing import NDArray

SHORT = 256  # pixels of the shorter side at which light and sharpness are measured
COARSE = 64  # and colour
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
    picture = reduced(np.asarray(decoded.image), SHORT)
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    coarse = reduced(picture, COARSE).astype(np.int16)
    colourfulness, chroma = _colour(coarse)
    return Look(
        width=decoded.width,
        height=decoded.height,
        format=decoded.format,
        nbytes=len(data),
        **_light(grey),
        sharpness=sharpness(grey),
        colourfulness=colourfulness,
        chroma=chroma,
        flat=_flat(coarse),
        hash=perceptual_hash(cv2.resize(grey, (SIDE, SIDE), interpolation=cv2.INTER_AREA)),
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


def sharpness(grey: NDArray[np.uint8]) -> float:
    """1 minus the blur effect of a picture in grey (height, width), the worse direction; NaN for what has no edges.

    A sharp picture loses much of its variation from pixel to pixel when it is blurred, a blurred one little: Crété-
    Roffet et al., "The blur effect: perception and estimation with a new no-reference perceptual blur metric", 2007. A
    median of 3 × 3 goes before, since noise over a blurred picture would be taken for sharpness.
    """
    if min(grey.shape) < SMALLEST:
        return float("nan")
    # Sixteen bits, 64 steps a level: a blurred picture differs from pixel to pixel by less than a level.
    fine = cv2.medianBlur(grey, 3).astype(np.uint16) * 64
    lost = []
    for kernel, first, second in (
        ((REBLUR, 1), np.s_[:, 1:], np.s_[:, :-1]),
        ((1, REBLUR), np.s_[1:], np.s_[:-1]),
    ):
        variation = cv2.absdiff(fine[first], fine[second])
        blurred = cv2.blur(fine, kernel)
        kept = cv2.absdiff(blurred[first], blurred[second])
        whole = cv2.sumElems(variation)[0]
        if whole < 64 * FAINTEST * variation.size:
            continue
        lost.append(cv2.sumElems(cv2.subtract(variation, kept))[0] / whole)  # saturates: never below 0
    return float(min(lost)) if lost else float("nan")


def _light(grey: NDArray[np.uint8]) -> dict[str, float]:
    counts = cv2.calcHist([grey], [0], None, [256], [0, 256]).ravel().astype(np.float64)
    shares = counts / counts.sum()
    below = np.cumsum(shares)
    mean = float(shares @ _LEVELS)
    present = shares[shares > 0]
    return {
        "brightness": mean,
        "shadows": float(np.searchsorted(below, 0.05)),
        "highlights": float(np.searchsorted(below, 0.95)),
        "contrast": float(np.sqrt(max(0.0, shares @ (_LEVELS - mean) ** 2))),
        "entropy": float(max(0.0, -(present @ np.log2(present)))),
    }


def _colour(picture: NDArray[np.int16]) -> tuple[float, float]:
    """Colourfulness (Hasler & Süsstrunk, "Measuring colourfulness in natural images", 2003) and the highest chroma."""
    red, green, blue = (picture[..., channel].astype(np.float32) for channel in range(3))
    first, second = red - green, (red + green) / 2 - blue
    colourfulness = np.hypot(first.std(), second.std()) + 0.3 * np.hypot(first.mean(), second.mean())
    chroma = (picture.max(axis=2) - picture.min(axis=2)).ravel()
    above = len(chroma) - 1 - len(chroma) // 100
    return float(colourfulness), float(np.partition(chroma, above)[above])


def _flat(picture: NDArray[np.int16]) -> float:
    """The share of pixels that have the commonest colour, give or take `SAME` levels."""
    coarse = picture >> 4
    codes = (coarse[..., 0] << 8 | coarse[..., 1] << 4 | coarse[..., 2]).ravel()
    commonest = np.bincount(codes, minlength=4096).argmax()
    pixels = picture.reshape(-1, 3)
    colour = np.rint(pixels[codes == commonest].mean(axis=0)).astype(np.int16)
    return float((np.abs(pixels - colour) <= SAME).all(axis=1).mean())


_LEVELS = np.arange(256, dtype=np.float64)
