"""Groups of an embedding: found, named, kept, and judged by the labels of now."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from embedding_core import clusters as clustering_methods
from embedding_core import naming
from embedding_core.clusters import Clustering
from embedding_core.derived.facts import facts
from embedding_core.fingerprint import digest_of_texts, fingerprint
from embedding_core.graphs import neighbour_graph
from embedding_core.naming import ClusterNames
from embedding_core.records import silent

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from embedding_core.encoders.base import Encoder
    from embedding_core.fingerprint import Texts
    from embedding_core.records import Progress
    from embedding_core.workspace import Dataset, Embedding, StoredResult, Workspace

REVISION = 3  # raised when the same settings find other groups
NAMES_REVISION = 3  # or name them otherwise


@dataclass(frozen=True, eq=False, slots=True)
class ClusterResult:
    """A stored clustering. Row i of its labels is the image `ids[i]`."""

    fingerprint: str
    dataset: str  # uuid
    ids: NDArray[np.int64]  # (n,)
    clustering: Clustering  # with `nmi` and `purity` against the labels of now, where they have been computed
    names: ClusterNames
    encoder: str
    seconds: float
    current: bool  # False when labels have changed since names and NMI were computed


def find_clusters(
    workspace: Workspace,
    dataset: Dataset,
    embedding: Embedding,
    *,
    method: str = "kmeans",
    k: int | None = None,
    min_size: int | None = None,
    seed: int = 0,
    encoder: Callable[[], Encoder] | None = None,
    progress: Progress = silent,
) -> ClusterResult:
    """Groups of an embedding, named by labels, else by the categories of `encoder`, which is loaded only then."""
    key = fingerprint("clusters", REVISION, embedding.fingerprint, method=method, k=k, min_size=min_size, seed=seed)
    labels = labels_of(dataset, embedding.ids)
    known = read_clusters(workspace, key, lambda ids: labels)
    if known is not None and known.current:
        return known
    begun = time.perf_counter()
    vectors = embedding.matrix()
    if known is not None:
        found, seconds = known.clustering, known.seconds
    else:
        found = clustering_methods.cluster(
            method,
            vectors,
            k=k,
            min_size=min_size,
            seed=seed,
            graph=lambda: neighbour_graph(workspace, dataset, embedding, vectors=vectors, progress=progress),
            progress=progress,
        )
        seconds = time.perf_counter() - begun
        workspace.results.put(
            key,
            kind="clusters",
            dataset=dataset.uuid,
            parent=embedding.fingerprint,
            arrays={"ids": embedding.ids, "labels": found.labels},
            parameters={
                "asked": {"method": method, "k": k, "min_size": min_size, "seed": seed},
                "encoder": embedding.card.id,
                "count": found.count,
                **facts(found, "labels", "nmi", "purity"),
            },
            seconds=seconds,
        )
    judged = clustering_methods.evaluate(found, labels)
    names = _names(vectors, judged, labels, encoder)
    workspace.results.put(
        names_key(key, labels),
        kind="names",
        dataset=dataset.uuid,
        parent=key,
        arrays={},
        parameters={"nmi": judged.nmi, "purity": judged.purity, **asdict(names)},
        seconds=time.perf_counter() - begun,
    )
    return ClusterResult(key, dataset.uuid, embedding.ids, judged, names, embedding.card.id, seconds, current=True)


def _names(
    vectors: NDArray[np.float32],
    found: Clustering,
    labels: Sequence[str | None],
    encoder: Callable[[], Encoder] | None,
) -> ClusterNames:
    if any(label is not None for label in labels):
        return naming.from_labels(found.labels, labels)
    if encoder is not None and found.count:
        model = encoder()
        means = clustering_methods.centroids(vectors, found.labels)
        categories = model.categories(means)
        overall = model.categories(vectors.mean(axis=0, keepdims=True))
        if categories is not None and overall is not None:
            return naming.from_categories(categories, overall[0])
    return naming.numbered(found.count)


def clusterings(workspace: Workspace, dataset: Dataset, embedding: Embedding) -> list[StoredResult]:
    """The stored clusterings of an embedding, newest first, without their arrays."""
    return workspace.results.find(dataset.uuid, "clusters", embedding.fingerprint)


def read_clusters(workspace: Workspace, key: str, labels: Callable[[NDArray[np.int64]], Texts]) -> ClusterResult | None:
    """A stored clustering, judged by `labels` where that has been computed, else as it was found.

    `labels` is asked for those of the clustered images (n,), without one where there is none.
    """
    stored = workspace.results.get(key)
    if stored is None or stored.kind != "clusters":
        return None
    kept = stored.parameters
    found = Clustering(
        labels=stored.arrays["labels"],
        method=kept["method"],
        parameters=kept["parameters"],
        seed=kept["seed"],
        silhouette=kept["silhouette"],
        exemplars=tuple(map(tuple, kept["exemplars"])),
        note=kept["note"],
    )
    judged = workspace.results.get(names_key(key, labels(stored.arrays["ids"])))
    names = naming.numbered(found.count)
    if judged is not None:
        verdict = judged.parameters
        found = replace(found, nmi=verdict["nmi"], purity=verdict["purity"])
        names = ClusterNames(tuple(verdict["names"]), tuple(verdict["shares"]), verdict["source"])
    return ClusterResult(
        key,
        stored.dataset,
        stored.arrays["ids"],
        found,
        names,
        kept["encoder"],
        stored.seconds,
        current=judged is not None,
    )


def labels_of(dataset: Dataset, ids: NDArray[np.int64]) -> list[str | None]:
    """The labels (n,) of these images, None where there is none."""
    labels: list[str | None] = dataset.said_of(ids)[0]["label"].to_pylist()
    return labels


def names_key(clusters: str, labels: Texts) -> str:
    return fingerprint("names", NAMES_REVISION, clusters, digest_of_texts(labels))
