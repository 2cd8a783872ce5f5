"""The temperature that makes probabilities true."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from embedding_core.quality.probing.temperature import fitted_temperature


def drawn(n: int, *, too_sure: float, seed: int = 0) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Logits (n, 4), so many times what they should be, and classes drawn by what they should be."""
    rng = np.random.default_rng(seed)
    true = rng.normal(0, 2, (n, 4))
    shares = np.exp(true) / np.exp(true).sum(axis=1, keepdims=True)
    codes = (shares.cumsum(axis=1) < rng.random((n, 1))).sum(axis=1)
    return (too_sure * true).astype(np.float32), codes


@pytest.mark.parametrize("too_sure", [0.5, 1, 3])
def test_it_is_by_how_much_logits_are_too_large(too_sure: float) -> None:
    assert fitted_temperature(*drawn(20_000, too_sure=too_sure)) == pytest.approx(too_sure, rel=0.05)


def test_nobody_is_certain_because_all_were_right_so_far() -> None:
    logits, codes = np.tile(np.array([4.0, 0, 0], np.float32), (50, 1)), np.zeros(50, np.int64)
    scaled = np.exp(logits[0] / fitted_temperature(logits, codes))
    assert scaled[0] / scaled.sum() == pytest.approx(51 / 52, abs=0.002)


def test_a_class_that_could_not_be_known_does_not_count() -> None:
    logits, codes = drawn(2_000, too_sure=2)
    codes %= 3
    more = np.concatenate([logits[:, :3], np.full((2_000, 1), -np.inf, np.float32)], axis=1)
    assert fitted_temperature(more, codes) == pytest.approx(fitted_temperature(logits[:, :3], codes))


def test_without_rows_it_changes_nothing() -> None:
    assert fitted_temperature(np.zeros((0, 3), np.float32), np.zeros(0, np.int64)) == 1
