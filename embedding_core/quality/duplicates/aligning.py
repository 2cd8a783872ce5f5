"""Lay one picture over another: roughly by correlation, closely by features, or by intensities where features are few.

A movement is an affine map (2, 3) that takes points (x, y) of the second picture to points of the first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embedding_core.quality.duplicates.views import View

    Movement = NDArray[np.float32]  # (2, 3)
    Zoom = float | tuple[float, float]  # of x and y alike, or of each

ZOOMS = (1.0, 1.08, 1.17)  # either picture may show so much less than the other, each way
UNLIKE = 0.2  # correlation at the same size below which no other size is tried …
AT_ONCE = 0.98  # … as above this

RATIO = 0.8  # of the distances to the best and second best match (Lowe 2004)
BITS = 64  # of 256 that matching ORB descriptors may differ in
WITHIN = 3.0  # pixels by which features may miss their place
ENOUGH = 12  # features that agree
STRETCH = 1.25  # of one direction against another; more is no resizing but another view
ZOOM = 2.0  # of one picture against the other, after both were brought to one size


@dataclass(frozen=True, slots=True)
class Close:
    """How well one picture fits over the other, and where."""

    correlation: float  # in [-1, 1] of the best place
    movement: Movement | None  # in the pixels of both views; None where there is none


@dataclass(frozen=True, slots=True)
class Agreement:
    """Features that two pictures share."""

    matched: int  # features of the one that look like one of the other
    agreeing: int  # of them, how many moved alike
    movement: Movement | None  # None where too few agree, or no picture could have been changed so


def roughly(first: View, second: View) -> Close:
    """Slide the middle of each over the other, at a few sizes.

    Normalised cross-correlation (Lewis, "Fast Normalized Cross-Correlation", 1995): light and contrast do not enter.
    """
    best = Close(-1.0, None)
    for zoom in ZOOMS:
        for inner, outer in ((second, first), (first, second)):
            if zoom == 1 and best.correlation >= UNLIKE:  # at one size the middles differ as well, though not by much
                break
            correlation, movement = _slid(inner, outer, zoom)
            if correlation > best.correlation:
                best = Close(correlation, movement if inner is second else _inverse(movement))
        if best.correlation < UNLIKE or best.correlation > AT_ONCE:
            break
    if best.movement is None:
        return best
    return Close(best.correlation, scaled(best.movement, _zoom(first), _zoom(second)))


def by_features(first: View, second: View) -> Agreement:
    """Match features and keep those that one affine movement explains (RANSAC, Fischler and Bolles 1981)."""
    import cv2

    from embedding_core.quality.duplicates.matching import nearest_two

    (points, described), (others, theirs) = first.features, second.features
    if len(points) < ENOUGH or len(others) < ENOUGH:
        return Agreement(0, 0, None)
    nearest, distance, next_ = nearest_two(described, theirs)
    good = (distance <= BITS) & (distance < RATIO * next_)
    matched = int(good.sum())
    if matched < ENOUGH:
        return Agreement(matched, 0, None)
    here, there = points[good], others[nearest[good]]
    found, inside = cv2.estimateAffine2D(there, here, method=cv2.RANSAC, ransacReprojThreshold=WITHIN, maxIters=500)
    movement = np.asarray(found, np.float32)
    if movement.shape != (2, 3) or not np.isfinite(movement).all():  # there is none
        return Agreement(matched, 0, None)
    agreeing = int(inside.sum())
    return Agreement(matched, agreeing, movement if agreeing >= ENOUGH and plausible(movement) else None)


def refined(first: View, second: View, movement: Movement) -> Close:
    """The movement near this one under which both correlate best.

    Evangelidis and Psarakis, "Parametric Image Alignment Using Enhanced Correlation Coefficient Maximization", 2008.
    """
    import cv2

    criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 30, 1e-3)
    begin = _inverse(movement)
    window = 3 if max(first.grey.shape) <= 128 else 5
    try:
        correlation, back = cv2.findTransformECC(
            first.grey, second.grey, begin, cv2.MOTION_AFFINE, criteria, _EVERYWHERE, window
        )
    except cv2.error:  # it did not converge
        return Close(-1.0, None)
    found = np.asarray(back, np.float32)
    if not np.isfinite(found).all() or abs(float(np.linalg.det(found[:, :2]))) < 1 / ZOOM**3:
        return Close(-1.0, None)
    better = _inverse(found)
    return Close(float(correlation), better) if plausible(better) else Close(-1.0, None)


def plausible(movement: Movement) -> bool:
    """Could the second picture have been cut, resized or turned a little to look so?"""
    stretches = np.linalg.svd(movement[:, :2].astype(np.float64), compute_uv=False)
    return bool(stretches[0] <= STRETCH * stretches[1] and stretches[1] >= 1 / ZOOM and stretches[0] <= ZOOM)


def _slid(inner: View, outer: View, zoom: float) -> tuple[float, Movement]:
    """The best place of the middle of `inner` in `outer` made larger by `zoom`, and the movement that follows."""
    import cv2

    middle, large = inner.middle, outer.enlarged(zoom)
    if middle.even or middle.pixels.shape[0] > large.shape[0] or middle.pixels.shape[1] > large.shape[1]:
        return -1.0, UNMOVED
    fits = cv2.matchTemplate(large, middle.pixels, cv2.TM_CCOEFF_NORMED)
    _, best, _, (x, y) = cv2.minMaxLoc(fits)
    down, across = outer.coarse.shape[0] / large.shape[0], outer.coarse.shape[1] / large.shape[1]
    movement = [[across, 0, (x - middle.left) * across], [0, down, (y - middle.top) * down]]
    return float(best), np.array(movement, np.float32)


def _zoom(one: View) -> float:
    """Pixels of the view in one of its coarse version."""
    return float(max(one.grey.shape) / max(one.coarse.shape))


def scaled(movement: Movement, first: Zoom, second: Zoom) -> Movement:
    """The same movement between pictures made so many times as large. Pixels are counted from their middles."""
    (to_x, to_y), (of_x, of_y) = (zoom if isinstance(zoom, tuple) else (zoom, zoom) for zoom in (first, second))
    (a, b, across), (c, d, down) = movement.tolist()
    x, y = 0.5 / of_x - 0.5, 0.5 / of_y - 0.5  # where the corner of the second picture now lies
    moved = [
        [a * to_x / of_x, b * to_x / of_y, (a * x + b * y + across + 0.5) * to_x - 0.5],
        [c * to_y / of_x, d * to_y / of_y, (c * x + d * y + down + 0.5) * to_y - 0.5],
    ]
    return np.array(moved, np.float32)


def _inverse(movement: Movement) -> Movement:
    import cv2

    return np.asarray(cv2.invertAffineTransform(movement.astype(np.float64)), np.float32)


_EVERYWHERE: Any = None  # a mask that the stubs of OpenCV demand
UNMOVED: Movement = np.array([[1, 0, 0], [0, 1, 0]], np.float32)
