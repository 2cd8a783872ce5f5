"""Turning one map towards another, so that images seen on both do not jump about more than they must.

Axes of UMAP and t-SNE mean nothing, and those of PCA may be flipped: a turned or mirrored map says the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from embedding_core.errors import InvalidInput

if TYPE_CHECKING:
    from numpy.typing import NDArray

FEWEST = 3  # shared images that a turn can be told from


def turn(
    points: NDArray[np.float32],
    ids: NDArray[np.int64],
    onto: NDArray[np.float32],
    onto_ids: NDArray[np.int64],
) -> NDArray[np.float64] | None:
    """Return the orthogonal matrix (2, 2) by which `points @ matrix` comes nearest to `onto`; None when none is best.

    `points` (n, 2) are the images `ids` (n,), `onto` (m, 2) the images `onto_ids` (m,), each id once. Only images on
    both count. The maps may lie elsewhere and have another size: the matrix rotates and mirrors, and is the one that
    minimises the sum of squared distances once both are centred, whatever the scale. Fewer than three shared images,
    or shared images that all lie on one spot, say nothing.
    Schönemann 1966, "A generalized solution of the orthogonal Procrustes problem". Raises `InvalidInput` for points
    that are not on a plane.
    """
    for shown in (points, onto):
        if shown.ndim != 2 or shown.shape[1] != 2:
            raise InvalidInput(f"Only maps in two dimensions are turned, and this one has points of {shown.shape}.")
    _, ours, theirs = np.intersect1d(ids, onto_ids, assume_unique=True, return_indices=True)
    if len(ours) < FEWEST:
        return None
    moved, still = _centred(points[ours]), _centred(onto[theirs])
    left, strength, right = np.linalg.svd(moved.T @ still)
    if not strength[0] > np.finfo(np.float32).eps * np.linalg.norm(moved) * np.linalg.norm(still):
        return None
    matrix: NDArray[np.float64] = left @ right
    return matrix


def _centred(points: NDArray[np.float32]) -> NDArray[np.float64]:
    exact = points.astype(np.float64)
    centred: NDArray[np.float64] = exact - exact.mean(axis=0)
    return centred
