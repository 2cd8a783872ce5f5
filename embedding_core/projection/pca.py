"""Principal component analysis: the directions along which the vectors differ most."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from embedding_core.projection.base import Layout, Method

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
    from sklearn.decomposition import PCA

    possible = min(dims, *vectors.shape)
    with np.errstate(divide="ignore", invalid="ignore"):  # vectors that are all alike have no variance to share
        fitted = PCA(possible, random_state=seed)
        points = np.zeros((len(vectors), dims), dtype=np.float32)
        points[:, :possible] = fitted.fit_transform(vectors)
        shares = np.nan_to_num(fitted.explained_variance_ratio_)
    variance = [float(share) for share in shares] + [0.0] * (dims - possible)
    return Layout(points, {}, tuple(variance))


METHOD = Method(
    name="pca",
    title="PCA",
    explanation="The widest differences lie along the axes. Exact and instant; fine groups overlap.",
    draw=draw,
    smallest=2,
)
