"""How alike two spaces are: against the textbook's kernels, and what must not change it; neighbours by brute force."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from embedding_core.errors import InvalidInput
from embedding_core.evaluate.comparison.spaces import linear_cka, nearest, overlap
from embedding_core.vectors import unit_rows


def textbook(x: NDArray[np.float32], y: NDArray[np.float32]) -> float:
    """CKA from kernels, every sum of Song et al. 2012 written out."""

    def hsic(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
        n = len(first)
        first, second = (one - np.diag(np.diag(one)) for one in (first, second))
        ones = np.ones(n)
        trace = np.trace(first @ second)
        sums = (ones @ first @ ones) * (ones @ second @ ones) / ((n - 1) * (n - 2))
        return float((trace + sums - 2 / (n - 2) * (ones @ first @ second @ ones)) / (n * (n - 3)))

    k, m = (one.astype(np.float64) @ one.astype(np.float64).T for one in (x, y))
    return hsic(k, m) / float(np.sqrt(hsic(k, k) * hsic(m, m)))


def spaces(n: int = 60, seed: int = 0) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Two spaces of 24 and 40 columns that have something in common."""
    chance = np.random.default_rng(seed)
    common = chance.normal(size=(n, 8))
    first = np.hstack([common, chance.normal(size=(n, 16))]) + 3
    second = common @ chance.normal(size=(8, 40)) + chance.normal(size=(n, 40))
    return first.astype(np.float32), second.astype(np.float32)


@pytest.mark.parametrize("seed", range(3))
def test_it_is_the_textbooks(seed: int) -> None:
    first, second = spaces(seed=seed)
    assert linear_cka(first, second) == pytest.approx(textbook(first, second), abs=1e-5)
    assert linear_cka(first, second) == pytest.approx(linear_cka(second, first), abs=1e-7)
    assert 0.1 < linear_cka(first, second) < 0.9


def test_turning_scaling_and_moving_a_space_change_nothing() -> None:
    first, second = spaces()
    turn, _ = np.linalg.qr(np.random.default_rng(1).normal(size=(40, 40)))
    moved = (7.5 * second @ turn - 20).astype(np.float32)
    assert linear_cka(first, moved) == pytest.approx(linear_cka(first, second), abs=1e-4)
    assert linear_cka(second, moved) == pytest.approx(1, abs=1e-5)


def test_spaces_with_nothing_in_common_score_nothing_however_few_the_images() -> None:
    """The plain estimate would say 0.7 of 50 images with 200 columns."""
    found = []
    for seed in range(20):
        chance = np.random.default_rng(seed)
        found.append(linear_cka(*(chance.normal(size=(50, 200)).astype(np.float32) for _ in range(2))))
    assert abs(np.mean(found)) < 0.03
    assert np.abs(found).max() < 0.2


def test_too_few_images_and_points_on_one_spot() -> None:
    same = np.ones((10, 3), np.float32)
    assert linear_cka(same, spaces(10)[0]) == 0
    with pytest.raises(InvalidInput):
        linear_cka(same[:3], same[:3])
    with pytest.raises(InvalidInput):
        linear_cka(same, same[:8])


def test_neighbours_in_common_are_counted_as_by_hand() -> None:
    first, second = (unit_rows(one) for one in spaces(200))
    rows = np.arange(0, 200, 3)
    near = [nearest(one, rows, 10) for one in (first, second)]
    shares = []
    for row in rows.tolist():
        sets = []
        for one in (first, second):
            alike = one @ one[row]
            alike[row] = -np.inf
            sets.append(set(np.argsort(-alike)[:10].tolist()))
        shares.append(len(sets[0] & sets[1]) / 10)
    assert overlap(*near) == pytest.approx(np.mean(shares))
    assert overlap(near[0], near[0][:, ::-1]) == 1, "their order does not matter"
    assert not (near[0] == rows[:, None]).any(), "nobody is a neighbour of his own"


def test_it_wants_as_many_others_as_neighbours() -> None:
    unit = unit_rows(spaces(10)[0])
    with pytest.raises(InvalidInput):
        nearest(unit, np.arange(10), 10)
    with pytest.raises(InvalidInput):
        overlap(np.zeros((4, 3), int), np.zeros((4, 2), int))
