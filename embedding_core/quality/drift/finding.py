"""What is new: a second set of images against a first one.

Two tests ask whether the second came from where the first did. A probe is trained to tell them apart, and its area
under the ROC curve on images it was not trained on is .5 where it cannot: a classifier two-sample test (Lopez-Paz &
Oquab 2017, "Revisiting classifier two-sample tests"). Maximum mean discrepancy compares them by a kernel (Gretton et
al. 2012, "A kernel two-sample test"). Apart from both, every image of the second is held against the nearest one of the
first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from embedding_core.errors import InvalidInput
from embedding_core.quality.drift import discrepancy, ranking
from embedding_core.quality.intervals import Z
from embedding_core.quality.probing.folding import deal
from embedding_core.quality.probing.probe import out_of_fold
from embedding_core.review.cases import Case
from embedding_core.vectors import checked, read_only, unit_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embedding_core.quality.intervals import Interval

SMALLEST = 10  # images of each set, below which nothing is told apart
SAMPLE = 2_500  # images of each that the probe sees at most
FOLDS = 3
QUANTILE = 0.99  # of the first's own distances, above which an image is new
SURE = 0.05  # chance of a false alarm of the kernel test
CLEAR = 0.55  # AUC that the whole interval lies above


@dataclass(frozen=True, eq=False, slots=True)
class Drift:
    """The second set, image by image, and whether it as a whole is another than the first."""

    ids: NDArray[np.int64]  # (m,) of the second set
    distance: NDArray[np.float32]  # (m,) cosine distance to the nearest image of the first, 0 to 2
    nearest: NDArray[np.int64]  # (m,) its id
    own: NDArray[np.float32]  # (q,) rising: the first's own distances to nearest others, at evenly spread quantiles
    auc: float  # of the probe, out of fold: .5 where nothing tells them apart
    interval: Interval  # of the AUC, 95 %
    mmd: float  # squared and unbiased, so that it is around 0 where nothing tells them apart
    p: float  # of the kernel test, by permutation
    together: bool = False  # whether both sets are parts of one dataset, so that a page can show the nearest beside it

    def __post_init__(self) -> None:
        for name in ("ids", "distance", "nearest", "own"):
            object.__setattr__(self, name, read_only(getattr(self, name)))

    def line(self, quantile: float = QUANTILE) -> float:
        """The distance that this share of the first's images do not exceed among themselves."""
        return float(np.interp(quantile, np.linspace(0, 1, len(self.own)), self.own))

    def scores(self, quantile: float = QUANTILE) -> NDArray[np.float32]:
        """(m,) The distance in units of the line: above 1 an image is unlike anything before."""
        return (self.distance / max(self.line(quantile), 1e-6)).astype(np.float32)

    def new(self, quantile: float = QUANTILE) -> NDArray[np.int64]:
        """Rows of what is unlike anything before, the farthest first."""
        scores = self.scores(quantile)
        order = np.argsort(-scores, kind="stable")
        return order[scores[order] > 1]

    @property
    def drifted(self) -> bool:
        """Whether both tests say so, or the probe so clearly that the kernel, which sees less, need not agree."""
        return self.interval[0] > (0.5 if self.p < SURE else CLEAR)

    @property
    def verdict(self) -> str:
        """In one sentence or two."""
        told = f"a probe tells the two sets apart with an AUC of {self.auc:.2f} ({_between(self.interval)})"
        if self.drifted:
            said = f"The second set is not like the first: {told}."
        elif self.interval[0] > 0.5 or self.p < SURE:
            said = f"Perhaps the second set differs a little: {told}, and the kernel test has p = {self.p:.3f}."
        else:
            said = f"No sign of drift: {told}, where .5 is chance."
        count, expected = len(self.new()), (1 - QUANTILE) * len(self.ids)
        return f"{said} {count:,} of {len(self.ids):,} images are unlike anything before; chance gives {expected:.0f}."

    def reason(self, row: int, quantile: float = QUANTILE) -> str:
        times = self.scores(quantile)[row]
        return (
            f"Its nearest image in the first set is {times:.1f} times as far away as is usual there: {quantile:.0%} of "
            "those images have another one nearer."
        )

    def cases(self, limit: int = 200, quantile: float = QUANTILE) -> list[Case]:
        """What is unlike anything before, the farthest first, each with the nearest image of the first set."""
        scores = self.scores(quantile)
        return [
            Case(
                finding="new",
                ids=(int(self.ids[row]),),
                score=float(scores[row]),
                reason=self.reason(int(row), quantile),
                evidence=(int(self.nearest[row]),) if self.together else (),
                said=("the nearest of what was there",) if self.together else (),
            )
            for row in self.new(quantile)[:limit]
        ]

    def arrays(self) -> dict[str, NDArray[Any]]:
        return {"ids": self.ids, "distance": self.distance, "nearest": self.nearest, "own": self.own}

    def facts(self) -> dict[str, Any]:
        named = {name: getattr(self, name) for name in ("auc", "mmd", "p", "together")}
        return {**named, "interval": list(self.interval)}

    @classmethod
    def restored(cls, arrays: Mapping[str, Any], facts: Mapping[str, Any]) -> Drift:
        return cls(**arrays, **{**facts, "interval": tuple(facts["interval"])})


