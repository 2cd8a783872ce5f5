"""The difference of two means that were counted on the same images, and its interval.

Paired: what both have alike adds nothing. Of few images that differ a plain interval is too narrow; two more images are
counted, one for each side: Bonett & Price 2012, "Adjusted Wald confidence interval for a difference of binomial
proportions based on paired data". Near-duplicates are no independent witnesses: each group counts as one, by the
variance of a ratio over clusters (Cochran 1977, "Sampling techniques", 3rd ed., ch. 9).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embedding_core.quality.intervals import Interval

LEVEL = 0.95
COUNTED = 2.0  # images more, one for each side


@dataclass(frozen=True, slots=True)
class Estimate:
    """A difference before its interval: the two means, and middle and standard error of what is drawn around."""

    before: float
    after: float
    middle: float
    error: float

    @property
    def clearness(self) -> float:
        return abs(self.middle) / self.error if self.error else 0.0

    def interval(self, comparisons: int = 1) -> Interval:
        """In [−1, 1]; of several `comparisons` that of 1 − 0.05 / their number."""
        half = z(comparisons) * self.error
        low, high = max(-1.0, self.middle - half), min(1.0, self.middle + half)
        return low + 0.0, high + 0.0


def estimated(
    before: NDArray[np.generic],
    after: NDArray[np.generic],
    clusters: NDArray[np.integer],
    *,
    codes: NDArray[np.integer] | None = None,
) -> Estimate:
    """The difference `after` − `before` of the means over n images, each value (n,) in [0, 1]; with `codes` (n,) of the
    means of the classes' means, the images that are counted more divided among the classes.

    Images of one of `clusters` (n,) are one witness.
    """
    first, second = (np.asarray(side, np.float64) for side in (before, after))
    if not len(first):
        return Estimate(0.0, 0.0, 0.0, 1.0)
    of = np.zeros(len(first), np.int64) if codes is None else np.unique(codes, return_inverse=True)[1]
    sizes = np.bincount(of)
    more = COUNTED / len(sizes)
    whole = (sizes + more) * len(sizes)
    middles = np.bincount(of, weights=second - first) / (sizes + more)
    off = (second - first - middles[of]) / whole[of]
    together = np.bincount(np.unique(clusters, return_inverse=True)[1], weights=off)
    counted = more * (1 + middles**2) / whole**2  # of a change by 1 and one by −1
    error = math.sqrt(float((together**2).sum() + counted.sum()))
    if len(together) < 2:  # one witness says nothing about others
        error = math.inf
    was, now = (float((np.bincount(of, weights=side) / sizes).mean()) for side in (first, second))
    return Estimate(was, now, float(middles.mean()), error)


def z(comparisons: int = 1) -> float:
    """How many standard errors an interval reaches to each side."""
    return NormalDist().inv_cdf(1 - (1 - LEVEL) / (2 * max(1, comparisons)))
