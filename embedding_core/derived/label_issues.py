"""Wrong labels of a dataset: looked for among the labels of now, kept, read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embedding_core.derived.grouping import labels_of
from embedding_core.derived.kept import Kept, keep, read_kept
from embedding_core.fingerprint import digest, digest_of_texts, fingerprint
from embedding_core.graphs import neighbour_graph
from embedding_core.quality.label_issues import LabelIssues
from embedding_core.records import silent

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from embedding_core.fingerprint import Texts
    from embedding_core.records import Progress
    from embedding_core.workspace import Dataset, Embedding, Workspace

REVISION = 1  # raised when the same settings find something else
KIND = "labels"


def label_issues(
    workspace: Workspace,
    dataset: Dataset,
    embedding: Embedding,
    *,
    groups: NDArray[np.integer] | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> Kept[LabelIssues]:
    """Judge the labels of now. `groups` (n,) are images that must not vouch for each other, −1 for one that is alone.

    Raises `InvalidInput` when there are too few labels to compare.
    """
    labels = labels_of(dataset, embedding.ids)

    def find() -> LabelIssues:
        from embedding_core.quality.label_judging import judge_labels

        vectors = embedding.matrix()
        graph = neighbour_graph(workspace, dataset, embedding, vectors=vectors, progress=progress)
        return judge_labels(embedding.ids, vectors, graph, labels, groups=groups, seed=seed, progress=progress)

    return keep(
        workspace,
        dataset,
        label_issues_key(embedding.fingerprint, labels, groups=groups, seed=seed),
        kind=KIND,
        parent=embedding.fingerprint,
        of=LabelIssues,
        find=find,
        asked={"encoder": embedding.card.id, "seed": seed, "grouped": groups is not None},
    )


def label_issues_key(embedding: str, labels: Texts, *, groups: NDArray[np.integer] | None = None, seed: int = 0) -> str:
    """The fingerprint of what is found with the embedding of that fingerprint, among `labels` (n,)."""
    together = "" if groups is None else digest(groups.astype("<i8").tobytes())
    return fingerprint("label_issues", REVISION, embedding, digest_of_texts(labels), together, seed=seed)


def read_label_issues(workspace: Workspace, key: str) -> Kept[LabelIssues] | None:
    """What is stored under that fingerprint; None when nothing is."""
    return read_kept(workspace, key, LabelIssues)
