"""Nearest neighbours, exact. Vectors in, `NeighbourGraph` or `Neighbours` out.

The graph is the cosine graph of a whole set, computed once and shared by maps, trust and reviews. It runs in the
worker, on torch. A search answers a few queries under any of five metrics and needs numpy alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from embedding_core.errors import InvalidInput, InvalidQuery
from embedding_core.records import silent
from embedding_core.vectors import checked, read_only, unit_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import ArrayLike, NDArray

    from embedding_core.records import Progress

METRICS = ("cosine", "dot", "euclidean", "manhattan", "hamming")
DISTANCES = frozenset({"euclidean", "manhattan"})  # shown to people as distances: 0 is the same, smaller is closer


@dataclass(frozen=True, slots=True)
class NeighbourGraph:
    """The k most similar rows of every row of one set, best first, under cosine similarity. Exact.

    A row is never its own neighbour, wherever its duplicates are. k is at most n - 1, so it is 0 for a single row.
    """

    rows: NDArray[np.int32]  # (n, k) rows of the same set
    similarity: NDArray[np.float32]  # (n, k) in [-1, 1], falling along each row

    def __post_init__(self) -> None:
        object.__setattr__(self, "rows", read_only(self.rows))
        object.__setattr__(self, "similarity", read_only(self.similarity))

    @property
    def n(self) -> int:
        return self.rows.shape[0]

    @property
    def k(self) -> int:
        return self.rows.shape[1]


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The k most similar rows for each of q queries, best first.

    `similarity` is higher for what is more alike, whatever the metric:
    cosine in [-1, 1]; dot, the raw product; euclidean and manhattan, the distance negated, so at most 0; hamming,
    the share of equal bits in [0, 1]. `words` says one as people read it.
    """

    rows: NDArray[np.int32]  # (q, k) rows of the searched set
    similarity: NDArray[np.float32]  # (q, k), falling along each row
    metric: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "rows", read_only(self.rows))
        object.__setattr__(self, "similarity", read_only(self.similarity))

    @property
    def k(self) -> int:
        return self.rows.shape[1]


def graph(vectors: ArrayLike, k: int = 30, *, progress: Progress = silent) -> NeighbourGraph:
    """Return the exact cosine `NeighbourGraph` of `vectors` (n, d), with min(k, n - 1) neighbours a row.

    A row of zeros has similarity 0 to everything. Raises `InvalidVectors`, and `InvalidInput` for k below 1.
    """
    raise NotImplementedError


def search(
    vectors: ArrayLike,
    queries: ArrayLike,
    k: int,
    metric: str = "cosine",
    *,
    exclude: Sequence[int] | NDArray[np.integer] = (),
) -> Neighbours:
    """Return the `k` rows of `vectors` (n, d) most similar to each of `queries` (q, d) or (d,). Exact.

    Rows in `exclude` are never returned. Hamming compares bits: whether a value lies above its dimension's mean over
    `vectors`. Raises `InvalidVectors`, and `InvalidQuery` for a query of another width or that is not finite, for an
    unknown metric, an excluded row that is not there, and for k outside 1 to n less the excluded.
    """
    raise NotImplementedError


def mean_query(vectors: ArrayLike, metric: str = "cosine") -> NDArray[np.float32]:
    """Return one query (d,) that stands for several images: their mean, of unit vectors under cosine."""
    raise NotImplementedError


def words(metric: str, similarity: float) -> str:
    """Say one value of `Neighbours.similarity` as people read it: "similarity 0.83", "distance 12.4", "97 % of bits equal"."""
    raise NotImplementedError
