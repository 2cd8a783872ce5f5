"""Which classes are taken for which, image by image, and a table of how each class fares."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from embedding_core.vectors import read_only

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Row:
    """How one class fares. Shares from 0 to 1; NaN where there is nothing to divide by."""

    name: str
    images: int
    precision: float  # of the images that were given this label, how many bear it
    recall: float  # of the images that bear it, how many were given it
    f1: float  # the harmonic mean of both; 0 where none was found
    knn_recall: float  # likewise by the neighbours' votes, near-duplicates left out
    silhouette: float  # −1 to 1
    confidence: float  # mean probability of what the images of this class were given


@dataclass(frozen=True, slots=True)
class Pair:
    """Images of one class that were given another."""

    actual: int
    predicted: int
    images: int
    share: float  # of the images of the actual class


@dataclass(frozen=True, eq=False)
class Confusion:
    """What each of n images bears and what it was given by a probe that had not seen it."""

    codes: NDArray[np.int64]  # (n,) classes, −1 for none
    predicted: NDArray[np.int32]  # (n,) −1 where there is no class to hold it against
    confidence: NDArray[np.float32]  # (n,) probability of what was predicted
    classes: tuple[str, ...]  # (c,)

    def __post_init__(self) -> None:
        for name in ("codes", "predicted", "confidence"):
            object.__setattr__(self, name, read_only(getattr(self, name)))

    @cached_property
    def counts(self) -> NDArray[np.int64]:
        """(c, c) images by what they bear (rows) and what they were given (columns); as scikit-learn counts them."""
        size = len(self.classes)
        judged = self.predicted >= 0
        cells = self.codes[judged] * size + self.predicted[judged]
        return np.bincount(cells, minlength=size * size).reshape(size, size)

    @property
    def right(self) -> NDArray[np.bool_]:
        """(n,) which were given what they bear."""
        found: NDArray[np.bool_] = (self.predicted == self.codes) & (self.codes >= 0)
        return found

    def cell(self, actual: int, predicted: int) -> NDArray[np.int64]:
        """The rows of the images in one cell, those first that the probe was surest of."""
        rows = np.flatnonzero((self.codes == actual) & (self.predicted == predicted))
        return rows[np.argsort(-self.confidence[rows], kind="stable")]

    def pairs(self, most: int | None = None) -> list[Pair]:
        """What is taken for what, most images first."""
        wrong = self.counts.copy()
        np.fill_diagonal(wrong, 0)
        actual, predicted = np.nonzero(wrong)
        images = wrong[actual, predicted]
        totals = self.counts.sum(axis=1)
        order = np.lexsort((predicted, actual, -images / totals[actual], -images))[:most]
        return [
            Pair(int(actual[at]), int(predicted[at]), int(images[at]), float(images[at] / totals[actual[at]]))
            for at in order.tolist()
        ]

    def table(self, knn_right: NDArray[np.bool_], silhouettes: NDArray[np.floating]) -> list[Row]:
        """Every class, the weakest F1 first. `knn_right` (n,) and `silhouettes` (n,) are of the same images."""
        counts = self.counts
        given, borne, hits = counts.sum(axis=0), counts.sum(axis=1), np.diag(counts)
        rows = []
        for code, name in enumerate(self.classes):
            own = self.codes == code
            rows.append(
                Row(
                    name,
                    int(borne[code]),
                    _share(hits[code], given[code]),
                    _share(hits[code], borne[code]),
                    _share(2 * hits[code], given[code] + borne[code]),
                    float(knn_right[own].mean()) if own.any() else float("nan"),
                    float(silhouettes[own].mean()) if own.any() else float("nan"),
                    float(self.confidence[own].mean()) if own.any() else float("nan"),
                )
            )
        return sorted(rows, key=lambda row: (row.f1, row.name))


def _share(part: np.int64, whole: np.int64) -> float:
    return float(part / whole) if whole else float("nan")
