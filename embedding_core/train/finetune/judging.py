"""What fine-tuning was worth: on images that neither the network, nor the choice of its best epoch, has seen."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from embedding_core.effect.intervals import Differences, differences
from embedding_core.effect.storing import OfClasses
from embedding_core.neighbours.majority import majority
from embedding_core.quality.probing.probe import fit_probe
from embedding_core.vectors import unit_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embedding_core.effect.intervals import Difference

K = 5  # neighbours
_ROWS = 1024  # test images compared at once


@dataclass(frozen=True, eq=False)
class Judged(OfClasses):
    """What was said of k test images before and after, as class codes (k,)."""

    ids: NDArray[np.int64]  # (k,)
    truth: NDArray[np.int64]  # (k,)
    clusters: NDArray[np.int64]  # (k,) images with the same number are drawn together
    said_before: NDArray[np.int64]  # by a linear probe over the original vectors
    said_after: NDArray[np.int64]  # by the fine-tuned network
    near_before: NDArray[np.int64]  # by the five nearest of the images that were seen, in the original vectors
    near_after: NDArray[np.int64]  # likewise in the new vectors
    said_probe: NDArray[np.int64]  # by a linear probe over the new vectors
    classes: tuple[str, ...]

    @cached_property
    def differences(self) -> Differences:
        """Of accuracy, balanced and by class: the fine-tuned network against the linear probe, paired by image."""
        return self._against(self.said_before, self.said_after)

    @cached_property
    def neighbours(self) -> Difference:
        """Accuracy of the five nearest, likewise."""
        return self._against(self.near_before, self.near_after).accuracy

    @cached_property
    def probes(self) -> Difference:
        """Accuracy of a linear probe over the new vectors against one over the original ones."""
        return self._against(self.said_before, self.said_probe).accuracy

    def _against(self, before: NDArray[np.int64], after: NDArray[np.int64]) -> Differences:
        right = [(said == self.truth)[None] for said in (before, after)]
        return differences(right[0], right[1], self.truth, self.clusters, len(self.classes))


def judge(
    ids: NDArray[np.int64],
    truth: NDArray[np.int64],
    clusters: NDArray[np.int64],
    *,
    classes: tuple[str, ...],
    seen: NDArray[np.int64],
    before: tuple[NDArray[np.float32], NDArray[np.float32]],
    after: tuple[NDArray[np.float32], NDArray[np.float32]],
    head: tuple[NDArray[np.float32], NDArray[np.float32]],
) -> Judged:
    """Judge by test images `ids` (k,) of classes `truth`. `seen` (m,) are the classes of the images that training had.

    `before` and `after` are the original and the new vectors, each of what was seen (m, d) and of the test (k, d);
    `head` is the fine-tuned classifier over the new ones: (c, d) and (c,).
    """
    return Judged(
        ids,
        truth,
        clusters,
        _probed(before, seen),
        (after[1] @ head[0].T + head[1]).argmax(axis=1),
        nearest(before[0], seen, before[1]),
        nearest(after[0], seen, after[1]),
        _probed(after, seen),
        classes,
    )


def nearest(
    known: NDArray[np.float32], codes: NDArray[np.int64], asked: NDArray[np.float32], k: int = K
) -> NDArray[np.int64]:
    """The class (q,) that most of the k rows of `known` (m, d) nearest to each of `asked` (q, d) have, by cosine.

    Of classes that as many have, it is that of the nearest.
    """
    rows = unit_rows(known)
    k = min(k, len(rows))
    found = np.empty(len(asked), np.int64)
    for start in range(0, len(asked), _ROWS):
        near = unit_rows(asked[start : start + _ROWS]) @ rows.T
        best = np.argpartition(-near, k - 1, axis=1)[:, :k]
        order = np.argsort(-np.take_along_axis(near, best, axis=1), axis=1, kind="stable")
        found[start : start + _ROWS] = majority(codes[np.take_along_axis(best, order, axis=1)])
    return found


def _probed(of: tuple[NDArray[np.float32], NDArray[np.float32]], codes: NDArray[np.int64]) -> NDArray[np.int64]:
    found: NDArray[np.int64] = fit_probe(of[0], codes, calibrated=False).probabilities(of[1]).argmax(axis=1)
    return found
