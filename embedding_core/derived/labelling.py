"""What to label next in a dataset, and how far the labels that are there carry."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from embedding_core.derived.grouping import labels_of
from embedding_core.derived.kept import keep, read_kept
from embedding_core.fingerprint import digest_of_texts, fingerprint
from embedding_core.graphs import neighbour_graph
from embedding_core.quality import groups
from embedding_core.quality.labelling.finding import Next, choose
from embedding_core.quality.labelling.propagation import Propagated, propagate
from embedding_core.records import silent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from embedding_core.derived.kept import Kept
    from embedding_core.records import Progress
    from embedding_core.workspace import Dataset, Embedding, Workspace

NEXT_REVISION = 2
PROPAGATED_REVISION = 2
ALIKE = 0.95  # similarity from which one image would give another's hidden label away


def choose_next(
    workspace: Workspace,
    dataset: Dataset,
    embedding: Embedding,
    *,
    count: int = 50,
    by: str = "combined",
    seed: int = 0,
    progress: Progress = silent,
) -> Kept[Next]:
    """The images most worth a label, given the labels of now. Raises `InvalidInput`."""
    labels = labels_of(dataset, embedding.ids)
    key = next_key(embedding.fingerprint, digest_of_texts(labels), count=count, by=by, seed=seed)

    def find() -> Next:
        vectors = embedding.matrix()
        graph = neighbour_graph(workspace, dataset, embedding, vectors=vectors, progress=progress)
        progress("choosing", 0, None)
        codes, names = coded(labels)
        return choose(embedding.ids, vectors, codes, names, graph, count, by=by, seed=seed)

    return keep(
        workspace,
        dataset,
        key,
        kind="next",
        parent=embedding.fingerprint,
        of=Next,
        find=find,
        asked={"count": count, "by": by, "encoder": embedding.card.id, "seed": seed},
    )


def next_key(embedding: str, labels: str, *, count: int, by: str, seed: int) -> str:
    """The fingerprint of a choice by the embedding of that fingerprint; `labels` is the digest of those (n,)."""
    return fingerprint("next", NEXT_REVISION, embedding, labels, count=count, by=by, seed=seed)


def read_next(workspace: Workspace, key: str) -> Kept[Next] | None:
    return read_kept(workspace, key, Next)


def propagate_labels(
    workspace: Workspace, dataset: Dataset, embedding: Embedding, *, seed: int = 0, progress: Progress = silent
) -> Kept[Propagated]:
    """The labels of now, spread to all other images. Raises `InvalidInput` with fewer than two classes."""
    labels = labels_of(dataset, embedding.ids)
    key = fingerprint("propagated", PROPAGATED_REVISION, embedding.fingerprint, digest_of_texts(labels), seed=seed)

    def find() -> Propagated:
        graph = neighbour_graph(workspace, dataset, embedding, progress=progress)
        progress("spreading", 0, None)
        codes, names = coded(labels)
        return propagate(embedding.ids, graph, codes, names, groups=groups.alike(graph, ALIKE), seed=seed)

    return keep(
        workspace,
        dataset,
        key,
        kind="propagated",
        parent=embedding.fingerprint,
        of=Propagated,
        find=find,
        asked={"encoder": embedding.card.id, "seed": seed},
    )


def read_propagated(workspace: Workspace, key: str) -> Kept[Propagated] | None:
    return read_kept(workspace, key, Propagated)


def coded(labels: Sequence[str | None]) -> tuple[NDArray[np.int32], tuple[str, ...]]:
    """Labels as numbers (n,) into their names, which are in order; −1 for none."""
    names = sorted({label for label in labels if label is not None})
    number = {name: code for code, name in enumerate(names)}
    return np.array([-1 if label is None else number[label] for label in labels], np.int32), tuple(names)
