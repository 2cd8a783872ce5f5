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
    axes, variance, whole = principal_axes(vectors, count)
    points = vectors @ axes
    points -= points.mean(axis=0, dtype=np.float64).astype(np.float32)
    return points, tuple((variance / max(whole, np.finfo(np.float64).tiny)).tolist())


def principal_axes(vectors: NDArray[np.float32], count: int) -> tuple[NDArray[np.float32], NDArray[np.float64], float]:
    """Return the first principal axes (d, count) of `vectors` (n, d), the variance along each, and that of all."""
    n, d = vectors.shape
    axes, variance = np.zeros((d, count), np.float32), np.zeros(count)
    found = min(count, n, d)
    if found == 0 or not np.ptp(vectors, axis=0).any():
        return axes, variance, 0.0
    axes[:, :found], variance[:found], whole = (_by_columns if n > d else _by_rows)(vectors, found)
    axes *= np.sign(np.take_along_axis(axes, np.abs(axes).argmax(axis=0)[None], axis=0))
    return axes, variance, whole


def _by_columns(vectors: NDArray[np.float32], count: int) -> tuple[NDArray[np.float32], NDArray[np.float64], float]:
    """Axes (d, count), the variance along each, and that of all, from the covariance: no second copy of the vectors."""
    from scipy.linalg import eigh

    n, d = vectors.shape
    mean = vectors.mean(axis=0, dtype=np.float64)
    covariance = (vectors.T @ vectors).astype(np.float64) / n - np.outer(mean, mean)
    whole = float(np.trace(covariance))
    with threads.for_rows(n):
        variance, axes = eigh(covariance, subset_by_index=(d - count, d - 1), overwrite_a=True, check_finite=False)
    return _falling(axes), np.maximum(variance[::-1], 0), whole


def _by_rows(vectors: NDArray[np.float32], count: int) -> tuple[NDArray[np.float32], NDArray[np.float64], float]:
    """Likewise from the products of the rows, which are fewer than the columns."""
    from scipy.linalg import eigh

    n = len(vectors)
    centred = vectors - vectors.mean(axis=0, dtype=np.float64)
    products = centred @ centred.T / n
    with threads.for_rows(n):
        variance, rows = eigh(products, subset_by_index=(n - count, n - 1), overwrite_a=True, check_finite=False)
    variance = np.maximum(variance[::-1], 0)
    axes = centred.T @ rows[:, ::-1]
    lengths = np.linalg.norm(axes, axis=0)
    axes /= np.where(lengths > 0, lengths, 1)
    return axes.astype(np.float32), variance, float((centred**2).sum() / n)


def _falling(axes: NDArray[np.float64]) -> NDArray[np.float32]:
    return np.ascontiguousarray(axes[:, ::-1], np.float32)


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
