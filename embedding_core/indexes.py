"""What makes search in a large set quick: computed once, stored under the embedding's fingerprint, read by the worker.

Partitions serve the neighbour graph and the search index; whichever comes first computes them.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from embedding_core.fingerprint import fingerprint
from embedding_core.neighbours import inverted, partitions
from embedding_core.neighbours.inverted import Index, Indexed
from embedding_core.neighbours.partitions import Partitions
from embedding_core.records import silent

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from embedding_core.records import Progress
    from embedding_core.workspace import Dataset, Embedding, Workspace

LIMIT = 100_000  # images up to which every search is exact and needs no index

_REVISION = 1


def wanted(count: int) -> bool:
    """Whether so many images are searched through an index."""
    return count > LIMIT


def build_index(workspace: Workspace, dataset: Dataset, embedding: Embedding, *, progress: Progress = silent) -> Index:
    """The search index of an embedding, rows as in `embedding.ids`: read, or built and stored."""
    known = read_index(workspace, embedding.fingerprint)
    if known is not None:
        return known
    progress("index", 0, None)
    begun = time.perf_counter()
    vectors = embedding.matrix()
    cut = cut_of(workspace, dataset, embedding, vectors)
    index = inverted.measured(vectors, cut, progress=progress)
    workspace.results.put(
        _key("index", embedding.fingerprint),
        kind="index",
        dataset=dataset.uuid,
        parent=embedding.fingerprint,
        arrays={"probes": index.probes, "recall": index.recall},
        parameters={"encoder": embedding.card.id, "metrics": list(inverted.SERVED), "depths": list(inverted.DEPTHS)},
        seconds=time.perf_counter() - begun,
    )
    return index


def cut_of(workspace: Workspace, dataset: Dataset, embedding: Embedding, vectors: NDArray[np.float32]) -> Partitions:
    """The partitions of an embedding with these `vectors` (n, d): read, or made and stored."""
    known = _read_cut(workspace, embedding.fingerprint)
    if known is not None:
        return known
    begun = time.perf_counter()
    cut = partitions.partition(vectors)
    workspace.results.put(
        _key("partitions", embedding.fingerprint),
        kind="partitions",
        dataset=dataset.uuid,
        parent=embedding.fingerprint,
        arrays={"centres": cut.centres, "partition": cut.partition},
        parameters={"encoder": embedding.card.id, "count": cut.count},
        seconds=time.perf_counter() - begun,
    )
    return cut


def read_index(workspace: Workspace, embedding: str) -> Index | None:
    """The stored index of the embedding with that fingerprint; None until it is built."""
    stored = workspace.results.get(_key("index", embedding))
    cut = _read_cut(workspace, embedding) if stored is not None else None
    if stored is None or cut is None:
        return None
    return Index(cut, stored.arrays["probes"], stored.arrays["recall"])


def read_indexed(embedding: Embedding, index: Index) -> Indexed:
    """The vectors of an embedding, read to where its index wants them."""
    return Indexed.of(embedding.matrix(inverted.places(index)), index)


def _read_cut(workspace: Workspace, embedding: str) -> Partitions | None:
    stored = workspace.results.get(_key("partitions", embedding))
    return None if stored is None else Partitions(stored.arrays["centres"], stored.arrays["partition"])


def _key(kind: str, embedding: str) -> str:
    return fingerprint(kind, _REVISION, embedding)
