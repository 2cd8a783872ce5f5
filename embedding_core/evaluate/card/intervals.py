"""Figures with their 95 % intervals, in which near-duplicates count as one witness."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from embedding_core.quality.groups import witnesses
from embedding_core.quality.intervals import clustered

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, slots=True)
class Figure:
    """A share from 0 to 1 and where the truth lies with 95 %, over other images of the same kind."""

    value: float
    low: float
    high: float


def figure(right: ArrayLike, groups: ArrayLike | None = None) -> Figure:
    """The share of `right` (n,) with its interval; `groups` (n,) are near-duplicates, −1 for an image that is alone.

    (0, 1) for no image at all, whose share is NaN.
    """
    hits = np.asarray(right, np.float64)
    n = len(hits)
    return Figure(float(hits.mean()) if n else math.nan, *clustered(hits, clusters(groups, n)))


def clusters(groups: ArrayLike | None, n: int) -> NDArray[np.int64]:
    """Numbers (n,) from 0 of what is a witness: a group is one, and so is an image that is alone."""
    if groups is None:
        return np.arange(n)
    return witnesses(np.asarray(groups, np.int64))
