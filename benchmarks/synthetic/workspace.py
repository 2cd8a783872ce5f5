"""A workspace with a synthetic dataset: images, labels, vectors, graph, map and groups, as if all had been computed."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from benchmarks.report import ROOT
from benchmarks.synthetic import drawings
from benchmarks.synthetic.points import DIM, Scatter, neighbours, scatter
from embedding_core import derived, naming, trust
from embedding_core.clusters import Clustering
from embedding_core.derived import grouping, mapping
from embedding_core.derived.facts import facts
from embedding_core.encoders.imported import card_for_imported
from embedding_core.errors import UnknownDataset
from embedding_core.fingerprint import fingerprint
from embedding_core.neighbours import NeighbourGraph
from embedding_core.projection import Projection
from embedding_core.workspace import Dataset, Embedding, Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

PLACE = ROOT / ".bench" / "workspace"
REVISION = 2  # in the datasets' names: raised when what is written here changes
BATCH = 25_000  # images of one commit
SAMPLE = 2_000  # rows that trustworthiness is estimated on
SPLITS = ("train", "train", "train", "train", "validation", "test")


def name(n: int) -> str:
    return f"synthetic {n} r{REVISION}"


def ensure(n: int, place: Path = PLACE) -> str:
    """The name of the dataset of `n` images in the workspace at `place`, written when it is missing or unfinished."""
    workspace = Workspace.open(str(place))
    try:
        there = workspace.dataset(name(n))
        if workspace.results.find(there.uuid, "clusters"):
            return there.name
        workspace.delete(there)
    except UnknownDataset:
        pass
    return write(workspace, n).name


def write(workspace: Workspace, n: int, seed: int = 0) -> Dataset:
    """Make the dataset. The groups come last: one that has them is complete."""
    with _said("points"):
        one = scatter(n, seed)
    dataset = workspace.create(name(n), "Drawings that a seed made, to measure with.")
    with _said("images"):
        ids = _put_images(dataset, one, seed)
    with _said("tidy"):
        dataset.tidy()
    with _said("vectors"):
        embedding = _put_vectors(dataset, ids, one)
    rows = np.argsort(ids)[np.searchsorted(np.sort(ids), embedding.ids)]  # of `one`, in the embedding's order
    one = Scatter(one.points[rows], one.codes[rows], one.blobs[rows], one.vectors[rows])
    with _said("graph"):
        graph = _put_graph(workspace, dataset, embedding, one)
    with _said("map"):
        _put_map(workspace, dataset, embedding, one, graph)
    with _said("groups"):
        _put_groups(workspace, dataset, embedding, one)
    return dataset


def _put_images(dataset: Dataset, one: Scatter, seed: int) -> np.ndarray:
    n = len(one.points)
    random = np.random.default_rng(seed)
    shapes = drawings.all_drawings(seed)
    which = random.integers(0, drawings.EACH, n)
    paths = [f"class {code:02}/{number:07}.jpg" for number, code in enumerate(one.codes.tolist())]
    ids = dataset.image_ids(paths)
    for start in range(0, n, BATCH):
        part = range(start, min(n, start + BATCH))
        records = [drawings.record(paths[row], shapes[one.codes[row]][which[row]], row) for row in part]
        dataset.put_images(ids[start : start + BATCH], records)
    dataset.put_attributes(
        ids,
        labels=[f"class {code:02}" for code in one.codes.tolist()],
        splits=[SPLITS[at] for at in random.integers(0, len(SPLITS), n).tolist()],
        metadata=pa.table({"brightness": random.beta(2, 5, n).round(4)}),
    )
    return np.array(ids, np.int64)


def _put_vectors(dataset: Dataset, ids: np.ndarray, one: Scatter) -> Embedding:
    card = card_for_imported("synthetic", DIM, f"synthetic {len(ids)} r{REVISION}")
    stored = dataset.images()
    shas = dict(zip(stored["id"].to_pylist(), stored["sha256"].to_pylist(), strict=True))
    dataset.vectors.put(card, ids.tolist(), [shas[image] for image in ids.tolist()], one.vectors)
    return dataset.embedding(card.id)


def _put_graph(workspace: Workspace, dataset: Dataset, embedding: Embedding, one: Scatter) -> NeighbourGraph:
    begun = time.perf_counter()
    graph = NeighbourGraph(*neighbours(one))
    workspace.results.put(
        derived.graph_key(embedding.fingerprint),
        kind="graph",
        dataset=dataset.uuid,
        parent=embedding.fingerprint,
        arrays={"ids": embedding.ids, "rows": graph.rows, "similarity": graph.similarity},
        parameters={"k": graph.k, "encoder": embedding.card.id},
        seconds=time.perf_counter() - begun,
    )
    return graph


def _put_map(workspace: Workspace, dataset: Dataset, embedding: Embedding, one: Scatter, graph: NeighbourGraph) -> None:
    begun = time.perf_counter()
    each = trust.per_point(one.points, graph)
    judged = trust.trustworthiness(one.vectors, one.points, trust.largest_k(len(each)), sample=SAMPLE)
    drawn = Projection(one.points, "umap", {}, 0, each, *judged, None)
    key = fingerprint("map", mapping.REVISION, embedding.fingerprint, method="umap", dims=2, seed=0)
    workspace.results.put(
        key,
        kind="map",
        dataset=dataset.uuid,
        parent=embedding.fingerprint,
        arrays={"ids": embedding.ids, "points": drawn.points, "trust": each},
        parameters={
            "asked": {"method": "umap", "dims": 2, "seed": 0},
            "encoder": embedding.card.id,
            **facts(drawn, "points", "trust"),
            "dims": drawn.dims,
        },
        seconds=time.perf_counter() - begun,
    )


def _put_groups(workspace: Workspace, dataset: Dataset, embedding: Embedding, one: Scatter) -> None:
    """The blobs, as HDBSCAN would have found them, named after their labels."""
    sizes = np.bincount(one.blobs[one.blobs >= 0])
    order = np.argsort(-sizes, kind="stable")
    order = order[sizes[order] > 0]
    rank = np.full(len(sizes) + 1, -1, np.int32)  # its last stands for noise
    rank[order] = np.arange(len(order))
    labels = rank[one.blobs]
    found_at = np.unique(labels, return_index=True)
    exemplars = tuple((int(row),) for group, row in zip(*found_at, strict=True) if group >= 0)
    found = Clustering(labels, "hdbscan", {"min_size": 25}, 0, None, exemplars)
    asked = {"method": "hdbscan", "k": None, "min_size": None}
    key = fingerprint("clusters", grouping.REVISION, embedding.fingerprint, seed=0, **asked)
    words = [f"class {code:02}" for code in one.codes.tolist()]
    names = naming.from_labels(labels, words)
    common = {"dataset": dataset.uuid, "seconds": 0.0}
    workspace.results.put(
        grouping.names_key(key, words),
        kind="names",
        parent=key,
        arrays={},
        parameters={"nmi": None, "purity": None, **asdict(names)},
        **common,
    )
    workspace.results.put(
        key,
        kind="clusters",
        parent=embedding.fingerprint,
        arrays={"ids": embedding.ids, "labels": labels},
        parameters={
            "asked": {**asked, "seed": 0},
            "encoder": embedding.card.id,
            "count": found.count,
            **facts(found, "labels", "nmi", "purity"),
        },
        **common,
    )


@contextmanager
def _said(what: str) -> Iterator[None]:
    begun = time.perf_counter()
    yield
    print(f"  {what}: {time.perf_counter() - begun:.1f} s", flush=True)