def drift(
    first: NDArray[np.float32],
    second: NDArray[np.float32],
    first_ids: NDArray[np.int64],
    second_ids: NDArray[np.int64],
    *,
    together: bool = False,
    seed: int = 0,
) -> Drift:
    """Hold `second` (m, d) against `first` (n, d), vectors of one encoder, with their ids.

    Of large sets the probe and the kernel test see samples; every image is held against the nearest one. The same seed
    gives the same answer. Raises `InvalidInput` for fewer than `SMALLEST` images on either side.
    """
    if first.shape[1] != second.shape[1]:
        raise InvalidInput(f"Both sets need vectors of one encoder, not of {first.shape[1]} and {second.shape[1]}.")
    if min(len(first), len(second)) < SMALLEST:
        raise InvalidInput(
            f"Telling two sets apart needs at least {SMALLEST} images of each, not {len(first):,} and {len(second):,}."
        )
    one, other = unit_rows(checked(first)), unit_rows(checked(second))
    own, distance, nearest = _nearest(one, other)
    random = np.random.default_rng(seed)
    seen, seen_other = discrepancy.sample(one, SAMPLE, random), discrepancy.sample(other, SAMPLE, random)
    auc, interval = _told_apart(seen, seen_other, seed)
    mmd, p = discrepancy.compare(seen, seen_other, seed=seed)
    return Drift(second_ids, distance, first_ids[nearest], own, auc, interval, mmd, p, together)


def _nearest(
    first: NDArray[np.float32], second: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int32]]:
    """Quantiles of the first's own nearest distances, and of each of the second its nearest distance and row (m,)."""
    from embedding_core.neighbours import among

    sample = discrepancy.sample(first, 20_000, np.random.default_rng(0))
    _, own, _ = among(sample, first, 2)  # each row's most similar is itself, or a copy of it as near
    rows, similarity, _ = among(second, first, 1)
    spread = np.quantile(1 - own[:, 1], np.linspace(0, 1, 1_001))
    return spread.astype(np.float32), 1 - similarity[:, 0], rows[:, 0]


def _told_apart(first: NDArray[np.float32], second: NDArray[np.float32], seed: int) -> tuple[float, Interval]:
    """The mean AUC over the folds, and its interval.

    Folds lean on each other: each is what the others are trained on. Of what they have in common nothing is known, so
    the error of their mean is taken as the mean of their errors, the most that it can be. DeLong's error of all scores
    together, as if one fixed probe had given them, is too small by half: where nothing tells two sets apart, its
    intervals of 95 % held .5 in 67 % of the draws.
    """
    codes = np.repeat([0, 1], [len(first), len(second)])
    score = out_of_fold(np.concatenate([first, second]), codes, folds=FOLDS, seed=seed)[:, 1]
    dealt = deal(codes, FOLDS, seed=seed)
    folds = [
        ranking.auc(score[(dealt == fold) & (codes == 1)], score[(dealt == fold) & (codes == 0)])
        for fold in range(FOLDS)
    ]
    area, half = (float(np.mean(one)) for one in zip(*folds, strict=True))
    half *= Z
    return area, (max(0.0, area - half), min(1.0, area + half))


def _between(interval: Interval) -> str:
    return f"{interval[0]:.2f} to {interval[1]:.2f}"
