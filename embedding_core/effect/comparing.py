"""Before and after: the same probe trained on both versions, several times, and judged by the same test part."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol, Self

import numpy as np

from embedding_core.effect.intervals import Differences, differences
from embedding_core.errors import InvalidInput
from embedding_core.records import silent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from embedding_core.effect.parting import Parts, Side
    from embedding_core.records import Progress

SEEDS = 8
MOST_SEEDS = 100
KEPT = 0.9  # of the images that are trained on in each run
MOST_TRAINED = 50_000  # images of a run; more change nothing that can be seen in a probe


class Classifier(Protocol):
    def probabilities(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]: ...


Fit = Callable[["NDArray[np.float32]", "NDArray[np.int64]"], Classifier]  # vectors (m, d), classes (m,)


@dataclass(frozen=True, slots=True)
class Changed:
    """How the second version differs from the first, in images of the embedding."""

    removed: int
    added: int
    relabelled: int


@dataclass(frozen=True, eq=False)
class Effect:
    """What was right before and after, in each of s runs on k test images."""

    ids: NDArray[np.int64]  # (k,) of the test images
    truth: NDArray[np.int32]  # (k,) their classes
    clusters: NDArray[np.int64]  # (k,) images with the same number are drawn together
    before: NDArray[np.bool_]  # (s, k)
    after: NDArray[np.bool_]  # (s, k)
    classes: tuple[str, ...]  # (c,)
    versions: tuple[str, str]  # the names of both
    trained: tuple[int, int]  # images that each may be trained on; a run takes 90 % of them
    changed: Changed
    left_out: int  # images of the test split that were touched and judge nothing
    chosen: str  # "split" or "drawn": how the test part came about
    alike: bool  # whether both are trained on the same images under the same labels

    @cached_property
    def differences(self) -> Differences:
        return differences(self.before, self.after, self.truth, self.clusters, len(self.classes))

    def arrays(self) -> dict[str, NDArray[Any]]:
        return {name: getattr(self, name) for name in ("ids", "truth", "clusters", "before", "after")}

    def facts(self) -> dict[str, Any]:
        return {
            "classes": list(self.classes),
            "versions": list(self.versions),
            "trained": list(self.trained),
            "changed": asdict(self.changed),
            "left_out": self.left_out,
            "chosen": self.chosen,
            "alike": self.alike,
        }

    @classmethod
    def restored(cls, arrays: Mapping[str, Any], facts: Mapping[str, Any]) -> Self:
        return cls(
            **{name: arrays[name] for name in ("ids", "truth", "clusters", "before", "after")},
            classes=tuple(facts["classes"]),
            versions=(facts["versions"][0], facts["versions"][1]),
            trained=(facts["trained"][0], facts["trained"][1]),
            changed=Changed(**facts["changed"]),
            left_out=facts["left_out"],
            chosen=facts["chosen"],
            alike=facts["alike"],
        )


def compare(
    ids: NDArray[np.int64],
    vectors: NDArray[np.float32],
    before: Side,
    after: Side,
    parts: Parts,
    *,
    classes: Sequence[str],
    fit: Fit,
    seeds: int = SEEDS,
    progress: Progress = silent,
) -> Effect:
    """Train on both versions of the images `ids` (n,) with `vectors` (n, d), and judge both by `parts.test`.

    In each of `seeds` runs every image is in with a probability of 0.9, in both versions or in neither, so that chance
    cancels. `classes` (c,) are the names of the classes. Raises `InvalidInput`.
    """
    check_runs(seeds)
    sides = ((before, parts.before), (after, parts.after))
    alike = np.array_equal(parts.before, parts.after) and np.array_equal(
        before.codes[parts.before], after.codes[parts.after]
    )
    truth = before.codes[parts.test]
    right = np.zeros((2, seeds, len(parts.test)), bool)
    for seed in range(seeds):
        chance = np.random.default_rng(seed).random(len(ids))
        for number, (side, rows) in enumerate(sides):
            progress("training", 2 * seed + number, 2 * seeds)
            if number and alike:
                right[1, seed] = right[0, seed]
                continue
            taken = drawn(rows, chance)
            right[number, seed] = judged(vectors, taken, side.codes[taken], parts.test, truth, fit)
    known = (before.codes >= 0, after.codes >= 0)
    return Effect(
        ids[parts.test],
        truth.astype(np.int32),
        parts.clusters,
        right[0],
        right[1],
        tuple(classes),
        (before.name, after.name),
        (len(parts.before), len(parts.after)),
        Changed(
            removed=int(np.count_nonzero(known[0] & ~known[1])),
            added=int(np.count_nonzero(known[1] & ~known[0])),
            relabelled=int(np.count_nonzero(known[0] & known[1] & (before.codes != after.codes))),
        ),
        parts.left_out,
        parts.chosen,
        bool(alike),
    )


def drawn(
    rows: NDArray[np.int64], chance: NDArray[np.float64], weights: NDArray[np.float32] | None = None
) -> NDArray[np.int64]:
    """Which of `rows` are trained on in a run whose `chance` (n,) gives each image a number from 0 to 1.

    An image is in when its number is low enough, whatever other images there are; `weights` (n,) lower the bar.
    """
    number = chance[rows] if weights is None else chance[rows] / np.maximum(weights[rows], 1e-12)
    taken = number < KEPT
    if np.count_nonzero(taken) > MOST_TRAINED:
        taken &= number <= np.partition(number, MOST_TRAINED - 1)[MOST_TRAINED - 1]
    return rows[taken]


def check_runs(seeds: int) -> None:
    """Raises `InvalidInput` for a number of trainings that tells nothing, or never ends."""
    if not 2 <= seeds <= MOST_SEEDS:
        raise InvalidInput(f"Train 2 to {MOST_SEEDS} times, not {seeds}.")


def judged(
    vectors: NDArray[np.float32],
    taken: NDArray[np.int64],
    codes: NDArray[np.int64],
    test: NDArray[np.int64],
    truth: NDArray[np.int64],
    fit: Fit,
) -> NDArray[np.bool_]:
    """Which of the rows `test` (k,) a probe gets right that is trained on the rows `taken` (m,) with `codes` (m,)."""
    found = fit(vectors[taken], codes).probabilities(vectors[test]).argmax(axis=1)
    right: NDArray[np.bool_] = found == truth
    return right
