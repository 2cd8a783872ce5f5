"""Intervals of shares and paired differences: they cover the truth, copies count once, equals are not told apart."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import bootstrap

from embedding_core.evaluate.comparison import paired
from embedding_core.quality import intervals
from embedding_core.quality.groups import witnesses
from embedding_core.quality.intervals import clustered

ALONE = np.arange(400)


def answers(n: int, seed: int, *, gap: float, size: int = 1) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray]:
    """Right and wrong of two encoders, the second right on `gap` more; `size` copies of an image are answered alike."""
    chance = np.random.default_rng(seed)
    hard = chance.random(n // size)
    both = np.repeat(hard < 0.6, size), np.repeat(hard < 0.6, size)
    one, two = (np.repeat(chance.random(n // size) < share, size) for share in (0.4, 0.4 + gap / 0.4))
    return np.where(both[0], True, one), np.where(both[1], True, two), np.repeat(np.arange(n // size), size)


@pytest.mark.parametrize("size", [1, 4])
@pytest.mark.parametrize("gap", [0.0, 0.06])
def test_paired_differences_cover_the_truth(size: int, gap: float) -> None:
    covered = 0
    for seed in range(100):
        first, second, clusters = answers(400, seed, gap=gap, size=size)
        found = paired.difference(first, second, clusters)
        covered += found.low <= gap <= found.high
    assert 90 <= covered <= 99


def test_copies_that_are_counted_one_by_one_would_feign_certainty() -> None:
    covered = 0
    for seed in range(100):
        first, second, _ = answers(400, seed, gap=0.06, size=4)
        found = paired.difference(first, second, ALONE)
        covered += found.low <= 0.06 <= found.high
    assert covered < 85


@pytest.mark.parametrize("size", [1, 5])
def test_shares_cover_the_truth(size: int) -> None:
    covered = 0
    for seed in range(100):
        right = np.repeat(np.random.default_rng(seed).random(400 // size) < 0.85, size)
        low, high = clustered(right, np.repeat(np.arange(400 // size), size))
        covered += low <= 0.85 <= high
    assert 90 <= covered <= 99


def test_a_share_of_images_that_are_alone_is_wilsons() -> None:
    for hits in (0, 3, 200, 399, 400):
        right = np.arange(400) < hits
        np.testing.assert_allclose(clustered(right, ALONE), intervals.share(hits, 400), atol=1e-3)


def test_means_cover_the_truth() -> None:
    covered = 0
    for seed in range(100):
        low, high = paired.mean(np.repeat(np.random.default_rng(seed).beta(2, 3, 100), 2), np.repeat(np.arange(100), 2))
        covered += low <= 0.4 <= high
    assert 90 <= covered <= 99


def test_it_agrees_with_the_bootstrap_where_many_differ() -> None:
    first, second, clusters = answers(4000, 3, gap=0.05)
    found = paired.difference(first, second, clusters)
    change = (second.astype(float) - first,)
    drawn = bootstrap(change, np.mean, n_resamples=4000, method="percentile", batch=200, rng=0).confidence_interval
    np.testing.assert_allclose([found.low, found.high], [drawn.low, drawn.high], atol=1.5e-3)
    assert found.change == pytest.approx(second.mean() - first.mean())


def test_few_that_differ_tell_nothing() -> None:
    """Five that only the second gets right and none the other way: McNemar's exact p is 0.06."""
    first, second = np.ones(100, bool), np.ones(100, bool)
    first[:5] = False
    found = paired.difference(first, second, np.arange(100))
    assert not found.better
    same = paired.difference(first, first, np.arange(100))
    assert same.low < 0 < same.high, "nor do none: other images may differ"


def test_of_six_equal_encoders_hardly_ever_two_are_called_different() -> None:
    """15 pairs at once; each alone at 95 % would be wrong in half of all tables."""
    wrong = alone = 0
    for seed in range(100):
        chance = np.random.default_rng(seed)
        right = chance.random((6, 300)) < 0.8
        pairs = [(right[one], right[other]) for one in range(6) for other in range(one + 1, 6)]
        clusters = np.arange(300)
        wrong += any(one.better or one.worse for one in paired.differences(pairs, clusters))
        singly = [paired.difference(*pair, clusters) for pair in pairs]
        alone += any(one.better or one.worse for one in singly)
    assert wrong <= 10
    assert alone >= 20


def test_what_is_plainly_worse_does_not_widen_the_rest() -> None:
    """Holm: once the clear ones are told, the last pair is judged as if it were alone."""
    first, second, clusters = answers(400, 1, gap=0.06)
    hopeless = np.zeros(400, bool)
    pairs = [(first, second), (first, hopeless), (second, hopeless)]
    found = paired.differences(pairs, clusters)
    assert found[0] == paired.difference(first, second, clusters)
    assert found[1].worse and found[2].worse
    widest = paired.difference(second, hopeless, clusters, comparisons=3)
    assert found[2] == widest, "the clearest one is the widest"


def test_groups_become_clusters() -> None:
    found = witnesses(np.array([-1, 7, 7, -1, 0]))
    assert found[1] == found[2]
    assert len(set(found.tolist())) == 4
