"""Figures with their 95 % intervals, in which near-duplicates count as one witness.

Images of one group are right or wrong together, so n of them tell less than n that are independent. How much less is
the design effect: the variance of the share over whole groups (the ratio estimator of cluster sampling) over that of
independent images; Kish 1965, "Survey sampling". Wilson's interval is then of as many images as these are worth: Korn &
Graubard 1998, "Confidence intervals for proportions with small expected number of positive counts".
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from embedding_core.quality.groups import witnesses
from embedding_core.quality.intervals import wilson

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, slots=True)
class Figure:
    """A share from 0 to 1 and where the truth lies with 95 %, over other images of the same kind."""

    value: float
    low: float
    high: float


def figure(right: ArrayLike, groups: ArrayLike | None = None) -> Figure:
    """The share of `right` (n,) with its interval; `groups` (n,) are near-duplicates, −1 for an image that is alone.

    (0, 1) for no image at all, whose share is NaN.
    """
    hits = np.asarray(right, np.float64)
    n = len(hits)
    if not n:
        return Figure(math.nan, 0.0, 1.0)
    share = float(hits.mean())
    return Figure(share, *wilson(share, n / _design_effect(hits, share, clusters(groups, n))))


def clusters(groups: ArrayLike | None, n: int) -> NDArray[np.int64]:
    """Numbers (n,) from 0 of what is a witness: a group is one, and so is an image that is alone."""
    if groups is None:
        return np.arange(n)
    return witnesses(np.asarray(groups, np.int64))


def _design_effect(hits: NDArray[np.float64], share: float, of: NDArray[np.int64]) -> float:
    sizes, n = np.bincount(of), len(hits)
    count = len(sizes)
    if count == n:
        return 1.0
    independent = share * (1 - share) / n
    if count == 1 or not independent:
        return float((sizes**2).sum() / n)  # as of images that are all alike within a group
    spread = np.bincount(of, weights=hits) - share * sizes
    return max(1.0, float((spread**2).sum() * count / (count - 1) / n**2 / independent))
