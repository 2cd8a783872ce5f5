"""The map that a projection returns, and what a method must offer to be one of `METHODS`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from embedding_core.records import Scalar
from embedding_core.vectors import read_only

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from embedding_core.neighbours import NeighbourGraph


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
