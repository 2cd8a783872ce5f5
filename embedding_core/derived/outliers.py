"""Outliers of a dataset: looked for, kept, read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embedding_core.derived.grouping import labels_of
from embedding_core.derived.kept import Kept, keep, read_kept
from embedding_core.fingerprint import digest_of_texts, fingerprint
from embedding_core.graphs import neighbour_graph
from embedding_core.quality.outliers.found import Outliers
from embedding_core.records import silent

if TYPE_CHECKING:
    from embedding_core.records import Progress
    from embedding_core.workspace import Dataset, Embedding, Workspace

REVISION = 1  # raised when the same settings find something else
KIND = "outliers"


def outliers(
    workspace: Workspace, dataset: Dataset, embedding: Embedding, *, seed: int = 0, progress: Progress = silent
) -> Kept[Outliers]:
    """Rank all images by how unlike the others, and those of their class by the labels of now, they are.

    Raises `InvalidInput` for too few images.
    """
    labels = labels_of(dataset, embedding.ids)

    def find() -> Outliers:
        from embedding_core.quality.outliers.finding import find_outliers

        vectors = embedding.matrix()
        graph = neighbour_graph(workspace, dataset, embedding, vectors=vectors, progress=progress)
        return find_outliers(embedding.ids, vectors, graph, labels, seed=seed, progress=progress)

    return keep(
        workspace,
        dataset,
        outliers_key(embedding.fingerprint, digest_of_texts(labels), seed=seed),
        kind=KIND,
        parent=embedding.fingerprint,
        of=Outliers,
        find=find,
        asked={"encoder": embedding.card.id, "seed": seed},
    )


def outliers_key(embedding: str, labels: str, *, seed: int = 0) -> str:
    """The fingerprint of what is found with the embedding of that fingerprint; `labels` is the digest of those (n,)."""
    return fingerprint("outliers", REVISION, embedding, labels, seed=seed)


def read_outliers(workspace: Workspace, key: str) -> Kept[Outliers] | None:
    """What is stored under that fingerprint; None when nothing is."""
    return read_kept(workspace, key, Outliers)
