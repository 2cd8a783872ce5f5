"""Wrong labels of a dataset: looked for among the labels of now, kept, read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embedding_core.derived.grouping import labels_of
from embedding_core.derived.kept import Kept, keep, read_kept
from embedding_core.derived.suggested import known_copies
from embedding_core.fingerprint import digest, digest_of_texts, fingerprint
from embedding_core.graphs import neighbour_graph
from embedding_core.quality.labels.found import LabelIssues
from embedding_core.records import silent

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from embedding_core.records import Progress
    from embedding_core.workspace import Dataset, Embedding, Workspace

REVISION = 3  # raised when the same settings find something else
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
    """Judge the labels of now.

    `groups` (n,) are images that must not vouch for each other, −1 for one that is alone; by default the copies that
    are known. Raises `InvalidInput` when there are too few labels to compare.
    """
    labels = labels_of(dataset, embedding.ids)
    groups = known_copies(workspace, embedding) if groups is None else groups

    def find() -> LabelIssues:
        from embedding_core.quality.labels.finding import judge_labels

        vectors = embedding.matrix()
        graph = neighbour_graph(workspace, dataset, embedding, vectors=vectors, progress=progress)
        return judge_labels(embedding.ids, vectors, graph, labels, groups=groups, seed=seed, progress=progress)

    return keep(
        workspace,
        dataset,
        label_issues_key(embedding.fingerprint, digest_of_texts(labels), copies=digest_of_copies(groups), seed=seed),
        kind=KIND,
        parent=embedding.fingerprint,
        of=LabelIssues,
        find=find,
        asked={"encoder": embedding.card.id, "seed": seed, "grouped": groups is not None},
    )


def label_issues_key(embedding: str, labels: str, *, copies: str = "", seed: int = 0) -> str:
    """The fingerprint of what is found with the embedding of that fingerprint.

    `labels` is the digest of the labels (n,) as texts, `copies` that of the groups, see `digest_of_copies`.
    """
    return fingerprint("label_issues", REVISION, embedding, labels, copies, seed=seed)


def digest_of_copies(groups: NDArray[np.integer] | None) -> str:
    """Names groups of copies (n,); empty where none are known."""
    return "" if groups is None else digest(groups.astype("<i8").tobytes())


def read_label_issues(workspace: Workspace, key: str) -> Kept[LabelIssues] | None:
    """What is stored under that fingerprint; None when nothing is."""
    return read_kept(workspace, key, LabelIssues)
