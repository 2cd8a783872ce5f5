"""Intervals of 95 %: of a share, and of the difference of two shares that were counted on the same images."""

from __future__ import annotations

import math

import numpy as np

Interval = tuple[float, float]

Z = 1.959964  # of 95 %
_DRAWS = 20_000


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


def difference(gained: int, lost: int, of: int, *, seed: int = 0) -> Interval:
    """Interval of (gained − lost) / of, in [−1, 1]: `of` images were judged twice, `gained` only then rightly.

    Bootstrap over the images, by percentiles. It is that of a paired comparison, so what both got right adds nothing.
    """
    if not of:
        return -1.0, 1.0
    shares = [gained / of, lost / of, (of - gained - lost) / of]
    drawn = np.random.default_rng(seed).multinomial(of, shares, size=_DRAWS)
    low, high = np.percentile((drawn[:, 0] - drawn[:, 1]) / of, [2.5, 97.5])
    return float(low), float(high)
