"""Ensembles: each way by hand, gains that are told from nothing, and a test part that chooses nothing."""

from dataclasses import replace

import numpy as np
import pytest

from embedding_core.errors import InvalidInput
from embedding_core.quality.probing.folding import deal
from embedding_core.quality.probing.probe import fit_probe, out_of_fold
from embedding_core.train.ensembles import (
    FOLDS,
    Block,
    averaged,
    compare_ensembles,
    concatenated,
    looked_again,
    said_by,
    stacked,
)
from embedding_core.train.ensembles_found import Cost, Ensembles
from embedding_core.train.ensembles_words import headline, said, verdict
from tests.core.test_curve import CLASSES


def seen(columns: slice, name: str, *, n: int = 400, k: int = 700, weak: float = 1.0) -> Block:
    """What an encoder sees of images whose classes stand in twelve numbers: some of them, and noise."""
    parts = []
    for count, seed in ((n, 0), (k, 1)):
        rng = np.random.default_rng(seed)
        codes = rng.integers(0, 3, count)
        centres = np.random.default_rng(9).normal(size=(3, 12))
        whole = centres[codes] + 1.7 * rng.normal(size=(count, 12))
        parts.append((weak * whole[:, columns]).astype(np.float32))
    return Block(parts[0], parts[1], Cost(name, parts[0].shape[1], 0.01, 10.0))


def classes_of(count: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 3, count)


CODES, TRUTH = classes_of(400, 0), classes_of(700, 1)
FIRST, SECOND = seen(slice(0, 6), "first"), seen(slice(6, 12), "second")


@pytest.fixture(scope="module")
def found() -> Ensembles:
    return compare_ensembles([FIRST, SECOND], CODES, TRUTH, classes=CLASSES)


def test_two_that_see_different_things_are_worth_it(found: Ensembles) -> None:
    assert [way.kind for way in found.ways] == ["single", "single", "concatenated", "averaged", "stacked"]
    assert found.ways[found.chosen].kind == "concatenated"
    assert found.gains[found.chosen].better
    assert verdict(found) == "worth"
    assert headline(found).startswith("Worth it: vectors side by side gain +")
    assert "2.0 times the embedding time" in headline(found)


def test_side_by_side_is_as_by_hand(found: Ensembles) -> None:
    def unit(rows: np.ndarray) -> np.ndarray:
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    train, test = (
        np.hstack([unit(FIRST.train), unit(SECOND.train)]),
        np.hstack([unit(FIRST.test), unit(SECOND.test)]),
    )
    assert concatenated([FIRST.train, 5 * SECOND.train]) == pytest.approx(train / np.sqrt(2), abs=1e-6)
    probe = fit_probe(train.astype(np.float32), CODES, folds=FOLDS)
    right = probe.probabilities(test.astype(np.float32)).argmax(axis=1) == TRUTH
    assert found.ways[2].accuracy == pytest.approx(right.mean(), abs=0.004)  # a rounding apart, at most one image


def test_averaging_is_as_by_hand(found: Ensembles) -> None:
    both = [fit_probe(one.train, CODES, folds=FOLDS).probabilities(one.test) for one in (FIRST, SECOND)]
    inside = [out_of_fold(one.train, CODES, folds=FOLDS) for one in (FIRST, SECOND)]
    assert np.array_equal(found.ways[3].right, ((both[0] + both[1]) / 2).argmax(axis=1) == TRUTH)
    assert found.ways[3].validation == pytest.approx((sum(inside).argmax(axis=1) == CODES).mean())


