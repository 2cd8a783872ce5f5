"""The neighbours of every row of a set too large to compare every pair, looked for in the nearest partitions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from embedding_core.neighbours import partitions
from embedding_core.records import silent

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embedding_core.neighbours.partitions import Partitions
    from embedding_core.records import Progress

RECALL = 0.98  # share of the true neighbours that are to be found
SAMPLE = 1_000  # rows whose true neighbours are computed
JUDGED = 15  # neighbours of each of them: those that maps use
_BLOCK = 2**25  # entries of the largest block that is held at once, 128 MB of float32


def best(
    unit: NDArray[np.float32],
    k: int,
    *,
    cut: Partitions | None = None,
    recall: float = RECALL,
    seed: int = 0,
    progress: Progress = silent,
) -> tuple[NDArray[np.int32], NDArray[np.float32], float]:
    """The most similar rows (n, k) of each of `unit` (n, d), their similarities (n, k), and the recall of this.

    The recall is the share of the sample's true neighbours that were looked at, at least `recall`. `cut` are the
    partitions of the set, where they are known.
    """
    from embedding_core.neighbours import kernels

    n = len(unit)
    progress("neighbours", 0, None)
    cut = partitions.partition(unit, seed=seed) if cut is None else cut
    probes, measured = _probes(unit, cut, recall, np.random.default_rng(seed))
    near = partitions.nearest(unit, cut.centres, probes)

    found = kernels.empty(n, k)
    queries = partitions.grouped(near.ravel(), cut.count)
    for number, (columns, asked) in enumerate(zip(cut.members(), queries, strict=True)):
        progress("neighbours", number, cut.count)
        _compare(unit, (asked // probes).astype(np.int32), columns.astype(np.int32), found)
    short = np.flatnonzero(found[0][:, -1] < 0).astype(np.int32)  # fewer than k rows in all of their partitions
    found[0][short], found[1][short] = -1, -np.inf
    _compare(unit, short, np.arange(n, dtype=np.int32), found)
    progress("neighbours", cut.count, cut.count)
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


def _probes(
    unit: NDArray[np.float32], cut: Partitions, recall: float, random: np.random.Generator
) -> tuple[int, float]:
    """How many partitions a row, and the share of a sample's true neighbours that lie in them."""
    n = len(unit)
    sample = np.sort(random.choice(n, min(n, SAMPLE), replace=False))
    true = partitions.nearest(unit[sample], unit, min(JUDGED + 1, n))
    others = true != sample[:, None]
    within = partitions.shares(cut.places(unit[sample], true)[others], cut.count)
    probes = partitions.enough(within, recall)
    return probes, float(within[probes - 1])
