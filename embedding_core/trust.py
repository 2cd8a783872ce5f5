"""How far a map can be believed: what it shows as near, is it near in the full space?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from embedding_core.neighbours import NeighbourGraph

K = 15


def per_point(points: ArrayLike, graph: NeighbourGraph, k: int = K) -> NDArray[np.float32]:
    """Return, for each of `points` (n, 2 or 3), the share in [0, 1] of its k map neighbours that are among its k
    neighbours in `graph`; k is bounded by the graph's."""
    raise NotImplementedError


def trustworthiness(
    vectors: ArrayLike, points: ArrayLike, k: int = K, *, sample: int = 10_000, seed: int = 0
) -> tuple[float, int]:
    """Return scikit-learn's trustworthiness (cosine) in [0, 1], and the number of rows that it was computed on."""
    raise NotImplementedError


def words(value: float | None) -> str:
    """Say a trustworthiness in one sentence."""
    raise NotImplementedError
