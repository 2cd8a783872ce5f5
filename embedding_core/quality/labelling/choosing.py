"""Rows chosen out of many: the densest of groups, and again and again the one that is farthest from all before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embedding_core.neighbours import NeighbourGraph

NEIGHBOURS = 20  # of each row, whose mean similarity is its density
GROUPS = 500  # at most; more say no more of what is typical
_DIMENSIONS = 50  # principal components that groups are found in
_BLOCK = 2**25  # similarities that are held at once, 128 MB


def densities(graph: NeighbourGraph) -> NDArray[np.float32]:
    """How alike each row and its nearest others are on average (n,), in [−1, 1]; 0 for a row that has none."""
    near = graph.similarity[:, :NEIGHBOURS]
    return near.mean(axis=1) if near.shape[1] else np.zeros(graph.n, np.float32)


def reach(unit: NDArray[np.float32], centres: NDArray[np.int64], rows: NDArray[np.int64]) -> NDArray[np.float32]:
    """How alike each of the rows (p,) of `unit` (n, d) is to the nearest of the centres (m,); −1 without any."""
    near = np.full(len(rows), -1, np.float32)
    if len(centres) and len(rows):
        size = max(1, _BLOCK // len(centres))
        middle = unit[centres].T
        for start in range(0, len(rows), size):
            near[start : start + size] = (unit[rows[start : start + size]] @ middle).max(axis=1)
    return near


def farthest(
    unit: NDArray[np.float32],
    rows: NDArray[np.int64],
    near: NDArray[np.float32],
    count: int,
    *,
    weight: NDArray[np.float32],
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Positions (count,) in `rows` (p,) of those that are chosen one after the other, and how far each was (count,).

    `near` (p,) is what `reach` says. Chosen is what is farthest from all before, times its `weight` (p,), above 0;
    where nothing was before, the heaviest. Distances are 1 − cosine.
    """
    here, near, left = unit[rows], near.copy(), np.ones(len(rows), bool)
    chosen, away = np.empty(count, np.int64), np.empty(count, np.float32)
    for turn in range(count):
        value = np.where(left, np.maximum(1 - near, 1e-6) * weight, -np.inf)
        best = int(value.argmax())
        chosen[turn], away[turn], left[best] = best, 1 - near[best], False
        np.maximum(near, here @ here[best], out=near)
    return chosen, away


def typical(
    unit: NDArray[np.float32],
    rows: NDArray[np.int64],
    known: NDArray[np.int64],
    density: NDArray[np.float32],
    count: int,
    *,
    seed: int = 0,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Positions (count,) in `rows` (p,) of the densest of the groups that hold fewest `known` rows (m,), the largest
    groups first, and how large the group of each is (count,).

    There are as many groups as images known and wanted. `density` is (n,).
    """
    both = np.concatenate([rows, known])
    groups = _grouped(unit[both], min(count + len(known), GROUPS, len(both)), seed)
    of_rows, number = groups[: len(rows)], int(groups.max()) + 1
    held = np.bincount(groups[len(rows) :], minlength=number)
    sizes = np.bincount(groups, minlength=number)
    queues = _ranked(of_rows, density[rows], number)
    chosen: list[int] = []
    taken = np.zeros(number, np.int64)
    left = np.bincount(of_rows, minlength=number)
    while len(chosen) < count:
        open_ = np.flatnonzero(taken < left)
        group = open_[np.lexsort((-(left - taken)[open_], (held + taken)[open_]))[0]]
        chosen.append(queues[group][taken[group]])
        taken[group] += 1
    found = np.array(chosen, np.int64)
    return found, sizes[of_rows[found]]


def _grouped(unit: NDArray[np.float32], count: int, seed: int) -> NDArray[np.int32]:
    import warnings

    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning

    from embedding_core.projection.pca import components

    reduced, _ = components(unit, min(_DIMENSIONS, *unit.shape))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # fewer different vectors than groups: some stay empty
        labels: NDArray[np.int32] = KMeans(count, n_init=1, max_iter=30, random_state=seed).fit_predict(reduced)
    return labels


def _ranked(groups: NDArray[np.int32], density: NDArray[np.float32], number: int) -> list[list[int]]:
    """The positions of each group's members, the densest first."""
    order = np.lexsort((-density, groups))
    ends = np.cumsum(np.bincount(groups, minlength=number))
    return [part.tolist() for part in np.split(order, ends[:-1])]
