"""How alike two pictures are once one lies over the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from embedding_core.quality.duplicates.views import EVEN

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embedding_core.quality.duplicates.aligning import Movement
    from embedding_core.quality.duplicates.views import View

LEAST = 0.3  # share of the first picture that the second must cover to be compared at all
HOPELESS = 0.8  # correlation below which structure is not compared
DIFFERENT = 0.3  # likeness below which colours are not compared
WORST = 0.01  # share of the overlap whose likeness is the score: copies are alike everywhere, a changed detail is small
PATCH = 16  # patches along the longer side over which likeness is averaged
GAIN = 1.6  # of contrast that light may have changed, each way
TINT = 32  # pixels, longest side, at which colours are compared
TINTED = 0.05  # share of the overlap whose difference in colour counts
COLOURLESS = 4.0  # levels between the channels up to which a picture is grey


@dataclass(frozen=True, slots=True)
class Likeness:
    """What the overlap of two pictures shows."""

    score: float  # structural similarity of the least alike hundredth, at most 1
    tint: float  # levels (0 to 255) by which the most different twentieth of the colours differs, light set equal
    gain: float  # contrast of the first over that of the second
    light: float  # levels by which the first is brighter
    covered: float  # share of the first that the second covers
    covering: float  # share of the second that lies over the first


SHADE = 3.0  # levels by which two pictures of nothing but one colour may differ
NONE = Likeness(-1.0, 255.0, 1.0, 0.0, 0.0, 0.0)


def likeness(first: View, second: View, movement: Movement) -> Likeness:
    """Compare `first` with `second` laid over it; `NONE` where too little of them meets, or plainly differs."""
    import cv2

    height, width = first.grey.shape
    moved = np.asarray(
        cv2.warpAffine(second.colour, movement, (width, height), borderMode=cv2.BORDER_REPLICATE), np.uint8
    )
    whole = np.full(second.grey.shape, 255, np.uint8)
    mask = np.asarray(cv2.warpAffine(whole, movement, (width, height), flags=cv2.INTER_NEAREST), np.uint8)
    covered = float(mask.mean() / 255)
    covering = min(1.0, covered * height * width / (whole.size * abs(float(np.linalg.det(movement[:, :2])))))
    inside = cv2.erode(mask, np.ones((5, 5), np.uint8)) > 0
    if covered < LEAST or inside.mean() < LEAST:
        return NONE
    here = first.grey.astype(np.float32)
    there = np.asarray(cv2.cvtColor(moved, cv2.COLOR_RGB2GRAY), np.float32)
    mine, theirs = _level(here[inside]), _level(there[inside])
    if _correlation(mine, theirs) < HOPELESS:
        return NONE
    gain = float(np.clip(mine.deviation / max(theirs.deviation, 0.1), 1 / GAIN, GAIN))
    light = mine.mean - theirs.mean
    lit = (there - np.float32(theirs.mean)) * np.float32(gain) + np.float32(mine.mean)
    # Beyond its edge the second shows nothing, so what is averaged near the edge must not be taken from there.
    whole_is_covered = bool(inside.all())
    if not whole_is_covered:
        lit = np.where(mask > 0, lit, here)
    similar = _structure(_softened(here), _softened(lit))
    side = max(3, max(height, width) // PATCH)
    if whole_is_covered:
        patches = _averaged(similar, side).ravel()
    else:
        share = inside.astype(np.float32)
        patches = _averaged(similar * share, side)[inside] / _averaged(share, side)[inside]
    score = float(np.partition(patches, int(len(patches) * WORST))[int(len(patches) * WORST)])
    tint = _tint(first.colour, moved, inside, gain) if score >= DIFFERENT else 255.0
    return Likeness(score, tint, gain, light, covered, covering)


def evenly(first: View, second: View) -> Likeness:
    """Compare two pictures that are even all over: by their colour."""
    shades = [one.colour.reshape(-1, 3).mean(axis=0) for one in (first, second)]
    tint = float(np.abs(shades[0] - shades[1]).max())
    return Likeness(1.0, tint, 1.0, 0.0, 1.0, 1.0) if tint <= SHADE else NONE


def _averaged(values: NDArray[np.float32], side: int) -> NDArray[np.float32]:
    import cv2

    return np.asarray(cv2.boxFilter(values, -1, (side, side)), np.float32)


def _softened(grey: NDArray[np.float32]) -> NDArray[np.float32]:
    """Without the finest grain, which compression takes away."""
    import cv2

    return np.asarray(cv2.GaussianBlur(grey, (0, 0), 1.0), np.float32)


def _structure(first: NDArray[np.float32], second: NDArray[np.float32]) -> NDArray[np.float32]:
    """Structural similarity (height, width) at most 1.

    Wang, Bovik, Sheikh, Simoncelli, "Image Quality Assessment", 2004, with their Gaussian window of 1.5 pixels.
    """
    import cv2

    def mean(values: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.asarray(cv2.GaussianBlur(values, (0, 0), 1.5), np.float32)

    one, two = mean(first), mean(second)
    own = mean(first * first) - one * one
    other = mean(second * second) - two * two
    shared = mean(first * second) - one * two
    top = (2 * one * two + _C1) * (2 * shared + _C2)
    below = (one * one + two * two + _C1) * (own + other + _C2)
    return np.asarray(top / below, np.float32)


_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2


def _tint(first: NDArray[np.uint8], second: NDArray[np.uint8], inside: NDArray[np.bool_], gain: float) -> float:
    """By how much colours differ, or 0 where one of the pictures has none: a grey copy is a copy."""
    mine, theirs = (_colours(picture, inside) for picture in (first, second))
    if not len(mine) or min(np.abs(mine).max(), np.abs(theirs).max()) <= COLOURLESS:
        return 0.0
    differing = np.sort(np.linalg.norm(mine - theirs * np.float32(gain), axis=1))
    return float(differing[int(len(differing) * (1 - TINTED))])


def _colours(picture: NDArray[np.uint8], inside: NDArray[np.bool_]) -> NDArray[np.float32]:
    """(m, 2): red less green, and yellow less blue, of the patches inside."""
    import cv2

    height, width = inside.shape
    scale = TINT / max(height, width)
    size = (max(2, round(width * scale)), max(2, round(height * scale)))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    within = cv2.resize(inside.astype(np.uint8) * 255, size, interpolation=cv2.INTER_AREA) > 250
    red, green, blue = small[within].T
    return np.stack([red - green, (red + green) / 2 - blue], axis=1)


@dataclass(frozen=True, eq=False, slots=True)
class _Level:
    """The light of an overlap."""

    mean: float
    deviation: float
    off: NDArray[np.float32]  # (m,) from the mean


def _level(values: NDArray[np.float32]) -> _Level:
    mean = float(values.mean())
    off = values - np.float32(mean)
    return _Level(mean, float(np.sqrt(off @ off / len(off))), off)


def _correlation(first: _Level, second: _Level) -> float:
    spread = first.deviation * second.deviation
    if spread < EVEN**2:
        return 1.0
    return float(first.off @ second.off) / len(first.off) / spread
