"""Compiled: which of one picture's features look most like those of another. Imports numba.

OpenCV's matcher takes six times as long, and makes a Python object of each of its answers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray


def nearest_two(
    described: NDArray[np.uint8], others: NDArray[np.uint8]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """For each of the descriptors (f, 32) which of `others` (g, 32) is nearest, and how many of 256 bits that one and
    the second nearest are away, (f,) each. There must be two others at least."""
    mine, theirs = (np.ascontiguousarray(one).view(np.uint64) for one in (described, others))
    nearest, distance, second = (np.empty(len(described), np.int64) for _ in range(3))
    _search(mine, theirs, nearest, distance, second)
    return nearest, distance, second


@njit(cache=True, nogil=True)
def _search(
    described: NDArray[np.uint64],  # (f, w) words
    others: NDArray[np.uint64],  # (g, w)
    nearest: NDArray[np.int64],  # (f,) written
    distance: NDArray[np.int64],  # (f,) written
    second: NDArray[np.int64],  # (f,) written
) -> None:
    for row in range(described.shape[0]):
        first, next_, place = 1 << 30, 1 << 30, 0
        for other in range(others.shape[0]):
            differing = 0
            for word in range(described.shape[1]):
                differing += int(_ones(described[row, word] ^ others[other, word]))
            if differing < first:
                first, next_, place = differing, first, other
            elif differing < next_:
                next_ = differing
        nearest[row], distance[row], second[row] = place, first, next_


@njit(nogil=True, inline="always")
def _ones(word: np.uint64) -> np.uint64:
    """The bits of a word that are set, added up side by side; compilers know this form and use one instruction."""
    word = word - ((word >> np.uint64(1)) & np.uint64(0x5555555555555555))
    word = (word & np.uint64(0x3333333333333333)) + ((word >> np.uint64(2)) & np.uint64(0x3333333333333333))
    word = (word + (word >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return (word * np.uint64(0x0101010101010101)) >> np.uint64(56)
