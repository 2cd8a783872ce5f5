"""A learning curve as it was found: which test images were right with how many labels, and what follows from that."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from embedding_core.effect.storing import OfClasses
from embedding_core.evaluate.curve.power_law import law, resampled
from embedding_core.quality.intervals import clustered

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embedding_core.evaluate.curve.power_law import PowerLaw

NEAR_ENOUGH = 0.01  # of accuracy, within which fewer labels count as enough
FAR = 2.0  # times the labels that are there, beyond which the law is a guess: nothing measured speaks for it
FLAT = 0.005  # of accuracy: less than this for twice the labels is next to nothing
FEWEST_OF_CLASS = 8  # test images, below which a class has no curve of its own

_CLASS_DRAWS = 300


@dataclass(frozen=True, slots=True)
class Outlook:
    """What so many labels more are likely to bring."""

    more: int
    accuracy: float
    interval: tuple[float, float]
    gain: float  # over all labels that are there
    gain_interval: tuple[float, float]
    far: bool  # beyond what the measured points speak for


@dataclass(frozen=True, slots=True)
class Backtest:
    """What half of the labels would have foretold of the other half, and what that brought."""

    labels: int
    foretold: float
    interval: tuple[float, float]
    came: float


@dataclass(frozen=True, slots=True)
class ClassOutlook:
    """How one class would fare with twice the labels of all."""

    code: int
    labels: int
    tested: int  # images that judge it
    accuracy: float  # with all that are there
    gain: float
    gain_interval: tuple[float, float]

    @property
    def told(self) -> bool:
        """Whether the gain can be told from nothing."""
        return self.gain_interval[0] > 0

    @property
    def lacking(self) -> bool:
        """Whether some of its images are wrong, and twice the labels may right a number that counts."""
        return self.accuracy < 1 and self.gain_interval[1] >= FLAT


@dataclass(frozen=True, eq=False)
class Curve(OfClasses):
    """s draws of the training set, m sizes of it, k test images; the last size is all there is."""

    sizes: NDArray[np.float64]  # (m,) labels, the mean over the draws
    right: NDArray[np.bool_]  # (s, m, k) of the probe
    judged: NDArray[np.int64]  # (j,) test images that judge the k-NN curve
    near: NDArray[np.bool_]  # (s, m, j) of k-NN
    truth: NDArray[np.int32]  # (k,)
    clusters: NDArray[np.int64]  # (k,)
    seconds: NDArray[np.float64]  # (m,) that fitting the probe took
    labels: NDArray[np.int64]  # (c,) of each class, to train on
    classes: tuple[str, ...]  # (c,)

    @property
    def total(self) -> int:
        """All labels that may be trained on."""
        return int(self.labels.sum())

    @cached_property
    def law(self) -> PowerLaw:
        return law(self.sizes, self.right, self.clusters)

    @cached_property
    def accuracy(self) -> NDArray[np.float64]:
        """(3, m) of the probe: measured, and both ends of the 95 % interval."""
        return _measured(self.right, self.clusters)

    @cached_property
    def near_accuracy(self) -> NDArray[np.float64]:
        """(3, m) of k-NN, likewise."""
        return _measured(self.near, self.clusters[self.judged])

    @property
    def chance(self) -> float:
        """What naming the commonest class of the training set is right in."""
        return float((self.truth == self.labels.argmax()).mean())

    def outlook(self, more: int) -> Outlook:
        """With so many labels more than there are."""
        there = self.total + more
        accuracy, gain = self.law.accuracy([there])[:, 0].tolist(), self.law.gain([there])[:, 0].tolist()
        far = there > FAR * self.total
        return Outlook(more, accuracy[0], (accuracy[1], accuracy[2]), gain[0], (gain[1], gain[2]), far)

    @cached_property
    def unlabelled(self) -> dict[int, int]:
        """Classes of test images without a label to train on: none of their images, so many, can be right."""
        tested = np.bincount(self.truth, minlength=len(self.classes))
        return {code: int(tested[code]) for code in np.flatnonzero((tested > 0) & (self.labels == 0)).tolist()}

    @cached_property
    def flat(self) -> bool:
        """Whether twice the labels would bring next to nothing, by all that is known."""
        return not self.unlabelled and self.outlook(self.total).gain_interval[1] < FLAT

    @cached_property
    def nothing_learnt(self) -> bool:
        """Whether all labels are no better than naming the commonest class, as far as can be told."""
        return bool(min(self.accuracy[1, -1], self.law.accuracy([self.total])[1, 0]) <= self.chance)

    @cached_property
    def enough(self) -> int:
        """The fewest labels, of those that were tried, that come within one point of all, and all beyond them do."""
        short = np.flatnonzero(self.accuracy[0] < self.accuracy[0, -1] - NEAR_ENOUGH)
        return round(float(self.sizes[short[-1] + 1 if len(short) else 0]))

    @property
    def _half(self) -> int:
        """The size that is nearest to half of all."""
        return int(np.abs(self.sizes - self.sizes[-1] / 2).argmin())

    @cached_property
    def backtest(self) -> Backtest | None:
        """None where too few points lie below half."""
        known = np.flatnonzero(self.sizes <= self.sizes[-1] / 2 * 1.1)
        if len(known) < 4:
            return None
        last = int(known[-1])
        half = law(self.sizes[known], self.right[:, known], self.clusters, whole=float(self.sizes[-1]))
        foretold = half.gain([self.sizes[-1]])[:, 0].tolist()
        came = float(self.accuracy[0, -1] - self.accuracy[0, last])
        return Backtest(half.labels, foretold[0], (foretold[1], foretold[2]), came)

    @cached_property
    def by_class(self) -> tuple[ClassOutlook, ...]:
        """Classes with enough test images: gains that can be told from nothing first, most to gain before less.

        Of equals the weaker one comes first.
        """
        found = []
        for code in range(len(self.classes)):
            rows = np.flatnonzero(self.truth == code)
            if len(rows) < FEWEST_OF_CLASS or not self.labels[code]:
                continue
            own = law(self.sizes, self.right, self.clusters, rows=rows, draws=_CLASS_DRAWS)
            gain = own.gain([2 * self.sizes[-1]])[:, 0]
            now, half = (float(self.right[:, at][:, rows].mean()) for at in (-1, self._half))
            # Few images judge a class, and a law drawn through them is surer than they are: what the labels of the
            # second half brought belongs to the interval.
            low, most = (float(min(one, 1 - now)) for one in (min(gain[1], max(now - half, 0)), gain[0]))
            lacking = 1 - clustered(self.right[0, -1, rows], self.clusters[rows])[0]
            high = float(min(max(gain[2], now - half), lacking))
            found.append(ClassOutlook(code, int(self.labels[code]), len(rows), now, most, (low, high)))
        return tuple(sorted(found, key=lambda one: (not one.told, -round(one.gain, 3), one.accuracy)))


def _measured(right: NDArray[np.bool_], clusters: NDArray[np.int64]) -> NDArray[np.float64]:
    """(3, m), as wide as draws of the training set vary, and no surer than so many test images can be."""
    error, drawn = resampled(right, clusters, rng=np.random.default_rng(0))
    low, high = 1 - np.quantile(drawn, [0.975, 0.025], axis=0)
    told = np.array([clustered(hits, clusters) for hits in right.mean(axis=0)]).T  # (2, m)
    return np.stack([1 - error, np.minimum(low, told[0]), np.maximum(high, told[1])])
