"""What every stage asks of vectors: checked, of unit length, and left alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from embedding_core.errors import InvalidVectors

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

Scalars = TypeVar("Scalars", bound=np.generic)

_UNIT = 2e-6  # off the square of a length of 1, from which float32 cannot tell it
_SMALLEST, _LARGEST = 1e-12, 1e12  # squares of lengths at which float32 loses nothing to the ends of its range
_CELLS = 2**24  # entries that are scaled at once, 64 MB


def checked(vectors: ArrayLike) -> NDArray[np.float32]:
    """Return `vectors` as a C-ordered (n, d) float32 array, copied only when it is not one. n may be 0, d may not.

    Raises `InvalidVectors` for another number of axes, for no columns, and for values that are not finite.
    """
    given = np.asarray(vectors)
    if given.ndim != 2 or given.shape[1] == 0:
        raise InvalidVectors(f"Vectors must have shape (n, d) with d of at least 1, not {given.shape}.")
    if given.dtype.kind not in "fiub":
        raise InvalidVectors(f"Vectors must be numbers, not {given.dtype}.")
    with np.errstate(over="ignore"):  # what float32 cannot hold becomes infinity, and is refused below
        array = np.ascontiguousarray(given, dtype=np.float32)
    # One number per row is enough to see a NaN or an infinity, and needs no second (n, d) array.
    finite = np.isfinite(np.einsum("nd->n", array, dtype=np.float64))
    if not finite.all():
        raise InvalidVectors(
            f"Vectors must be finite: {np.count_nonzero(~finite):,} of {len(array):,} rows hold NaN or infinity, "
            f"first row {int(np.argmin(finite))}."
        )
    return array


def unit_rows(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return `vectors` (n, d) scaled to length 1, row by row. A row of zeros has no direction and stays zero.

    Vectors that have that length already are returned as they are, not copied.
    """
    with np.errstate(over="ignore"):
        squares = np.einsum("nd,nd->n", vectors, vectors)
    if (np.abs(squares - 1) < _UNIT).all():
        return vectors
    if ((squares > _SMALLEST) & (squares < _LARGEST)).all():
        scaled: NDArray[np.float32] = vectors / np.sqrt(squares)[:, None]
        return scaled
    unit = np.empty(vectors.shape, np.float32)
    size = max(1, _CELLS // max(1, vectors.shape[1]))
    for first in range(0, len(vectors), size):
        unit[first : first + size] = _scaled(vectors[first : first + size])
    return unit


def _scaled(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    one = np.float32(1)
    # Dividing by the largest entry first keeps the squares of very large and very small values in range.
    peak = np.abs(vectors).max(axis=1, keepdims=True, initial=0)
    scaled = vectors / np.where(peak > 0, peak, one)
    length = np.sqrt(np.einsum("nd,nd->n", scaled, scaled))[:, None]
    return (scaled / np.where(length > 0, length, one)).astype(np.float32, copy=False)


def read_only(array: NDArray[Scalars]) -> NDArray[Scalars]:
    """Return a C-ordered view of `array` that cannot be written through. For arrays that travel between stages."""
    view: NDArray[Any] = np.ascontiguousarray(array).view()
    view.flags.writeable = False
    return view
