"""A large set cut into partitions of alike rows, so that what is like a row is looked for in few of them.

This is the inverted file of Jégou, Douze & Schmid 2011, "Product quantization for nearest neighbor search", section IV.
How many partitions are enough is not guessed: the true neighbours of a sample say in which place of each row's list of
partitions they lie, and so what each number of partitions finds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from embedding_core.vectors import read_only, unit_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

MEMBERS = 400  # rows of a partition, on average
_TRAINING = 64  # rows a centre is made from
_WIDE = 4_096  # queries of a block at most
_BLOCK = 2**25  # entries of the largest block that is held at once, 128 MB of float32


@dataclass(frozen=True, eq=False, slots=True)
class Partitions:
    """m partitions of n rows by direction."""

    centres: NDArray[np.float32]  # (m, d) of length 1
    partition: NDArray[np.int32]  # (n,) of each row, 0 to m - 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "centres", read_only(self.centres))
        object.__setattr__(self, "partition", read_only(self.partition))

    @property
    def count(self) -> int:
        return len(self.centres)

    def members(self) -> list[NDArray[np.int64]]:
        """The rows of each partition, ascending."""
        return grouped(self.partition, self.count)

    def places(self, queries: NDArray[np.float32], rows: NDArray[np.int32]) -> NDArray[np.int64]:
        """In which place of a query's partitions, nearest first, some rows lie: `queries` (q, d), `rows` (q, j)."""
        order = np.argsort(-(queries @ self.centres.T), axis=1, kind="stable")
        place = np.empty_like(order)
        np.put_along_axis(place, order, np.arange(self.count)[None], axis=1)
        return np.take_along_axis(place, self.partition[rows].astype(np.int64), axis=1)


def partition(vectors: NDArray[np.float32], *, seed: int = 0) -> Partitions:
    """Cut `vectors` (n, d), of any length, into partitions of `MEMBERS` rows on average. The same set, the same cut.

    Centres are KMeans' of a sample.
    """
    from sklearn.cluster import KMeans

    random = np.random.default_rng(seed)
    n = len(vectors)
    count = max(1, n // MEMBERS)
    some = np.sort(random.choice(n, min(n, _TRAINING * count), replace=False))
    means = KMeans(count, init="random", n_init=1, max_iter=8, random_state=int(random.integers(2**31)))
    centres = unit_rows(means.fit(unit_rows(vectors[some])).cluster_centers_)
    return Partitions(centres, nearest(vectors, centres, 1)[:, 0])


def nearest(queries: NDArray[np.float32], rows: NDArray[np.float32], count: int) -> NDArray[np.int32]:
    """The `count` of `rows` (m, d) of length 1 most similar to each of `queries` (q, d), best first: (q, count)."""
    return most_alike(queries, rows, count)[0]


def most_alike(
    queries: NDArray[np.float32], rows: NDArray[np.float32], count: int
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Likewise, with their products (q, count)."""
    from embedding_core.neighbours import kernels

    found = kernels.empty(len(queries), count)
    lines = np.arange(len(queries), dtype=np.int32)
    nobody = np.full(len(queries), -1, np.int32)
    size = max(1, _BLOCK // max(1, min(len(queries), _WIDE)))
    for first in range(0, len(queries), _WIDE):
        some = slice(first, first + _WIDE)
        for start in range(0, len(rows), size):
            columns = np.arange(start, min(len(rows), start + size), dtype=np.int32)
            block = queries[some] @ rows[start : start + size].T
            kernels.merge(block, lines[some], nobody[some], columns, *found)
    return found


def shares(places: NDArray[np.int64], count: int) -> NDArray[np.float64]:
    """The share of rows at `places` that the first 1, 2, … `count` partitions hold: (count,)."""
    return np.cumsum(np.bincount(places.ravel(), minlength=count)) / max(1, places.size)


def enough(within: NDArray[np.float64], recall: float) -> int:
    """How many partitions hold that share, of `shares`."""
    return min(int(np.searchsorted(within, recall)), len(within) - 1) + 1


def grouped(numbers: NDArray[np.int32], count: int) -> list[NDArray[np.int64]]:
    """For each of 0 to count - 1 the places where `numbers` has it, ascending."""
    order = np.argsort(numbers, kind="stable")
    return np.split(order, np.searchsorted(numbers[order], np.arange(1, count)))
