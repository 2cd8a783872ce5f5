"""How strongly two columns go together, and how strongly they would by chance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from embedding_core.quality.composition.balance import crossed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embedding_core.quality.composition.columns import Column

SHUFFLES = 200
ROWS = 20_000  # at most that are shuffled; chance is smaller with more, so what is said of it errs to the safe side


@dataclass(frozen=True, slots=True)
class Association:
    """Cramér's V and mutual information of two columns, over the images that have both."""

    images: int
    v: float  # 0 to 1, corrected for chance
    chance: float  # V that one of a hundred shuffles exceeds
    bits: float  # mutual information, corrected for chance, at least 0


def association(first: Column, second: Column, *, seed: int = 0) -> Association:
    """How two columns of the same n images go together.

    V is corrected as in Bergsma, "A bias-correction for Cramér's V and Tschuprow's T", 2013, and mutual information by
    the first term of Miller 1955. Chance is seen, not assumed: one column is shuffled `SHUFFLES` times.
    """
    counts = crossed(first, second)
    both = np.flatnonzero((first.codes >= 0) & (second.codes >= 0))
    rng = np.random.default_rng(seed)
    if len(both) > ROWS:
        both = rng.choice(both, ROWS, replace=False)
    rows, places = first.codes[both].astype(np.int64), second.codes[both].astype(np.int64)
    shape = (len(first.values), len(second.values))
    shuffled = [
        _v(np.bincount(rows * shape[1] + rng.permutation(places), minlength=shape[0] * shape[1]).reshape(shape))
        for _ in range(SHUFFLES)
    ]
    chance = float(np.quantile(shuffled, 0.99)) if len(both) else 0.0
    return Association(int(counts.sum()), _v(counts), chance, _bits(counts))


def _v(counts: NDArray[np.int64]) -> float:
    there = _there(counts)
    n, (rows, columns) = there.sum(), there.shape
    if min(rows, columns) < 2 or n < 2:
        return 0.0
    expected = np.outer(there.sum(axis=1), there.sum(axis=0)) / n
    phi = ((there - expected) ** 2 / expected).sum() / n
    phi = max(0.0, phi - (rows - 1) * (columns - 1) / (n - 1))
    smaller = min(rows - (rows - 1) ** 2 / (n - 1), columns - (columns - 1) ** 2 / (n - 1)) - 1
    return float(min(1.0, np.sqrt(phi / smaller))) if smaller > 0 else 0.0


def _bits(counts: NDArray[np.int64]) -> float:
    there = _there(counts)
    n = there.sum()
    if not n:
        return 0.0
    shares, filled = there / n, there > 0
    even = np.outer(shares.sum(axis=1), shares.sum(axis=0))
    bits = float((shares[filled] * np.log2(shares[filled] / even[filled])).sum())
    excess = (there.shape[0] - 1) * (there.shape[1] - 1) / (2 * n * np.log(2))
    return max(0.0, bits - float(excess))


def _there(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Without the rows and columns that nothing is in."""
    there: NDArray[np.float64] = counts[counts.any(axis=1)][:, counts.any(axis=0)].astype(np.float64)
    return there
