"""Controls: shuffled labels score at chance, and what tells the classes without looking is found out."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier

from embedding_core.evaluate.card import controls
from embedding_core.evaluate.card.intervals import figure
from embedding_core.evaluate.knn import knn
from embedding_core.quality.probing.probe import out_of_fold, reduced
from tests.core.test_knn import clouds

ALONE = np.full(400, -1)


def test_chance_is_that_of_classifiers_that_do_not_look() -> None:
    codes = np.repeat([0, 1, 2], [100, 60, 40])
    nothing = np.zeros((200, 1))
    commonest = DummyClassifier(strategy="most_frequent").fit(nothing, codes).score(nothing, codes)
    assert controls.majority(codes) == pytest.approx(commonest)
    by_share = [DummyClassifier(strategy="stratified", random_state=seed).fit(nothing, codes) for seed in range(200)]
    drawn = np.mean([one.score(nothing, codes) for one in by_share])
    assert controls.proportional(codes) == pytest.approx(drawn, abs=0.01)


@pytest.mark.parametrize("seed", range(20))
def test_shuffled_labels_score_at_chance_within_the_interval(seed: int) -> None:
    vectors, _ = clouds(400, classes=4, apart=2, seed=seed)
    codes = np.repeat(np.arange(4), 100)  # so that whatever is guessed, chance is a quarter
    axes, near = reduced(vectors), knn(vectors, codes).near[:, :5]
    for found in (
        controls.shuffled_probe(axes, codes, seed=seed)[0],
        controls.shuffled_knn(near, codes, seed=seed),
    ):
        assert found.low <= 0.25 <= found.high
        assert found.high - found.low < 0.1


def test_shuffled_labels_of_uneven_classes_lie_between_both_kinds_of_guessing() -> None:
    vectors, _ = clouds(400, apart=2)
    codes = np.repeat([0, 1, 2], [280, 80, 40])
    found = controls.shuffled_probe(reduced(vectors), codes)[0]
    assert found.low <= controls.majority(codes)
    assert found.high >= controls.proportional(codes)


def test_pixels_are_judged_as_the_embedding_is() -> None:
    vectors, codes = clouds(400)
    groups = np.random.default_rng(0).integers(-1, 150, 400)
    probe, near = controls.pixels(vectors, codes, groups, seed=4)
    assert probe == figure(out_of_fold(vectors, codes, seed=4, groups=groups).argmax(axis=1) == codes, groups)
    assert near == figure(knn(vectors, codes, groups=groups).right(5, grouped=True), groups)


def test_a_column_that_goes_with_the_label_is_found_out() -> None:
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, 400)
    brightness = codes % 2 * 50 + rng.normal(size=400) * 5
    brightness[::7] = np.nan
    camera = (np.where(codes < 2, 0, 1)[:, None] == np.arange(2)).astype(float)
    both = controls.metadata([brightness, camera], codes, ALONE)
    one = controls.metadata([camera], codes, ALONE)
    assert both is not None and one is not None
    assert both.value > 0.85
    assert one.value == pytest.approx(0.5, abs=0.06)


def test_columns_that_say_nothing_score_at_chance() -> None:
    rng = np.random.default_rng(0)
    found = controls.metadata([rng.normal(size=400)], np.repeat(np.arange(4), 100), ALONE)
    assert found is not None
    assert found.low - 0.03 <= 0.25 <= found.high + 0.03


def test_without_columns_there_is_no_such_control() -> None:
    assert controls.metadata([], np.repeat([0, 1], 200), ALONE) is None
