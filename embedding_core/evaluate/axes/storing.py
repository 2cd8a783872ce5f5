"""Vectors in fewer bytes: what they take, and what is left of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from embedding_core.errors import InvalidInput

if TYPE_CHECKING:
    from numpy.typing import NDArray

BYTES = {"float32": 4, "float16": 2, "int8": 1}  # of a number
PRECISIONS = ("float16", "int8")  # that something may be lost by

_STEPS = 127


def steps(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """The width (k,) of a step on each axis of vectors (n, k) stored as int8: the farthest one is 127 steps away."""
    widths: NDArray[np.float32] = (np.abs(vectors).max(axis=0, initial=0) / _STEPS).astype(np.float32)
    return np.where(widths > 0, widths, np.float32(1))


def packed(vectors: NDArray[np.float32], kind: str, widths: NDArray[np.float32]) -> NDArray[Any]:
    """Vectors (n, k) as that type; int8 counts steps of `widths` (k,). Raises `InvalidInput`."""
    if kind not in BYTES:
        raise InvalidInput(f"Numbers are stored as {', '.join(BYTES)}, not as {kind!r}.")
    if kind == "int8":
        counted: NDArray[Any] = np.clip(np.rint(np.divide(vectors, widths)), -_STEPS, _STEPS).astype(np.int8)
        return counted
    return vectors.astype(kind)


def stored(vectors: NDArray[np.float32], kind: str, like: NDArray[np.float32]) -> NDArray[np.float32]:
    """What is read back of vectors (n, k) that were stored as `kind`, with the steps of those that were taught."""
    widths = steps(like)
    back: NDArray[np.float32] = packed(vectors, kind, widths).astype(np.float32)
    return np.multiply(back, widths) if kind == "int8" else back
