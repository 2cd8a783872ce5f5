"""What one model got right of the untouched test part, and how two that were judged by it differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from embedding_core.effect.intervals import Difference, Differences, differences
from embedding_core.effect.storing import OfClasses
from embedding_core.errors import InvalidInput
from embedding_core.quality.intervals import clustered
from embedding_core.vectors import read_only

if TYPE_CHECKING:
    from numpy.typing import NDArray

FEWEST = 20  # images in common, below which two judgements are not compared


@dataclass(frozen=True, eq=False, slots=True)
class Judged(OfClasses):
    """The answers of a model on k images that it was not trained on."""

    ids: NDArray[np.int64]  # (k,) ascending
    truth: NDArray[np.int32]  # (k,) classes, numbered as the labels are sorted
    clusters: NDArray[np.int64]  # (k,) near-duplicates share a number: they are one witness
    right: NDArray[np.bool_]  # (k,)
    classes: tuple[str, ...]  # (c,)

    def __post_init__(self) -> None:
        order = np.argsort(self.ids)
        for name in self.arrays():
            object.__setattr__(self, name, read_only(getattr(self, name)[order]))

    @property
    def accuracy(self) -> float:
        """In [0, 1]."""
        return float(self.right.mean())

    @property
    def interval(self) -> tuple[float, float]:
        """Of `accuracy`, at 95 %, over other test images, near-duplicates as one witness."""
        return clustered(self.right, self.clusters)


def compared(first: Judged, second: Judged) -> Differences:
    """The second against the first on the images that judged both under one label, paired image by image.

    Raises `InvalidInput` where there are fewer than 20 of them.
    """
    _, at, then = np.intersect1d(first.ids, second.ids, assume_unique=True, return_indices=True)
    names = [np.array(one.classes, dtype=object)[one.truth[rows]] for one, rows in ((first, at), (second, then))]
    same = names[0] == names[1]
    at, then = at[same], then[same]
    if len(at) < FEWEST:
        raise InvalidInput(
            f"Two results are compared on the images that judged both, and these have {len(at)} in common: the test "
            "part has changed between them. Measure again."
        )
    return differences(
        first.right[at][None], second.right[then][None], second.truth[then], second.clusters[then], len(second.classes)
    )


def difference(first: Judged, second: Judged) -> Difference:
    """Likewise, of the accuracy alone."""
    return compared(first, second).accuracy
