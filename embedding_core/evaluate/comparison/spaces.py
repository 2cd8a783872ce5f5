"""How alike two encoders see the same images: their spaces as a whole, and the neighbours that they give each image."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from embedding_core.errors import InvalidInput

if TYPE_CHECKING:
    from numpy.typing import NDArray

FEWEST = 4  # images from which the unbiased estimate is defined
NEAREST = 10  # neighbours that are compared

_CELLS = 2**24  # entries of the largest block of similarities, 64 MB


def linear_cka(first: NDArray[np.float32], second: NDArray[np.float32]) -> float:
    """Linear centred kernel alignment of two spaces of the same n images, vectors (n, d) and (n, e).

    1 where one is the other turned and scaled, 0 where they have nothing in common.

    Kornblith et al. 2019, "Similarity of neural network representations revisited", from the columns, so that no (n, n)
    kernel is made; with the unbiased HSIC of Song et al. 2012, "Feature selection via dependence maximization", since
    the plain one is near 1 for any two spaces of few images. It may come out a little below 0. Of a space in which all
    images lie on one point it is 0. Raises `InvalidInput` for fewer than 4 images and for two numbers of them.
    """
    if len(first) != len(second) or len(first) < FEWEST:
        raise InvalidInput(
            f"Two spaces are compared on the same {FEWEST} images or more, not on {len(first):,} and {len(second):,}."
        )
    x, y = (_centred(one) for one in (first, second))
    own = _hsic(x, x), _hsic(y, y)
    return float(_hsic(x, y) / np.sqrt(own[0] * own[1])) if min(own) > 0 else 0.0


def overlap(first: NDArray[np.integer], second: NDArray[np.integer]) -> float:
    """The mean share, from 0 to 1, of an image's k nearest, rows (n, k) under two encoders, that both give it."""
    if first.shape != second.shape:
        raise InvalidInput(f"Neighbours are compared one to one, not {first.shape} with {second.shape}.")
    common = (first[:, :, None] == second[:, None, :]).any(axis=2)
    return float(common.mean())


def nearest(unit: NDArray[np.float32], rows: NDArray[np.integer], k: int = NEAREST) -> NDArray[np.int32]:
    """The k others (q, k) most similar to each of these rows of `unit` (n, d), vectors of length 1, in no order.

    Raises `InvalidInput` where there are not so many.
    """
    if not 0 < k < len(unit):
        raise InvalidInput(f"Of {len(unit):,} images each has at most {len(unit) - 1:,} neighbours, not {k}.")
    found = np.empty((len(rows), k), np.int32)
    size = max(1, _CELLS // len(unit))
    for start in range(0, len(rows), size):
        some = rows[start : start + size]
        block = unit[some] @ unit.T
        block[np.arange(len(some)), some] = -np.inf
        found[start : start + size] = np.argpartition(-block, k - 1, axis=1)[:, :k]
    return found


def _centred(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Of mean 0, and with entries around 1, so that float32 loses nothing."""
    centred = vectors - vectors.mean(axis=0, dtype=np.float64).astype(np.float32)
    scale = float(np.abs(centred).max(initial=0))
    return np.asarray(centred / np.float32(scale)) if scale > 0 else centred


def _hsic(x: NDArray[np.float32], y: NDArray[np.float32]) -> float:
    """The unbiased estimate, of the kernels x xᵀ and y yᵀ without their diagonals, times n (n − 3)."""
    n = len(x)
    own_x, own_y = (np.einsum("nd,nd->n", one, one, dtype=np.float64) for one in (x, y))
    sums_x, sums_y = (
        one.astype(np.float64) @ one.sum(axis=0, dtype=np.float64) - own for one, own in ((x, own_x), (y, own_y))
    )
    together = float((np.square((x.T @ y).astype(np.float64))).sum() - own_x @ own_y)
    return together + float(sums_x.sum() * sums_y.sum()) / ((n - 1) * (n - 2)) - 2 * float(sums_x @ sums_y) / (n - 2)
