"""The probe: never asked about what it has seen, sure of itself as often as it is right, and fair to rare classes."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from embedding_core.errors import InvalidInput, InvalidVectors
from embedding_core.quality.probing.classifiers import discriminant
from embedding_core.quality.probing.folding import deal, known_elsewhere
from embedding_core.quality.probing.probe import fit_probe, out_of_fold


def clouds(n: int = 600, classes: int = 4, spread: float = 0.35, seed: int = 0) -> tuple[NDArray[np.float32], ...]:
    """Vectors (n, 24) around a centre each class, that overlap, and their classes (n,)."""
    chance = np.random.default_rng(seed)
    codes = np.arange(n) % classes
    vectors = np.eye(24)[codes] + chance.normal(0, spread, (n, 24))
    return vectors.astype(np.float32), codes


def test_probabilities_are_as_right_as_they_say() -> None:
    vectors, codes = clouds(4000, spread=0.6)
    found = out_of_fold(vectors, codes)
    assert found.dtype == np.float32
    assert found.shape == (4000, 4)
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-5)
    right, sure = found.argmax(axis=1) == codes, found.max(axis=1)
    for low in (0.4, 0.6, 0.8):
        some = (sure >= low) & (sure < low + 0.2)
        assert abs(right[some].mean() - sure[some].mean()) < 0.06, f"from {low}"
    new, truth = clouds(2000, spread=0.6, seed=1)
    probe = fit_probe(vectors, codes)
    assert abs((probe.probabilities(new).argmax(axis=1) == truth).mean() - right.mean()) < 0.03


def test_labels_that_say_nothing_are_not_learnt_by_heart() -> None:
    vectors, _ = clouds(400)
    codes = np.random.default_rng(5).integers(0, 2, 400)
    found = out_of_fold(vectors, codes)
    assert abs((found.argmax(axis=1) == codes).mean() - 0.5) < 0.1
    assert found.max() < 0.75, "and the temperature says that nothing is known"


def test_copies_vouch_for_each_other_unless_they_are_grouped() -> None:
    chance = np.random.default_rng(0)
    vectors = np.repeat(chance.normal(size=(150, 40)), 4, axis=0).astype(np.float32)
    codes = np.repeat(chance.integers(0, 2, 150), 4)
    groups = np.repeat(np.arange(150), 4)
    apart = (out_of_fold(vectors, codes).argmax(axis=1) == codes).mean()
    grouped = (out_of_fold(vectors, codes, groups=groups).argmax(axis=1) == codes).mean()
    assert apart > grouped + 0.1, "random labels of copies look predictable"
    assert abs(grouped - 0.5) < 0.15


def test_a_class_that_no_other_fold_holds_gets_the_shares_of_all() -> None:
    vectors, codes = clouds(200, classes=2)
    codes[7] = 2
    found = out_of_fold(vectors, codes)
    np.testing.assert_allclose(found[7], np.bincount(codes) / 200, rtol=1e-5)
    assert not known_elsewhere(codes, deal(codes))[7]
    codes[8] = 2
    both = out_of_fold(vectors, codes)
    assert known_elsewhere(codes, deal(codes))[[7, 8]].all(), "two of a class vouch for each other"
    assert (both[[7, 8], 2] > 0).all()


def test_rows_without_a_class_are_predicted_and_teach_nothing() -> None:
    vectors, codes = clouds(300)
    hidden = codes.copy()
    hidden[::3] = -1
    found = out_of_fold(vectors, hidden)
    assert (found.argmax(axis=1) == codes)[::3].mean() > 0.9
    spoilt = vectors.copy()
    spoilt[::3] *= -1
    probe, other = fit_probe(vectors, hidden), fit_probe(np.delete(vectors, np.s_[::3], axis=0), hidden[hidden >= 0])
    agree = probe.probabilities(vectors).argmax(axis=1) == other.probabilities(vectors).argmax(axis=1)
    assert agree.mean() > 0.98


def test_two_classes_come_out_in_their_order() -> None:
    vectors, codes = clouds(200, classes=2)
    assert (out_of_fold(vectors, codes).argmax(axis=1) == codes).mean() > 0.9
    assert (fit_probe(vectors, codes).probabilities(vectors).argmax(axis=1) == codes).mean() > 0.9


def test_the_same_seed_gives_the_same_answer() -> None:
    vectors, codes = clouds(300)
    np.testing.assert_array_equal(out_of_fold(vectors, codes, seed=3), out_of_fold(vectors, codes, seed=3))
    assert (deal(codes, seed=3) != deal(codes, seed=4)).any()


def test_what_cannot_be_asked_is_said() -> None:
    vectors, codes = clouds(60)
    with pytest.raises(InvalidInput, match="fewer than two"):
        out_of_fold(vectors, np.zeros(60, int))
    with pytest.raises(InvalidInput, match="as many classes"):
        out_of_fold(vectors, codes[:50])
    with pytest.raises(InvalidInput, match="two folds or more"):
        out_of_fold(vectors, codes, folds=1)
    with pytest.raises(InvalidVectors, match="finite"):
        fit_probe(np.full((60, 3), np.nan), codes)
    with pytest.raises(InvalidInput, match="24 columns, not 3"):
        fit_probe(vectors, codes).probabilities(np.ones((2, 3)))


@pytest.mark.parametrize("grouped", [False, True])
def test_folds_hold_every_class_alike_and_part_no_group(grouped: bool) -> None:
    chance = np.random.default_rng(2)
    codes = chance.choice(5, 1000, p=[0.5, 0.25, 0.15, 0.07, 0.03])
    groups = np.where(chance.random(1000) < 0.3, chance.integers(0, 60, 1000), -1)
    dealt = deal(codes, 5, groups=groups if grouped else None)
    for code in range(5):
        held = np.bincount(dealt[codes == code], minlength=5)
        assert np.ptp(held) <= (6 if grouped else 1), f"class {code}: {held}"
    assert np.ptp(np.bincount(dealt)) <= (8 if grouped else 1)
    if grouped:
        parts = [np.unique(dealt[groups == group]) for group in np.unique(groups[groups >= 0])]
        assert {len(part) for part in parts} == {1}


def test_all_labels_in_one_group_leave_nothing_to_learn_from() -> None:
    vectors, codes = clouds(40, classes=2)
    codes[:20] = -1
    groups = np.where(codes >= 0, 0, -1)
    found = out_of_fold(vectors, codes, groups=groups)
    np.testing.assert_allclose(found[20:], 0.5)


def test_the_discriminant_is_that_of_scikit_learn() -> None:
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    vectors, codes = clouds(300, spread=0.8)
    weights, bias = discriminant(vectors, codes, 0.3)
    theirs = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.3).fit(vectors, codes)
    ours = vectors @ weights + bias
    np.testing.assert_allclose(ours, theirs.decision_function(vectors), rtol=1e-3, atol=1e-3)


def test_several_models_and_deals_give_their_mean() -> None:
    vectors, codes = clouds(200, spread=0.8)
    both = out_of_fold(vectors, codes, repeats=2, models=("logistic", "discriminant"))
    each = [
        out_of_fold(vectors, codes, seed=seed, models=(model,))
        for seed in (0, 1)
        for model in ("logistic", "discriminant")
    ]
    np.testing.assert_allclose(both, np.mean(each, axis=0), atol=1e-3)
    assert (each[0] != each[1]).any()
