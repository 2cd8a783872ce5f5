"""What can be learnt of images besides their label: columns of numbers, and columns of few different texts."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from embedding_core.derived.belonging import values_of
from embedding_core.derived.labelled import LABEL
from embedding_core.errors import InvalidInput
from embedding_core.fingerprint import digest, fingerprint
from embedding_core.train.model import cut
from embedding_core.vectors import read_only

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from embedding_core.derived.labelled import Labelled
    from embedding_core.train.probes.family import Task
    from embedding_core.workspace import Dataset

MOST = 200  # different texts of a column that can be learnt as labels


@dataclass(frozen=True, eq=False, slots=True)
class Target:
    """What is to be learnt of n images."""

    name: str
    task: Task
    known: (
        Labelled  # its codes and classes are the target's; of numbers, classes by size, by which a test part is drawn
    )
    numbers: NDArray[np.float64]  # (n,) NaN for none; empty for classes

    @property
    def fingerprint(self) -> str:
        return fingerprint("target", 1, self.known.fingerprint, digest(self.numbers.tobytes()), name=self.name)


def target_of(dataset: Dataset, known: Labelled, name: str | None) -> Target:
    """The label, or a metadata column: one of numbers is estimated, one of a few texts is told apart like labels.

    Raises `InvalidInput` where there is no such column, or nothing to learn in it.
    """
    if not name or name == LABEL:
        known.need_classes()
        return Target(LABEL, "classification", known, np.empty(0))
    texts = values_of(dataset, known.ids, name)
    numbers = numbers_in(texts)
    if numbers is not None:
        there = np.isfinite(numbers)
        codes = np.full(len(numbers), -1, np.int64)
        codes[there] = cut(numbers[there])
        parts = tuple(f"part {number + 1}" for number in range(int(codes.max()) + 1))
        return Target(name, "regression", replace(known, codes=read_only(codes), classes=parts), read_only(numbers))
    classes = sorted({one for one in texts if one is not None})
    if not 2 <= len(classes) <= MOST:
        what = f"{len(classes):,} different texts" if classes else "nothing"
        raise InvalidInput(
            f"The column {name!r} holds {what}. A probe learns a column of numbers, or of 2 to {MOST} different texts."
        )
    place = {one: number for number, one in enumerate(classes)}
    found = np.array([-1 if one is None else place[one] for one in texts], np.int64)
    column = replace(known, codes=read_only(found), classes=tuple(classes))
    return Target(name, "classification", column, np.empty(0))


def numbers_in(texts: Sequence[str | None]) -> NDArray[np.float64] | None:
    """A column (n,) as numbers, NaN where there is none; None where it holds other things, or fewer than three numbers
    that differ. "37%" is 37 where all end so: beside "0.37" or "37" nobody knows what it is."""
    per_cent = {text.rstrip().endswith("%") for text in texts if text is not None} == {True}
    found = np.full(len(texts), np.nan)
    for row, text in enumerate(texts):
        if text is not None:
            try:
                found[row] = float(text.rstrip().removesuffix("%") if per_cent else text)
            except ValueError:
                return None
            if not math.isfinite(found[row]):
                found[row] = np.nan
    return found if len(np.unique(found[np.isfinite(found)])) > 2 else None
