"""Rows against those of the partitions near them, for sets that are too large to compare every pair.

The set is partitioned by KMeans; a row's neighbours are looked for in the partitions whose centres are nearest to it,
as an inverted file does (Jégou, Douze & Schmid 2011, "Product quantization for nearest neighbor search", section IV).
How many partitions is not guessed: the true neighbours of a sample say in which place of each row's list of partitions
they lie, and so what each number of partitions would find.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from embedding_core.records import silent
from embedding_core.vectors import unit_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embedding_core.records import Progress

MEMBERS = 400  # rows of a partition, on average
RECALL = 0.98  # share of the true neighbours that are to be found
SAMPLE = 1_000  # rows whose true neighbours are computed
JUDGED = 15  # neighbours of each of them: those that maps use
_TRAINING = 64  # rows a centre is made from
_WIDE = 4_096  # queries of a block at most
_BLOCK = 2**25  # entries of the largest block that is held at once, 128 MB of float32


def best(
    unit: NDArray[np.float32],
    k: int,
    *,
    recall: float = RECALL,
    seed: int = 0,
    progress: Progress = silent,
) -> tuple[NDArray[np.int32], NDArray[np.float32], float]:
    """The most similar rows (n, k) of each of `unit` (n, d), their similarities (n, k), and the recall of this.

    The recall is the share of the sample's true neighbours that were looked at, at least `recall`.
    """
    from embedding_core.neighbours import kernels

    n = len(unit)
    random = np.random.default_rng(seed)
    progress("neighbours", 0, None)
    centres = _centres(unit, max(1, n // MEMBERS), random)
    partition = _best_of(unit, centres, 1)[:, 0]
    probes, measured = _probes(unit, centres, partition, recall, random)
    near = _best_of(unit, centres, probes)

    found = kernels.empty(n, k)
    members = _grouped(partition, len(centres))
    queries = _grouped(near.ravel(), len(centres))
    for number, (columns, asked) in enumerate(zip(members, queries, strict=True)):
        progress("neighbours", number, len(centres))
        _compare(unit, (asked // probes).astype(np.int32), columns.astype(np.int32), found)
    short = np.flatnonzero(found[0][:, -1] < 0).astype(np.int32)  # fewer than k rows in all of their partitions
    found[0][short], found[1][short] = -1, -np.inf
    _compare(unit, short, np.arange(n, dtype=np.int32), found)
    progress("neighbours", len(centres), len(centres))
    np.clip(found[1], -1, 1, out=found[1])
    return *found, measured


def _compare(
    unit: NDArray[np.float32],
    queries: NDArray[np.int32],
    columns: NDArray[np.int32],
    found: tuple[NDArray[np.int32], NDArray[np.float32]],
) -> None:
    """Look among the rows `columns` for neighbours of the rows `queries`."""
    from embedding_core.neighbours import kernels

    candidates = unit[columns]
    size = max(1, _BLOCK // max(1, len(columns)))
    for start in range(0, len(queries), size):
        lines = queries[start : start + size]
        kernels.merge(unit[lines] @ candidates.T, lines, lines, columns, *found)


def _centres(unit: NDArray[np.float32], count: int, random: np.random.Generator) -> NDArray[np.float32]:
    """`count` centres of length 1, (count, d), by KMeans on a sample."""
    from sklearn.cluster import KMeans

    some = np.sort(random.choice(len(unit), min(len(unit), _TRAINING * count), replace=False))
    means = KMeans(count, init="random", n_init=1, max_iter=8, random_state=int(random.integers(2**31)))
    return unit_rows(means.fit(unit[some]).cluster_centers_)


def _best_of(queries: NDArray[np.float32], rows: NDArray[np.float32], count: int) -> NDArray[np.int32]:
    """The `count` of `rows` (m, d) most similar to each of `queries` (q, d), best first: (q, count)."""
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
    return found[0]


def _probes(
    unit: NDArray[np.float32],
    centres: NDArray[np.float32],
    partition: NDArray[np.int32],
    recall: float,
    random: np.random.Generator,
) -> tuple[int, float]:
    """How many partitions a row, and the share of a sample's true neighbours that lie in them."""
    n = len(unit)
    sample = np.sort(random.choice(n, min(n, SAMPLE), replace=False))
    true = _best_of(unit[sample], unit, min(JUDGED + 1, n))
    others = true != sample[:, None]
    order = np.argsort(-(unit[sample] @ centres.T), axis=1, kind="stable")
    place = np.empty_like(order)
    np.put_along_axis(place, order, np.arange(len(centres))[None], axis=1)
    where = np.take_along_axis(place, partition[true].astype(np.int64), axis=1)[others]
    within = np.cumsum(np.bincount(where, minlength=len(centres))) / max(1, len(where))
    probes = min(int(np.searchsorted(within, recall)), len(centres) - 1) + 1
    return probes, float(within[probes - 1])


def _grouped(numbers: NDArray[np.int32], count: int) -> list[NDArray[np.int64]]:
    """For each of 0 to count - 1 the places where `numbers` has it, ascending."""
    order = np.argsort(numbers, kind="stable")
    return np.split(order, np.searchsorted(numbers[order], np.arange(1, count)))
