"""The order in space, against a slow one that is written from the definition."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest

from embedding_core import spatial
from embedding_core.errors import InvalidInput


def slowly(points: np.ndarray, box: tuple[float, ...]) -> list[int]:
    """Cell by cell and bit by bit, in Python's own numbers."""
    n, level = len(points), 0
    while 4**level < n / 2 and level < 10:
        level += 1
    side = 2**level

    def cell(value: float, low: float, high: float) -> int:
        if low == high:
            return 0
        return min(max(math.floor((value - low) * (side / (high - low))), 0), side - 1)

    def number(row: int) -> float:
        x, y = (float(value) for value in points[row])
        if math.isnan(x) or math.isnan(y):
            return math.inf
        columns, lines = cell(x, box[0], box[2]), cell(y, box[1], box[3])
        return int("".join(a + b for a, b in zip(f"{lines:016b}", f"{columns:016b}", strict=True)), 2)

    return sorted(range(n), key=lambda row: (number(row), row))


@pytest.mark.parametrize("n", [0, 1, 2, 3, 9, 127, 128, 129, 2_000])
@pytest.mark.parametrize("seed", range(3))
def test_the_order_is_that_of_the_definition(n: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    points = (random.normal(size=(n, 2)) * random.uniform(1e-3, 1e4, 2) + random.normal(size=2) * 50).astype(np.float32)
    points[random.random(n) < 0.2] = points[:1]  # copies go by their rows
    assert spatial.order(points).tolist() == slowly(points, spatial.box(points))


def test_points_without_a_place_come_last_and_stretch_nothing() -> None:
    points = np.random.default_rng(0).normal(size=(300, 2)).astype(np.float32)
    lost = [4, 77, 299]
    points[4, 0] = points[77, 1] = np.nan
    points[299] = np.nan
    order = spatial.order(points)
    assert order[-3:].tolist() == lost
    assert order.tolist() == slowly(points, spatial.box(points))
    assert spatial.box(points) == spatial.box(np.delete(points, lost, axis=0))


def test_a_given_box_is_the_one_that_is_divided() -> None:
    points = np.random.default_rng(0).normal(size=(300, 2)).astype(np.float32)
    box = (-1.0, -0.5, 1.0, 3.0)  # points outside are in the cells at its edge
    assert spatial.order(points, box).tolist() == slowly(points, box)
    assert spatial.order(points, box).tolist() != spatial.order(points).tolist()


def test_a_line_and_a_heap_are_in_order_as_well() -> None:
    line = np.stack([np.arange(50)[::-1], np.full(50, 3)], axis=1).astype(np.float32)
    assert spatial.order(line).tolist() == slowly(line, spatial.box(line))
    assert spatial.order(np.ones((50, 2), np.float32)).tolist() == list(range(50))


def test_the_box_is_that_of_the_float32_values() -> None:
    points = np.array([[0.1, 7], [0.3, -2], [0.2, 0]], np.float32)
    assert spatial.box(points) == (float(np.float32(0.1)), -2.0, float(np.float32(0.3)), 7.0)
    assert spatial.box(np.full((2, 2), np.nan, np.float32)) == (0.0, 0.0, 0.0, 0.0)


def test_a_page_is_a_small_part_of_the_map() -> None:
    points = np.random.default_rng(0).random((20_000, 2)).astype(np.float32)
    order = spatial.order(points)
    pages = [points[order[start : start + spatial.PAGE]] for start in range(0, len(order), spatial.PAGE)]
    assert np.median([np.prod(np.ptp(page, axis=0)) for page in pages]) < 0.02


def test_a_million_points_take_well_under_a_second() -> None:
    points = np.random.default_rng(0).normal(size=(1_000_000, 2)).astype(np.float32)
    begun = time.process_time()
    order = spatial.order(points)
    assert time.process_time() - begun < 1.5  # 0.3 as a rule
    assert np.bincount(order, minlength=len(points)).max() == 1


def test_points_in_space_have_no_order_on_a_plane() -> None:
    with pytest.raises(InvalidInput, match=r"\(n, 2\), not \(5, 3\)"):
        spatial.order(np.zeros((5, 3), np.float32))
