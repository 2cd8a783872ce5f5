"""UMAP's layout, compiled: points pulled by their edges and pushed by chance. Imports numba.

McInnes, Healy & Melville 2018 (arXiv:1802.03426), section 4.2, with one change: within an epoch every point moves by
itself alone and sees the others where the epoch before left them. So points share no writes, all processors draw, and
the same seed gives the same map on any number of them, where umap-learn's threads race.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit, prange

if TYPE_CHECKING:
    from numpy.typing import NDArray

_F = np.float32
_U = np.uint64
_NOTHING = np.float32(1e-12)  # squared distances of points on one spot, which have no direction to part in
_MOST = np.float32(4)  # of a move along an axis


@njit(fastmath=True, inline="always")
def _power(x: np.float32, b: np.float32) -> np.float32:
    """x ** b for positive float32, within 3 in 1,000: far below what chance moves a point, in a tenth of the time.

    The exponent of x is read from its bits; logarithm and power of the rest are polynomials.
    """
    bits = _F(x).view(np.int32)
    mantissa = np.int32((bits & 0x7FFFFF) | 0x3F800000).view(_F)  # in [1, 2)
    logarithm = _F((bits >> 23) - 127) + (
        _F(-2.7868)
        + mantissa * (_F(4.0697) + mantissa * (_F(-1.7585) + mantissa * (_F(0.5555) - mantissa * _F(0.0805))))
    )
    exponent = max(b * logarithm, _F(-126))
    whole = np.floor(exponent)
    part = exponent - whole
    rest = _F(1) + part * (_F(0.69583282) + part * (_F(0.22606716) + part * _F(0.07810003)))
    power: np.float32 = np.int32((np.int32(whole) + 127) << 23).view(_F) * rest
    return power


@njit(fastmath=True, inline="always")
def _bounded(move: np.float32) -> np.float32:
    return _F(min(max(move, -_MOST), _MOST))


@njit(parallel=True, cache=True, nogil=True, fastmath=True)
def epochs(
    points: NDArray[np.float32],  # (n, 3) where they start, in two dimensions with a third of zeros; changed in place
    starts: NDArray[np.int64],  # (n + 1,) where the edges of each point start
    tails: NDArray[np.int32],  # (m,) other ends; an edge between two points that move stands with both
    often: NDArray[np.float32],  # (m,) share of the epochs in which an edge is drawn, in (0, 1]
    fixed: int,  # so many points, the first ones, do not move
    total: int,  # epochs
    first_step: float,  # how far a force moves a point in the first epoch; falls to 0
    a: np.float32,  # of the curve 1 / (1 + a d^2b) by which near and far are weighed
    b: np.float32,
    repulsion: np.float32,
    negatives: int,  # strangers for each time that an edge is drawn
    seed: int,
) -> None:
    """Run all epochs."""
    n = len(points)
    pulled, pushed = _F(-2) * a * b, _F(2) * repulsion * b
    seen = points.copy()
    for epoch in range(total):
        step = _F(first_step) * _F(1 - epoch / total)
        for moving in prange(n - fixed):
            i = fixed + moving
            # One stream of numbers a point and epoch: whoever runs it draws the same strangers.
            random = (_U(seed) * _U(total) + _U(epoch)) * _U(n) + _U(i)
            random *= _U(0xD1342543DE82EF95)
            x, y, z = points[i, 0], points[i, 1], points[i, 2]
            for edge in range(starts[i], starts[i + 1]):
                rate = often[edge]
                if np.int64(rate * _F(epoch + 1)) == np.int64(rate * _F(epoch)):
                    continue
                other = tails[edge]
                for _ in range(2):  # once as its head, once as its tail
                    dx, dy, dz = x - seen[other, 0], y - seen[other, 1], z - seen[other, 2]
                    square = dx * dx + dy * dy + dz * dz
                    if square > _NOTHING:
                        power = _power(square, b)
                        force = pulled * power / (square * (a * power + _F(1)))
                        x += step * _bounded(force * dx)
                        y += step * _bounded(force * dy)
                        z += step * _bounded(force * dz)
                # All strangers of one draw push from where the point stands: then they can be computed side by side.
                gx, gy, gz = _F(0), _F(0), _F(0)
                for _ in range(negatives):
                    random += _U(0x9E3779B97F4A7C15)  # splitmix64: Steele, Lea & Flood 2014
                    bits = random
                    bits = (bits ^ (bits >> _U(30))) * _U(0xBF58476D1CE4E5B9)
                    bits = (bits ^ (bits >> _U(27))) * _U(0x94D049BB133111EB)
                    bits ^= bits >> _U(31)
                    stranger = np.int64(((bits >> _U(32)) * _U(n)) >> _U(32))
                    dx, dy, dz = x - seen[stranger, 0], y - seen[stranger, 1], z - seen[stranger, 2]
                    square = dx * dx + dy * dy + dz * dz
                    if square > _NOTHING:
                        force = pushed / ((_F(0.001) + square) * (a * _power(square, b) + _F(1)))
                        gx += _bounded(force * dx)
                        gy += _bounded(force * dy)
                        gz += _bounded(force * dz)
                x += step * gx
                y += step * gy
                z += step * gz
            points[i, 0], points[i, 1], points[i, 2] = x, y, z
        seen[:] = points
