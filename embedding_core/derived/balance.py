"""How even a dataset is, where it is thin or has more than it needs, and what goes together with its label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from embedding_core.derived.kept import keep, read_kept
from embedding_core.derived.looks import looks, looks_key
from embedding_core.errors import InvalidInput
from embedding_core.fingerprint import digest_of_texts, fingerprint
from embedding_core.graphs import neighbour_graph
from embedding_core.ids import find
from embedding_core.quality.composition.balance import Balance, one_to_one
from embedding_core.quality.composition.balance import balance as count
from embedding_core.quality.composition.columns import Column, classes, column, is_predicted
from embedding_core.quality.composition.cover import Cover
from embedding_core.quality.composition.cover import cover as look_for_cover
from embedding_core.quality.composition.shortcuts import Shortcuts
from embedding_core.quality.composition.shortcuts import shortcuts as look_for_shortcuts
from embedding_core.records import silent

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embedding_core.derived.kept import Kept
    from embedding_core.quality.photos.looks import Looks
    from embedding_core.records import Reporter
    from embedding_core.workspace import Dataset, Embedding, Workspace

REVISION = 2  # of the counts, raised when the same columns are counted otherwise
COVER_REVISION = 2
SHORTCUTS_REVISION = 3

DRAWN = 4_000  # images whose vectors are read to look for shortcuts; the probe takes fewer that have a value
PROPERTIES = ("brightness", "contrast", "sharpness", "colourfulness", "aspect", "side", "nbytes")


@dataclass(frozen=True, eq=False, slots=True)
class Said:
    """What is said of n images as columns, and a digest of all of it."""

    labels: Column | None  # None without any
    columns: tuple[Column, ...]  # split and metadata
    left_out: tuple[str, ...]  # columns that are the label by another name
    digest: str


def said_of(dataset: Dataset, ids: NDArray[np.int64]) -> Said:
    """The columns that came with these images (n,), as they are said now; without what models have said of them."""
    fixed, metadata = dataset.said_of(ids)
    came = [name for name in metadata.column_names if not is_predicted(name)]
    named = [("split", fixed["split"]), *((name, metadata[name]) for name in came)]
    digests = [f"{name}:{digest_of_texts(_texts(given))}" for name, given in [("label", fixed["label"]), *named]]
    labels = classes("label", fixed["label"])
    found = [one for one in (column(name, given) for name, given in named) if one is not None]
    left_out = tuple(one.name for one in found if labels is not None and _is_label(one, labels, dataset.label_source))
    digests += [f"left out:{name}" for name in left_out]
    return Said(labels, tuple(one for one in found if one.name not in left_out), left_out, digest_of_texts(digests))


def _is_label(one: Column, labels: Column, source: str) -> bool:
    """Whether a column is the label by construction: labels were taken from it, or it names them one to one.

    The split never is, though it may go with the label as closely: that is worth knowing.
    """
    if one.name == "split":
        return False
    return source == f"column:{one.name}" or one.name.casefold() == "label" or one_to_one(labels, one)


def balance(workspace: Workspace, dataset: Dataset) -> Kept[Balance]:
    """The counts of all images, as they are labelled and described now."""
    ids = dataset.images()["id"].to_numpy()
    said = said_of(dataset, ids)
    return keep(
        workspace,
        dataset,
        balance_key(dataset, said),
        kind="balance",
        parent=dataset.fingerprint,
        of=Balance,
        find=lambda: count(len(ids), said.labels, said.columns, said.left_out),
    )


def cover(
    workspace: Workspace,
    dataset: Dataset,
    embedding: Embedding,
    *,
    radius: float | None = None,
    progress: Reporter = silent,
) -> Kept[Cover]:
    """Where an embedding is thin, and which of its images stand for all; labels do not enter."""
    return keep(
        workspace,
        dataset,
        cover_key(embedding, radius),
        kind="cover",
        parent=embedding.fingerprint,
        of=Cover,
        find=lambda: look_for_cover(
            embedding.ids, neighbour_graph(workspace, dataset, embedding, progress=progress), radius=radius
        ),
        asked={"radius": radius},
    )


def shortcuts(
    workspace: Workspace, dataset: Dataset, embedding: Embedding, progress: Reporter = silent
) -> Kept[Shortcuts]:
    """What of the columns and image properties goes together with the labels of now. Raises `InvalidInput` without."""
    said = said_of(dataset, embedding.ids)
    labels = said.labels
    if labels is None or len(labels.values) < 2:
        raise InvalidInput("There are fewer than two labels, so nothing can go together with them. Label some images.")

    def find_them() -> Shortcuts:
        seen = properties(looks(workspace, dataset, progress).found, embedding.ids)
        n = len(embedding)
        rows = np.sort(np.random.default_rng(0).choice(n, min(n, DRAWN), replace=False))
        vectors = embedding.rows(embedding.ids[rows])
        return look_for_shortcuts(vectors, labels, [*said.columns, *seen], rows=rows, progress=progress)

    return keep(
        workspace,
        dataset,
        shortcuts_key(dataset, embedding, said),
        kind="shortcuts",
        parent=embedding.fingerprint,
        of=Shortcuts,
        find=find_them,
    )


def properties(looked: Looks, ids: NDArray[np.int64]) -> list[Column]:
    """What was measured of these images (n,), as columns; without those that tell no images apart."""
    rows = find(ids, looked.ids)
    there = rows >= 0
    given: list[Column | None] = []
    for name in PROPERTIES:
        values = np.where(there, getattr(looked, name)[rows].astype(np.float64), np.nan)
        given.append(column(name, pa.array(values)))
    given.append(column("format", pa.array(looked.formats[rows], mask=~(there & looked.seen[rows]))))
    return [one for one in given if one is not None]


def balance_key(dataset: Dataset, said: Said) -> str:
    return fingerprint("balance", REVISION, dataset.fingerprint, said.digest)


def cover_key(embedding: Embedding, radius: float | None = None) -> str:
    return fingerprint("cover", COVER_REVISION, embedding.fingerprint, radius=radius)


def shortcuts_key(dataset: Dataset, embedding: Embedding, said: Said) -> str:
    return fingerprint("shortcuts", SHORTCUTS_REVISION, embedding.fingerprint, looks_key(dataset), said.digest)


def read_balance(workspace: Workspace, key: str) -> Kept[Balance] | None:
    return read_kept(workspace, key, Balance)


def read_cover(workspace: Workspace, key: str) -> Kept[Cover] | None:
    return read_kept(workspace, key, Cover)


def read_shortcuts(workspace: Workspace, key: str) -> Kept[Shortcuts] | None:
    return read_kept(workspace, key, Shortcuts)


def _texts(given: pa.ChunkedArray) -> pa.Array:
    return given.combine_chunks().cast(pa.string())
