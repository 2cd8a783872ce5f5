"""How even a set is: its classes, and the slices that its columns cut it into."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embedding_core.quality.composition.columns import Column

SMALL = 0.25  # of the images that a slice had if its column were even
EXPECTED = 8.0  # images in a class and slice, if they had nothing to do with each other, from which too few are told


@dataclass(frozen=True, slots=True)
class Evenness:
    """How evenly images are spread over c classes."""

    classes: int
    ratio: float  # of the largest to the smallest, 1 when even; 0 without classes
    entropy: float  # bits
    effective: float  # number of even classes with the same entropy, 1 to c; 0 without classes


@dataclass(frozen=True, slots=True)
class Slice:
    """The images with one value of a column, in one class or in all."""

    column: str
    value: str
    label: str | None  # None: in all classes
    count: int
    expected: float  # images, if the column were even; in a class, if value and label had nothing to do with each other
    small: bool

    @property
    def words(self) -> str:
        where = f"{self.column} = {self.value}" + (f" among {self.label}" if self.label is not None else "")
        said = f"{where}: {self.count:,} image{'' if self.count == 1 else 's'}"
        return f"{said} where about {self.expected:,.0f} would be expected." if self.small else f"{said}."


@dataclass(frozen=True, slots=True)
class Balance:
    """Counts of a set. Classes and slices come largest first within their column."""

    images: int
    unlabelled: int
    classes: tuple[tuple[str, int], ...]
    evenness: Evenness
    slices: tuple[Slice, ...]  # of every column, and those classes within them that are small
    left_out: tuple[str, ...] = ()  # columns that are the label by another name

    @property
    def small(self) -> list[Slice]:
        """The slices with far too few images, the fewest for what is expected first."""
        return sorted((one for one in self.slices if one.small), key=lambda one: one.count / one.expected)

    @property
    def words(self) -> str:
        """The classes in one sentence."""
        if not self.classes:
            return "No image has a label."
        largest, smallest = self.classes[0], self.classes[-1]
        of = self.evenness
        return (
            f"{of.classes} classes, as varied as {of.effective:.1f} even ones; {largest[0]} has {largest[1]:,} images, "
            f"{of.ratio:.1f} times as many as {smallest[0]} with {smallest[1]:,}."
        )

    def arrays(self) -> dict[str, NDArray[Any]]:
        return {}

    def facts(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def restored(cls, arrays: Mapping[str, Any], facts: Mapping[str, Any]) -> Self:
        return cls(
            facts["images"],
            facts["unlabelled"],
            tuple((name, count) for name, count in facts["classes"]),
            Evenness(**facts["evenness"]),
            tuple(Slice(**one) for one in facts["slices"]),
            tuple(facts.get("left_out", ())),
        )


def balance(images: int, labels: Column | None, columns: Sequence[Column], left_out: tuple[str, ...] = ()) -> Balance:
    """Count the classes of a set of so many images, and its slices by each of `columns`.

    `left_out` are the names of those that it was not given, since they are the label by another name.
    """
    if labels is None:
        return Balance(images, images, (), evenness(np.zeros(0, np.int64)), tuple(_slices(columns, None)), left_out)
    counts = labels.counts()
    order = np.argsort(-counts, kind="stable")
    classes = tuple((labels.values[one], int(counts[one])) for one in order if counts[one])
    unlabelled = images - int(counts.sum())
    return Balance(images, unlabelled, classes, evenness(counts), tuple(_slices(columns, labels)), left_out)


def evenness(counts: NDArray[np.int64]) -> Evenness:
    """How even these counts (c,) are; classes without any image do not enter."""
    there = counts[counts > 0].astype(np.float64)
    if not len(there):
        return Evenness(0, 0.0, 0.0, 0.0)
    shares = there / there.sum()
    entropy = max(0.0, -float(shares @ np.log2(shares)))
    return Evenness(len(there), float(there.max() / there.min()), entropy, float(2**entropy))


def _slices(columns: Sequence[Column], labels: Column | None) -> list[Slice]:
    found = []
    for one in columns:
        counts = one.counts()
        even = float(counts.sum() / len(counts))
        for at in np.argsort(-counts, kind="stable").tolist():
            count = int(counts[at])
            found.append(Slice(one.name, one.values[at], None, count, even, count < SMALL * even))
        if labels is not None:
            found += _small_within(one, labels)
    return found


def _small_within(column: Column, labels: Column) -> list[Slice]:
    """Classes of which a slice has far fewer than its share, as shortcuts begin: no night picture among the dogs."""
    counts = crossed(labels, column)
    expected = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / max(1, counts.sum())
    rows, places = np.nonzero((expected >= EXPECTED) & (counts < SMALL * expected))
    return [
        Slice(column.name, column.values[at], labels.values[row], int(counts[row, at]), float(expected[row, at]), True)
        for row, at in zip(rows.tolist(), places.tolist(), strict=True)
    ]


def one_to_one(first: Column, second: Column) -> bool:
    """Whether every value of one names a value of the other, and the other way round, wherever both are said."""
    both = (crossed(first, second) > 0)[first.counts() > 0][:, second.counts() > 0]
    return len(both) > 1 and bool((both.sum(axis=0) == 1).all() and (both.sum(axis=1) == 1).all())


def crossed(first: Column, second: Column) -> NDArray[np.int64]:
    """How many images have each pair of values (c, d)."""
    both = (first.codes >= 0) & (second.codes >= 0)
    wide = len(second.values)
    cells = first.codes[both].astype(np.int64) * wide + second.codes[both]
    return np.bincount(cells, minlength=len(first.values) * wide).reshape(-1, wide)
