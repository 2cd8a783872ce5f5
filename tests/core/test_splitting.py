"""A split parts no group and keeps its shares in every class, nearer than scikit-learn where groups are large."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from embedding_core.errors import InvalidInput
from embedding_core.quality.leakage.splitting import Split, shares_of, split

SHARES = {"train": 0.7, "val": 0.15, "test": 0.15}


def parted(made: Split, groups: NDArray[np.integer]) -> int:
    """How many groups lie in more than one part."""
    return sum(len(set(made.parts[groups == group].tolist())) > 1 for group in set(groups[groups >= 0].tolist()))


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 10_000), n=st.integers(3, 200), classes=st.integers(1, 6), largest=st.integers(1, 40))
def test_no_group_is_ever_parted_and_every_image_has_a_part(seed: int, n: int, classes: int, largest: int) -> None:
    random = np.random.default_rng(seed)
    codes = random.integers(-1, classes, n)
    groups = random.integers(-1, max(1, n // largest), n)
    made = split(codes, groups, SHARES, seed=seed)
    assert parted(made, groups) == 0
    assert made.parts.min() >= 0
    assert made.sizes == tuple(np.bincount(made.parts, minlength=3).tolist())


def test_without_groups_each_class_has_its_shares_to_an_image() -> None:
    codes = np.random.default_rng(0).integers(0, 7, 1_000)
    made = split(codes, np.full(1_000, -1), SHARES)
    counts = np.bincount(codes)
    assert (np.abs(made.counts - np.outer(list(SHARES.values()), counts)) < 1).all()
    assert made.off <= 0.002


@pytest.mark.parametrize("seed", range(3))
def test_with_large_groups_it_is_nearer_to_the_shares_than_folds_are(seed: int) -> None:
    from sklearn.model_selection import StratifiedGroupKFold

    random = np.random.default_rng(seed)
    n = 2_000
    codes = random.integers(0, 8, n)
    groups = random.permutation(np.repeat(np.arange(n), random.zipf(1.6, n).clip(max=250))[:n])
    made = split(codes, groups, SHARES, seed=seed)
    folds = np.empty(n, int)
    dealt = StratifiedGroupKFold(20, shuffle=True, random_state=seed).split(codes, codes, groups)
    for fold, (_, rows) in enumerate(dealt):
        folds[rows] = fold
    theirs = np.bincount(np.digitize(folds, [14, 17]), minlength=3) / n
    assert made.off < 0.02
    assert made.off < np.abs(theirs - list(SHARES.values())).max() / 2


def test_groups_of_one_class_each_are_spread_over_the_parts() -> None:
    codes = np.repeat(np.arange(10), 60)
    made = split(codes, np.arange(600) // 6, SHARES)  # ten groups of six in every class
    assert made.off_by_class.max() <= 0.1


def test_the_seed_decides() -> None:
    codes, groups = np.zeros(500, int), np.arange(500) // 3
    one, again, other = (split(codes, groups, SHARES, seed=seed).parts for seed in (1, 1, 2))
    assert np.array_equal(one, again)
    renumbered = np.random.default_rng(0).permutation(1_000)[groups]
    assert np.array_equal(one, split(codes, renumbered, SHARES, seed=1).parts), "how groups are numbered does not"
    assert not np.array_equal(one, other)


def test_how_far_it_is_from_the_shares_is_told() -> None:
    made = split(np.zeros(10, int), np.array([0] * 9 + [-1]), {"a": 0.5, "b": 0.5})
    assert made.off == pytest.approx(0.4)
    assert made.groups == 1


def test_shares_are_read_as_they_are_written() -> None:
    assert shares_of("train=.7, validation=.15,test=.15") == {"train": 0.7, "validation": 0.15, "test": 0.15}
    with pytest.raises(InvalidInput, match="half"):
        shares_of("train=half,test=.5")


@pytest.mark.parametrize("shares", [{"train": 1.0}, {"a": 0.7, "b": 0.2}, {"a": 1.2, "b": -0.2}])
def test_shares_that_make_no_split_are_refused(shares: dict[str, float]) -> None:
    with pytest.raises(InvalidInput, match="add up to 1"):
        split(np.zeros(10, int), np.full(10, -1), shares)
