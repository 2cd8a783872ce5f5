"""The neighbour graph of an embedding: computed once, stored under its fingerprint, read by all that follows."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from embedding_core import indexes, neighbours
from embedding_core.fingerprint import fingerprint
from embedding_core.ids import find
from embedding_core.neighbours import NeighbourGraph
from embedding_core.records import silent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from embedding_core.records import Progress
    from embedding_core.workspace import Dataset, Embedding, StoredResult, Workspace

NEIGHBOURS = 30  # in the graph that all stages share
MANY = 200_000  # images, above which
NEAR = 15  # neighbours of each are stored apart as well
EXTENDED = 0.25  # share of the images that are new or have lost a neighbour, up to which the last graph is extended
SKETCHED = 250_000  # images, above which a map is drawn of landmarks
LANDMARKS = 100_000

_REVISION = 1


def neighbour_graph(
    workspace: Workspace,
    dataset: Dataset,
    embedding: Embedding,
    *,
    vectors: NDArray[np.float32] | None = None,
    progress: Progress = silent,
) -> NeighbourGraph:
    """The cosine graph of an embedding, rows as in `embedding.ids`: exact, or with its recall where it is large.

    Where a few images have come or gone since the last one, that is extended.
    """
    known = read_graph(workspace, embedding.fingerprint)
    if known is not None:
        return known
    begun = time.perf_counter()
    matrix = embedding.matrix() if vectors is None else vectors
    graph = _extended(workspace, dataset, embedding, matrix, progress)
    if graph is None:
        cut = partial(indexes.cut_of, workspace, dataset, embedding, matrix)
        graph = neighbours.graph(matrix, NEIGHBOURS, cut=cut, progress=progress)
    keep_graph(workspace, dataset, embedding, graph, seconds=time.perf_counter() - begun)
    return graph


def keep_graph(
    workspace: Workspace, dataset: Dataset, embedding: Embedding, graph: NeighbourGraph, *, seconds: float
) -> None:
    """Store the graph of an embedding, rows as in `embedding.ids`."""
    for one in [graph] if graph.n <= MANY else [_nearest(graph), graph]:
        key = graph_key(embedding.fingerprint, NEIGHBOURS if one is graph else NEAR)
        _put(workspace, key, "graph", dataset, embedding, one, seconds)


def map_graph(
    workspace: Workspace,
    dataset: Dataset,
    embedding: Embedding,
    *,
    vectors: NDArray[np.float32],
    progress: Progress = silent,
) -> NeighbourGraph:
    """The graph that maps are drawn from: of very many images a sketch, which takes a fraction of the time."""
    if len(embedding) <= SKETCHED:
        return neighbour_graph(workspace, dataset, embedding, vectors=vectors, progress=progress)
    key = fingerprint("sketch", _REVISION, embedding.fingerprint, k=NEIGHBOURS, landmarks=LANDMARKS)
    stored = workspace.results.get(key)
    if stored is not None:
        return _graph(stored)
    begun = time.perf_counter()
    graph = neighbours.sketch(vectors, NEIGHBOURS, landmarks=LANDMARKS, progress=progress)
    _put(workspace, key, "sketch", dataset, embedding, graph, time.perf_counter() - begun)
    return graph


def _extended(
    workspace: Workspace,
    dataset: Dataset,
    embedding: Embedding,
    vectors: NDArray[np.float32],
    progress: Progress,
) -> NeighbourGraph | None:
    """The last graph of this encoder with what has changed since; None where that is too much, or there is none."""
    wanted = min(NEIGHBOURS, len(embedding) - 1)
    for found in workspace.results.find(dataset.uuid, "graph"):
        how = found.parameters
        if how["encoder"] != embedding.card.id or how["k"] != wanted or of_another_part(found, embedding):
            continue
        last = workspace.results.get(found.fingerprint)
        if last is None or "contents" not in last.arrays:
            continue
        kept = kept_rows(embedding, last.arrays)
        known = _graph(last)
        lacking = neighbours.change(known, kept)
        if len(lacking.searched) > EXTENDED * len(embedding):
            return None
        return neighbours.extended(vectors, known, lacking, progress=progress)
    return None


def kept_rows(embedding: Embedding, arrays: Mapping[str, Any]) -> NDArray[np.int64]:
    """In which row of an earlier result each image was (n,), −1 for one that is new or has another content now.

    `arrays` are those of the result, `ids` and `contents` among them.
    """
    rows = find(embedding.ids, arrays["ids"])
    same = arrays["contents"][rows] == embedding.contents
    return np.where(same, rows, -1)


def of_another_part(found: StoredResult, embedding: Embedding) -> bool:
    """Whether a result is of a part of the images, such as a version, that this embedding is not: it is not the last
    of the whole dataset, however new it is."""
    return bool(found.parameters.get("part_of")) and found.parent != embedding.fingerprint


def read_graph(workspace: Workspace, embedding: str, k: int = NEIGHBOURS) -> NeighbourGraph | None:
    """The stored graph of the embedding with that fingerprint, rows as in `embedding.ids`; `k` as in `graph_key`."""
    stored = workspace.results.get(graph_key(embedding, k))
    return None if stored is None else _graph(stored)


def read_nearest(workspace: Workspace, embedding: str) -> NeighbourGraph | None:
    """Likewise, of many images only the `NEAR` nearest others of each: half of the memory, and all that pages show."""
    near = read_graph(workspace, embedding, NEAR)
    if near is not None:
        return near
    graph = read_graph(workspace, embedding)
    return graph if graph is None or graph.n <= MANY else _nearest(graph)


def _put(
    workspace: Workspace,
    key: str,
    kind: str,
    dataset: Dataset,
    embedding: Embedding,
    graph: NeighbourGraph,
    seconds: float,
) -> None:
    arrays: dict[str, NDArray[Any]] = {
        "ids": embedding.ids,
        "contents": embedding.contents,
        "rows": graph.rows,
        "similarity": graph.similarity,
    }
    workspace.results.put(
        key,
        kind=kind,
        dataset=dataset.uuid,
        parent=embedding.fingerprint,
        arrays=arrays if graph.among is None else {**arrays, "among": graph.among},
        parameters={
            "k": graph.k,
            "encoder": embedding.card.id,
            "recall": graph.recall,
            "part_of": embedding.part_of,
        },
        seconds=seconds,
    )


def _graph(stored: StoredResult) -> NeighbourGraph:
    arrays, recall = stored.arrays, stored.parameters.get("recall", 1.0)
    return NeighbourGraph(arrays["rows"], arrays["similarity"], recall, arrays.get("among"))


def _nearest(graph: NeighbourGraph) -> NeighbourGraph:
    return NeighbourGraph(graph.rows[:, :NEAR], graph.similarity[:, :NEAR], graph.recall)


def graph_key(embedding: str, k: int = NEIGHBOURS) -> str:
    """The fingerprint of the graph with up to k neighbours a row of the embedding with that fingerprint."""
    return fingerprint("graph", _REVISION, embedding, k=k)
