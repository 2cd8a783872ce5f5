"""Intervals hold the truth about as often as they say, also where images are copies of each other."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from embedding_core.evaluate.card.intervals import clusters, figure
from embedding_core.quality import intervals
from embedding_core.quality.probing.probe import fit_probe, out_of_fold

SETS = 100


def in_groups(seed: int, truth: float, *, alike: float) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Images in groups of 1 to 6; a share `alike` of the groups is right or wrong as a whole."""
    rng = np.random.default_rng(seed)
    sizes = rng.choice([1, 1, 1, 2, 4, 6], 200)
    groups = np.repeat(np.arange(200), sizes)
    right = rng.random(len(groups)) < truth
    whole = (rng.random(200) < alike)[groups]
    return np.where(whole, (rng.random(200) < truth)[groups], right), groups


@pytest.mark.parametrize("truth", [0.6, 0.9])
@pytest.mark.parametrize("alike", [0.0, 0.5, 1.0])
def test_of_a_hundred_sets_the_interval_holds_the_truth_in_ninety_to_ninety_nine(truth: float, alike: float) -> None:
    held = 0
    for seed in range(SETS):
        right, groups = in_groups(seed, truth, alike=alike)
        found = figure(right, groups)
        held += found.low <= truth <= found.high
    assert 90 <= held <= 99


def test_copies_that_count_as_witnesses_would_make_it_too_narrow() -> None:
    held = 0
    for seed in range(SETS):
        right, _ = in_groups(seed, 0.9, alike=1)
        found = figure(right)
        held += found.low <= 0.9 <= found.high
    assert held < 88


def test_the_interval_of_a_probe_holds_what_it_is_right_on_elsewhere() -> None:
    held = 0
    for seed in range(SETS):
        rng = np.random.default_rng(seed)
        middles = np.random.default_rng(7).normal(size=(3, 8))

        def drawn(
            n: int, rng: np.random.Generator = rng, middles: NDArray[np.float64] = middles
        ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
            codes = rng.integers(0, 3, n)
            return (middles[codes] + rng.normal(size=(n, 8))).astype(np.float32), codes

        vectors, codes = drawn(300)
        found = figure(out_of_fold(vectors, codes).argmax(axis=1) == codes)
        new, truth = drawn(4000)
        elsewhere = (fit_probe(vectors, codes, calibrated=False).probabilities(new).argmax(axis=1) == truth).mean()
        held += found.low <= elsewhere <= found.high
    assert 90 <= held <= 99


def test_of_images_that_are_alone_it_is_wilson_s() -> None:
    right = np.arange(50) < 41
    found = figure(right, np.full(50, -1))
    assert (found.low, found.high) == pytest.approx(intervals.share(41, 50))
    assert found.value == 0.82


def test_a_hundred_copies_are_one_witness() -> None:
    assert (figure(np.ones(100), np.zeros(100)).low, figure([1]).low) == pytest.approx((0.2065, 0.2065), abs=1e-3)


def test_nothing_is_known_of_no_image() -> None:
    found = figure([])
    assert np.isnan(found.value)
    assert (found.low, found.high) == (0, 1)


def test_images_that_are_alone_are_witnesses_of_their_own() -> None:
    assert len(set(clusters([-1, 3, -1, 3, 0], 5).tolist())) == 4
    assert clusters([-1, 3, -1, 3, 0], 5)[1] == clusters([-1, 3, -1, 3, 0], 5)[3]
