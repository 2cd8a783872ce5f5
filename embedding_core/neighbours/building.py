"""The cosine graph of a whole set: computed once, shared by maps, trust, clusters and reviews."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from embedding_core.errors import InvalidInput
from embedding_core.records import silent
from embedding_core.vectors import checked, read_only, unit_rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    from embedding_core.neighbours.partitions import Partitions
    from embedding_core.records import Progress

# Multiplications up to which the graph is exact: about a minute on two cores. 68,000 rows of 1,280 dimensions.
EXACT = 3e12


@dataclass(frozen=True, slots=True)
class NeighbourGraph:
    """The k most similar rows of every row of one set, best first, under cosine similarity.

    A row is never its own neighbour, wherever its duplicates are. k is at most n - 1, so it is 0 for a single row.
    The graph of a sketch has neighbours among some of the rows alone.
    """

    rows: NDArray[np.int32]  # (n, k) rows of the same set
    similarity: NDArray[np.float32]  # (n, k) in [-1, 1], falling along each row
    recall: float = 1.0  # share of the true neighbours that are in it: 1 when exact, else measured on a sample
    among: NDArray[np.int32] | None = None  # (l,) ascending, the rows that neighbours are; None: any

    def __post_init__(self) -> None:
        if self.among is not None:
            object.__setattr__(self, "among", read_only(self.among))
        object.__setattr__(self, "rows", read_only(self.rows))
        object.__setattr__(self, "similarity", read_only(self.similarity))

    @property
    def n(self) -> int:
        return int(self.rows.shape[0])

    @property
    def k(self) -> int:
        return int(self.rows.shape[1])


def graph(
    vectors: ArrayLike,
    k: int = 30,
    *,
    exact: bool | None = None,
    cut: Callable[[], Partitions] | None = None,
    progress: Progress = silent,
) -> NeighbourGraph:
    """Return the cosine `NeighbourGraph` of `vectors` (n, d), with min(k, n - 1) neighbours a row.

    It is exact up to `EXACT` multiplications, and above finds most neighbours; `exact` decides otherwise. The same
    vectors give the same graph. A row of zeros has similarity 0 to everything. Memory is a unit copy of the vectors and
    a few blocks. `cut` makes the partitions of the set, which are made here when nobody keeps them. Raises
    `InvalidVectors`, and `InvalidInput` for k below 1.
    """
    if k < 1:
        raise InvalidInput(f"A neighbour graph wants k of at least 1, not {k}.")
    array = checked(vectors)
    n, d = array.shape
    k = max(0, min(k, n - 1))
    if k == 0:
        return NeighbourGraph(np.zeros((n, 0), np.int32), np.zeros((n, 0), np.float32))
    unit = unit_rows(array)
    if exact is None:
        exact = n * n * d / 2 <= EXACT
    from embedding_core.neighbours import exhaustive, partitioned

    if exact:
        return NeighbourGraph(*exhaustive.best(unit, k, progress=progress))
    return NeighbourGraph(*partitioned.best(unit, k, cut=cut() if cut else None, progress=progress))
