"""Rows in the order of their places on a map: what lies near each other there is near in the order as well.

A square grid is laid over the map and its cells are numbered along a Morton curve (Morton 1966, "A computer oriented
geodetic data base"). The browser computes the same order, bit for bit, so that both mean the same by a page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from embedding_core.errors import InvalidInput

if TYPE_CHECKING:
    from numpy.typing import NDArray

PAGE = 64  # rows that are read and sent together
DEEPEST = 10  # levels of the grid: at most 1024 cells a side

Box = tuple[float, float, float, float]  # least x and y, greatest x and y


def box(points: NDArray[np.float32]) -> Box:
    """The extremes of `points` (n, 2) that have a place, as the float32 values that they are; zeros without any."""
    placed = points[_placed(points)]
    if not len(placed):
        return (0.0, 0.0, 0.0, 0.0)
    (x0, y0), (x1, y1) = placed.min(axis=0).tolist(), placed.max(axis=0).tolist()
    return (x0, y0, x1, y1)


def levels(n: int) -> int:
    """How often the grid over n points is halved: until there are at most two points a cell, at most 10 times."""
    level = 0
    while 4**level < n / 2 and level < DEEPEST:
        level += 1
    return level


def order(points: NDArray[np.float32], within: Box | None = None) -> NDArray[np.int32]:
    """Return the rows (n,) of `points` (n, 2) by the number of their cell, then by row; those with a NaN come last.

    `within` is the box that the grid is laid over, by default that of the points. Raises `InvalidInput` for points of
    another shape.
    """
    if points.ndim != 2 or points.shape[1] != 2:
        raise InvalidInput(f"An order in space wants points of shape (n, 2), not {points.shape}.")
    x0, y0, x1, y1 = box(points) if within is None else within
    side = 2 ** levels(len(points))
    placed = _placed(points)
    cells = np.full(len(points), side * side, np.uint32)
    columns = _cells(points[placed, 0], x0, x1, side)
    lines = _cells(points[placed, 1], y0, y1, side)
    cells[placed] = _spread(columns) | (_spread(lines) << np.uint32(1))
    return np.argsort(cells, kind="stable").astype(np.int32)


def _placed(points: NDArray[np.float32]) -> NDArray[np.bool_]:
    return ~(np.isnan(points[:, 0]) | np.isnan(points[:, 1]))


def _cells(values: NDArray[np.float32], low: float, high: float, side: int) -> NDArray[np.uint32]:
    """The column or line of the grid, 0 to side - 1, that each of `values` lies in."""
    if not high > low:
        return np.zeros(len(values), np.uint32)
    per_unit = side / (high - low)
    return np.floor((values.astype(np.float64) - low) * per_unit).clip(0, side - 1).astype(np.uint32)


def _spread(numbers: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Numbers of up to 10 bits with a zero before each bit."""
    table = np.zeros(2**DEEPEST, np.uint32)
    for bit in range(DEEPEST):
        table |= ((np.arange(len(table), dtype=np.uint32) >> np.uint32(bit)) & np.uint32(1)) << np.uint32(2 * bit)
    return table[numbers]
