"""Rows against all rows, block after block: what exact measures over a whole set go through, whatever its size."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from embedding_core.errors import InvalidInput
from embedding_core.vectors import checked, unit_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import ArrayLike, NDArray

CELLS = 2**23  # similarities that are held at once, 32 MB


def similarities(
    unit: NDArray[np.float32], queries: NDArray[np.int64]
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]:
    """Pairs of some of the rows `queries` (b,) and their cosine with every row of `unit` (n, d), (b, n).

    A row's likeness with itself is −inf: it is masked where it stands, so that a duplicate of it stays.
    """
    size = max(1, CELLS // max(1, len(unit)))
    for start in range(0, len(queries), size):
        rows = queries[start : start + size]
        block = unit[rows] @ unit.T
        block[np.arange(len(rows)), rows] = -np.inf
        yield rows, block


def labelled_rows(
    vectors: ArrayLike, codes: ArrayLike
) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.int64]]:
    """Unit vectors (m, d) and classes (m,) of the rows that have one, and which rows (m,) these are.

    `codes` (n,) are classes from 0, −1 for a row that has none. Raises `InvalidVectors`, and `InvalidInput` for another
    number of classes than vectors, and with fewer than two rows or classes.
    """
    array, classes = checked(vectors), np.asarray(codes, np.int64)
    if classes.shape != (len(array),):
        raise InvalidInput(f"{len(array):,} vectors want as many classes, not {classes.shape}.")
    rows = np.flatnonzero(classes >= 0)
    if len(np.unique(classes[rows])) < 2:
        raise InvalidInput("Fewer than two classes have images, so there is nothing to tell apart. Label some first.")
    unit = unit_rows(array)
    return (unit if len(rows) == len(unit) else unit[rows]), classes[rows], rows


def drawn(count: int, most: int, seed: int) -> NDArray[np.int64]:
    """All rows 0 … count − 1, or `most` of them, drawn from `seed`, ascending."""
    if count <= most:
        return np.arange(count)
    return np.sort(np.random.default_rng(seed).choice(count, most, replace=False))
