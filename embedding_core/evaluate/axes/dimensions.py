"""How many principal axes keep the quality: accuracy against their number, on the same folds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from embedding_core.effect.intervals import Difference, differences
from embedding_core.evaluate.axes.components import fit_space
from embedding_core.evaluate.axes.judging import FOLDS, neighbours_at, parts, scaled, told_by_probe
from embedding_core.parallel import in_order
from embedding_core.quality.groups import joined
from embedding_core.quality.intervals import clustered
from embedding_core.quality.probing.folding import deal
from embedding_core.records import silent
from embedding_core.vectors import read_only

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from embedding_core.effect.intervals import Difference as Paired
    from embedding_core.quality.intervals import Interval
    from embedding_core.records import Progress

GIVEN_UP = 0.01  # of accuracy, at most, for the quality to count as kept


@dataclass(frozen=True, eq=False, slots=True)
class Curve:
    """What was told rightly with so many axes; the last column of figures is with all."""

    counts: tuple[int, ...]  # (c,) rising; the last one is all
    right: NDArray[np.bool_]  # (c, m) which rows were told rightly
    intervals: tuple[Interval, ...]  # (c,) of the accuracy
    against_all: tuple[Paired, ...]  # (c,) paired: before is with all, after is with so many

    @property
    def accuracy(self) -> list[float]:
        return [float(one) for one in self.right.mean(axis=1)]

    @property
    def enough(self) -> int:
        """The fewest axes from which on less than a point is lost against all.

        That a loss cannot be told from nothing would be too little: of 500 images a loss of three points cannot, and on
        others it was ten.
        """
        return self._from(lambda one: one.change > -GIVEN_UP)

    @property
    def surely(self) -> int:
        """Likewise where the whole interval is above −1 point, so that a true loss is hardly larger."""
        return self._from(lambda one: one.low > -GIVEN_UP)

    def at(self, count: int) -> Paired:
        return self.against_all[self.counts.index(count)]

    def _from(self, holds: Callable[[Paired], bool]) -> int:
        enough = self.counts[-1]
        for count, one in zip(self.counts[-2::-1], self.against_all[-2::-1], strict=True):
            if not holds(one):
                break
            enough = count
        return enough


def sizes(d: int, taught: int) -> tuple[int, ...]:
    """2, 4, 8 … below both, then all `d`; of `taught` rows there are no more axes than that."""
    found = []
    count = 2
    while count < min(d, taught):
        found.append(count)
        count *= 2
    return (*found, d)


def curves(
    unit: NDArray[np.float32],
    codes: NDArray[np.int64],
    *,
    groups: NDArray[np.integer],
    seed: int = 0,
    progress: Progress = silent,
) -> tuple[Curve, Curve, NDArray[np.int32]]:
    """Accuracy of a probe and of the nearest neighbours against the number of axes, and the folds (m,) they were on.

    For unit vectors (m, d) with classes `codes` (m,), all of them labelled. Rows of one of `groups` (m,) stay in one
    fold. Axes, scales and classifiers are made of the folds that are taught alone.
    """
    dealt = deal(codes, FOLDS, seed=seed, groups=groups)
    folds = parts(dealt)
    counts = sizes(unit.shape[1], min(len(one.taught) for one in folds))
    right = np.zeros((2, len(counts), len(unit)), bool)
    progress("training", 0, len(folds))

    def told(number: int) -> NDArray[np.int64]:
        one = folds[number]
        space = fit_space(unit[one.taught])
        taught, asked = space.on(unit[one.taught]), space.on(unit[one.asked])
        known = codes[one.taught]
        probed = [told_by_probe(*_of(taught, asked, known, count)) for count in counts]
        return np.stack([np.stack(probed), neighbours_at(taught, known, asked, counts)])

    for number, found in enumerate(in_order(told, range(len(folds)))):
        asked = folds[number].asked
        right[:, :, asked] = found == codes[asked]
        progress("training", number + 1, len(folds))
    clusters = joined([groups], len(groups))
    probe, near = (curve(counts, one, codes, clusters, seed=seed) for one in right)
    return probe, near, dealt


def curve(
    counts: Sequence[int],
    right: NDArray[np.bool_],
    codes: NDArray[np.int64],
    clusters: NDArray[np.integer],
    *,
    seed: int = 0,
) -> Curve:
    """Figures of which rows (c, m) were told rightly. Rows of one of `clusters` (m,) are one witness."""
    bands = tuple(clustered(one, clusters) for one in right)
    compared = tuple(paired(right[-1], one, codes, clusters, seed=seed) for one in right[:-1])
    whole = float(right[-1].mean())
    return Curve(tuple(counts), read_only(right), bands, (*compared, Difference(whole, whole, 0.0, 0.0)))


def paired(
    before: NDArray[np.bool_],
    after: NDArray[np.bool_],
    codes: NDArray[np.int64],
    clusters: NDArray[np.integer],
    *,
    seed: int = 0,
) -> Paired:
    """The difference in accuracy of the same rows (m,) told twice, with its interval."""
    there, places = np.unique(codes, return_inverse=True)
    return differences(before[None], after[None], places, clusters, len(there), seed=seed).accuracy


def _of(
    taught: NDArray[np.float32], asked: NDArray[np.float32], codes: NDArray[np.int64], count: int
) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.float32]]:
    first, second = scaled(taught[:, :count], asked[:, :count])
    return first, codes, second
