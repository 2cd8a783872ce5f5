"""Principal component analysis: the directions along which the vectors differ most."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from embedding_core.projection.base import Layout, Method
from embedding_core.vectors import principal_components

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from embedding_core.neighbours import NeighbourGraph


def draw(
    vectors: NDArray[np.float32],
    graph: NeighbourGraph,
    *,
    dims: int,
    seed: int,
    parameters: Mapping[str, float],
) -> Layout:
    """The first `dims` components, signs fixed as scikit-learn fixes them. Components beyond the rank are 0."""
    scores, shares = principal_components(vectors, dims, seed)
    missing = dims - scores.shape[1]
    points = np.pad(scores, ((0, 0), (0, missing)))
    return Layout(points, {}, (*map(float, shares), *[0.0] * missing))


METHOD = Method(
    name="pca",
    title="PCA",
    explanation="The widest differences lie along the axes. Exact and instant; fine groups overlap.",
    draw=draw,
    smallest=2,
)
