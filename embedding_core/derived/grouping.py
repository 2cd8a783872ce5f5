"""Groups of an embedding: found, named, kept, and judged by the labels of now."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from embedding_core import clusters as clustering_methods
from embedding_core import naming
from embedding_core.clusters import Clustering
from embedding_core.derived.facts import facts
from embedding_core.fingerprint import digest_of_texts, fingerprint
from embedding_core.graphs import neighbour_graph
from embedding_core.naming import ClusterNames
from embedding_core.records import silent

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from embedding_core.encoders.base import Encoder
    from embedding_core.fingerprint import Texts
    from embedding_core.records import Progress
    from embedding_core.workspace import Dataset, Embedding, StoredResult, Workspace

    Seen = Callable[[Clustering], ClusterNames | None]  # names by what is seen in the images

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
    labels: Sequence[str | None] | None = None,
    progress: Progress = silent,
) -> ClusterResult:
    """Groups of an embedding, named by labels, else by the categories of `encoder`, which is loaded only then.

    `labels` (n,) of `embedding.ids` are those of a version; without them the dataset's own count.
    """
    asked: dict[str, Any] = {"method": method, "k": k, "min_size": min_size, "seed": seed}
    key = clusters_key(embedding, asked)
    labels = labels_of(dataset, embedding.ids) if labels is None else labels
    known = read_clusters(workspace, key, lambda ids: labels)
    if known is not None and known.current:
        return known
    begun = time.perf_counter()
    vectors = embedding.matrix()

    def seen(found: Clustering) -> ClusterNames | None:
        if encoder is None or not found.count:
            return None
        means = clustering_methods.centroids(vectors, found.labels)
        categories = encoder().categories(np.concatenate([means, vectors.mean(axis=0, keepdims=True)]))
        return None if categories is None else naming.from_categories(categories[:-1], categories[-1])

    if known is not None:
        return _judged(workspace, known, labels, seen)
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
    return keep_clusters(workspace, dataset, embedding, found, labels, asked=asked, seconds=seconds, seen=seen)


def keep_clusters(
    workspace: Workspace,
    dataset: Dataset,
    embedding: Embedding,
    found: Clustering,
    labels: Sequence[str | None],
    *,
    asked: Mapping[str, Any],
    seconds: float,
    seen: Seen = lambda found: None,
) -> ClusterResult:
    """Store groups that were found as `asked`, named and judged by `labels` (n,); without any `seen` names them.

    Rows are as in `embedding.ids`.
    """
    key = clusters_key(embedding, asked)
    workspace.results.put(
        key,
        kind="clusters",
        dataset=dataset.uuid,
        parent=embedding.fingerprint,
        arrays={"ids": embedding.ids, "labels": found.labels},
        parameters={
            "asked": dict(asked),
            "encoder": embedding.card.id,
            "part_of": embedding.part_of,
            "count": found.count,
            **facts(found, "labels", "nmi", "purity"),
        },
        seconds=seconds,
    )
    names = naming.numbered(found.count)
    kept = ClusterResult(key, dataset.uuid, embedding.ids, found, names, embedding.card.id, seconds, current=False)
    return _judged(workspace, kept, labels, seen)


def _judged(workspace: Workspace, kept: ClusterResult, labels: Sequence[str | None], seen: Seen) -> ClusterResult:
    """Stored groups, named and judged by the labels of now."""
    begun = time.perf_counter()
    found = clustering_methods.evaluate(kept.clustering, labels)
    if any(label is not None for label in labels):
        names = naming.from_labels(found.labels, labels)
    else:
        names = seen(found) or naming.numbered(found.count)
    workspace.results.put(
        names_key(kept.fingerprint, labels),
        kind="names",
        dataset=kept.dataset,
        parent=kept.fingerprint,
        arrays={},
        parameters={"nmi": found.nmi, "purity": found.purity, **asdict(names)},
        seconds=time.perf_counter() - begun,
    )
    return replace(kept, clustering=found, names=names, current=True)


def clusters_key(embedding: Embedding, asked: Mapping[str, Any]) -> str:
    """The fingerprint of groups that are found as `asked`."""
    return fingerprint("clusters", REVISION, embedding.fingerprint, **asked)


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
