"""What is new in one set of images against another: two datasets, or two parts of one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from embedding_core.derived.belonging import values_of
from embedding_core.derived.kept import keep, read_kept
from embedding_core.errors import InvalidInput
from embedding_core.fingerprint import digest, fingerprint
from embedding_core.quality.drift.finding import Drift, drift
from embedding_core.records import silent

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embedding_core.derived.kept import Kept
    from embedding_core.records import Progress
    from embedding_core.workspace import Dataset, Embedding, Workspace

REVISION = 1
KIND = "new"  # of the second set's images: what a page lists


@dataclass(frozen=True, eq=False, slots=True)
class Side:
    """Some images of a dataset, all of them or a part."""

    dataset: Dataset
    embedding: Embedding
    rows: NDArray[np.int64]  # (m,) of the embedding
    words: str  # what they are, for people

    @property
    def ids(self) -> NDArray[np.int64]:
        return self.embedding.ids[self.rows]


def whole(dataset: Dataset, encoder: str) -> Side:
    """All images of a dataset. Raises `NotEmbedded`."""
    embedding = dataset.embedding(encoder)
    return Side(dataset, embedding, np.arange(len(embedding)), dataset.name)


def by_value(side: Side, column: str, value: str) -> tuple[Side, Side]:
    """What has another value, or none, in a metadata column, and what has this one. Raises `InvalidInput`."""
    values = values_of(side.dataset, side.ids, column)
    return _parted(side, np.array([one == value for one in values], bool), f"{column} {value}")


def since(side: Side, column: str, value: str) -> tuple[Side, Side]:
    """What has a lower value, or none, in a metadata column, and what has this or a higher one: numbers by size, else
    texts in their order, in which dates as 2026-11-29 follow each other. Raises `InvalidInput`."""
    values = values_of(side.dataset, side.ids, column)
    try:
        later = [one is not None and float(one) >= float(value) for one in values]
    except ValueError:
        later = [one is not None and one >= value for one in values]
    return _parted(side, np.array(later, bool), f"{column} from {value}")


def by_prefix(side: Side, prefix: str) -> tuple[Side, Side]:
    """What lies elsewhere, and what has a path that begins so. Raises `InvalidInput`."""
    paths = {image: path for path, image in side.dataset.ids().items()}
    return _parted(side, np.array([paths[image].startswith(prefix) for image in side.ids.tolist()], bool), prefix)


def by_splits(side: Side, first: str, second: str) -> tuple[Side, Side]:
    """Two splits of a dataset. Raises `InvalidInput` for one that is not there."""
    splits = np.array(side.dataset.said_of(side.ids)[0]["split"].fill_null("").to_pylist(), np.str_)
    for name in (first, second):
        if name not in splits:
            known = ", ".join(sorted(set(splits.tolist()) - {""})) or "none; say which with `label NAME --split`"
            raise InvalidInput(f"No image is in the split {name!r}. Splits: {known}.")
    one, other = (
        Side(side.dataset, side.embedding, side.rows[splits == name], f"{side.dataset.name} {name}")
        for name in (first, second)
    )
    return one, other


def find_drift(
    workspace: Workspace, first: Side, second: Side, *, seed: int = 0, progress: Progress = silent
) -> Kept[Drift]:
    """Hold the second against the first. Kept with the second's dataset. Raises `InvalidInput`."""
    if first.embedding.card.id != second.embedding.card.id:
        raise InvalidInput(
            f"Both sets need vectors of one encoder, not {first.embedding.card.id} and {second.embedding.card.id}."
        )
    key = fingerprint(
        KIND,
        REVISION,
        *(text for side in (first, second) for text in (side.embedding.fingerprint, digest(side.ids.tobytes()))),
        seed=seed,
    )
    progress("drift", 0, None)

    def find() -> Drift:
        one = first.embedding.matrix()
        other = one if second.embedding is first.embedding else second.embedding.matrix()
        return drift(
            one[first.rows],
            other[second.rows],
            first.ids,
            second.ids,
            together=first.dataset.uuid == second.dataset.uuid,
            seed=seed,
        )

    return keep(
        workspace,
        second.dataset,
        key,
        kind=KIND,
        parent=second.embedding.fingerprint,
        of=Drift,
        find=find,
        asked={"first": first.words, "second": second.words, "against": first.dataset.uuid, "seed": seed},
    )


def read_drift(workspace: Workspace, key: str) -> Kept[Drift] | None:
    return read_kept(workspace, key, Drift)


def _parted(side: Side, new: NDArray[np.bool_], words: str) -> tuple[Side, Side]:
    if not new.any() or new.all():
        many = "All" if new.any() else "None"
        raise InvalidInput(f"{many} of {len(new):,} images are {words!r}, so there are no two sets to compare.")
    name = side.dataset.name
    return (
        Side(side.dataset, side.embedding, side.rows[~new], f"{name} without {words}"),
        Side(side.dataset, side.embedding, side.rows[new], f"{name} {words}"),
    )