def test_stacking_is_scikit_learns_on_the_same_folds() -> None:
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import PredefinedSplit, cross_val_predict

    groups = np.where(np.arange(400) % 3 == 0, np.arange(400) // 12, -1)
    each = [said_by(one.train, CODES, one.test, groups=groups) for one in (FIRST, SECOND)]
    ours = stacked(each, CODES, groups=groups)
    inside, outside = (np.hstack([getattr(one, part) for one in each]) for part in ("out_of_fold", "test"))
    model = LogisticRegression(max_iter=1000)
    folds = PredefinedSplit(deal(CODES, FOLDS, groups=groups))
    theirs = cross_val_predict(model, inside, CODES, cv=folds, method="predict_proba")
    assert ours.out_of_fold == pytest.approx(theirs, abs=1e-4)
    assert ours.test == pytest.approx(model.fit(inside, CODES).predict_proba(outside), abs=1e-4)


def test_an_encoder_with_itself_gains_nothing() -> None:
    twin = replace(FIRST, cost=replace(FIRST.cost, encoder="twin"))
    found = compare_ensembles([FIRST, twin], CODES, TRUTH, classes=CLASSES)
    for gain in found.gains:
        assert gain.low <= 0 <= gain.high
    assert found.gains[3].change == 0  # averaged with itself it is itself
    alone = found.gains[found.best]
    assert (alone.change, alone.low, alone.high) == (0, 0, 0), "nothing is in doubt about the best one beside itself"
    assert verdict(found) in ("alone", "unclear")
    assert headline(found).startswith(("Not worth it", "Perhaps"))


def test_the_test_part_chooses_nothing(found: Ensembles) -> None:
    poisoned = compare_ensembles([FIRST, SECOND], CODES, (TRUTH + 1) % 3, classes=CLASSES)
    assert (poisoned.best, poisoned.chosen) == (found.best, found.chosen)
    assert [way.validation for way in poisoned.ways] == [way.validation for way in found.ways]
    for honest, other in zip(found.ways, poisoned.ways, strict=True):
        assert not (honest.right & other.right).any()


def test_the_simpler_one_of_equals_is_chosen(found: Ensembles) -> None:
    even = replace(found, ways=tuple(replace(way, validation=0.8) for way in found.ways))
    assert (even.best, even.chosen) == (0, 0)
    assert headline(even) == "Not worth it: first alone is as good as any ensemble of these"


def test_costs_add_up(found: Ensembles) -> None:
    assert (found.dim(2), found.size_mb(2), found.seconds_per_image(2)) == (12, 20.0, 0.02)
    unknown = replace(found, costs=(found.costs[0], replace(found.costs[1], seconds_per_image=None)))
    assert unknown.seconds_per_image(2) is None
    assert unknown.seconds_per_image(0) == 0.01


def test_views_that_are_the_same_image_change_nothing() -> None:
    block = replace(FIRST, views=np.stack([FIRST.test] * 3))
    plain = fit_probe(FIRST.train, CODES, folds=FOLDS).probabilities(FIRST.test).argmax(axis=1) == TRUTH
    for way in looked_again(block, CODES, TRUTH):
        assert np.array_equal(way.right, plain)
        assert way.looks == 4


def test_views_are_averaged_as_by_hand() -> None:
    views = FIRST.test[None] + np.random.default_rng(2).normal(size=(3, *FIRST.test.shape)).astype(np.float32)
    vectors, later = looked_again(replace(FIRST, views=views), CODES, TRUTH)
    probe = fit_probe(FIRST.train, CODES, folds=FOLDS)
    looks = [FIRST.test, *views]
    unit = [look / np.linalg.norm(look, axis=1, keepdims=True) for look in looks]
    assert np.array_equal(vectors.right, probe.probabilities(sum(unit) / 4).argmax(axis=1) == TRUTH)
    assert np.array_equal(later.right, sum(probe.probabilities(look) for look in looks).argmax(axis=1) == TRUTH)


def test_only_the_best_is_looked_at_again_and_views_are_never_chosen() -> None:
    blocks = [replace(one, views=np.stack([one.test] * 3)) for one in (FIRST, SECOND)]
    found = compare_ensembles(blocks, CODES, TRUTH, classes=CLASSES)
    assert [way.kind for way in found.ways[-2:]] == ["views_vectors", "views_probabilities"]
    assert found.ways[-1].encoders == found.ways[found.best].encoders
    assert found.ways[found.chosen].kind == "concatenated"
    assert "Looking 4 times" in " ".join(said(found))


def test_of_two_ways_to_look_again_none_is_taken_by_the_images_that_judge() -> None:
    block = replace(FIRST, views=np.stack([FIRST.test] * 3))
    found = compare_ensembles([block], CODES, TRUTH, classes=CLASSES)
    better = TRUTH >= 0
    lucky = replace(found, ways=(*found.ways[:-1], replace(found.ways[-1], right=better)))
    assert lucky.gains[-1].better and lucky.ways[-1].kind == "views_probabilities"
    assert headline(lucky).startswith("Not worth it: looking 4 times")
    told = " ".join(said(lucky))
    assert "with vectors averaged" in told and "with probabilities averaged" in told


def test_one_that_is_looked_at_once_is_no_ensemble() -> None:
    with pytest.raises(InvalidInput, match="two encoders"):
        compare_ensembles([FIRST], CODES, TRUTH, classes=CLASSES)


def test_averaging_three_is_their_mean() -> None:
    each = [said_by(one.train, CODES, one.test) for one in (FIRST, SECOND, FIRST)]
    assert averaged(each).test == pytest.approx(np.mean([one.test for one in each], axis=0), abs=1e-6)


def test_it_is_put_together_again(found: Ensembles) -> None:
    again = Ensembles.restored(found.arrays(), found.facts())
    assert said(again) == said(found)
    assert again.facts() == found.facts()


def test_a_kind_with_one_image_to_learn_from_can_be_weighed_too() -> None:
    rng = np.random.default_rng(0)
    codes = np.zeros(40, int)
    codes[3] = 1
    vectors, asked = (rng.normal(size=(n, 8)).astype(np.float32) for n in (40, 10))
    found = stacked([said_by(vectors, codes, asked)], codes)
    np.testing.assert_allclose(found.out_of_fold.sum(axis=1), 1, atol=1e-5)
