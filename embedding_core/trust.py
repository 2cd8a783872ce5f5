"""How far a map can be believed: what it shows as near, is it near in the full space?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from embedding_core.errors import InvalidInput
from embedding_core.vectors import checked, unit_rows

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from embedding_core.neighbours import NeighbourGraph

K = 15
SAMPLE = 10_000  # rows above which trustworthiness is estimated
MISPLACED = 0.25  # share of all images that are more like an image in the wrong place than those around it
STRANGERS = 256  # images that stand for all
FEW = 5_000  # points up to which all are compared with all

_CELLS = 2**24  # entries of the largest block that is held at once, 64 MB of float32
_TIE = 1e-6  # similarities that float32 cannot tell apart: duplicates


def largest_k(n: int, k: int = K) -> int:
    """`k` bounded as trustworthiness needs it, below n / 2; at most 0 for fewer than three points."""
    return min(k, (n - 1) // 2)


def map_neighbours(points: NDArray[np.float32], k: int, among: NDArray[np.int32] | None = None) -> NDArray[np.int64]:
    """Return the k nearest points (n, k) of each of `points` (n, dims), itself left out wherever its copies are.

    With `among` (l,), l above k, only those rows are looked at.
    """
    n = len(points)
    if among is None and n <= FEW:  # scipy.spatial takes longer to import
        from embedding_core.neighbours import kernels

        return kernels.nearest_points(np.ascontiguousarray(points, np.float32), k)
    from scipy.spatial import cKDTree

    tree = cKDTree(points if among is None else points[among])
    rows = np.asarray(tree.query(points, k=k + 1, workers=-1)[1], dtype=np.int64).reshape(n, k + 1)
    rows = rows if among is None else among[rows].astype(np.int64)
    itself = rows == np.arange(n)[:, None]
    # Among more than k copies a point may be missing from its own list; then the last one goes.
    itself[~itself.any(axis=1), -1] = True
    others: NDArray[np.int64] = rows[~itself].reshape(n, k)
    return others


def per_point(
    points: ArrayLike, graph: NeighbourGraph, k: int = K, *, near: NDArray[np.int64] | None = None
) -> NDArray[np.float32]:
    """Return for each of `points` (n, dims) the share in [0, 1] of its k map neighbours that are true neighbours.

    True are the k in `graph` with the highest similarity, and those in the graph that tie with the last of them, as
    duplicates do. k is bounded by the graph's. Without neighbours nothing is wrong: 1. Of a sketch, both kinds of
    neighbours are landmarks. `near` are the `map_neighbours`, where they are known.
    """
    array = checked(points)
    if len(array) != graph.n:
        raise InvalidInput(f"Points and graph must be of the same images: {len(array):,} and {graph.n:,}.")
    k = min(k, graph.k)
    if k < 1:
        return np.ones(len(array), np.float32)
    near = map_neighbours(array, k, graph.among) if near is None else near[:, :k]
    true = np.where(graph.similarity >= graph.similarity[:, k - 1 : k] - _TIE, graph.rows, -1)
    share = np.empty(len(array), np.float32)
    size = max(1, _CELLS // (k * graph.k))
    for start in range(0, len(array), size):
        part = slice(start, start + size)
        share[part] = (near[part, :, None] == true[part, None, :]).any(axis=2).mean(axis=1)
    return share


def agreement(trust: NDArray[np.float32]) -> float:
    """The mean share in [0, 1] of an image's map neighbours that are true neighbours, from `per_point`; 1 for none."""
    return float(trust.mean(dtype=np.float64)) if len(trust) else 1.0


def misplaced(
    unit: NDArray[np.float32],
    points: NDArray[np.float32],
    k: int = K,
    *,
    near: NDArray[np.int64] | None = None,
    seed: int = 0,
) -> NDArray[np.bool_]:
    """Which of `points` (n, dims) do not belong where the map shows them, by their vectors `unit` (n, d): (n,).

    Those are images to which a quarter of all images are more alike than the middle one of their k map neighbours is.
    Put down at random, nearly every image is one of them, however many there are. All images are stood for by a
    seeded sample. `near` are the `map_neighbours`, where they are known. Nobody is misplaced with k below 1.
    """
    n = len(unit)
    found = np.zeros(n, bool)
    if k < 1:
        return found
    from embedding_core.neighbours import kernels

    near = map_neighbours(points, k) if near is None else near
    around = np.median(kernels.similarities(unit, near), axis=1)
    strangers = unit[np.sort(np.random.default_rng(seed).choice(n, min(n, STRANGERS), replace=False))]
    quarter = int((1 - MISPLACED) * (len(strangers) - 1))
    size = _CELLS // STRANGERS
    for start in range(0, n, size):
        part = slice(start, start + size)
        found[part] = around[part] <= np.partition(unit[part] @ strangers.T, quarter, axis=1)[:, quarter]
    return found


def trustworthiness(
    vectors: ArrayLike,
    points: ArrayLike,
    k: int = K,
    *,
    near: NDArray[np.int64] | None = None,
    sample: int = SAMPLE,
    seed: int = 0,
) -> tuple[float, int]:
    """Return the trustworthiness in [0, 1] of `points` (n, dims) for `vectors` (n, d), and the rows it is from.

    It is `sklearn.manifold.trustworthiness(vectors, points, n_neighbors=k, metric="cosine")`, in blocks instead of
    n × n at once: a map neighbour that is only the r-th nearest in the full space costs r - k. Above `sample` rows it
    is that of a seeded random sample, in which neighbours are neighbours within the sample. `near` are the
    `map_neighbours` among all, where they are known.
    Venna & Kaski 2001, "Neighborhood preservation in nonlinear projection methods".
    Raises `InvalidInput` unless 1 <= k < rows / 2.
    """
    from embedding_core.neighbours import kernels

    unit, drawn = checked(vectors), checked(points)
    if len(unit) != len(drawn):
        raise InvalidInput(f"Vectors and points must be of the same images: {len(unit):,} and {len(drawn):,}.")
    if len(unit) > sample:
        rows = np.sort(np.random.default_rng(seed).choice(len(unit), sample, replace=False))
        unit, drawn, near = unit[rows], drawn[rows], None
    n = len(unit)
    if not 1 <= k <= largest_k(n, k):
        raise InvalidInput(f"Trustworthiness over {n:,} points wants k from 1 to {max(0, largest_k(n, n))}, not {k}.")
    unit = unit_rows(unit)
    near = map_neighbours(drawn, k) if near is None else near
    cost = 0
    size = max(1, _CELLS // n)
    for start in range(0, n, size):
        stop = min(n, start + size)
        block = unit[start:stop] @ unit.T  # (b, n)
        block[np.arange(stop - start), np.arange(start, stop)] = -np.inf
        ours = np.take_along_axis(block, near[start:stop], axis=1)
        nearer = kernels.more_alike(block, np.sort(ours, axis=1))
        cost += int(np.maximum(nearer + 1 - k, 0).sum())
    return 1.0 - cost * 2.0 / (n * k * (2.0 * n - 3.0 * k - 1.0)), n


def words(value: float | None) -> str:
    """Say a trustworthiness in one sentence."""
    if value is None:
        return "There are too few images to say how far this map can be trusted."
    if value >= 0.95:
        return "Images drawn close together are alike, almost without exception."
    if value >= 0.85:
        return "Images drawn close together are mostly alike; check look-alikes before you rely on a single one."
    if value >= 0.7:
        return "The large groups can be believed; who sits next to whom often cannot."
    return "Do not read closeness from this map: many images drawn side by side have little in common."
