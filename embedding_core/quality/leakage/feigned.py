"""How much accuracy leaked images feign.

A probe is trained twice, with and without the images of the training part that belong to a test image, and scored on
the same test part, of which nothing is left out. So the two figures differ by nothing but the leaked images, and the
second is what the score would be had they never been put there. Leaving the leaked out of the test part instead would
score other, easier or harder, images. That fewer images train worse is controlled: a third probe lacks as many of the
same classes that have not leaked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from embedding_core.quality import intervals
from embedding_core.quality.paired import estimated
from embedding_core.quality.probing.probe import fit_probe

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embedding_core.quality.intervals import Interval

LEFT = 0.2  # share of a class's training images that has to be left for its test images to be scored


@dataclass(frozen=True, slots=True)
class Feigned:
    """What a probe scores on the same test images, by what it was trained on. Shares, 0 to 1, with 95 % intervals."""

    accuracy_with: float  # on all of the training part
    accuracy_without: float  # on what of it has not leaked
    accuracy_fewer: float  # on as few images, leaked ones among them: what the smaller number alone costs
    interval_with: Interval
    interval_without: Interval
    difference: Interval  # of with − without, paired
    images: int  # that were scored: of the test part, with a label of which enough is left to train on
    taken: int  # leaked images that were not trained on

    @property
    def feigned(self) -> float:
        """Accuracy that is there by leakage alone."""
        return self.accuracy_with - self.accuracy_without

    def facts(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def restored(cls, facts: Mapping[str, Any]) -> Feigned:
        fields: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in facts.items()
        }
        return cls(**fields)


def feign(
    vectors: NDArray[np.float32],
    codes: NDArray[np.integer],
    train: NDArray[np.int64],
    test: NDArray[np.int64],
    leaked: NDArray[np.int64],
    *,
    seed: int = 0,
) -> tuple[Feigned, NDArray[np.float32]] | None:
    """What the rows `leaked` of the rows `train` feign on the rows `test`, and what they add to the belief in the right
    label of each image (n,), 0 where none was scored.

    `codes` (n,) are labels, −1 for none. None where fewer than two classes can be trained and scored.
    """
    train, leaked = train[codes[train] >= 0], leaked[codes[leaked] >= 0]
    clean = np.setdiff1d(train, leaked)
    size = int(codes.max(initial=0)) + 1
    before, left = np.bincount(codes[train], minlength=size), np.bincount(codes[clean], minlength=size)
    enough = (left >= 2) & (left >= LEFT * before)
    test = test[codes[test] >= 0]
    test = test[enough[codes[test]]]
    if enough.sum() < 2 or not len(test):
        return None
    belief = {"with": _belief(vectors, codes, train, test, size)}
    belief["without"] = belief["fewer"] = belief["with"]
    if len(leaked):
        fewer = np.setdiff1d(train, _others(codes, clean, leaked, np.random.default_rng(seed)))
        belief["without"] = _belief(vectors, codes, clean, test, size)
        belief["fewer"] = _belief(vectors, codes, fewer, test, size)
    right = {name: one.argmax(axis=1) == codes[test] for name, one in belief.items()}
    hits = {name: int(one.sum()) for name, one in right.items()}
    paired = estimated(right["without"], right["with"], np.arange(len(test)))
    gain = np.zeros(len(codes), np.float32)
    gain[test] = (belief["with"] - belief["without"])[np.arange(len(test)), codes[test]]
    measured = Feigned(
        accuracy_with=hits["with"] / len(test),
        accuracy_without=hits["without"] / len(test),
        accuracy_fewer=hits["fewer"] / len(test),
        interval_with=intervals.share(hits["with"], len(test)),
        interval_without=intervals.share(hits["without"], len(test)),
        difference=paired.interval() if len(leaked) else (0.0, 0.0),
        images=len(test),
        taken=len(leaked),
    )
    return measured, gain


def _belief(
    vectors: NDArray[np.float32],
    codes: NDArray[np.integer],
    train: NDArray[np.int64],
    test: NDArray[np.int64],
    size: int,
) -> NDArray[np.float32]:
    """Probabilities (t, size) of the test rows under a probe of the training rows, which may lack some classes."""
    known, renumbered = np.unique(codes[train], return_inverse=True)
    belief = np.zeros((len(test), size), np.float32)
    probe = fit_probe(vectors[train], renumbered, folds=2)  # folds are for its temperature alone
    belief[:, known] = probe.probabilities(vectors[test])
    return belief


def _others(
    codes: NDArray[np.integer], clean: NDArray[np.int64], leaked: NDArray[np.int64], random: np.random.Generator
) -> NDArray[np.int64]:
    """Of the rows `clean`, as many of each class as have leaked, or as there are but for two."""
    taken = []
    for code, count in zip(*np.unique(codes[leaked], return_counts=True), strict=True):
        there = clean[codes[clean] == code]
        taken.append(random.permutation(there)[: max(0, min(count, len(there) - 2))])
    return np.concatenate(taken)
