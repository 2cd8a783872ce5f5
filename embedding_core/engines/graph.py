"""The neighbour graph of vectors that lie on no single machine, and the duplicates in it.

The vectors are partitioned by KMeans and written anew in the order of their partitions. The rows of a partition are
then compared with those of the partitions whose centres are nearest to its own, a task a partition, as an inverted
file does (Jégou, Douze & Schmid 2011, "Product quantization for nearest neighbor search", section IV). How many
partitions is not guessed: the true neighbours of a sample say what each number of them would find.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from embedding_core.engines import cluster
from embedding_core.engines.kmeans import blocks, centres, nearest, sample, stretches
from embedding_core.errors import InvalidInput
from embedding_core.ids import find
from embedding_core.neighbours import NeighbourGraph
from embedding_core.records import silent
from embedding_core.workspace.spread import Parts, Rows, nearest_rows, parts_rows

if TYPE_CHECKING:
    from embedding_core.records import Progress
    from embedding_core.workspace import Embedding
    from embedding_core.workspace.pieces import Folder
    from embedding_core.workspace.spread import Spread

MEMBERS = 400  # rows of a partition, at least on average
RECALL = 0.98  # share of the true neighbours that are to be found
JUDGED = 500  # rows whose true neighbours are computed
JUDGED_BY = 15  # neighbours of each of them
GATHERED = 2_000_000  # images whose neighbours one machine takes in: 360 MB
ROUND = 4  # tasks under way for each processor


@dataclass(frozen=True, slots=True)
class Found:
    """What was computed; the neighbours themselves lie in the workspace (`Spread.nearest`)."""

    count: int  # rows
    k: int
    partitions: int
    probes: int  # partitions that each one was compared with
    recall: float  # share of a sample's true neighbours that lie in these


def graph(spread: Spread, k: int = 30, *, recall: float = RECALL, seed: int = 0, progress: Progress = silent) -> Found:
    """Find the `k` most similar others of every row and store them, within a `cluster`.

    Raises `InvalidInput` for k outside 1 to n − 1.
    """
    ray = cluster.library()
    rows = spread.rows()
    if not 1 <= k < rows.count:
        raise InvalidInput(f"A graph over {rows.count} images wants 1 to {rows.count - 1} neighbours, not {k}.")
    middle = centres(rows, partitions(rows.count), seed=seed, progress=progress)
    parts = _grouped(spread, rows, middle)
    near = np.argsort(-(middle @ middle.T), axis=1, kind="stable").astype(np.int32)
    probes, measured = _probes(rows, middle, near, recall, np.random.default_rng(seed))
    folder = spread.begin_nearest(k)
    task = ray.remote(num_cpus=1, max_retries=5)(_search)
    shared = ray.put(parts)
    waiting: list[Any] = []
    pieces: list[str] = []
    room = ROUND * max(1, int(ray.cluster_resources().get("CPU", 1)))
    for partition in range(len(middle)):
        progress("neighbours", partition, len(middle))
        order = near[partition][near[partition] != partition]
        waiting.append(task.remote(shared, folder, partition, order, probes, k))
        if len(waiting) >= room:
            done, waiting = ray.wait(waiting)
            pieces += [piece for piece in ray.get(done) if piece]
    pieces += [piece for piece in ray.get(waiting) if piece]
    spread.end_nearest(folder, pieces)
    spread.end_parts()
    progress("neighbours", len(middle), len(middle))
    return Found(rows.count, k, len(middle), probes, measured)


def gathered(found: Found, spread: Spread, embedding: Embedding) -> NeighbourGraph | None:
    """The stored neighbours as the graph that maps and pages read, rows as in `embedding.ids`; None when too many."""
    if found.count > GATHERED or found.count != len(embedding):
        return None
    ids, others, similarity = spread.nearest(found.k)
    by_id = np.argsort(embedding.ids)
    at = find(ids, embedding.ids, by_id)
    rows = np.empty(others.shape, np.int32)
    rows[at] = find(others.ravel(), embedding.ids, by_id).reshape(others.shape)
    similar = np.empty_like(similarity)
    similar[at] = similarity
    return NeighbourGraph(rows, similar, found.recall)


def partitions(count: int) -> int:
    """How many: as many as they have rows each, but none of fewer than `MEMBERS`."""
    return max(1, min(count // MEMBERS, math.isqrt(count)))


def duplicates(spread: Spread, above: float) -> list[NDArray[np.int64]]:
    """Groups of ids of images that a chain of pairs at least so similar connects, largest first.

    Read from the stored neighbours, so `graph` comes first. Each image has its k best pairs in it: enough to connect
    a group of any size. Only pairs above the limit leave the machines they were found on.
    """
    ray = cluster.library()
    folder, version, count = spread.nearest_rows()
    task = ray.remote(num_cpus=1, max_retries=5)(_pairs)
    found = ray.get([task.remote(folder, version, start, stop, above) for start, stop in stretches(count)])
    return _connected(np.concatenate(found))


def _grouped(spread: Spread, rows: Rows, middle: NDArray[np.float32]) -> Parts:
    """All rows in the order of their partitions, a file a task."""
    ray = cluster.library()
    folder = spread.begin_parts()
    shared = ray.put(middle)
    task = ray.remote(num_cpus=1, max_retries=5)(_group)
    written = ray.get([task.remote(rows, first, last, shared, folder) for first, last in _files(rows.count)])
    pieces = [piece for piece, _ in written]
    return spread.parts(folder, pieces, np.stack([starts for _, starts in written]))


def _files(count: int) -> list[tuple[int, int]]:
    """A file holds what a task may hold at once four times over: a partition is read from all of them."""
    return [(start, min(count, start + 32_768)) for start in range(0, count, 32_768)]


def _group(
    rows: Rows, start: int, stop: int, middle: NDArray[np.float32], folder: Folder
) -> tuple[str, NDArray[np.int64]]:
    """Write some rows in the order of their partitions; where each begins. Runs on the cluster."""
    found = list(blocks(rows, start, stop))
    ids, vectors = np.concatenate([one for one, _ in found]), np.concatenate([one for _, one in found])
    labels, _ = nearest(vectors, middle)
    order = np.argsort(labels, kind="stable")
    piece = folder.write(parts_rows(labels[order], ids[order], vectors[order]))
    return piece, np.searchsorted(labels[order], np.arange(len(middle) + 1))


def _search(parts: Parts, folder: Folder, partition: int, near: NDArray[np.int32], probes: int, k: int) -> str:
    """Write the k nearest others of the rows of one partition; "" when it has none. Runs on the cluster.

    `near` are the other partitions, nearest first. The nearest `probes` − 1 are looked at, and more while they hold too
    few rows.
    """
    own, queries = parts.read(partition)
    if not len(own):
        return ""
    others = np.full((len(own), k), -1, np.int64)
    similarity = np.full((len(own), k), -np.inf, np.float32)
    seen = 0
    for place, one in enumerate([partition, *near.tolist()]):
        if place >= probes and seen > k:
            break
        ids, vectors = (own, queries) if one == partition else parts.read(one)
        seen += len(ids)
        if len(ids):
            others, similarity = _merged(own, queries @ vectors.T, ids, others, similarity)
    return folder.write(nearest_rows(own, others, similarity.clip(-1, 1)))


def _merged(
    own: NDArray[np.int64],
    block: NDArray[np.float32],
    ids: NDArray[np.int64],
    others: NDArray[np.int64],
    similarity: NDArray[np.float32],
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The best so far (m, k) and the candidates `ids` (c,) of a block of similarities (m, c), the best of both.

    An image is never its own neighbour: it goes by its id, since among duplicates it need not come first.
    """
    k = others.shape[1]
    block = np.where(own[:, None] == ids[None], -np.inf, block).astype(np.float32)
    if len(ids) > k:
        best = np.argpartition(-block, k - 1, axis=1)[:, :k]
        block, candidates = np.take_along_axis(block, best, axis=1), ids[best]
    else:
        candidates = np.broadcast_to(ids, block.shape)
    all_similar = np.concatenate([similarity, block], axis=1)
    all_others = np.concatenate([others, np.where(np.isinf(block), -1, candidates)], axis=1)
    order = np.argsort(-all_similar, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(all_others, order, axis=1), np.take_along_axis(all_similar, order, axis=1)


def _probes(
    rows: Rows,
    middle: NDArray[np.float32],
    near: NDArray[np.int32],
    recall: float,
    random: np.random.Generator,
) -> tuple[int, float]:
    """How many partitions to look at, and the share of a sample's true neighbours that lie in them."""
    ray = cluster.library()
    judged = sample(rows, min(JUDGED, rows.count), random)[:JUDGED]
    count = min(JUDGED_BY + 1, rows.count)  # the row itself is among them, and in its own partition: left out below
    task = ray.remote(num_cpus=1, max_retries=5)(_true)
    shared = ray.put((judged, middle))
    found = ray.get([task.remote(rows, start, stop, shared, count) for start, stop in stretches(rows.count)])
    similar = np.concatenate([one for one, _ in found], axis=1)
    homes = np.concatenate([one for _, one in found], axis=1)
    best = np.argsort(-similar, axis=1, kind="stable")[:, 1:count]
    own, _ = nearest(judged, middle)
    place = np.empty_like(near)
    np.put_along_axis(place, near, np.broadcast_to(np.arange(len(middle), dtype=np.int32), near.shape), axis=1)
    where = place[own[:, None], np.take_along_axis(homes, best, axis=1)]
    within = np.cumsum(np.bincount(where.ravel(), minlength=len(middle))) / max(1, where.size)
    probes = min(int(np.searchsorted(within, recall)), len(middle) - 1) + 1
    return probes, float(within[probes - 1])


def _true(
    rows: Rows, start: int, stop: int, shared: tuple[NDArray[np.float32], NDArray[np.float32]], count: int
) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """The similarities (q, count) of the best of some rows for each query, and their partitions. On the cluster."""
    judged, middle = shared
    similar = np.empty((len(judged), 0), np.float32)
    homes = np.empty((len(judged), 0), np.int32)
    for _, vectors in blocks(rows, start, stop):
        labels, _ = nearest(vectors, middle)
        similar = np.concatenate([similar, judged @ vectors.T], axis=1)
        homes = np.concatenate([homes, np.broadcast_to(labels, (len(judged), len(labels)))], axis=1)
        best = np.argsort(-similar, axis=1, kind="stable")[:, :count]
        similar, homes = np.take_along_axis(similar, best, axis=1), np.take_along_axis(homes, best, axis=1)
    return similar, homes


def _pairs(folder: Folder, version: int, start: int, stop: int, above: float) -> NDArray[np.int64]:
    """Pairs of ids (p, 2) at least so similar. Runs on the cluster."""
    found = folder.read(version, ["id", "others", "similarity"], start, stop - start)
    ids = found["id"].to_numpy()
    others = found["others"].combine_chunks().flatten().to_numpy().reshape(len(ids), -1)
    similarity = found["similarity"].combine_chunks().flatten().to_numpy().reshape(len(ids), -1)
    line, column = np.nonzero((similarity >= above) & (others >= 0))
    return np.stack([ids[line], others[line, column]], axis=1)


def _connected(pairs: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    ids, at = np.unique(pairs, return_inverse=True)
    if not len(ids):
        return []
    at = at.reshape(-1, 2)
    links = coo_matrix((np.ones(len(at), bool), (at[:, 0], at[:, 1])), shape=(len(ids), len(ids)))
    _, member = connected_components(links, directed=False)
    order = np.argsort(member, kind="stable")
    groups = np.split(ids[order], np.flatnonzero(np.diff(member[order])) + 1)
    return sorted(groups, key=len, reverse=True)
