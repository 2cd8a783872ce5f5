"""The learning curve: parts that grow, a probe on each, and words about what more labels would bring."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest

from embedding_core.errors import InvalidInput
from embedding_core.evaluate.curve.found import Curve
from embedding_core.evaluate.curve.measuring import learning_curve, parts_of, sizes_of
from embedding_core.evaluate.curve.words import gain, headline, left_out, said, told_of
from embedding_core.quality.intervals import share
from embedding_core.quality.probing.probe import fit_probe

if TYPE_CHECKING:
    from collections.abc import Sequence

CLASSES = ("a", "b", "c")


def blobs(n: int, seed: int = 0, apart: float = 0.45, dims: int = 80) -> tuple[np.ndarray, np.ndarray]:
    """Three overlapping classes, n images."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 3, n)
    centres = np.random.default_rng(99).normal(size=(3, dims)) * apart / np.sqrt(2)
    return (centres[codes] + 1.5 * rng.normal(size=(n, dims))).astype(np.float32), codes


def drawn(codes: np.ndarray | None = None, **options: object) -> Curve:
    train, truth_of = blobs(600)
    test, truth = blobs(300, seed=1)
    given = truth_of if codes is None else codes
    return learning_curve(train, given, test, truth, classes=CLASSES, seeds=4, **options)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def found() -> Curve:
    return drawn()


# -- parts -----------------------------------------------------------------------------------------------------


def test_sizes_grow_evenly_from_two_of_each_class_to_all() -> None:
    sizes = sizes_of(np.repeat([0, 1, 2], 200))
    assert (sizes[0], sizes[-1]) == (6, 600)
    steps = np.diff(np.log(sizes))
    assert steps.max() < 1.3 * steps.min()


def test_too_few_labels_are_said() -> None:
    for codes in (np.repeat([0, 1], 3), np.zeros(100, int)):
        with pytest.raises(InvalidInput, match="at least 4 labelled"):
            sizes_of(codes)


def test_parts_are_nested_and_classes_keep_their_shares() -> None:
    codes = np.random.default_rng(0).permutation(np.repeat([0, 1, 2], [300, 90, 10]))
    sizes = sizes_of(codes)
    parts = parts_of(codes, sizes, seed=3)
    assert [len(part) for part in parts] == sizes
    for less, more in pairwise(parts):
        assert set(less) <= set(more)
    for part in parts:
        shares = np.bincount(codes[part], minlength=3)
        assert shares.min() >= 1
        assert np.abs(shares - len(part) * np.array([0.75, 0.225, 0.025])).max() <= 3
    assert not np.array_equal(parts[2], parts_of(codes, sizes, seed=4)[2])


def test_no_group_is_parted() -> None:
    rng = np.random.default_rng(0)
    codes = np.repeat([0, 1], 200)
    groups = np.where(rng.random(400) < 0.5, codes * 20 + rng.integers(0, 20, 400), -1)
    for part in parts_of(codes, sizes_of(codes), groups=groups):
        inside = np.isin(np.arange(400), part)
        for group in np.unique(groups[groups >= 0]):
            assert len(np.unique(inside[groups == group])) == 1


# -- the curve -------------------------------------------------------------------------------------------------


def test_the_last_point_is_the_probe_on_all(found: Curve) -> None:
    train, codes = blobs(600)
    test, truth = blobs(300, seed=1)
    by_hand = fit_probe(train, codes, calibrated=False).probabilities(test).argmax(axis=1) == truth
    assert np.array_equal(found.right[0, -1], by_hand)
    assert found.accuracy[0, -1] == pytest.approx(by_hand.mean())


def test_neighbours_are_those_of_scikit_learn(found: Curve) -> None:
    from sklearn.neighbors import NearestNeighbors

    train, codes = blobs(600)
    test, truth = blobs(300, seed=1)
    near = NearestNeighbors(n_neighbors=5, metric="cosine").fit(train).kneighbors(test, return_distance=False)
    votes = codes[near]
    counts = (votes[:, :, None] == votes[:, None, :]).sum(axis=2)
    named = votes[np.arange(len(votes)), counts.argmax(axis=1)]
    assert found.near_accuracy[0, -1] == pytest.approx((named == truth).mean())


def test_it_climbs_and_says_by_how_much(found: Curve) -> None:
    assert found.accuracy[0, -1] > found.accuracy[0, 0] + 0.1
    assert found.law.best[0] > 0
    one = found.outlook(told_of(found))
    assert one.gain_interval[0] <= one.gain <= one.gain_interval[1]
    assert not one.far and found.outlook(9 * found.total).far
    assert headline(found) == gain(one)
    assert "more labels would bring" in said(found)[0]


def test_enough_is_within_a_point_and_so_is_all_beyond(found: Curve) -> None:
    at = int(np.flatnonzero(found.sizes.round() == found.enough)[0])
    assert (found.accuracy[0, at:] >= found.accuracy[0, -1] - 0.01).all()
    assert at == 0 or found.accuracy[0, at - 1] < found.accuracy[0, -1] - 0.01


