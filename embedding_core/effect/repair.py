"""Repair at training: what each step of cleaning is worth alone, and what all are worth together.

A step says how much each image counts, from 0 (left out) to 1, or that vectors are standardised. Images that count less
are drawn less often into the runs of training, in the same draws for every step, so removal and reweighting are
compared with doing nothing under the same chance.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from embedding_core.effect.comparing import SEEDS, check_runs, drawn, judged
from embedding_core.effect.intervals import Differences, differences
from embedding_core.errors import InvalidInput
from embedding_core.records import silent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from embedding_core.effect.comparing import Fit
    from embedding_core.records import Progress

REMOVAL, REWEIGHTING = "labels", "reweighting"  # two answers to the same suspects
STANDARDISATION = "standardisation"
TOGETHER, TOGETHER_REWEIGHTED = "together", "together-reweighted"

NAMES = {
    "duplicates": "Duplicates removed",
    "outliers": "Outliers removed",
    "photos": "Bad photographs removed",
    REMOVAL: "Suspected labels removed",
    REWEIGHTING: "Suspected labels count less",
    STANDARDISATION: "Vectors standardised",
    TOGETHER: "All together",
    TOGETHER_REWEIGHTED: "All together, suspects counting less",
}


@dataclass(frozen=True, eq=False, slots=True)
class Step:
    """One switch."""

    id: str
    weights: NDArray[np.float32] | None = None  # (n,) in [0, 1]; None where every image counts
    standardise: bool = False


@dataclass(frozen=True, eq=False)
class Repairs:
    """What was right in each of s runs on k test images: doing nothing, then under each of a arms."""

    ids: NDArray[np.int64]  # (k,)
    truth: NDArray[np.int32]  # (k,)
    clusters: NDArray[np.int64]  # (k,)
    nothing: NDArray[np.bool_]  # (s, k)
    right: NDArray[np.bool_]  # (a, s, k)
    arms: tuple[str, ...]  # (a,) ids of the steps, then those of all together
    lost: tuple[float, ...]  # (a,) of the training images the share that no longer counts, in [0, 1]
    classes: tuple[str, ...]
    trained: int  # images

    @cached_property
    def differences(self) -> tuple[Differences, ...]:
        """(a,) each arm against doing nothing."""
        count = len(self.classes)
        return tuple(differences(self.nothing, one, self.truth, self.clusters, count) for one in self.right)

    def arrays(self) -> dict[str, NDArray[Any]]:
        return {name: getattr(self, name) for name in ("ids", "truth", "clusters", "nothing", "right")}

    def facts(self) -> dict[str, Any]:
        lists = {name: list(getattr(self, name)) for name in ("arms", "lost", "classes")}
        return {**lists, "trained": self.trained}

    @classmethod
    def restored(cls, arrays: Mapping[str, Any], facts: Mapping[str, Any]) -> Self:
        return cls(
            **{name: arrays[name] for name in ("ids", "truth", "clusters", "nothing", "right")},
            arms=tuple(facts["arms"]),
            lost=tuple(facts["lost"]),
            classes=tuple(facts["classes"]),
            trained=facts["trained"],
        )


def repair(
    ids: NDArray[np.int64],
    vectors: NDArray[np.float32],
    codes: NDArray[np.int64],
    train: NDArray[np.int64],
    test: NDArray[np.int64],
    clusters: NDArray[np.int64],
    steps: Sequence[Step],
    *,
    classes: Sequence[str],
    fit: Fit,
    seeds: int = SEEDS,
    progress: Progress = silent,
) -> Repairs:
    """Train on the rows `train` under each step alone and under all together, and judge by the rows `test` (k,).

    `ids` (n,), `vectors` (n, d) and `codes` (n,) are those of the images; `clusters` (k,) as in `Parts`. Where suspects
    are both removed and reweighted, all together is tried either way. Raises `InvalidInput` without any step.
    """
    check_runs(seeds)
    if not steps:
        raise InvalidInput(f"Choose at least one step of {', '.join(list(NAMES)[:-2])}.")
    arms = _arms(steps)
    right = np.zeros((1 + len(arms), seeds, len(test)), bool)
    whole = [np.ones(len(ids), np.float32), *(_weights(one, len(ids)) for _, one in arms)]
    standard = [False, *(any(step.standardise for step in one) for _, one in arms)]
    scaled = _standardised(vectors, train) if any(standard) else vectors
    for seed in range(seeds):
        chance = np.random.default_rng(seed).random(len(ids))
        for arm, weights in enumerate(whole):
            progress("training", seed * len(whole) + arm, seeds * len(whole))
            taken = drawn(train, chance, weights)
            if len(np.unique(codes[taken])) < 2:
                raise InvalidInput(f"{NAMES[arms[arm - 1][0]]}: fewer than two classes are left to train on.")
            given = scaled if standard[arm] else vectors
            right[arm, seed] = judged(given, taken, codes[taken], test, codes[test], fit)
    return Repairs(
        ids[test],
        codes[test].astype(np.int32),
        clusters,
        right[0],
        right[1:],
        tuple(name for name, _ in arms),
        tuple(float(1 - weights[train].mean()) for weights in whole[1:]),
        tuple(classes),
        len(train),
    )


def label_weights(probabilities: NDArray[np.float32], codes: NDArray[np.int64]) -> NDArray[np.float32]:
    """How much each image (n,) counts by its label: the probability of its label over that of the likeliest.

    `probabilities` (n, c) are out of fold; an image without a label (−1) counts in full.
    """
    own = probabilities[np.arange(len(codes)), codes.clip(min=0)]
    return np.where(codes < 0, 1, own / np.maximum(probabilities.max(axis=1), 1e-12)).astype(np.float32)


def label_suspects(probabilities: NDArray[np.float32], codes: NDArray[np.int64]) -> NDArray[np.bool_]:
    """The images (n,) that confident learning counts as another class: Northcutt et al. 2021, "Confident learning".

    A class is confident of an image when its probability reaches the mean that its own images have; of the confident
    ones the likeliest counts. `probabilities` (n, c) are out of fold; an image without a label (−1) is none.
    """
    labelled = codes >= 0
    own = probabilities[np.arange(len(codes)), codes.clip(min=0)]
    count = np.bincount(codes[labelled], minlength=probabilities.shape[1])
    mean = np.bincount(codes[labelled], own[labelled], probabilities.shape[1]) / np.maximum(count, 1)
    threshold = np.where(count > 0, mean, np.inf)
    sure = np.where(probabilities >= threshold, probabilities, -1)
    suspect: NDArray[np.bool_] = labelled & (sure.max(axis=1) >= 0) & (sure.argmax(axis=1) != codes)
    return suspect


def _arms(steps: Sequence[Step]) -> list[tuple[str, list[Step]]]:
    """Each step alone, then all; removal and reweighting of the same suspects never at once."""
    arms = [(step.id, [step]) for step in steps]
    if len(steps) > 1:
        there = {step.id for step in steps}
        both = {REMOVAL, REWEIGHTING} <= there
        if len(steps) > 2 or not both:
            arms.append((TOGETHER, [step for step in steps if not (both and step.id == REWEIGHTING)]))
            if both:
                arms.append((TOGETHER_REWEIGHTED, [step for step in steps if step.id != REMOVAL]))
    return arms


def _weights(steps: Sequence[Step], n: int) -> NDArray[np.float32]:
    weights = np.ones(n, np.float32)
    for step in steps:
        if step.weights is not None:
            if step.weights.shape != (n,) or step.weights.min(initial=0) < 0 or step.weights.max(initial=0) > 1:
                raise InvalidInput(f"Weights of {step.id} are {n:,} numbers from 0 to 1.")
            weights *= step.weights
    return weights


def _standardised(vectors: NDArray[np.float32], train: NDArray[np.int64]) -> NDArray[np.float32]:
    """Every column with mean 0 and deviation 1 over the training part; a column that does not vary becomes 0."""
    mean, deviation = vectors[train].mean(axis=0), vectors[train].std(axis=0)
    scaled: NDArray[np.float32] = (vectors - mean) / np.where(deviation > 1e-12, deviation, np.inf)
    return scaled
