"""The map that a projection returns, and what a method must offer to be one of `METHODS`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from embedding_core.records import Scalar
from embedding_core.vectors import read_only

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from embedding_core.neighbours import NeighbourGraph


@dataclass(frozen=True, slots=True)
class Placement:
    """Which images of a map were not drawn with the others, but put down beside their neighbours among them."""

    placed: NDArray[np.bool_]  # (n,)
    outside: NDArray[np.bool_]  # (n,) those of them that are unlike anything that was there, see `placing.far`

    def __post_init__(self) -> None:
        object.__setattr__(self, "placed", read_only(self.placed))
        object.__setattr__(self, "outside", read_only(self.outside))


@dataclass(frozen=True, slots=True)
class Fit:
    """How well the images that were placed on a map fit there, beside those that were drawn."""

    placed: int
    outside: int  # of them
    trust: float  # mean of `Projection.trust` over them, in [0, 1]
    trust_drawn: float  # likewise over the others


@dataclass(frozen=True, slots=True)
class Projection:
    """A map of n images. Axes have no meaning beyond near and far, except those of PCA."""

    points: NDArray[np.float32]  # (n, 2 or 3), finite
    method: str  # the one that drew it; "pca" or "grid" when there were too few images for the one asked for
    parameters: Mapping[str, Scalar]  # as used, after bounding by n
    seed: int
    trust: NDArray[np.float32] | None  # (n,) in [0, 1]: share of map neighbours that are true neighbours
    trustworthiness: float | None  # in [0, 1], k 15, cosine
    trust_sample: int  # rows that `trustworthiness` was computed on; 0 without one
    explained_variance: tuple[float, ...] | None  # (dims,) shares of the variance, PCA alone
    note: str = ""  # a sentence for the user when the map is not the one asked for
    placement: Placement | None = None  # None where all images were drawn together

    def __post_init__(self) -> None:
        object.__setattr__(self, "points", read_only(self.points))
        if self.trust is not None:
            object.__setattr__(self, "trust", read_only(self.trust))

    @property
    def n(self) -> int:
        return int(self.points.shape[0])

    @property
    def dims(self) -> int:
        return int(self.points.shape[1])

    @property
    def fit(self) -> Fit | None:
        """None where no image was placed, or without trust."""
        if self.placement is None or self.trust is None or not self.placement.placed.any():
            return None
        placed = self.placement.placed
        means = [float(self.trust[rows].mean(dtype=np.float64)) for rows in (placed, ~placed)]
        return Fit(int(np.count_nonzero(placed)), int(np.count_nonzero(self.placement.outside)), *means)


@dataclass(frozen=True, slots=True)
class Layout:
    """What a method returns: where the points are, and how it got there."""

    points: NDArray[np.float32]  # (n, dims)
    parameters: Mapping[str, Scalar]
    explained_variance: tuple[float, ...] | None = None


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number that a person may turn, in plain words. Bounds are for sliders; `project` bounds by n as well."""

    name: str  # keyword of `project`
    title: str
    explanation: str
    default: float
    low: float
    high: float
    step: float


class Draw(Protocol):
    """Turn vectors (n, d) of unit length into points. Values absent from `parameters` take their defaults."""

    def __call__(
        self,
        vectors: NDArray[np.float32],
        graph: NeighbourGraph,
        *,
        dims: int,
        seed: int,
        parameters: Mapping[str, float],
    ) -> Layout: ...


@dataclass(frozen=True, slots=True)
class Method:
    """A way of drawing a map."""

    name: str
    title: str
    explanation: str  # one sentence for the user
    draw: Draw
    parameters: tuple[Parameter, ...] = ()
    smallest: int = 4  # fewer images than this are drawn by PCA
