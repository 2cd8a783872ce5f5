"""Neighbours among some rows: of new rows among old ones, and of all rows of a very large set among landmarks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from embedding_core.neighbours import building
from embedding_core.neighbours.building import NeighbourGraph
from embedding_core.records import silent
from embedding_core.vectors import checked, unit_rows

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from embedding_core.records import Progress

LANDMARKS = 100_000


def sketch(
    vectors: ArrayLike, k: int = 30, *, landmarks: int = LANDMARKS, seed: int = 0, progress: Progress = silent
) -> NeighbourGraph:
    """The k landmarks most similar to each of `vectors` (n, d), which are `landmarks` rows drawn by chance.

    A landmark is not its own. The same seed gives the same graph. Raises `InvalidVectors`.
    """
    unit = unit_rows(checked(vectors))
    n = len(unit)
    chosen = np.sort(np.random.default_rng(seed).choice(n, min(n, landmarks), replace=False)).astype(np.int32)
    k = min(k, len(chosen) - 1)
    rows, similarity, recall = among(unit, unit[chosen], k + 1, seed=seed, progress=progress)
    rows = chosen[rows]
    itself = rows == np.arange(n, dtype=np.int32)[:, None]
    itself[~itself.any(axis=1), -1] = True  # others have one too many
    return NeighbourGraph(rows[~itself].reshape(n, k), similarity[~itself].reshape(n, k), recall, chosen)


def among(
    queries: NDArray[np.float32],
    rows: NDArray[np.float32],
    k: int,
    *,
    exact: bool | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> tuple[NDArray[np.int32], NDArray[np.float32], float]:
    """The k of `rows` (l, d) most similar to each of `queries` (q, d), (q, k), how similar, and the recall of this.

    All are of length 1. Exact while that takes no longer than an exact graph may, unless `exact` decides.
    """
    from embedding_core.neighbours import partitioned, partitions

    if exact is None:
        exact = len(queries) * rows.size <= building.EXACT
    if not exact:
        return partitioned.best(rows, k, queries=queries, seed=seed, progress=progress)
    progress("neighbours", 0, None)
    found, similarity = partitions.most_alike(queries, rows, k)
    return found, np.clip(similarity, -1, 1), 1.0
