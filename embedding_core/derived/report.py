"""The report card of an embedding of a dataset: measured, kept and read."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from embedding_core.deciding.versions import NOW
from embedding_core.derived.balance import PROPERTIES, said_of
from embedding_core.derived.encoders import fitted_on
from embedding_core.derived.kept import Kept, keep, read_kept
from embedding_core.derived.labelled import known_duplicates, labelled
from embedding_core.derived.looks import looks
from embedding_core.derived.recoded import changed_copies, small_pictures
from embedding_core.errors import NotEmbedded
from embedding_core.evaluate.card.found import ReportCard
from embedding_core.fingerprint import fingerprint
from embedding_core.graphs import neighbour_graph
from embedding_core.ids import find
from embedding_core.quality.composition.balance import crossed
from embedding_core.quality.composition.shortcuts import SAME
from embedding_core.records import silent

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from embedding_core.derived.balance import Said
    from embedding_core.derived.labelled import Labelled
    from embedding_core.encoders.base import Encoder
    from embedding_core.quality.composition.columns import Column
    from embedding_core.records import Reporter
    from embedding_core.workspace import Dataset, Embedding, StoredResult, Workspace

REVISION = 5  # raised when the same images and labels are scored otherwise
KIND = "report"
PIXELS = "pixels"  # the encoder of the control


def report(
    workspace: Workspace,
    dataset: Dataset,
    embedding: Embedding,
    *,
    version: str = NOW,
    seed: int = 0,
    encoder: Callable[[], Encoder] | None = None,
    progress: Reporter = silent,
) -> tuple[Kept[ReportCard], Labelled]:
    """The card of the images that a version holds, and what it went by.

    `encoder` loads the network, for the pictures that are encoded again; None where that is not here. Duplicates are
    looked for where they are not known. Raises `UnknownVersion`, and `InvalidInput` where no image is left.
    """
    embedding = unseen(workspace, dataset, embedding)
    load = encoder
    with ThreadPoolExecutor(1, thread_name_prefix="load") as pool:
        # Loading a network takes seconds, in which duplicates are looked for. Without these there is no card yet.
        if encoder is not None and known_duplicates(workspace, dataset, [embedding], embedding.ids) is None:
            load = pool.submit(encoder).result
        known = labelled(workspace, dataset, [embedding], version=version, progress=progress)
    said = said_of(dataset, known.ids)

    def find_it() -> ReportCard:
        from embedding_core.evaluate.card.scoring import score

        part = embedding.of(known.ids)  # in the order of paths, as they are known
        vectors = part.matrix()
        graph = neighbour_graph(workspace, dataset, part, vectors=vectors, progress=progress)
        return score(
            known.ids,
            vectors,
            known.codes,
            known.classes,
            known.groups,
            graph,
            small=None if embedding.card.id == PIXELS else lambda: _pixels(dataset, known.ids),
            columns=lambda: known_of_files(workspace, dataset, known.ids, said, progress),
            copies=None if load is None else lambda at: changed_copies(dataset, load(), known.ids[at], progress),
            seed=seed,
            progress=progress,
        )

    kept = keep(
        workspace,
        dataset,
        _key(embedding, known, said, seed),
        kind=KIND,
        parent=embedding.fingerprint,
        of=ReportCard,
        find=find_it,
        asked={"encoder": embedding.card.id, "version": version, "seed": seed},
    )
    return kept, known


def report_key(
    workspace: Workspace, dataset: Dataset, embedding: Embedding, *, version: str = NOW, seed: int = 0
) -> str | None:
    """The fingerprint that the card of now has; None where duplicates are not known, so that there cannot be one.

    Reads alone. Raises `UnknownVersion`, and `InvalidInput` where no image is left.
    """
    embedding = unseen(workspace, dataset, embedding)
    if known_duplicates(workspace, dataset, [embedding], embedding.ids) is None:
        return None
    known = labelled(workspace, dataset, [embedding], version=version)
    return _key(embedding, known, said_of(dataset, known.ids), seed)


def unseen(workspace: Workspace, dataset: Dataset, embedding: Embedding) -> Embedding:
    """The images that an encoder was not fitted on: of one that was fine-tuned here the rest, of any other all.

    Raises `InvalidInput` where nobody knows which they are.
    """
    fitted = fitted_on(workspace, dataset, embedding.card.id)
    return embedding if fitted is None else embedding.of(np.setdiff1d(embedding.ids, fitted))


def read_report(workspace: Workspace, key: str) -> Kept[ReportCard] | None:
    """A card that is kept; None where none has been made."""
    return read_kept(workspace, key, ReportCard)


def reports(workspace: Workspace, dataset: Dataset, encoder: str, *, version: str = NOW) -> list[StoredResult]:
    """The cards of a version under an encoder, whatever has changed since, newest first; without their arrays."""
    return [
        stored
        for stored in workspace.results.find(dataset.uuid, KIND)
        if (stored.parameters["asked"]["encoder"], stored.parameters["asked"]["version"]) == (encoder, version)
    ]


def known_of_files(
    workspace: Workspace, dataset: Dataset, ids: NDArray[np.int64], said: Said, progress: Reporter
) -> dict[str, NDArray[np.float64]]:
    """What is known of these images (n,) without looking at what they show: (n,), or (n, v) of yes and no.

    Columns that came along but for splits and those that are the label by another name, then size, light and colour.
    """
    found: dict[str, NDArray[np.float64]] = {}
    for one in said.columns:
        if one.name != "split" and not _names_label(one, said.labels):
            found[one.name] = (one.codes[:, None] == np.arange(len(one.values))).astype(np.float64)
    looked = looks(workspace, dataset, progress).found
    rows = find(ids, looked.ids)
    for name in PROPERTIES:
        values = np.where(rows >= 0, getattr(looked, name)[rows].astype(np.float64), np.nan)
        if len(np.unique(values[np.isfinite(values)])) > 1:
            found[name] = values
    return found


def _names_label(one: Column, labels: Column | None) -> bool:
    """Whether each value of a column belongs to one label: then it is the label under finer names, as kinds of it."""
    if labels is None:
        return False
    counts = crossed(labels, one)
    return bool(counts.max(axis=0).sum() >= SAME * counts.sum())


def _pixels(dataset: Dataset, ids: NDArray[np.int64]) -> NDArray[np.float32]:
    """The 16×16 pixels (n, 768) of these images: as embedded where all are, else of their thumbnails."""
    try:
        there = dataset.embedding(PIXELS)
    except NotEmbedded:
        return small_pictures(dataset, ids)
    rows = find(ids, there.ids)
    return there.matrix()[rows] if (rows >= 0).all() else small_pictures(dataset, ids)


def _key(embedding: Embedding, known: Labelled, said: Said, seed: int) -> str:
    # All images judge here, also those that somebody has decided on.
    seen = replace(known, decided=np.zeros_like(known.decided)).fingerprint
    return fingerprint(KIND, REVISION, embedding.fingerprint, seen, said.digest, seed=seed)
