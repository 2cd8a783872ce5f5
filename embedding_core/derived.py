"""What follows from an embedding: graph, maps, clusters. Each is computed once and kept under its fingerprint.

`neighbour_graph`, `draw_map` and `find_clusters` compute, or read what is there; they run in the worker or the command
line. The `read_…` functions and the lists only read, import nothing heavy, and are what pages use.
"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from embedding_core import clusters as clustering_methods
from embedding_core import naming, projection
from embedding_core.clusters import Clustering
from embedding_core.fingerprint import digest, digest_of_texts, fingerprint
from embedding_core.graphs import graph_key, neighbour_graph, read_graph, read_nearest
from embedding_core.naming import ClusterNames
from embedding_core.projection import Projection, align
from embedding_core.records import silent
from embedding_core.vectors import read_only

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from embedding_core.encoders.base import Encoder
    from embedding_core.fingerprint import Texts
    from embedding_core.records import Progress
    from embedding_core.workspace import Dataset, Embedding, StoredResult, Workspace

__all__ = [
    "ClusterResult",
    "MapResult",
    "clusterings",
    "draw_map",
    "find_clusters",
    "graph_key",
    "labels_of",
    "maps",
    "neighbour_graph",
    "read_clusters",
    "read_graph",
    "read_map",
    "read_nearest",
]

UNTURNED = read_only(np.eye(2))  # also what maps lie by that were stored before there were turns

_MAP_REVISION = 3
_CLUSTERS_REVISION = 2
_NAMES_REVISION = 3


@dataclass(frozen=True, eq=False)
class MapResult:
    """A stored map. Row i of the projection is the image `ids[i]`."""

    fingerprint: str
    dataset: str  # uuid
    embedding: str  # fingerprint
    ids: NDArray[np.int64]  # (n,)
    projection: Projection
    encoder: str
    seconds: float  # from reading vectors to stored points
    turn: NDArray[np.float64]  # (2, 2) orthogonal, see `placed`; the identity in three dimensions

    @cached_property
    def placed(self) -> NDArray[np.float32]:
        """(n, 2 or 3) the points as they are shown: in two dimensions `points @ turn`"""
        points = self.projection.points
        if self.projection.dims != 2 or np.array_equal(self.turn, UNTURNED):
            return points
        return read_only((points.astype(np.float64) @ self.turn).astype(np.float32))

    @property
    def turn_digest(self) -> str:
        """16 hex digits that stand for the turn."""
        return digest(self.turn.astype("<f8").tobytes())[:16]


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


# -- computing --------------------------------------------------------------------------------------------------


def draw_map(
    workspace: Workspace,
    dataset: Dataset,
    embedding: Embedding,
    *,
    method: str = "umap",
    dims: int = 2,
    seed: int = 0,
    parameters: Mapping[str, float] | None = None,
    progress: Progress = silent,
) -> MapResult:
    """A map of an embedding, turned towards the newest one of the dataset that shows some of the same images.

    The turn is of the two-dimensional map as a whole and is stored beside the points, which the fingerprint names.
    Raises `InvalidInput` for what `projection.project` does not take.
    """
    asked = dict(parameters or {})
    key = fingerprint("map", _MAP_REVISION, embedding.fingerprint, method=method, dims=dims, seed=seed, **asked)
    known = read_map(workspace, key)
    if known is not None:
        return known
    begun = time.perf_counter()
    vectors = embedding.matrix()
    graph = neighbour_graph(workspace, dataset, embedding, vectors=vectors, progress=progress)
    drawn = projection.project(method, vectors, graph, dims=dims, seed=seed, parameters=asked, progress=progress)
    arrays: dict[str, NDArray[Any]] = {"ids": embedding.ids, "points": drawn.points}
    if drawn.trust is not None:
        arrays["trust"] = drawn.trust
    turn = _turn(workspace, dataset, embedding.ids, drawn)
    seconds = time.perf_counter() - begun
    workspace.results.put(
        key,
        kind="map",
        dataset=dataset.uuid,
        parent=embedding.fingerprint,
        arrays=arrays,
        parameters={
            "asked": {"method": method, "dims": dims, "seed": seed, **asked},
            "encoder": embedding.card.id,
            **_without(asdict(drawn), "points", "trust"),
            "dims": drawn.dims,
            "turn": turn.tolist(),
        },
        seconds=seconds,
    )
    return MapResult(key, dataset.uuid, embedding.fingerprint, embedding.ids, drawn, embedding.card.id, seconds, turn)


def _turn(workspace: Workspace, dataset: Dataset, ids: NDArray[np.int64], drawn: Projection) -> NDArray[np.float64]:
    """How to turn a new map (2, 2), so that whoever knows the last one of the dataset finds the way."""
    if drawn.dims == 2:
        for found in workspace.results.find(dataset.uuid, "map"):
            last = read_map(workspace, found.fingerprint) if found.parameters["dims"] == 2 else None
            turn = align.turn(drawn.points, ids, last.placed, last.ids) if last is not None else None
            if turn is not None:
                return read_only(turn)
    return UNTURNED


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
    key = fingerprint(
        "clusters", _CLUSTERS_REVISION, embedding.fingerprint, method=method, k=k, min_size=min_size, seed=seed
    )
    labels = labels_of(dataset, embedding.ids)
    known = read_clusters(workspace, key, lambda ids: labels)
    if known is not None and known.current:
        return known
    begun = time.perf_counter()
    vectors = embedding.matrix()
    if known is not None:
        found, seconds = known.clustering, known.seconds
    else:
        found = clustering_methods.cluster(method, vectors, k=k, min_size=min_size, seed=seed, progress=progress)
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
                **_without(asdict(found), "labels", "nmi", "purity"),
            },
            seconds=seconds,
        )
    judged = clustering_methods.evaluate(found, labels)
    names = _names(vectors, judged, labels, encoder)
    workspace.results.put(
        _names_key(key, labels),
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


# -- reading ----------------------------------------------------------------------------------------------------


def maps(workspace: Workspace, dataset: Dataset, embedding: Embedding) -> list[StoredResult]:
    """The stored maps of an embedding, newest first, without their arrays."""
    return workspace.results.find(dataset.uuid, "map", embedding.fingerprint)


def clusterings(workspace: Workspace, dataset: Dataset, embedding: Embedding) -> list[StoredResult]:
    """The stored clusterings of an embedding, newest first, without their arrays."""
    return workspace.results.find(dataset.uuid, "clusters", embedding.fingerprint)


def read_map(workspace: Workspace, key: str) -> MapResult | None:
    stored = workspace.results.get(key)
    if stored is None or stored.kind != "map":
        return None
    facts = stored.parameters
    variance = facts["explained_variance"]
    drawn = Projection(
        points=stored.arrays["points"],
        method=facts["method"],
        parameters=facts["parameters"],
        seed=facts["seed"],
        trust=stored.arrays.get("trust"),
        trustworthiness=facts["trustworthiness"],
        trust_sample=facts["trust_sample"],
        explained_variance=None if variance is None else tuple(variance),
        note=facts["note"],
    )
    return MapResult(
        key,
        stored.dataset,
        stored.parent,
        stored.arrays["ids"],
        drawn,
        facts["encoder"],
        stored.seconds,
        read_only(np.array(facts["turn"])) if "turn" in facts else UNTURNED,
    )


def read_clusters(workspace: Workspace, key: str, labels: Callable[[NDArray[np.int64]], Texts]) -> ClusterResult | None:
    """A stored clustering, judged by `labels` where that has been computed, else as it was found.

    `labels` is asked for those of the clustered images (n,), without one where there is none.
    """
    stored = workspace.results.get(key)
    if stored is None or stored.kind != "clusters":
        return None
    facts = stored.parameters
    found = Clustering(
        labels=stored.arrays["labels"],
        method=facts["method"],
        parameters=facts["parameters"],
        seed=facts["seed"],
        silhouette=facts["silhouette"],
        exemplars=tuple(map(tuple, facts["exemplars"])),
        note=facts["note"],
    )
    judged = workspace.results.get(_names_key(key, labels(stored.arrays["ids"])))
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
        facts["encoder"],
        stored.seconds,
        current=judged is not None,
    )


def labels_of(dataset: Dataset, ids: NDArray[np.int64]) -> list[str | None]:
    """The labels (n,) of these images, None where there is none."""
    labels: list[str | None] = dataset.said_of(ids)[0]["label"].to_pylist()
    return labels


def _names_key(clusters: str, labels: Texts) -> str:
    return fingerprint("names", _NAMES_REVISION, clusters, digest_of_texts(labels))


def _without(facts: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if name not in names}
