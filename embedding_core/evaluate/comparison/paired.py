"""Intervals of 95 % of a mean, and of the difference of two that were counted on the same images.

Near-duplicates are no independent witnesses: each group counts as one, by the variance of a ratio over clusters
(Cochran 1977, "Sampling techniques", 3rd ed., ch. 9).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from embedding_core.effect.intervals import Difference
from embedding_core.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from embedding_core.quality.intervals import Interval

LEVEL = 0.95
FEWEST = 20  # images to judge by


def mean(values: NDArray[np.floating], clusters: NDArray[np.integer]) -> Interval:
    """Interval of the mean of `values` (n,), each in [0, 1]; (0, 1) of fewer than two clusters."""
    if len(np.unique(clusters)) < 2:
        return 0.0, 1.0
    middle = float(values.mean(dtype=np.float64))
    half = _z(1) * math.sqrt(_variance(values - middle, clusters))
    return max(0.0, middle - half), min(1.0, middle + half)


def difference(
    before: NDArray[np.generic], after: NDArray[np.generic], clusters: NDArray[np.integer], *, comparisons: int = 1
) -> Difference:
    """The means of `before` and `after` (n,), each value in [0, 1], and the interval of after − before.

    Paired: what both have alike adds nothing. With several `comparisons` the interval is that of 1 − 0.05 / their
    number. Of few images that differ a plain interval is too narrow; two more images are counted, one for each side:
    Bonett & Price 2012, "Adjusted Wald confidence interval for a difference of binomial proportions based on paired
    data".
    """
    return _widened(_estimated(before, after, clusters), comparisons)


def differences(
    pairs: Sequence[tuple[NDArray[np.generic], NDArray[np.generic]]], clusters: NDArray[np.integer]
) -> list[Difference]:
    """Likewise of several pairs on the same n images, each with an interval so wide that with 95 % none of those that
    are equal is called different: Holm 1979, "A simple sequentially rejective multiple test procedure".

    The clearest of p differences gets the interval of 1 − 0.05 / p, the next that of 1 − 0.05 / (p − 1), and so on up
    to the first that holds zero; all after it are as wide as that.
    """
    estimated = [_estimated(before, after, clusters) for before, after in pairs]
    order = sorted(range(len(pairs)), key=lambda at: -estimated[at].clearness)
    found: dict[int, Difference] = {}
    left = len(pairs)
    for at in order:
        found[at] = _widened(estimated[at], left)
        left -= (found[at].better or found[at].worse) and left > 1
    return [found[at] for at in range(len(pairs))]


@dataclass(frozen=True, slots=True)
class _Estimate:
    """A difference before its interval: the two means, and middle and standard error of what is drawn around."""

    before: float
    after: float
    middle: float
    error: float

    @property
    def clearness(self) -> float:
        return abs(self.middle) / self.error if self.error else 0.0


def _estimated(before: NDArray[np.generic], after: NDArray[np.generic], clusters: NDArray[np.integer]) -> _Estimate:
    first, second = (np.asarray(side, np.float64) for side in (before, after))
    if not len(first):
        return _Estimate(0.0, 0.0, 0.0, 1.0)
    count = int(clusters.max()) + 1
    with_two = np.concatenate([second - first, [1.0, -1.0]])
    apart = np.concatenate([clusters, [count, count + 1]])
    middle = float(with_two.mean())
    error = math.sqrt(_variance(with_two - middle, apart, corrected=False))
    return _Estimate(float(first.mean()), float(second.mean()), middle, error)


def _widened(one: _Estimate, comparisons: int) -> Difference:
    half = _z(comparisons) * one.error
    low, high = max(-1.0, one.middle - half), min(1.0, one.middle + half)
    return Difference(one.before, one.after, low + 0.0, high + 0.0)


def _variance(residuals: NDArray[np.floating], clusters: NDArray[np.integer], *, corrected: bool = True) -> float:
    """Of the mean of values whose residuals (n,) these are, from the sums over clusters."""
    sums = np.bincount(np.asarray(clusters, np.int64), weights=residuals)
    count = len(np.unique(clusters))
    found = float((sums**2).sum()) / len(residuals) ** 2
    return found * count / (count - 1) if corrected and count > 1 else found


def _z(comparisons: int) -> float:
    return NormalDist().inv_cdf(1 - (1 - LEVEL) / (2 * max(1, comparisons)))


def enough(codes: NDArray[np.integer]) -> None:
    """Raises `InvalidInput` where the images that judge, of these classes (n,), are too few or all of one class."""
    classes = len(np.unique(codes))
    if len(codes) < FEWEST or classes < 2:
        raise InvalidInput(
            f"It takes {FEWEST} labelled images of two labels to judge by, and nobody may have decided on them. There "
            f"are {len(codes):,}, of {classes}."
        )
