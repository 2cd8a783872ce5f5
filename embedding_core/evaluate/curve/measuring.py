"""Accuracy against the number of labels: the same probe on nested parts of what may be trained on, judged untouched."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from embedding_core.errors import InvalidInput
from embedding_core.evaluate.curve.found import Curve
from embedding_core.records import silent
from embedding_core.vectors import checked, read_only, unit_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from embedding_core.records import Progress

SEEDS, MOST_SEEDS = 5, 50
FEWEST = 4  # labels of a class, on the mean, below which there is no curve to see
NEIGHBOURS = 5  # of the k-NN curve, fewer where there are fewer labels
KNN_TESTED = 5_000  # test images that judge it at most

_POINTS = (6, 10)  # sizes at least and at most
_BLOCK = 1024


def learning_curve(
    vectors: NDArray[np.float32],
    codes: NDArray[np.int64],
    tested: NDArray[np.float32],
    truth: NDArray[np.int64],
    *,
    classes: Sequence[str],
    clusters: NDArray[np.integer] | None = None,
    groups: NDArray[np.integer] | None = None,
    seeds: int = SEEDS,
    progress: Progress = silent,
) -> Curve:
    """Train on parts of `vectors` (n, d) with classes `codes` (n,), judge by `tested` (k, d) with classes `truth` (k,).

    Codes number `classes` (c,). Rows of one of `groups` (n,), −1 for one alone, come into a part together; test images
    of one of `clusters` (k,) are no independent witnesses. Each of `seeds` draws one order, and the parts of a draw are
    nested; see `parts_of`. The test part is only ever predicted. Raises `InvalidInput` with too few labels.
    """
    from embedding_core.quality.probing.probe import fit_probe

    if not 2 <= seeds <= MOST_SEEDS:
        raise InvalidInput(f"A learning curve is drawn 2 to {MOST_SEEDS} times, not {seeds}.")
    wanted = sizes_of(codes)
    train, test = unit_rows(checked(vectors)), unit_rows(checked(tested))
    parts = [parts_of(codes, wanted, groups=groups, seed=seed) for seed in range(seeds)]
    right = np.zeros((seeds, len(wanted), len(truth)), bool)
    seconds = np.zeros(len(wanted))
    steps = seeds * (len(wanted) - 1) + 1
    for at in range(len(wanted)):
        for seed in range(seeds if at < len(wanted) - 1 else 1):  # all there is, is the same in every draw
            progress("training", at * seeds + seed, steps)
            rows = parts[seed][at]
            begun = time.perf_counter()
            probe = fit_probe(train[rows], codes[rows], calibrated=False)
            seconds[at] += (time.perf_counter() - begun) / (seeds if at < len(wanted) - 1 else 1)
            right[seed, at] = probe.probabilities(test).argmax(axis=1) == truth
    right[1:, -1] = right[0, -1]
    progress("judging neighbours", 0, None)
    judged = _some(len(truth))
    return Curve(
        read_only(np.array([np.mean([len(draw[at]) for draw in parts]) for at in range(len(wanted))])),
        read_only(right),
        read_only(judged),
        read_only(_neighbours(train, codes, test[judged], truth[judged], parts)),
        read_only(truth.astype(np.int32)),
        read_only(np.arange(len(truth)) if clusters is None else np.asarray(clusters, np.int64)),
        read_only(seconds),
        read_only(np.bincount(codes, minlength=len(classes))),
        tuple(classes),
    )


def sizes_of(codes: NDArray[np.int64]) -> list[int]:
    """How many labels each part has, from about two of each class to all, evenly on a logarithmic scale.

    Raises `InvalidInput` where that is no way to go.
    """
    n, kinds = len(codes), len(np.unique(codes))
    if kinds < 2 or n < FEWEST * kinds:
        raise InvalidInput(
            f"A learning curve takes at least {FEWEST} labelled images of each of two classes, on the mean, besides "
            f"the untouched part, and there are {n:,} of {kinds}. Label more images first: Curate → What to label next."
        )
    count = int(np.clip(round(np.log2(n / (2 * kinds))) + 1, *_POINTS))
    return sorted({int(size) for size in np.geomspace(2 * kinds, n, count).round()})


def parts_of(
    codes: NDArray[np.int64], sizes: Sequence[int], *, groups: NDArray[np.integer] | None = None, seed: int = 0
) -> list[NDArray[np.int64]]:
    """Rows of nested parts, each the beginning of one order of chance, ascending.

    First comes an image of each class, then classes keep their shares all along. No group is parted, so that a part may
    be larger than its size by the rest of a group; the last one holds all rows.
    """
    n = len(codes)
    rng = np.random.default_rng(seed)
    together = np.full(n, -1, np.int64) if groups is None else np.asarray(groups, np.int64)
    alone = together < 0
    unit = np.where(alone, together.max(initial=-1) + 1 + np.cumsum(alone), together)
    _, first, unit, size = np.unique(unit, return_index=True, return_inverse=True, return_counts=True)
    kind, chance = codes[first], rng.random(len(first))
    order = np.lexsort((chance, kind))
    begins = np.searchsorted(kind[order], kind[order])
    totals = np.bincount(kind)[kind[order]]
    rank = np.arange(len(order)) - begins
    place = np.empty(len(first))
    place[order] = np.where(rank == 0, -1.0, (rank + rng.random(len(order))) / totals)
    sequence = np.lexsort((rng.random(len(first)), place))
    reached = np.cumsum(size[sequence])
    position = np.empty(len(first), np.int64)
    position[sequence] = np.arange(len(first))
    ends = np.append(np.searchsorted(reached, sizes[:-1]), len(first) - 1)
    return [np.flatnonzero(position[unit] <= end) for end in ends]


def _some(count: int) -> NDArray[np.int64]:
    """The test images that judge the k-NN curve: all, or some by chance."""
    if count <= KNN_TESTED:
        return np.arange(count)
    return np.sort(np.random.default_rng(0).choice(count, KNN_TESTED, replace=False))


def _neighbours(
    train: NDArray[np.float32],
    codes: NDArray[np.int64],
    test: NDArray[np.float32],
    truth: NDArray[np.int64],
    parts: Sequence[Sequence[NDArray[np.int64]]],
) -> NDArray[np.bool_]:
    """Which (s, m, j) of the test images (j, d) whose nearest labels are right: cosine, majority, else the nearest."""
    right = np.zeros((len(parts), len(parts[0]), len(test)), bool)
    for start in range(0, len(test), _BLOCK):
        block = slice(start, start + _BLOCK)
        similar = test[block] @ train.T
        for seed, draw in enumerate(parts):
            for at, rows in enumerate(draw):
                if seed and at == len(draw) - 1:
                    right[seed, at, block] = right[0, at, block]
                    continue
                k = min(NEIGHBOURS, len(rows))
                among = similar[:, rows]
                near = np.argpartition(-among, k - 1, axis=1)[:, :k]
                near = np.take_along_axis(near, np.argsort(-np.take_along_axis(among, near, 1), axis=1), 1)
                right[seed, at, block] = _majority(codes[rows[near]]) == truth[block]
    return right


def _majority(near: NDArray[np.int64]) -> NDArray[np.int64]:
    """The commonest class (j,) of neighbours (j, k), nearest first; of several, that of the nearest."""
    votes = (near[:, :, None] == near[:, None, :]).sum(axis=2)
    found: NDArray[np.int64] = np.take_along_axis(near, votes.argmax(axis=1)[:, None], 1)[:, 0]
    return found
