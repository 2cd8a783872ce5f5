"""What comparing encoders has found, and what follows from it: figures with intervals, and where two disagree."""

from __future__ import annotations

from dataclasses import dataclass, fields
from itertools import combinations
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from embedding_core.effect.intervals import Difference
from embedding_core.evaluate.comparison import paired
from embedding_core.evaluate.judged import Judged
from embedding_core.quality.intervals import clustered

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from embedding_core.quality.intervals import Interval

K = 5  # neighbours that vote
FOLDS = 5

_FACTS = ("encoders", "dims", "classes", "images", "trained")


@dataclass(frozen=True, eq=False, slots=True)
class Comparison:
    """m encoders on the same images. Where there are too few labels the arrays of n and k images are empty.

    What the probe says of an image comes from folds without it and its near-duplicates. The test part has no part in
    choosing: `tested` is said by probes trained on all other labelled images, once.
    """

    encoders: tuple[str, ...]  # (m,)
    dims: tuple[int, ...]  # (m,) numbers in a vector
    ids: NDArray[np.int64]  # (n,) images that choose
    codes: NDArray[np.int64]  # (n,) their classes
    clusters: NDArray[np.int64]  # (n,) images with the same number are no independent witnesses
    predicted: NDArray[np.int64]  # (m, n) class by the probe, out of fold
    voted: NDArray[np.int64]  # (m, n) class by the 5 nearest others
    tested: NDArray[np.int64]  # (m, k) class by a probe that saw none of the test part
    test_ids: NDArray[np.int64]  # (k,)
    test_codes: NDArray[np.int64]  # (k,)
    test_clusters: NDArray[np.int64]  # (k,)
    cka: NDArray[np.float64]  # (m, m) debiased linear CKA
    overlap: NDArray[np.float64]  # (m, m) share of the 10 nearest that two give alike
    classes: tuple[str, ...]
    images: int  # that spaces were compared on
    trained: int  # labelled images that were learnt from, those that judge among them

    @property
    def labelled(self) -> bool:
        return len(self.ids) > 0

    @property
    def best(self) -> int:
        """The encoder whose probe is right most often; of equals the one whose neighbours are."""
        rates = [(self.accuracy(one), self.knn(one), -one) for one in range(len(self.encoders))]
        return -max(rates)[2]

    def right(self, one: int) -> NDArray[np.bool_]:
        """Which images (n,) the probe of the encoder `one` calls by their label."""
        return np.asarray(self.predicted[one] == self.codes)

    def accuracy(self, one: int) -> float:
        return float(self.right(one).mean())

    def interval(self, one: int) -> Interval:
        """Of the accuracy, at 95 %."""
        return clustered(self.right(one), self.clusters)

    def knn(self, one: int) -> float:
        """Accuracy of the vote of the 5 nearest, near-duplicates left out."""
        return float((self.voted[one] == self.codes).mean())

    def knn_interval(self, one: int) -> Interval:
        return clustered(self.voted[one] == self.codes, self.clusters)

    def differences(self) -> Mapping[tuple[int, int], Difference]:
        """(a, b) → of b's accuracy to a's, for each two. With 95 % no two encoders that are equal are called different,
        however many there are, and so is none from whichever came out best."""
        pairs = list(combinations(range(len(self.encoders)), 2))
        found = paired.differences([(self.right(one), self.right(other)) for one, other in pairs], self.clusters)
        there = dict(zip(pairs, found, strict=True))
        back = {
            (other, one): Difference(known.after, known.before, -known.high + 0.0, -known.low + 0.0)
            for (one, other), known in there.items()
        }
        return there | back

    def test_accuracy(self, one: int) -> float | None:
        """On the part that is set aside; None where there is none."""
        return float((self.tested[one] == self.test_codes).mean()) if len(self.test_ids) else None

    def test_interval(self, one: int) -> Interval:
        return clustered(self.tested[one] == self.test_codes, self.test_clusters)

    def judged(self, one: int) -> Judged | None:
        """What an encoder's probe got right of the test part; None where there is none."""
        if not len(self.test_ids):
            return None
        truth = self.test_codes.astype(np.int32)
        return Judged(self.test_ids, truth, self.test_clusters, self.tested[one] == self.test_codes, self.classes)

    def only(self, first: int, second: int) -> NDArray[np.int64]:
        """The images that `first` gets right and `second` wrong: one of each class in turn, each in order of paths."""
        rows = np.flatnonzero(self.right(first) & ~self.right(second))
        turn = np.empty(len(rows), np.int64)
        for code in np.unique(self.codes[rows]):
            own = self.codes[rows] == code
            turn[own] = np.arange(np.count_nonzero(own))
        return self.ids[rows[np.lexsort((self.codes[rows], turn))]]

    def both(self, first: int, second: int) -> tuple[int, int]:
        """How many images both get right, and both wrong."""
        one, other = self.right(first), self.right(second)
        return int((one & other).sum()), int((~one & ~other).sum())

    def said(self, one: int, ids: NDArray[np.int64]) -> list[str]:
        """What the probe of an encoder calls these images (q,), all of them in `ids`."""
        at = {image: row for row, image in enumerate(self.ids.tolist())}
        return [self.classes[self.predicted[one, at[image]]] for image in ids.tolist()]

    def pairs(self, of: NDArray[np.float64]) -> list[tuple[float, int, int]]:
        """The values of a matrix (m, m) for each two encoders, lowest first."""
        m = len(self.encoders)
        return sorted((float(of[one, other]), one, other) for one in range(m) for other in range(one + 1, m))

    def arrays(self) -> dict[str, NDArray[Any]]:
        return {one.name: getattr(self, one.name) for one in fields(self) if one.name not in _FACTS}

    def facts(self) -> dict[str, Any]:
        lists = {name: list(getattr(self, name)) for name in ("encoders", "dims", "classes")}
        return {**lists, "images": self.images, "trained": self.trained}

    @classmethod
    def restored(cls, arrays: Mapping[str, Any], facts: Mapping[str, Any]) -> Self:
        lists: dict[str, Any] = {name: tuple(facts[name]) for name in ("encoders", "dims", "classes")}
        named: dict[str, Any] = {one.name: arrays[one.name] for one in fields(cls) if one.name not in _FACTS}
        return cls(**named, **lists, images=facts["images"], trained=facts["trained"])
