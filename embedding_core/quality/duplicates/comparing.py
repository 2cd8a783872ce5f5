"""How alike two pictures are once one lies over the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from embedding_core.quality.duplicates.aligning import scaled
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
FINE = 8  # pixels of a patch's side, from which every second pixel tells enough
GAIN = 1.6  # of contrast that light may have changed, each way
TINT = 40.0  # levels by which the colours of copies may differ: a red shirt is no copy of a blue one
TINTED_AT = 32  # pixels, longest side, at which colours are compared
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
    there = _moved(second.grey, movement, first.grey)
    whole = np.full(second.grey.shape, 255, np.uint8)
    mask = np.asarray(cv2.warpAffine(whole, movement, (width, height), flags=cv2.INTER_NEAREST), np.uint8)
    covered = cv2.countNonZero(mask) / mask.size
    covering = min(1.0, covered * mask.size / (whole.size * abs(float(np.linalg.det(movement[:, :2])))))
    inner: NDArray[np.uint8] = np.asarray(cv2.erode(mask, _BORDER), np.uint8)
    if covered < LEAST or cv2.countNonZero(inner) < LEAST * inner.size:
        return NONE
    side = max(3, max(height, width) // PATCH)
    step = 2 if side >= FINE else 1  # light and patches hardly change from one pixel to the next
    inside = inner[::step, ::step] > 0
    mine, theirs = (_level(one[::step, ::step][inside].astype(np.float32)) for one in (first.grey, there))
    if _correlation(mine, theirs) < HOPELESS:
        return NONE
    gain = float(np.clip(mine.deviation / max(theirs.deviation, 0.1), 1 / GAIN, GAIN))
    light = mine.mean - theirs.mean
    lit = (there - np.float32(theirs.mean)) * np.float32(gain) + np.float32(mine.mean)
    # Beyond its edge the second shows nothing, so what is averaged near the edge must not be taken from there.
    whole_is_covered, here = bool(inside.all()), first.grey.astype(np.float32)
    if not whole_is_covered:
        lit = np.where(mask > 0, lit, here)
    similar = _structure(_softened(here), _softened(lit))
    if step > 1:
        similar = np.asarray(cv2.resize(similar, inside.shape[::-1], interpolation=cv2.INTER_AREA), np.float32)
    if whole_is_covered:
        patches = _averaged(similar, side // step).ravel()
    else:
        share = inside.astype(np.float32)
        patches = _averaged(similar * share, side // step)[inside] / _averaged(share, side // step)[inside]
    score = float(np.partition(patches, int(len(patches) * WORST))[int(len(patches) * WORST)])
    tint = _tint(first, second, movement, inner, gain) if score >= DIFFERENT else 255.0
    return Likeness(score, tint, gain, light, covered, covering)


def _moved(picture: NDArray[np.uint8], movement: Movement, onto: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A picture as it lies over another; beyond its edge it goes on as it ends."""
    import cv2

    size = onto.shape[1], onto.shape[0]
    return np.asarray(cv2.warpAffine(picture, movement, size, borderMode=cv2.BORDER_REPLICATE), np.uint8)


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
    product, squares = one * two, one * one + two * two
    shared = mean(first * second) - product
    spread = mean(first * first + second * second) - squares  # of both together, which is all that enters
    top = (2 * product + _C1) * (2 * shared + _C2)
    return np.asarray(top / ((squares + _C1) * (spread + _C2)), np.float32)


_C1, _C2 = np.float32((0.01 * 255) ** 2), np.float32((0.03 * 255) ** 2)
_BORDER = np.ones((5, 5), np.uint8)  # pixels at the edge of an overlap that are half of the one, half of nothing


def _tint(first: View, second: View, movement: Movement, inner: NDArray[np.uint8], gain: float) -> float:
    """By how much colours differ where `inner` is not 0, or 0 where a picture has none: a grey copy is a copy."""
    import cv2

    zooms = (_zoom(one) for one in (first, second))
    moved = _moved(second.colour, scaled(movement, *zooms), first.colour)
    height, width = inner.shape
    size = max(2, round(width * TINTED_AT / max(height, width))), max(2, round(height * TINTED_AT / max(height, width)))
    within = cv2.resize(inner, size, interpolation=cv2.INTER_AREA) > 250
    mine, theirs = (
        _colours(cv2.resize(one, size, interpolation=cv2.INTER_AREA), within) for one in (first.colour, moved)
    )
    if not len(mine) or min(np.abs(mine).max(), np.abs(theirs).max()) <= COLOURLESS:
        return 0.0
    differing = np.sort(np.linalg.norm(mine - theirs * np.float32(gain), axis=1))
    return float(differing[int(len(differing) * (1 - TINTED))])


def _zoom(view: View) -> tuple[float, float]:
    """Pixels of its colours in one of its grey, across and down."""
    return view.colour.shape[1] / view.grey.shape[1], view.colour.shape[0] / view.grey.shape[0]


def _colours(small: NDArray[Any], within: NDArray[np.bool_]) -> NDArray[np.float32]:
    """(m, 2): red less green, and yellow less blue, of the patches within."""
    red, green, blue = small[within].astype(np.float32).T
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
