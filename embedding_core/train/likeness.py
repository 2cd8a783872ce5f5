"""Whether an image is unlike anything that a model was trained on, so that its answer is a guess.

The mean distance to an image's nearest training images is held against what it is among the training images
themselves, near-duplicates left out: the novelty test of k nearest neighbours, Sun et al. 2022, "Out-of-distribution
detection with deep nearest neighbors".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from embedding_core.vectors import checked, read_only, unit_rows

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

NEAREST = 5
SHARE = 0.99  # of training images that count as like the others
ANY = 2.0  # the farthest that there is: with this line no image is unlike
MOST = 2_000  # training images that are kept to compare with, drawn by chance

_BLOCK = 4_096  # rows that are compared at once


@dataclass(frozen=True, eq=False, slots=True)
class Likeness:
    """Some training images to compare with."""

    reference: NDArray[np.float16]  # (r, d) of length 1
    line: float  # distance above which an image is unlike them, from 0 to 2

    def distances(self, vectors: ArrayLike) -> NDArray[np.float32]:
        """The mean cosine distance (m,) of `vectors` (m, d) to the nearest ones. Raises `InvalidVectors`."""
        return _distances(unit_rows(checked(vectors)), self.reference.astype(np.float32), None)


def likeness(vectors: NDArray[np.float32], groups: NDArray[np.integer], *, seed: int = 0) -> Likeness:
    """Of training images (n, d) in `groups` (n,) of near-duplicates, −1 for one alone."""
    rows = np.arange(len(vectors))
    if len(rows) > MOST:
        rows = np.sort(np.random.default_rng(seed).choice(rows, MOST, replace=False))
    reference = unit_rows(checked(vectors[rows])).astype(np.float16)
    alone = np.where(groups[rows] >= 0, groups[rows], int(groups.max(initial=-1)) + 1 + np.arange(len(rows)))
    unit = reference.astype(np.float32)
    found = _distances(unit, unit, alone)
    known = found[np.isfinite(found)]
    return Likeness(read_only(reference), float(np.quantile(known, SHARE)) if len(known) else ANY)


def _distances(
    unit: NDArray[np.float32], reference: NDArray[np.float32], same: NDArray[np.integer] | None
) -> NDArray[np.float32]:
    """(m,), where `same` (m,) rows of one number are not compared."""
    found = np.full(len(unit), np.inf, np.float32)
    for start in range(0, len(unit), _BLOCK):
        part = slice(start, start + _BLOCK)
        away = 1 - unit[part] @ reference.T
        if same is not None:
            away[same[part][:, None] == same[None, :]] = np.inf
        k = min(NEAREST, away.shape[1])
        if k:
            found[part] = np.partition(away, k - 1, axis=1)[:, :k].mean(axis=1)
    return found
