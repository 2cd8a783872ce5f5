"""Columns as classes: texts as they are, numbers that differ too much cut into fifths."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from embedding_core.vectors import read_only

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST = 50  # different values of a text, above which it names images rather than groups of them
FEW = 12  # different numbers up to which each is a class of its own
PARTS = 5  # otherwise


PREDICTED = "predicted "  # begins the names of columns that hold what a model has said


def is_predicted(name: str) -> bool:
    """Whether a column holds what a model has said of images: it knows nothing beyond what their vectors tell."""
    return name.casefold().startswith(PREDICTED)


def as_predicted(name: str) -> str:
    """The name of a column for what a model says, from one that somebody gave."""
    plain = " ".join(name.split())
    return plain if is_predicted(plain) else PREDICTED + plain


@dataclass(frozen=True, eq=False, slots=True)
class Column:
    """What is said of n images, as one of c values each."""

    name: str
    codes: NDArray[np.int32]  # (n,) into `values`, −1 where nothing is said
    values: tuple[str, ...]  # (c,)

    def __post_init__(self) -> None:
        object.__setattr__(self, "codes", read_only(self.codes))

    def counts(self) -> NDArray[np.int64]:
        """How many images have each value (c,)."""
        return np.bincount(self.codes[self.codes >= 0], minlength=len(self.values))

    def of(self, rows: NDArray[np.int64]) -> Column:
        """The same column of some images."""
        return Column(self.name, self.codes[rows], self.values)


def column(name: str, given: pa.Array | pa.ChunkedArray) -> Column | None:
    """A column (n,) of texts, numbers or truths as classes; None where it says nothing of groups.

    That is one with fewer than two values, with more than `MOST` texts, or where hardly any value comes twice.
    """
    array = given.combine_chunks() if isinstance(given, pa.ChunkedArray) else given
    if pa.types.is_floating(array.type) or pa.types.is_integer(array.type):
        return _numbers(name, np.asarray(array.cast(pa.float64()).to_numpy(zero_copy_only=False), np.float64))
    if pa.types.is_null(array.type) or pa.types.is_nested(array.type):
        return None
    found = classes(name, array)
    said = len(array) - array.null_count
    return found if found is not None and 2 <= len(found.values) <= min(MOST, said / 2) else None


def classes(name: str, given: pa.Array | pa.ChunkedArray) -> Column | None:
    """A column (n,) of texts as it is, however many there are, such as labels; None where nothing is said at all."""
    array = given.combine_chunks() if isinstance(given, pa.ChunkedArray) else given
    texts = array.cast(pa.string()).dictionary_encode()
    if not len(texts.dictionary):
        return None
    codes = pc.fill_null(texts.indices, -1).to_numpy(zero_copy_only=False).astype(np.int32)
    return _ordered(name, codes, texts.dictionary.to_pylist())


def _ordered(name: str, codes: NDArray[np.int32], values: list[str]) -> Column:
    order = np.argsort(np.array(values))
    place = np.empty(len(values) + 1, np.int32)
    place[order], place[-1] = np.arange(len(values)), -1
    return Column(name, place[codes], tuple(values[one] for one in order))


def _numbers(name: str, numbers: NDArray[np.float64]) -> Column | None:
    said = np.isfinite(numbers)
    different = np.unique(numbers[said])
    if len(different) < 2:
        return None
    if len(different) <= FEW:
        codes = np.searchsorted(different, numbers).astype(np.int32)
        values = tuple(f"{one:g}" for one in different)
    else:
        cuts = np.unique(np.quantile(numbers[said], np.arange(1, PARTS) / PARTS))
        cuts = cuts[cuts > different[0]]
        if not len(cuts):  # nearly all have the least one
            cuts = different[1:2]
        codes = np.searchsorted(cuts, numbers, side="right").astype(np.int32)
        said_of = [f"{cut:.4g}" for cut in cuts]
        between = [f"{low} to {high}" for low, high in pairwise(said_of)]
        values = (f"below {said_of[0]}", *between, f"{said_of[-1]} and above")
    return Column(name, np.where(said, codes, -1).astype(np.int32), values)
