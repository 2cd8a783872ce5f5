"""Duplicates: the parts of the two looks, each against what it stands for."""

from __future__ import annotations

import cv2
import numpy as np

from embedding_core.quality.duplicates.aligning import scaled
from embedding_core.quality.duplicates.matching import nearest_two


def test_features_are_matched_as_opencv_does() -> None:
    random = np.random.default_rng(0)
    described, others = (random.integers(0, 256, (count, 32), dtype=np.uint8) for count in (60, 45))
    others[[7, 9]] = described[3]  # of two that are as near the first one counts
    ours = np.stack(nearest_two(described, others), axis=1)
    theirs = cv2.BFMatcher(cv2.NORM_HAMMING).knnMatch(described, others, k=2)
    assert ours.tolist() == [[best.trainIdx, best.distance, next_.distance] for best, next_ in theirs]


def test_a_movement_holds_between_pictures_of_other_sizes() -> None:
    movement = np.array([[1.4, 0.1, -3], [-0.2, 0.9, 2]], np.float32)
    points = np.random.default_rng(0).uniform(0, 60, (20, 2))
    onto = points @ movement[:, :2].T + movement[:, 2]
    first, second = np.array([4.0, 4.0]), np.array([2.0, 3.0])  # times as large, across and down
    larger = scaled(movement, 4.0, (2.0, 3.0))
    moved = ((points + 0.5) * second - 0.5) @ larger[:, :2].T + larger[:, 2]
    np.testing.assert_allclose(moved, (onto + 0.5) * first - 0.5, atol=1e-3)
