"""Compiled: what is read from blocks of similarities. Imports numba."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit, prange

if TYPE_CHECKING:
    from numpy.typing import NDArray


def empty(n: int, k: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Rows (n, k) and similarities (n, k) of nobody's neighbours yet."""
    return np.full((n, k), -1, np.int32), np.full((n, k), -np.inf, np.float32)


@njit(parallel=True, cache=True, nogil=True)
def merge(
    block: NDArray[np.float32],  # (q, m) similarities
    lines: NDArray[np.int32],  # (q,) where the best of each line of the block are kept
    left_out: NDArray[np.int32],  # (q,) the row that is no candidate for it
    columns: NDArray[np.int32],  # (m,) which row each column is
    rows: NDArray[np.int32],  # (n, k) best so far, changed in place
    similarity: NDArray[np.float32],  # (n, k) falling along each row, likewise
) -> None:
    """Put the candidates of a block among the best of each of its lines; a line comes once in a block.

    Of equals the one that came first stays, so candidates that come in the order of their rows keep that order.
    """
    k = rows.shape[1]
    for line in prange(block.shape[0]):
        into = lines[line]
        least = similarity[into, k - 1]
        for column in range(block.shape[1]):
            value = block[line, column]
            if value > least and columns[column] != left_out[line]:
                at = k - 1
                while at > 0 and similarity[into, at - 1] < value:
                    similarity[into, at] = similarity[into, at - 1]
                    rows[into, at] = rows[into, at - 1]
                    at -= 1
                similarity[into, at] = value
                rows[into, at] = columns[column]
                least = similarity[into, k - 1]


@njit(parallel=True, cache=True, nogil=True)
def more_alike(
    block: NDArray[np.float32],  # (q, m) similarities
    than: NDArray[np.float32],  # (q, k) similarities, rising along each row
) -> NDArray[np.int64]:
    """How many entries of each line of the block are above each of its k values, (q, k)."""
    k = than.shape[1]
    counts = np.zeros(than.shape, np.int64)
    for line in prange(block.shape[0]):
        for column in range(block.shape[1]):
            at = 0
            while at < k and block[line, column] > than[line, at]:
                counts[line, at] += 1
                at += 1
    return counts


@njit(parallel=True, cache=True, nogil=True, fastmath=True)
def similarities(
    unit: NDArray[np.float32],  # (n, d)
    others: NDArray[np.int64],  # (n, k) rows
) -> NDArray[np.float32]:
    """The similarity of each row and each of its others, (n, k)."""
    n, k = others.shape
    found = np.empty((n, k), np.float32)
    for row in prange(n):
        for at in range(k):
            other = others[row, at]
            product = np.float32(0)
            for axis in range(unit.shape[1]):
                product += unit[row, axis] * unit[other, axis]
            found[row, at] = product
    return found


@njit(parallel=True, cache=True, nogil=True)
def nearest_points(
    points: NDArray[np.float32],  # (n, dims)
    k: int,  # below n
) -> NDArray[np.int64]:
    """The k nearest others of each point, (n, k), nearest first, of equals the first one."""
    n, dims = points.shape
    found = np.empty((n, k), np.int64)
    for row in prange(n):
        away = np.full(k, np.inf, np.float32)
        for other in range(n):
            square = np.float32(0)
            for axis in range(dims):
                square += (points[row, axis] - points[other, axis]) ** 2
            if square < away[k - 1] and other != row:
                at = k - 1
                while at > 0 and away[at - 1] > square:
                    away[at] = away[at - 1]
                    found[row, at] = found[row, at - 1]
                    at -= 1
                away[at] = square
                found[row, at] = other
    return found
