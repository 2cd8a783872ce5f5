"""Intervals of 95 % of a mean, and of the difference of two that were counted on the same images.

Near-duplicates are no independent witnesses: each group counts as one, by the variance of a ratio over clusters
(Cochran 1977, "Sampling techniques", 3rd ed., ch. 9).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from embedding_core.effect.intervals import Difference
from embedding_core.errors import InvalidInput
from embedding_core.quality.paired import Estimate, estimated, z

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from embedding_core.quality.intervals import Interval

FEWEST = 20  # images to judge by


def mean(values: NDArray[np.floating], clusters: NDArray[np.integer]) -> Interval:
    """Interval of the mean of `values` (n,), each in [0, 1]; (0, 1) of fewer than two clusters."""
    if len(np.unique(clusters)) < 2:
        return 0.0, 1.0
    middle = float(values.mean(dtype=np.float64))
    half = z() * math.sqrt(_variance(values - middle, clusters))
    return max(0.0, middle - half), min(1.0, middle + half)


def difference(
    before: NDArray[np.generic], after: NDArray[np.generic], clusters: NDArray[np.integer], *, comparisons: int = 1
) -> Difference:
    """The means of `before` and `after` (n,), each value in [0, 1], and the interval of after − before.

    Paired, as `quality.paired` has it. With several `comparisons` the interval is that of 1 − 0.05 / their number.
    """
    return _widened(estimated(before, after, clusters), comparisons)


def differences(
    pairs: Sequence[tuple[NDArray[np.generic], NDArray[np.generic]]], clusters: NDArray[np.integer]
) -> list[Difference]:
    """Likewise of several pairs on the same n images, each with an interval so wide that with 95 % none of those that
    are equal is called different: Holm 1979, "A simple sequentially rejective multiple test procedure".

    The clearest of p differences gets the interval of 1 − 0.05 / p, the next that of 1 − 0.05 / (p − 1), and so on up
    to the first that holds zero; all after it are as wide as that.
    """
    each = [estimated(before, after, clusters) for before, after in pairs]
    order = sorted(range(len(pairs)), key=lambda at: -each[at].clearness)
    found: dict[int, Difference] = {}
    left = len(pairs)
    for at in order:
        found[at] = _widened(each[at], left)
        left -= (found[at].better or found[at].worse) and left > 1
    return [found[at] for at in range(len(pairs))]


def _widened(one: Estimate, comparisons: int) -> Difference:
    return Difference(one.before, one.after, *one.interval(comparisons))


def _variance(residuals: NDArray[np.floating], clusters: NDArray[np.integer]) -> float:
    """Of the mean of values whose residuals (n,) these are, from the sums over clusters."""
    sums = np.bincount(np.asarray(clusters, np.int64), weights=residuals)
    count = len(np.unique(clusters))
    found = float((sums**2).sum()) / len(residuals) ** 2
    return found * count / (count - 1) if count > 1 else found


def enough(codes: NDArray[np.integer]) -> None:
    """Raises `InvalidInput` where the images that judge, of these classes (n,), are too few or all of one class."""
    classes = len(np.unique(codes))
    if len(codes) < FEWEST or classes < 2:
        raise InvalidInput(
            f"It takes {FEWEST} labelled images of two labels to judge by, and nobody may have decided on them. There "
            f"are {len(codes):,}, of {classes}."
        )
