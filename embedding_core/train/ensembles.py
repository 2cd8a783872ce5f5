"""Several encoders together: their vectors side by side, their probabilities averaged, or weighed by a second model.

Stacking is Wolpert 1992, "Stacked generalization": what the second model learns from are probabilities out of fold.
Looking several times at each test image, mirrored and cropped, is test-time augmentation: Shanmugam et al. 2021,
"Better aggregation in test-time augmentation", who find that it helps some images and harms others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from embedding_core.errors import InvalidInput
from embedding_core.quality.probing.folding import deal
from embedding_core.records import silent
from embedding_core.train.ensembles_found import Cost, Ensembles, Way
from embedding_core.vectors import checked, read_only, unit_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from embedding_core.records import Progress

FOLDS = 5


@dataclass(frozen=True, eq=False, slots=True)
class Block:
    """The vectors of one encoder: rows of all blocks are the same images."""

    train: NDArray[np.float32]  # (n, d)
    test: NDArray[np.float32]  # (k, d)
    cost: Cost
    views: NDArray[np.float32] | None = None  # (v, k, d) of the test images looked at otherwise


@dataclass(frozen=True, eq=False, slots=True)
class Said:
    """What one probe says: of the training part out of fold, of the test part by all of the training part."""

    out_of_fold: NDArray[np.float32]  # (n, c)
    test: NDArray[np.float32]  # (k, c)


def compare_ensembles(
    blocks: Sequence[Block],
    codes: NDArray[np.int64],
    truth: NDArray[np.int64],
    *,
    classes: Sequence[str],
    clusters: NDArray[np.integer] | None = None,
    groups: NDArray[np.integer] | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> Ensembles:
    """Train each way on rows with classes `codes` (n,) and judge it by test images with classes `truth` (k,).

    Which way is best is chosen out of fold; folds never part `groups` (n,), −1 for a row that is alone. Images of one
    of `clusters` (k,) are no independent witnesses. Raises `InvalidInput` with one encoder that is looked at once, and
    with fewer than two classes.
    """
    if len(blocks) < 2 and all(block.views is None for block in blocks):
        raise InvalidInput(
            "An ensemble takes two encoders or more. Embed the images with a second one: Encoders, or `embed`."
        )
    names = [block.cost.encoder for block in blocks]
    steps = len(blocks) + (len(blocks) > 1)
    each = []
    for at, block in enumerate(blocks):
        progress("training", at, steps)
        each.append(said_by(block.train, codes, block.test, groups=groups, seed=seed))
    ways = [_way("single", [name], said, codes, truth) for name, said in zip(names, each, strict=True)]
    if len(blocks) > 1:
        progress("training", len(blocks), steps)
        train, test = (concatenated([getattr(block, part) for block in blocks]) for part in ("train", "test"))
        ways += [
            _way("concatenated", names, said_by(train, codes, test, groups=groups, seed=seed), codes, truth),
            _way("averaged", names, averaged(each), codes, truth),
            _way("stacked", names, stacked(each, codes, groups=groups, seed=seed), codes, truth),
        ]
    found = Ensembles(
        tuple(ways),
        read_only(truth.astype(np.int32)),
        read_only(np.arange(len(truth)) if clusters is None else np.asarray(clusters, np.int64)),
        tuple(block.cost for block in blocks),
        tuple(classes),
        len(codes),
    )
    best = blocks[found.best]
    if best.views is None:
        return found
    progress("training", steps, steps)
    looked = looked_again(best, codes, truth, groups=groups, seed=seed)
    return Ensembles((*ways, *looked), found.truth, found.clusters, found.costs, found.classes, found.trained)


def said_by(
    train: NDArray[np.float32],
    codes: NDArray[np.int64],
    test: NDArray[np.float32],
    *,
    groups: NDArray[np.integer] | None = None,
    seed: int = 0,
) -> Said:
    """What a calibrated linear probe over these vectors says. Raises `InvalidInput`, `InvalidVectors`."""
    from embedding_core.quality.probing.probe import fit_probe, out_of_fold

    inside = out_of_fold(train, codes, folds=FOLDS, seed=seed, groups=groups)
    return Said(inside, fit_probe(train, codes, folds=FOLDS, seed=seed, groups=groups).probabilities(test))


def concatenated(blocks: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """(n, d₁ + … ) of vectors (n, dᵢ), each block of length 1, so that none speaks louder; the whole has length 1."""
    whole = np.hstack([unit_rows(checked(block)) for block in blocks])
    return np.asarray(whole / np.float32(np.sqrt(len(blocks))), np.float32)


def averaged(each: Sequence[Said]) -> Said:
    """The mean of what several probes say."""
    inside, test = ([getattr(said, part) for said in each] for part in ("out_of_fold", "test"))
    return Said(np.asarray(np.mean(inside, axis=0), np.float32), np.asarray(np.mean(test, axis=0), np.float32))


def stacked(
    each: Sequence[Said], codes: NDArray[np.int64], *, groups: NDArray[np.integer] | None = None, seed: int = 0
) -> Said:
    """What a logistic regression makes of the probabilities of all, which it has learnt from those out of fold.

    Its own predictions out of fold are over the same folds.
    """
    from sklearn.linear_model import LogisticRegression

    inside, outside = (np.hstack([getattr(said, part) for said in each]) for part in ("out_of_fold", "test"))
    count = each[0].test.shape[1]

    def predicted(rows: NDArray[np.int64], of: NDArray[np.float32]) -> NDArray[np.float32]:
        kinds = np.bincount(codes[rows], minlength=count)
        if np.count_nonzero(kinds) < 2:  # nothing to tell apart
            return np.tile((kinds / max(len(rows), 1)).astype(np.float32), (len(of), 1))
        model = LogisticRegression(max_iter=1000).fit(inside[rows], codes[rows])
        found = np.zeros((len(of), count), np.float32)
        found[:, model.classes_] = model.predict_proba(of)
        return found

    fold = deal(codes, FOLDS, seed=seed, groups=groups)
    folded = np.zeros((len(codes), count), np.float32)
    for one in range(int(fold.max()) + 1):
        left = np.flatnonzero(fold == one)
        if len(left):
            folded[left] = predicted(np.flatnonzero(fold != one), inside[left])
    return Said(folded, predicted(np.arange(len(codes)), outside))


def looked_again(
    block: Block,
    codes: NDArray[np.int64],
    truth: NDArray[np.int64],
    *,
    groups: NDArray[np.integer] | None = None,
    seed: int = 0,
) -> list[Way]:
    """One encoder with views of each test image: their vectors averaged, and their probabilities."""
    from embedding_core.quality.probing.probe import fit_probe

    if block.views is None:
        return []
    probe = fit_probe(block.train, codes, folds=FOLDS, seed=seed, groups=groups)
    looks = np.concatenate([block.test[None], block.views])
    vectors = np.mean([unit_rows(checked(look)) for look in looks], axis=0, dtype=np.float32)
    probable = np.mean([probe.probabilities(look) for look in looks], axis=0)
    names = (block.cost.encoder,)
    return [
        Way("views_vectors", names, None, read_only(probe.probabilities(vectors).argmax(1) == truth), len(looks)),
        Way("views_probabilities", names, None, read_only(probable.argmax(1) == truth), len(looks)),
    ]


def _way(kind: str, names: Sequence[str], said: Said, codes: NDArray[np.int64], truth: NDArray[np.int64]) -> Way:
    validation = float((said.out_of_fold.argmax(axis=1) == codes).mean())
    return Way(kind, tuple(names), validation, read_only(said.test.argmax(axis=1) == truth))  # type: ignore[arg-type]
