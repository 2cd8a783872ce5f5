"""Is the default embedding any good, and the map honest? Against the 16×16 pixels of the same images."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from benchmarks.report import Figure, Headline, Report, Table, data
from embedding_core import clusters, derived, places
from embedding_core.encoders import registry
from embedding_core.records import LOCAL, silent
from embedding_core.tasks import TASKS
from embedding_core.workspace import Workspace

PEER = "pixels"


def run() -> Report:
    table = Table(
        "Quality of the default encoder",
        ("data", "figure", registry.DEFAULT, PEER),
        note="5-NN: leave one out, cosine, majority, ties to the nearest. Trustworthiness: k 15, cosine.",
    )
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace.open(folder)
        sets = [("sample, 22 classes", places.SAMPLE, 22)]
        clothing = data("clothing.tar")
        if clothing is None:
            print("  clothing.tar: not there (set KINDRED_BENCH_DATA), left out")
        else:
            sets.append(("clothing, 10 classes", clothing, 10))
        for title, source, classes in sets:
            _measure(workspace, table, title, source, classes)
    found = {str(row[0]): str(row[2]) for row in table.rows if row[1] == "5-NN accuracy"}
    lines = [Headline(f"5-NN accuracy of the default encoder: {title}", {}, (said,)) for title, said in found.items()]
    return Report([table], [], lines)


def _measure(workspace: Workspace, table: Table, title: str, source: Path, classes: int) -> None:
    figures: dict[str, list[Figure | None]] = {}
    for encoder in (registry.DEFAULT, PEER):
        TASKS["add"](workspace, {"name": title, "source": str(source), "encoder": encoder}, silent, LOCAL)
        dataset = workspace.dataset(title)
        embedding = dataset.embedding(encoder)
        labels = derived.labels_of(dataset, embedding.ids)
        graph = derived.neighbour_graph(workspace, dataset, embedding)
        drawn = derived.draw_map(workspace, dataset, embedding)
        found = clusters.evaluate(clusters.cluster("kmeans", embedding.matrix(), k=classes), labels)
        figures.setdefault("5-NN accuracy", []).append(_share(nearest_accuracy(graph.rows, labels)))
        figures.setdefault("UMAP trustworthiness", []).append(_share(drawn.projection.trustworthiness))
        figures.setdefault(f"KMeans({classes}) NMI", []).append(_share(found.nmi))
    for figure, values in figures.items():
        table.add(title, figure, *values)


def nearest_accuracy(rows: np.ndarray, labels: list[str | None], k: int = 5) -> float:
    """Share of images whose k nearest others vote for their label; of equal votes, the nearest one's wins."""
    right = 0
    for row, own in enumerate(labels):
        votes = [labels[other] for other in rows[row, :k].tolist()]
        right += max(votes, key=lambda label: (votes.count(label), -votes.index(label))) == own
    return right / len(labels)


def _share(value: float | None) -> Figure | None:
    return None if value is None else Figure(value, "{:.3f}")
