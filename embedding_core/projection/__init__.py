"""Maps: vectors (n, d) in, a `Projection` with its trust out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embedding_core.projection.base import Layout, Method, Parameter, Projection
from embedding_core.records import silent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike

    from embedding_core.neighbours import NeighbourGraph
    from embedding_core.records import Progress

__all__ = ["METHODS", "Layout", "Method", "Parameter", "Projection", "project"]

METHODS: dict[str, Method] = {}


def project(
    method: str,
    vectors: ArrayLike,
    graph: NeighbourGraph,
    *,
    dims: int = 2,
    seed: int = 0,
    parameters: Mapping[str, float] | None = None,
    progress: Progress = silent,
) -> Projection:
    """Draw `vectors` (n, d) in 2 or 3 `dims` and measure how far the map can be trusted.

    `graph` is that of the same vectors. `parameters` are those that the method lists (`METHODS[method].parameters`).
    The same arguments give the same array. Fewer than 16 images are drawn by PCA, fewer than 4 as a grid without
    trust; `note` says so. Raises `InvalidInput` for an unknown method or parameter and dims other than 2 and 3, and
    `InvalidVectors`.
    """
    raise NotImplementedError
