"""Compiled: how much a picture varies from pixel to pixel, and how much of that a blur takes away. Imports numba.

With arrays each of a dozen steps writes the whole picture once more, which takes twenty times as long.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray


def lost_down(grey: NDArray[np.uint8], width: int) -> tuple[int, int]:
    """The variation from line to line of a picture in grey (height, width), and how much of it a mean of so many
    lines (an odd number, at most the height) takes away; both in parts of `width`, so that they are whole.

    What a mean of w pixels changes by from one pixel to the next is a w-th of the difference between the pixel that
    comes in and the one that goes out, so nothing need be blurred. Beyond its edge the picture is mirrored.
    """
    whole, lost = _down(np.ascontiguousarray(grey), width)
    return int(whole), int(lost)


@njit(cache=True, nogil=True, fastmath={"reassoc"})
def _down(grey: NDArray[np.uint8], width: int) -> tuple[int, int]:
    height, half, wide = grey.shape[0], width // 2, np.float32(width)
    whole, lost = 0, 0
    for line in range(1, height):
        comes, goes = line + half, abs(line - 1 - half)
        if comes >= height:
            comes = 2 * (height - 1) - comes
        here, before, entering, leaving = grey[line], grey[line - 1], grey[comes], grey[goes]
        # In single precision eight pixels are added at a time. Sums are whole, and exact up to 2²⁴: a blur of 9 pixels
        # may be asked of lines of 7,000.
        varied, taken = np.float32(0), np.float32(0)
        for column in range(grey.shape[1]):
            varies = wide * abs(np.float32(here[column]) - np.float32(before[column]))
            stays = abs(np.float32(entering[column]) - np.float32(leaving[column]))
            varied += varies
            taken += max(varies - stays, np.float32(0))
        whole += int(varied)
        lost += int(taken)
    return whole, lost
