"""The neighbour graph of an embedding: computed once, stored under its fingerprint, read by all that follows."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from embedding_core import neighbours
from embedding_core.fingerprint import fingerprint
from embedding_core.neighbours import NeighbourGraph
from embedding_core.records import silent

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from embedding_core.records import Progress
    from embedding_core.workspace import Dataset, Embedding, Workspace

NEIGHBOURS = 30  # in the graph that all stages share
MANY = 200_000  # images, above which
NEAR = 15  # neighbours of each are stored apart as well

_REVISION = 1


def neighbour_graph(
    workspace: Workspace,
    dataset: Dataset,
    embedding: Embedding,
    *,
    vectors: NDArray[np.float32] | None = None,
    progress: Progress = silent,
) -> NeighbourGraph:
    """The cosine graph of an embedding, rows as in `embedding.ids`: exact, or with its recall where it is large."""
    known = read_graph(workspace, embedding.fingerprint)
    if known is not None:
        return known
    begun = time.perf_counter()
    matrix = embedding.matrix() if vectors is None else vectors
    graph = neighbours.graph(matrix, NEIGHBOURS, progress=progress)
    keep_graph(workspace, dataset, embedding, graph, seconds=time.perf_counter() - begun)
    return graph


def keep_graph(
    workspace: Workspace, dataset: Dataset, embedding: Embedding, graph: NeighbourGraph, *, seconds: float
) -> None:
    """Store the graph of an embedding, rows as in `embedding.ids`."""
    for one in [graph] if graph.n <= MANY else [_nearest(graph), graph]:
        workspace.results.put(
            graph_key(embedding.fingerprint, NEIGHBOURS if one is graph else NEAR),
            kind="graph",
            dataset=dataset.uuid,
            parent=embedding.fingerprint,
            arrays={"ids": embedding.ids, "rows": one.rows, "similarity": one.similarity},
            parameters={"k": one.k, "encoder": embedding.card.id, "recall": one.recall},
            seconds=seconds,
        )


def read_graph(workspace: Workspace, embedding: str, k: int = NEIGHBOURS) -> NeighbourGraph | None:
    """The stored graph of the embedding with that fingerprint, rows as in `embedding.ids`; `k` as in `graph_key`."""
    stored = workspace.results.get(graph_key(embedding, k))
    if stored is None:
        return None
    return NeighbourGraph(stored.arrays["rows"], stored.arrays["similarity"], stored.parameters.get("recall", 1.0))


def read_nearest(workspace: Workspace, embedding: str) -> NeighbourGraph | None:
    """Likewise, of many images only the `NEAR` nearest others of each: half of the memory, and all that pages show."""
    near = read_graph(workspace, embedding, NEAR)
    if near is not None:
        return near
    graph = read_graph(workspace, embedding)
    return graph if graph is None or graph.n <= MANY else _nearest(graph)


def _nearest(graph: NeighbourGraph) -> NeighbourGraph:
    return NeighbourGraph(graph.rows[:, :NEAR], graph.similarity[:, :NEAR], graph.recall)


def graph_key(embedding: str, k: int = NEIGHBOURS) -> str:
    """The fingerprint of the graph with up to k neighbours a row of the embedding with that fingerprint."""
    return fingerprint("graph", _REVISION, embedding, k=k)