def test_shuffled_labels_are_flat_at_chance() -> None:
    test, truth = blobs(300, seed=1)
    train, codes = blobs(300)
    all_of = [
        learning_curve(train, np.random.default_rng(seed).permutation(codes), test, truth, classes=CLASSES, seeds=3)
        for seed in range(20)
    ]
    points = np.array([one.accuracy[0] for one in all_of])
    assert points.mean(axis=0) == pytest.approx(np.full(points.shape[1], 1 / 3), abs=0.04)
    assert abs((points[:, -1] - points[:, 0]).mean()) < 0.04
    inside = [one.law.accuracy([300])[1, 0] <= 1 / 3 <= one.law.accuracy([300])[2, 0] for one in all_of]
    assert sum(inside) >= 17
    told = [one for one in all_of if one.nothing_learnt]
    assert len(told) >= 17
    assert headline(told[0]).startswith("Nothing is learnt")


def easy(tested: int, *, taught: Sequence[int] = (0, 1, 2)) -> Curve:
    train, codes = blobs(600, apart=12)
    test, truth = blobs(tested, seed=1, apart=12)
    there = np.isin(codes, taught)
    return learning_curve(train[there], codes[there], test, truth, classes=CLASSES, seeds=3)


def test_what_is_easy_is_flat() -> None:
    found = easy(1000)
    assert found.accuracy[0, -1] > 0.99
    assert found.flat
    assert "next to nothing" in headline(found)


def test_a_few_images_that_are_all_right_vouch_for_no_more_than_they_can() -> None:
    found = easy(30)
    assert found.accuracy[0, -1] == 1
    low, high = share(30, 30)
    assert found.accuracy[1:, -1] == pytest.approx((low, high))
    assert found.near_accuracy[1, -1] == pytest.approx(low)
    assert not found.flat
    assert found.outlook(600).gain_interval[1] >= 1 - low - 1e-9
    assert found.outlook(600).interval[0] <= low + 1e-9
    assert found.law.gain([found.total])[2, 0] == 0, "no more labels bring nothing"
    assert found.by_class[0].gain_interval[1] > 1 - low, "fewer still judge one class"
    assert "has most to gain" not in " ".join(said(found)), "none of them is seen to lack anything"


def test_a_class_that_nothing_teaches_is_named_and_the_curve_is_not_flat() -> None:
    found = easy(1000, taught=(0, 1))
    assert list(found.unlabelled) == [2]
    assert not found.flat
    told = next(one for one in said(found) if "Nothing to train on" in one)
    assert "“c”" in told and f"{found.unlabelled[2]} of the 1,000" in told
    assert not any("Nothing to train on" in one for one in said(easy(300)))


def test_poisoned_test_labels_change_no_training() -> None:
    train, codes = blobs(600)
    test, truth = blobs(300, seed=1)
    honest, poisoned = (
        learning_curve(train, codes, test, labels, classes=CLASSES, seeds=2) for labels in (truth, (truth + 1) % 3)
    )
    assert np.array_equal(honest.sizes, poisoned.sizes)
    # What was right before can only be wrong under the other labels: the same was predicted.
    assert not (honest.right & poisoned.right).any()


def test_classes_gain_no_more_than_they_lack(found: Curve) -> None:
    assert {one.code for one in found.by_class} == {0, 1, 2}
    for one in found.by_class:
        assert one.gain_interval[0] <= one.gain <= one.gain_interval[1]
        assert one.gain <= 1 - one.accuracy + 1e-9
        assert one.gain_interval[1] <= 1 - share(round(one.accuracy * one.tested), one.tested)[0] + 1e-9
    gains = [(one.told, round(one.gain, 3)) for one in found.by_class]
    assert gains == sorted(gains, reverse=True)


def test_a_gain_that_may_be_chance_comes_after_one_that_is_none() -> None:
    train, codes = blobs(700)
    test, truth = blobs(600, seed=1)
    few = (truth != 1) | (np.cumsum(truth == 1) <= 9)  # they judge one class
    found = learning_curve(train, codes, test[few], truth[few], classes=CLASSES, seeds=4)
    assert [one.code for one in found.by_class][-1] == 1
    assert found.by_class[-1].gain > found.by_class[-2].gain
    assert left_out(found, 3) == ""
    assert left_out(found, 2).startswith("2 of 3 labels are drawn")
    fewer = (truth != 1) | (np.cumsum(truth == 1) <= 7)
    cut = learning_curve(train, codes, test[fewer], truth[fewer], classes=CLASSES, seeds=2)
    assert left_out(cut, 3) == "1 more label has fewer than 8 untouched images: too few to tell."


def test_it_is_put_together_again(found: Curve) -> None:
    again = Curve.restored(found.arrays(), found.facts())
    assert said(again) == said(found)


def test_seeds_are_checked() -> None:
    for seeds in (1, 51):
        with pytest.raises(InvalidInput, match="2 to 50 times"):
            drawn_with(seeds)


def drawn_with(seeds: int) -> Curve:
    train, codes = blobs(60)
    return learning_curve(train, codes, train, codes, classes=CLASSES, seeds=seeds)
