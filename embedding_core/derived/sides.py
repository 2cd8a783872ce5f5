"""Two sets of images to be held against each other: two datasets, or two parts of one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from embedding_core.derived.belonging import values_of
from embedding_core.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from embedding_core.workspace import Dataset, Embedding

PARTS = ("by", "since", "prefix", "splits")  # ways to take two parts of one dataset, see `parts`
OTHER = "other"  # two datasets


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

    @property
    def whole(self) -> bool:
        """Whether it is all of them."""
        return len(self.rows) == len(self.embedding)


def whole(dataset: Dataset, encoder: str) -> Side:
    """All images of a dataset. Raises `NotEmbedded`."""
    embedding = dataset.embedding(encoder)
    return Side(dataset, embedding, np.arange(len(embedding)), dataset.name)


def by_value(side: Side, column: str, value: str) -> tuple[Side, Side]:
    """What has another value, or none, in a metadata column, and what has this one. Raises `InvalidInput`."""
    values = values_of(side.dataset, side.ids, column)
    return _parted(side, np.array([one == value for one in values], bool), f"{column} {value}")


def since(side: Side, column: str, value: str) -> tuple[Side, Side]:
    """What has a lower value, or none, in a metadata column, and what has this or a higher one. Raises `InvalidInput`.

    From a number on, numbers count by size, and what is none, as "n/a", is no value. From a text on, all are texts in
    their order, in which dates as 2026-11-29 follow each other.
    """
    values = values_of(side.dataset, side.ids, column)
    least = _number(value)
    if least is None:
        later = [one is not None and one >= value for one in values]
    else:
        sizes = (None if one is None else _number(one) for one in values)
        later = [one is not None and one >= least for one in sizes]
    return _parted(side, np.array(later, bool), f"{column} from {value}")


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def by_prefix(side: Side, prefix: str) -> tuple[Side, Side]:
    """What lies elsewhere, and what has a path that begins so. Raises `InvalidInput`."""
    paths = side.dataset.paths()
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


@dataclass(frozen=True, eq=False, slots=True)
class Pair:
    """A second set and the first one that it is held against, and what they were asked for by."""

    first: Side
    second: Side
    way: str = OTHER  # or one of `PARTS`
    given: tuple[str, ...] = ()  # what came with the way


def pair(first: Dataset, second: Dataset, encoder: str) -> Pair:
    """A dataset against another. Raises `NotEmbedded`."""
    return Pair(whole(first, encoder), whole(second, encoder))


def parts(dataset: Dataset, encoder: str, way: str, given: Sequence[str]) -> Pair:
    """A part of a dataset against the rest of it: `by` gives a column and its value, `since` a column and the least
    value, `prefix` the beginning of paths; `splits` gives the first and the second one.

    Raises `InvalidInput`, `NotEmbedded`.
    """
    side = whole(dataset, encoder)
    if way == "prefix":
        return Pair(*by_prefix(side, given[0]), way, tuple(given))
    made = {"by": by_value, "since": since, "splits": by_splits}[way]
    return Pair(*made(side, *given), way, tuple(given))


def _parted(side: Side, new: NDArray[np.bool_], words: str) -> tuple[Side, Side]:
    if not new.any() or new.all():
        many = "All" if new.any() else "None"
        raise InvalidInput(f"{many} of {len(new):,} images are {words!r}, so there are no two sets to compare.")
    name = side.dataset.name
    return (
        Side(side.dataset, side.embedding, side.rows[~new], f"{name} without {words}"),
        Side(side.dataset, side.embedding, side.rows[new], f"{name} {words}"),
    )
