"""Average precision of one image's ranking, as scikit-learn counts it: equals come before what they are equal to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def places(own: NDArray[np.float32], others: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """How many of `own` (r,), and how many of all, are at least as like as each of `own`, most like first: (r,), (r,).

    `own` are the similarities with images of the same class, `others` (m,) with all others. Of equals each has the
    place of the last, so that a set of equal vectors gains nothing.
    """
    falling, rising = -np.sort(-own), np.sort(others)
    hits = np.searchsorted(-falling, -falling, side="right")
    misses = len(rising) - np.searchsorted(rising, falling, side="left")
    return hits.astype(np.int64), (hits + misses).astype(np.int64)


def average(hits: NDArray[np.int64], place: NDArray[np.int64]) -> float:
    """Average precision from `places`, above 0 to 1; NaN where there is none of the same class.

    Manning, Raghavan & Schütze 2008, "Introduction to information retrieval", 8.4.
    """
    return float((hits / place).mean()) if len(hits) else float("nan")
