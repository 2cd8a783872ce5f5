"""Shortcuts: what goes together with the label without being it, and can be seen in the embedding.

Where all dogs were photographed at night, a classifier learns the night. Two things make a shortcut: a column or an
image property goes together with the label more than chance would have it, and a probe on the embedding can tell it
from images that it has not seen. Both are held against a control in which the column is shuffled.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from embedding_core.errors import InvalidInput
from embedding_core.quality.composition.association import association
from embedding_core.quality.probing.probe import out_of_fold, reduced
from embedding_core.records import silent

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embedding_core.quality.composition.association import Association
    from embedding_core.quality.composition.columns import Column
    from embedding_core.quality.probing.probe import Reduced
    from embedding_core.records import Progress

WEAK = 0.2  # V below which nothing is made of it, however sure it is
SAME = 0.995  # V from which a column is the label by another name
PROBED = 1_000  # images that the probe is tried on
FOLDS = 3
SURE = 2.6  # standard errors above chance: one of a hundred by luck, on both sides


@dataclass(frozen=True, slots=True)
class Shortcut:
    """What one column has to do with the label."""

    column: str
    images: int  # that have both
    v: float  # Cramér's V, 0 to 1, corrected
    chance: float  # V that one of a hundred shuffles exceeds
    bits: float  # mutual information
    accuracy: float | None  # of a probe that tells the column from the embedding; None where it was not tried
    guessing: float | None  # of the better of: always the commonest value, a probe taught with shuffled values
    seen: bool  # is the accuracy above guessing, by more than luck?

    @property
    def together(self) -> bool:
        """Does it go together with the label?"""
        return self.v >= WEAK and self.v > self.chance

    @property
    def same(self) -> bool:
        """Is it the label by another name?"""
        return self.v >= SAME

    @property
    def suspect(self) -> bool:
        """Is it a shortcut that a classifier could take?"""
        return self.together and self.seen and not self.same

    @property
    def words(self) -> str:
        if self.same:
            return f"{self.column} is the label by another name: V {self.v:.2f}."
        figures = f"V {self.v:.2f}, by chance {self.chance:.2f}"
        if self.v > self.chance and not self.together:
            return f"{self.column} and label go together only weakly: {figures}."
        if not self.together:
            return f"{self.column} and label have nothing to do with each other: {figures}."
        said = f"{self.column} and label go together: {figures}."
        if self.accuracy is None or self.guessing is None:
            return said
        shares = f"for {self.accuracy:.0%} of the images, by guessing for {self.guessing:.0%}"
        if self.seen:
            return f"{said} From the embedding it can be told {shares}."
        return f"{said} The embedding does not show it: it can be told {shares}."


@dataclass(frozen=True, slots=True)
class Shortcuts:
    """What every column has to do with the label, the strongest first."""

    found: tuple[Shortcut, ...]

    @property
    def suspects(self) -> list[Shortcut]:
        return [one for one in self.found if one.suspect]

    def arrays(self) -> dict[str, NDArray[Any]]:
        return {}

    def facts(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def restored(cls, arrays: Mapping[str, Any], facts: Mapping[str, Any]) -> Self:
        return cls(tuple(Shortcut(**one) for one in facts["found"]))


def shortcuts(
    vectors: NDArray[np.float32],
    labels: Column,
    columns: Sequence[Column],
    *,
    rows: NDArray[np.int64] | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> Shortcuts:
    """Hold each of `columns` against the `labels` of the same n images.

    `vectors` (m, d) are those of the images `rows` (m,), drawn by chance, or of all. On up to `PROBED` of them a probe
    is tried for what goes together with the label. Raises `InvalidInput` for columns and vectors of other images.
    """
    at = np.arange(len(labels.codes)) if rows is None else rows
    if len(at) != len(vectors):
        raise InvalidInput(f"There are {len(vectors):,} vectors for {len(at):,} images.")
    for one in columns:
        if len(one.codes) != len(labels.codes):
            raise InvalidInput(f"Column {one.name!r} is of {len(one.codes):,} images, not of {len(labels.codes):,}.")
    found = []
    for done, one in enumerate(columns):
        progress("comparing", done, len(columns))
        found.append(_judged(vectors, one.of(at), association(labels, one, seed=seed), seed))
    progress("comparing", len(columns), len(columns))
    return Shortcuts(tuple(sorted(found, key=lambda one: -one.v)))


def _judged(vectors: NDArray[np.float32], column: Column, with_label: Association, seed: int) -> Shortcut:
    """`column` is of the images of these vectors."""
    bare = Shortcut(column.name, *_figures(with_label), accuracy=None, guessing=None, seen=False)
    rng = np.random.default_rng(seed)
    rows = np.flatnonzero(column.codes >= 0)
    if len(rows) > PROBED:
        rows = np.sort(rng.choice(rows, PROBED, replace=False))
    rows, codes = _told_apart(rows, column.codes[rows])
    if bare.same or not bare.together or len(np.unique(codes)) < 2:
        return bare
    of = reduced(vectors[rows])
    accuracy = _accuracy(of, codes, seed)
    commonest = float(np.bincount(codes).max() / len(codes))
    guessing = max(commonest, _accuracy(of, rng.permutation(codes), seed))
    error = np.sqrt(guessing * (1 - guessing) / len(codes))
    seen = bool(accuracy > guessing + SURE * error)
    return Shortcut(column.name, *_figures(with_label), accuracy=accuracy, guessing=guessing, seen=seen)


def _figures(of: Association) -> tuple[int, float, float, float]:
    return of.images, of.v, of.chance, of.bits


def _told_apart(rows: NDArray[np.int64], codes: NDArray[np.int32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The rows whose value every fold can hold, with values counted from 0."""
    often = np.bincount(codes)[codes] >= 2 * FOLDS if len(codes) else np.zeros(0, bool)
    return rows[often], np.unique(codes[often], return_inverse=True)[1].astype(np.int64)


def _accuracy(of: Reduced, codes: NDArray[np.int64], seed: int) -> float:
    told = out_of_fold(of, codes, folds=FOLDS, seed=seed).argmax(axis=1)
    return float((told == codes).mean())
