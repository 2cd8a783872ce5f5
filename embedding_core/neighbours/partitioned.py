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
    queries: NDArray[np.float32] | None = None,
    cut: Partitions | None = None,
    recall: float = RECALL,
    seed: int = 0,
    progress: Progress = silent,
) -> tuple[NDArray[np.int32], NDArray[np.float32], float]:
    """The most similar rows (n, k) of each of `unit` (n, d), their similarities (n, k), and the recall of this.

    With `queries` (q, d) of length 1 it is those of each of these, (q, k), and otherwise no row is its own.
    The recall is the share of the sample's true neighbours that were looked at, at least `recall`. `cut` are the
    partitions of the set, where they are known.
    """
    from embedding_core.neighbours import kernels

    progress("neighbours", 0, None)
    cut = partitions.partition(unit, seed=seed) if cut is None else cut
    asking = unit if queries is None else queries
    # Whom each leaves out: itself, or nobody.
    left_out = np.arange(len(asking), dtype=np.int32) if queries is None else np.full(len(asking), -1, np.int32)
    probes, measured = _probes(asking, left_out, unit, cut, recall, np.random.default_rng(seed))
    near = partitions.nearest(asking, cut.centres, probes)

    found = kernels.empty(len(asking), k)
    of_partition = partitions.grouped(near.ravel(), cut.count)
    for number, (columns, asked) in enumerate(zip(cut.members(), of_partition, strict=True)):
        progress("neighbours", number, cut.count)
        _compare(asking, (asked // probes).astype(np.int32), left_out, unit, columns.astype(np.int32), found)
    short = np.flatnonzero(found[0][:, -1] < 0).astype(np.int32)  # fewer than k rows in all of their partitions
    found[0][short], found[1][short] = -1, -np.inf
    _compare(asking, short, left_out, unit, np.arange(len(unit), dtype=np.int32), found)
    progress("neighbours", cut.count, cut.count)
    np.clip(found[1], -1, 1, out=found[1])
    return *found, measured


def _compare(
    asking: NDArray[np.float32],
    some: NDArray[np.int32],
    left_out: NDArray[np.int32],
    unit: NDArray[np.float32],
    columns: NDArray[np.int32],
    found: tuple[NDArray[np.int32], NDArray[np.float32]],
) -> None:
    """Look among the rows `columns` for neighbours of `some` of those that ask."""
    from embedding_core.neighbours import kernels

    candidates = unit[columns]
    size = max(1, _BLOCK // max(1, len(columns)))
    for start in range(0, len(some), size):
        lines = some[start : start + size]
        kernels.merge(asking[lines] @ candidates.T, lines, left_out[lines], columns, *found)


def _probes(
    asking: NDArray[np.float32],
    left_out: NDArray[np.int32],
    unit: NDArray[np.float32],
    cut: Partitions,
    recall: float,
    random: np.random.Generator,
) -> tuple[int, float]:
    """How many partitions for each, and the share of a sample's true neighbours that lie in them."""
    sample = np.sort(random.choice(len(asking), min(len(asking), SAMPLE), replace=False))
    true = partitions.nearest(asking[sample], unit, min(JUDGED + 1, len(unit)))
    others = true != left_out[sample, None]
    within = partitions.shares(cut.places(asking[sample], true)[others], cut.count)
    probes = partitions.enough(within, recall)
    return probes, float(within[probes - 1])
