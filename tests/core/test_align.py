"""A turned and mirrored map is turned back, and what cannot be told is left alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import orthogonal_procrustes

from embedding_core.errors import InvalidInput
from embedding_core.projection import align


def scattered(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    return (random.normal(size=(n, 2)) * [3, 1]).astype(np.float32), random.permutation(10 * n)[:n]


def turned(angle: float, *, mirrored: bool) -> np.ndarray:
    matrix = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return matrix @ np.diag([1, -1]) if mirrored else matrix


@settings(max_examples=40, deadline=None)
@given(st.floats(-4, 4), st.booleans(), st.floats(0.01, 100), st.integers(0, 99))
def test_a_known_turn_is_found_whatever_the_size_and_place(
    angle: float, mirrored: bool, size: float, seed: int
) -> None:
    points, ids = scattered(50, seed)
    known = turned(angle, mirrored=mirrored)
    order = np.random.default_rng(seed).permutation(50)
    onto = ((points.astype(np.float64) @ known) * size + [7, -2])[order].astype(np.float32)
    found = align.turn(points, ids, onto, ids[order])
    assert found is not None
    np.testing.assert_allclose(found, known, atol=1e-4)


def test_the_turn_is_the_best_one_and_turns_only() -> None:
    points, ids = scattered(60)
    onto, _ = scattered(60, 1)
    found = align.turn(points, ids, onto, ids)
    assert found is not None
    np.testing.assert_allclose(found @ found.T, np.eye(2), atol=1e-12)
    reference, _ = orthogonal_procrustes(points - points.mean(axis=0), onto - onto.mean(axis=0))
    np.testing.assert_allclose(found, reference, atol=1e-5)


def test_only_images_on_both_maps_count() -> None:
    points, ids = scattered(40)
    known = turned(1.2, mirrored=True)
    onto, onto_ids = (points @ known).astype(np.float32), ids.copy()
    onto[20:] = 50 * np.random.default_rng(3).normal(size=(20, 2))
    onto_ids[20:] += 1000
    found = align.turn(points, ids, onto, onto_ids)
    assert found is not None
    np.testing.assert_allclose(found, known, atol=1e-4)


def test_too_little_in_common_says_nothing() -> None:
    points, ids = scattered(10)
    others = ids + 1000
    others[:2] = ids[:2]
    assert align.turn(points, ids, points, others) is None
    others[2] = ids[2]
    assert align.turn(points, ids, points, others) is not None
    heap = np.full((10, 2), 0.3, np.float32)
    assert align.turn(points, ids, heap, ids) is None
    assert align.turn(heap, ids, points, ids) is None


def test_maps_in_space_are_not_turned() -> None:
    points, ids = scattered(10)
    with pytest.raises(InvalidInput, match="two dimensions"):
        align.turn(np.zeros((10, 3), np.float32), ids, points, ids)
