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


_ARRAYS = ("ids", "truth", "clusters", "tested", "before", "after")


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

    ids: NDArray[np.int64]  # (k,) of the images that judged in any run
    truth: NDArray[np.int32]  # (k,) their classes
    clusters: NDArray[np.int64]  # (k,) images with the same number are drawn together
    tested: NDArray[np.bool_]  # (s, k) which of them judged in which run
    before: NDArray[np.bool_]  # (s, k) which were right, False also where they did not judge
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
        found = differences(self.before, self.after, self.truth, self.clusters, len(self.classes), tested=self.tested)
        return found.none() if self.alike else found

    def arrays(self) -> dict[str, NDArray[Any]]:
        return {name: getattr(self, name) for name in _ARRAYS}

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
            **{name: arrays[name] for name in _ARRAYS},
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
    parts: Sequence[Parts],
    *,
    classes: Sequence[str],
    fit: Fit,
    progress: Progress = silent,
) -> Effect:
    """Train on both versions of the images `ids` (n,) with `vectors` (n, d), and judge both by the same images.

    There is a run for each of `parts`. In it every image is in with a probability of 0.9, in both versions or in
    neither, so that chance cancels. `classes` (c,) are the names of the classes. Raises `InvalidInput`.
    """
    check_runs(len(parts))
    rows = np.unique(np.concatenate([one.test for one in parts]))
    clusters = np.zeros(len(ids), np.int64)
    tested, right = np.zeros((len(parts), len(rows)), bool), np.zeros((2, len(parts), len(rows)), bool)
    alike = all(
        np.array_equal(one.before, one.after) and np.array_equal(before.codes[one.before], after.codes[one.after])
        for one in parts
    )
    for seed, one in enumerate(parts):
        at = np.searchsorted(rows, one.test)
        tested[seed, at], clusters[one.test] = True, one.clusters
        chance = np.random.default_rng(seed).random(len(ids))
        for number, (side, train) in enumerate(((before, one.before), (after, one.after))):
            progress("training", 2 * seed + number, 2 * len(parts))
            if number and alike:
                right[1, seed] = right[0, seed]
                continue
            taken = drawn(train, chance)
            right[number, seed, at] = judged(vectors, taken, side.codes[taken], one.test, before.codes[one.test], fit)
    known = (before.codes >= 0, after.codes >= 0)
    return Effect(
        ids[rows],
        before.codes[rows].astype(np.int32),
        clusters[rows],
        tested,
        right[0],
        right[1],
        tuple(classes),
        (before.name, after.name),
        (len(parts[0].before), len(parts[0].after)),
        Changed(
            removed=int(np.count_nonzero(known[0] & ~known[1])),
            added=int(np.count_nonzero(known[1] & ~known[0])),
            relabelled=int(np.count_nonzero(known[0] & known[1] & (before.codes != after.codes))),
        ),
        parts[0].left_out,
        parts[0].chosen,
        alike,
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
