"""Principal components: the only map whose axes mean something."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from embedding_core import threads
from embedding_core.projection.base import Layout, Method

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from embedding_core.neighbours import NeighbourGraph


def components(vectors: NDArray[np.float32], count: int) -> tuple[NDArray[np.float32], tuple[float, ...]]:
    """Return coordinates (n, count) of `vectors` (n, d) on their first principal axes, and each axis' variance share.

    Exact and without randomness, signs included: on every axis the loading of largest magnitude is positive.
    Axes that there are none of, since n or d is small, are zero.
    """
    from sklearn.decomposition import PCA

    n, d = vectors.shape
    points = np.zeros((n, count), np.float32)
    shares = np.zeros(count)
    found = min(count, n, d)
    if found == 0 or not np.ptp(vectors, axis=0).any():
        return points, tuple(shares.tolist())
    # The covariance (d, d) needs no second copy of the vectors; with fewer rows than columns the rows are the cheaper.
    pca = PCA(found, svd_solver="covariance_eigh" if n > d else "full")
    with threads.for_rows(n):
        points[:, :found] = pca.fit_transform(vectors)
    shares[:found] = pca.explained_variance_ratio_
    return points, tuple(shares.tolist())


def turned(points: NDArray[np.float32]) -> NDArray[np.float32]:
    """The same picture (n, dims), centred and turned so that it is widest across: screens are wider than high."""
    return components(points, points.shape[1])[0]


def draw(
    vectors: NDArray[np.float32],
    graph: NeighbourGraph,
    *,
    dims: int,
    seed: int,
    parameters: Mapping[str, float],
) -> Layout:
    """See `Draw`. Neither graph nor seed matters: there is one answer."""
    points, shares = components(vectors, dims)
    return Layout(points, {}, shares)


METHOD = Method(
    name="pca",
    title="PCA",
    explanation="Turns the whole set to show its largest differences. Fast, the same every time; groups may overlap.",
    draw=draw,
    smallest=4,
)
