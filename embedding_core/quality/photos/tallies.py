"""Compiled: what is counted over all pixels of a picture. Imports numba.

Each is one pass, during which other threads run. By arrays or OpenCV it takes two to ten times as long, in steps so
short that threads mostly wait for each other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BITS = 4  # of each of red, green and blue by which colours are one for a first count


@njit(cache=True, nogil=True)
def levels(grey: NDArray[np.uint8]) -> NDArray[np.int64]:
    """How many pixels (256,) of a picture in grey (height, width) have each level."""
    # By turns into four tables: to count into the same place twice in a row is to wait.
    counts = np.zeros((4, 256), np.int64)
    for line in grey:
        for column, level in enumerate(line):
            counts[column & 3, level] += 1
    every: NDArray[np.int64] = counts[0] + counts[1] + counts[2] + counts[3]
    return every


@njit(cache=True, nogil=True)
def chromas(picture: NDArray[np.uint8]) -> NDArray[np.int64]:
    """How many pixels (256,) of a picture (height, width, 3) have each difference between their largest and smallest
    of red, green and blue."""
    counts = np.zeros(256, np.int64)
    for line in picture:
        for pixel in line:
            red, green, blue = pixel[0], pixel[1], pixel[2]
            counts[max(red, green, blue) - min(red, green, blue)] += 1
    return counts


@njit(cache=True, nogil=True)
def colourfulness(picture: NDArray[np.uint8]) -> float:
    """That of a picture (height, width, 3): 0 grey, 15 slight, 109 extreme.

    Hasler & Süsstrunk, "Measuring colourfulness in natural images", 2003.
    """
    across, across_squared, along, along_squared = 0, 0, 0, 0  # red to green, and twice yellow to blue
    for line in picture:
        for pixel in line:
            red, green, blue = int(pixel[0]), int(pixel[1]), int(pixel[2])
            first, second = red - green, red + green - 2 * blue
            across += first
            across_squared += first * first
            along += second
            along_squared += second * second
    n = picture.shape[0] * picture.shape[1]
    means = (across / n) ** 2 + (along / n / 2) ** 2
    spread = max(0.0, across_squared / n + along_squared / n / 4 - means)
    return float(np.sqrt(spread) + 0.3 * np.sqrt(means))


@njit(cache=True, nogil=True)
def even(picture: NDArray[np.uint8], same: int) -> float:
    """The share of the pixels (height, width, 3) that have the commonest colour, give or take `same` levels in each of
    red, green and blue."""
    counts = np.zeros(1 << 3 * _BITS, np.int64)
    for line in picture:
        for pixel in line:
            counts[_coarse(pixel[0], pixel[1], pixel[2])] += 1
    most = counts.argmax()
    reds, greens, blues = 0, 0, 0
    for line in picture:
        for pixel in line:
            red, green, blue = int(pixel[0]), int(pixel[1]), int(pixel[2])
            if _coarse(red, green, blue) == most:
                reds, greens, blues = reds + red, greens + green, blues + blue
    mean = [int(np.rint(one / counts[most])) for one in (reds, greens, blues)]
    lowest, highest = [one - same for one in mean], [one + same for one in mean]
    alike = 0
    for line in picture:
        for pixel in line:
            red, green, blue = int(pixel[0]), int(pixel[1]), int(pixel[2])
            within = lowest[0] <= red <= highest[0] and lowest[1] <= green <= highest[1]
            alike += within and lowest[2] <= blue <= highest[2]
    return float(alike / (picture.shape[0] * picture.shape[1]))


@njit(nogil=True, inline="always")
def _coarse(red: int, green: int, blue: int) -> int:
    """The first bits of each in one number."""
    left = 8 - _BITS
    return ((red >> left) << 2 * _BITS) | ((green >> left) << _BITS) | (blue >> left)
