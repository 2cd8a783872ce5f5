"""Intervals of 95 % of shares. Those of differences are in `quality.paired`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Interval = tuple[float, float]

Z = 1.959964  # of 95 %


def share(hits: int, of: int) -> Interval:
    """Wilson's interval of a share, in [0, 1]; (0, 1) of nothing.

    Wilson 1927, "Probable inference, the law of succession, and statistical inference".
    """
    if not of:
        return 0.0, 1.0
    return wilson(hits / of, of)


def wilson(rate: float, of: float) -> Interval:
    """Likewise of a rate among so many images, which may be a fraction: what dependent ones are worth. `of` above 0."""
    square = Z * Z / of
    middle = (rate + square / 2) / (1 + square)
    half = Z / (1 + square) * math.sqrt(rate * (1 - rate) / of + square / (4 * of))
    return max(0.0, middle - half), min(1.0, middle + half)


def clustered(right: NDArray[np.generic], clusters: NDArray[np.integer]) -> Interval:
    """Wilson's interval of the share of `right` (n,) where images of one of the `clusters` (n,), numbered from 0, are
    right or wrong together; (0, 1) of nothing.

    n counts for as many as it is worth: it is divided by the design effect, by how much more the share varies over
    whole clusters (the ratio estimator of cluster sampling) than over independent images. Kish 1965, "Survey sampling";
    Korn & Graubard 1998, "Confidence intervals for proportions with small expected number of positive counts".
    """
    hits = np.asarray(right, np.float64)
    n = len(hits)
    if not n:
        return 0.0, 1.0
    rate = float(hits.mean())
    return wilson(rate, n / _design_effect(hits, rate, np.asarray(clusters, np.int64)))


def balanced(right: NDArray[np.generic], codes: NDArray[np.integer], clusters: NDArray[np.integer]) -> Interval:
    """Interval of the mean of the shares of `right` (n,) among the images of each of c classes, `codes` (n,), those of
    one of the `clusters` (n,) right or wrong together; (0, 1) of nothing.

    Wald's, with two more images counted, divided among the classes and right as often as chance would be, 1 / c. So it
    has a width where all are right, and one image of a rare class that happens to be right tells nothing: after Agresti
    & Caffo 2000, "Simple and effective confidence intervals for proportions and differences of proportions".
    """
    hits, of, each = np.asarray(right, np.float64), np.asarray(clusters, np.int64), np.unique(codes)
    middle = variance = 0.0
    more = 2 / max(len(each), 1)
    for code in each:
        own = codes == code
        rate, n = float(hits[own].mean()), int(np.count_nonzero(own))
        worth = n / _design_effect(hits[own], rate, np.unique(of[own], return_inverse=True)[1])
        share = (worth * rate + more / len(each)) / (worth + more)
        middle += share / len(each)
        variance += share * (1 - share) / (worth + more) / len(each) ** 2
    half = Z * math.sqrt(variance)
    return (max(0.0, middle - half), min(1.0, middle + half)) if len(each) else (0.0, 1.0)


def _design_effect(hits: NDArray[np.float64], rate: float, clusters: NDArray[np.int64]) -> float:
    sizes, n = np.bincount(clusters), len(hits)
    count = int(np.count_nonzero(sizes))
    if count == n:
        return 1.0
    independent = rate * (1 - rate) / n
    if count == 1 or not independent:
        return float((sizes.astype(np.float64) ** 2).sum() / n)  # as of images that are all alike within a cluster
    spread = np.bincount(clusters, weights=hits) - rate * sizes
    return max(1.0, float((spread**2).sum() * count / (count - 1) / n**2 / independent))
