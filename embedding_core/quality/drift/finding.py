"""What is new: a second set of images against a first one.

Two tests ask whether the second came from where the first did. A probe is trained to tell them apart, and its area
under the ROC curve on images it was not trained on is .5 where it cannot: a classifier two-sample test (Lopez-Paz &
Oquab 2017, "Revisiting classifier two-sample tests"). Maximum mean discrepancy compares them by a kernel (Gretton et
al. 2012, "A kernel two-sample test"). Apart from both, every image of the second is held against the nearest one of the
first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from embedding_core.errors import InvalidInput
from embedding_core.quality.drift import discrepancy, ranking
from embedding_core.quality.drift.found import Drift, First, Seen
from embedding_core.quality.drift.nearest import nearest
from embedding_core.quality.intervals import Z
from embedding_core.quality.probing.folding import deal
from embedding_core.quality.probing.probe import out_of_fold
from embedding_core.records import silent
from embedding_core.vectors import checked, unit_rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from embedding_core.neighbours.partitions import Partitions
    from embedding_core.quality.intervals import Interval
    from embedding_core.records import Progress

SMALLEST = 10  # images of each set, below which nothing is told apart
SAMPLE = 2_500  # images of each that the probe sees at most
FOLDS = 3


def drift(
    first: NDArray[np.float32],
    second: NDArray[np.float32],
    first_ids: NDArray[np.int64],
    second_ids: NDArray[np.int64],
    *,
    called: First | None = None,
    cut: Callable[[], Partitions] | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> Drift:
    """Hold `second` (m, d) against `first` (n, d), vectors of one encoder, with their ids.

    Of large sets the probe and the kernel test see samples, and `Drift.seen` says how large. Every image is held
    against the nearest one, looked for in partitions where there are many; `cut` makes those where somebody keeps them.
    The same seed gives the same answer. Raises `InvalidInput` for fewer than `SMALLEST` images on either side.
    """
    if first.shape[1] != second.shape[1]:
        raise InvalidInput(f"Both sets need vectors of one encoder, not of {first.shape[1]} and {second.shape[1]}.")
    if min(len(first), len(second)) < SMALLEST:
        raise InvalidInput(
            f"Telling two sets apart needs at least {SMALLEST} images of each, not {len(first):,} and {len(second):,}."
        )
    one, other = unit_rows(checked(first)), unit_rows(checked(second))
    found = nearest(one, other, cut=cut, seed=seed, progress=progress)
    random = np.random.default_rng(seed)
    some, some_other = discrepancy.sample(one, SAMPLE, random), discrepancy.sample(other, SAMPLE, random)
    auc, interval = _told_apart(some, some_other, seed)
    mmd, p = discrepancy.compare(some, some_other, seed=seed)
    seen = Seen(
        first=len(one),
        second=len(other),
        probe=(len(some), len(some_other)),
        kernel=(min(len(some), discrepancy.SAMPLE), min(len(some_other), discrepancy.SAMPLE)),
        own=found.measured,
        recall=found.recall,
    )
    return Drift(
        ids=second_ids,
        distance=found.distance,
        nearest=first_ids[found.rows],
        own=found.own,
        auc=auc,
        interval=interval,
        mmd=mmd,
        p=p,
        seen=seen,
        first=called or First(),
    )


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
