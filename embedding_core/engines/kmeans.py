"""KMeans over vectors that lie on no single machine: Lloyd's steps as sums over blocks.

Each step (Lloyd 1982, "Least squares quantization in PCM") is a map, which sends rows to their nearest centre and adds
them up by centre, and a reduction, which adds the sums. What travels is `k` × d numbers a task, whatever n is. Rows and
centres have length 1, so the nearest centre is the most similar one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from embedding_core.clusters import Clustering, judge
from embedding_core.engines import cluster
from embedding_core.errors import InvalidInput
from embedding_core.ids import find
from embedding_core.records import silent
from embedding_core.vectors import unit_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from embedding_core.records import Progress
    from embedding_core.workspace.spread import Rows

SAMPLE = 20_000  # rows that the first centres are made from, at most
FEW = 200  # centres, up to which they are made by KMeans on that sample; more are rows of it
STEPS = 6  # over all rows
TYPICAL = 3  # rows that stand for a group
BLOCK = 8192  # rows that a task holds at once
TASKS = 4  # a processor: enough that none waits long for the last one
_ENTRIES = 2**24  # of the largest block of similarities, 64 MB


Best = tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]]  # ids, labels and similarities, (m,) each


@dataclass(frozen=True, slots=True)
class Grouped:
    """Rows sent to their nearest centre."""

    centres: NDArray[np.float32]  # (k, d), each of length 1
    ids: NDArray[np.int64]  # (n,)
    labels: NDArray[np.int32]  # (n,) number of the centre of each
    similarity: float  # mean over all rows to their centre
    silhouette: float | None  # see `judge.silhouette`, of a sample
    typical: tuple[tuple[int, ...], ...]  # (k, up to 3) ids of those most similar to their centre, that first


def kmeans(rows: Rows, k: int, *, seed: int = 0, steps: int = STEPS, progress: Progress = silent) -> Grouped:
    """Group all rows around `k` centres, within a `cluster`. Raises `InvalidInput` for k outside 1 to n."""
    middle = centres(rows, k, seed=seed, steps=steps, progress=progress)
    parts, best = zip(*(cluster.library().get(task) for task in _each(_label, rows, middle)), strict=True)
    ids, labels, total = (np.concatenate(column) for column in zip(*parts, strict=True))
    stand = _best(*(np.concatenate(column) for column in zip(*best, strict=True)))
    typical = tuple(tuple(stand[0][stand[1] == group].tolist()) for group in range(k))
    some = sample(rows, min(judge.SAMPLE, rows.count), np.random.default_rng(seed))
    silhouette = judge.silhouette(some, nearest(some, middle)[0], seed=seed)
    return Grouped(middle, ids, labels, float(total.sum() / rows.count), silhouette, typical)


def clustering(found: Grouped, ids: NDArray[np.int64], *, seed: int = 0) -> Clustering:
    """What was found as a `Clustering`, rows as in `ids` (n,). Raises `InvalidInput` unless those were grouped."""
    order = np.argsort(ids)
    rows = find(found.ids, ids, order)
    if len(rows) != len(ids) or (rows < 0).any():
        raise InvalidInput("Images came or went while they were grouped. Run the command again.")
    labels = np.empty(len(ids), np.int32)
    labels[rows] = judge.by_size(found.labels)
    typical = [tuple(find(np.array(one, np.int64), ids, order).tolist()) for one in found.typical if one]
    return Clustering(
        labels=labels,
        method="kmeans",
        parameters={"k": len(found.centres), "similarity": found.similarity},
        seed=seed,
        silhouette=found.silhouette,
        exemplars=tuple(sorted(typical, key=lambda one: int(labels[one[0]]))),
    )


def centres(
    rows: Rows, k: int, *, seed: int = 0, steps: int = STEPS, progress: Progress = silent
) -> NDArray[np.float32]:
    """Centres (k, d) of length 1, by `steps` of Lloyd over all rows from those of a sample."""
    if not 1 <= k <= rows.count:
        raise InvalidInput(f"KMeans over {rows.count} images wants 1 to {rows.count} clusters, not {k}.")
    ray = cluster.library()
    random = np.random.default_rng(seed)
    some = sample(rows, max(k, min(SAMPLE, 64 * k, rows.count)), random)
    found = _first(some, k, random)
    for step in range(steps):
        progress("partitions", step, steps)
        sums, counts = np.zeros((k, rows.dim)), np.zeros(k, np.int64)
        for task in _each(_sums, rows, found):
            added, counted = ray.get(task)
            sums += added
            counts += counted
        empty = np.flatnonzero(counts == 0)
        found = unit_rows((sums / np.maximum(counts, 1)[:, None]).astype(np.float32))
        found[empty] = some[random.choice(len(some), len(empty), replace=len(empty) > len(some))]
    return found


def sample(rows: Rows, count: int, random: np.random.Generator) -> NDArray[np.float32]:
    """About `count` rows (m, d) in stretches from all over the table, at least as many as asked for."""
    stretches = min(64, -(-rows.count // max(1, count)) * 4)
    size = -(-count // stretches)
    if count * 2 >= rows.count:
        return random.permutation(rows.read(0, rows.count)[1])
    starts = np.linspace(0, rows.count - size, stretches).astype(int)
    found = np.concatenate([rows.read(int(start), int(start) + size)[1] for start in starts])
    return random.permutation(found)


def nearest(vectors: NDArray[np.float32], middle: NDArray[np.float32]) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """For each of `vectors` (m, d) the most similar of `middle` (k, d), and how similar."""
    labels, best = np.empty(len(vectors), np.int32), np.empty(len(vectors), np.float32)
    size = max(1, _ENTRIES // len(middle))
    for start in range(0, len(vectors), size):
        block = vectors[start : start + size] @ middle.T
        labels[start : start + size] = block.argmax(axis=1)
        best[start : start + size] = block.max(axis=1)
    return labels, best


def _first(some: NDArray[np.float32], k: int, random: np.random.Generator) -> NDArray[np.float32]:
    if k > FEW:
        return unit_rows(some[random.choice(len(some), k, replace=False)])
    from sklearn.cluster import KMeans

    means = KMeans(k, n_init=4, max_iter=20, random_state=int(random.integers(2**31))).fit(some)
    return unit_rows(means.cluster_centers_.astype(np.float32))


def _each(work: Any, rows: Rows, middle: NDArray[np.float32]) -> list[Any]:
    """`work` over stretches of all rows, as tasks that a killed worker does not stop."""
    ray = cluster.library()
    shared = ray.put(middle)
    task = ray.remote(num_cpus=1, max_retries=5)(work)
    return [task.remote(rows, start, stop, shared) for start, stop in stretches(rows.count)]


def stretches(count: int) -> list[tuple[int, int]]:
    """Row numbers from and to, a task each."""
    processors = int(cluster.library().cluster_resources().get("CPU", 1))
    size = max(BLOCK, -(-count // (TASKS * processors)))
    return [(start, min(count, start + size)) for start in range(0, count, size)]


def blocks(rows: Rows, start: int, stop: int) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]:
    """Ids and vectors from `start` to `stop`, so many at once as a task may hold."""
    for first in range(start, stop, BLOCK):
        yield rows.read(first, min(stop, first + BLOCK))


def _sums(
    rows: Rows, start: int, stop: int, middle: NDArray[np.float32]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Sums (k, d) and counts (k,) of the rows of each centre. Runs on the cluster."""
    sums, counts = np.zeros(middle.shape), np.zeros(len(middle), np.int64)
    for _, vectors in blocks(rows, start, stop):
        labels, _ = nearest(vectors, middle)
        np.add.at(sums, labels, vectors)
        counts += np.bincount(labels, minlength=len(middle))
    return sums, counts


def _label(
    rows: Rows, start: int, stop: int, middle: NDArray[np.float32]
) -> tuple[tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float64]], Best]:
    """Ids, labels and the sum of similarities of some rows, and the most typical of them. Runs on the cluster."""
    found = [(ids, *nearest(vectors, middle)) for ids, vectors in blocks(rows, start, stop)]
    ids, labels, similarity = (np.concatenate(column) for column in zip(*found, strict=True))
    return (ids, labels, similarity.sum(dtype=np.float64, keepdims=True)), _best(ids, labels, similarity)


def _best(ids: NDArray[np.int64], labels: NDArray[np.int32], similarity: NDArray[np.float32]) -> Best:
    """Of each label the `TYPICAL` rows with the highest similarity, that first."""
    order = np.lexsort((ids, -similarity, labels))
    ids, labels, similarity = ids[order], labels[order], similarity[order]
    place = np.arange(len(labels)) - np.searchsorted(labels, labels)  # within the label
    kept = place < TYPICAL
    return ids[kept], labels[kept], similarity[kept]
