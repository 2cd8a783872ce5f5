"""What a clustering returns, and what a method must offer to be one of `METHODS`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from embedding_core.records import Scalar
from embedding_core.vectors import read_only

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from embedding_core.neighbours import NeighbourGraph

NOISE = -1


@dataclass(frozen=True, slots=True)
class Clustering:
    """n images in c groups. Group 0 is the largest; -1 marks images that belong to none."""

    labels: NDArray[np.int32]  # (n,) in -1 … c - 1
    method: str  # the one that found it; "kmeans" when there were too few images for the one asked for
    parameters: Mapping[str, Scalar]  # as used, after bounding by n
    seed: int
    silhouette: float | None  # in [-1, 1], cosine, noise left out; None with fewer than 2 clusters
    exemplars: tuple[tuple[int, ...], ...]  # (c, up to 3) rows, the most typical first
    nmi: float | None = None  # in [0, 1] against labels, noise as one group of its own
    purity: float | None = None  # in [0, 1] share of labelled, clustered images with their cluster's majority label
    note: str = ""  # a sentence for the user when the groups are not those asked for

    def __post_init__(self) -> None:
        object.__setattr__(self, "labels", read_only(self.labels))

    @property
    def n(self) -> int:
        return len(self.labels)

    @property
    def count(self) -> int:
        """Number of clusters, c."""
        return len(self.exemplars)

    @property
    def sizes(self) -> tuple[int, ...]:
        """(c,) images in each cluster, never rising."""
        return tuple(np.bincount(self.labels[self.labels != NOISE], minlength=self.count).tolist())

    @property
    def noise(self) -> int:
        """Number of images in no cluster."""
        return int(np.count_nonzero(self.labels == NOISE))


@dataclass(frozen=True, slots=True)
class Found:
    """What a method returns: labels in any numbering, -1 for noise, and how it got there."""

    labels: NDArray[np.integer]  # (n,)
    parameters: Mapping[str, Scalar]


class Find(Protocol):
    """Group vectors (n, d) of unit length, n at least the method's `smallest`; `graph` gives their neighbours."""

    def __call__(
        self,
        vectors: NDArray[np.float32],
        *,
        k: int | None,
        min_size: int | None,
        seed: int,
        graph: Callable[[], NeighbourGraph],
    ) -> Found: ...


@dataclass(frozen=True, slots=True)
class Method:
    """A way of finding groups."""

    name: str
    title: str
    explanation: str  # one sentence for the user
    find: Find
    takes: str  # the parameter of `cluster` that it minds: "k" or "min_size"
    smallest: int = 1  # fewer images than this are grouped by KMeans
