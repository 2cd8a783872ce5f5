"""Compiled: how much a picture varies from pixel to pixel, and how much of that a blur takes away. Imports numba.

With arrays each of a dozen steps writes the whole picture once more, which takes four times as long.
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


@njit(cache=True, nogil=True)
def _down(grey: NDArray[np.uint8], width: int) -> tuple[int, int]:
    height, half = grey.shape[0], width // 2
    whole, lost = 0, 0
    for line in range(1, height):
        comes, goes = line + half, abs(line - 1 - half)
        if comes >= height:
            comes = 2 * (height - 1) - comes
        for column in range(grey.shape[1]):
            varies = width * abs(np.int32(grey[line, column]) - np.int32(grey[line - 1, column]))
            stays = abs(np.int32(grey[comes, column]) - np.int32(grey[goes, column]))
            whole += int(varies)
            if varies > stays:
                lost += int(varies - stays)
    return whole, lost
