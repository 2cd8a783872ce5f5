"""Probes of every family: what they learn, what they must not learn, and figures checked against other libraries."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr
from sklearn import metrics
from torchmetrics.functional.classification import multiclass_calibration_error

from embedding_core.errors import InvalidInput
from embedding_core.quality.probing.folding import deal
from embedding_core.train import space
from embedding_core.train.model import _margin, train
from embedding_core.train.probes import calibration, fitting, registry, scores
from embedding_core.train.probes.found import Probed
from embedding_core.train.probes.judging import probe
from tests.core.clouds import clouds, numbers, parts

NAMES = ("a", "b", "c")
KINDS = [one.id for one in registry.families("classification")]
NUMBER_KINDS = [one.id for one in registry.families("regression")]


@pytest.mark.parametrize("family", KINDS)
def test_every_family_tells_clouds_apart(family: str) -> None:
    vectors, codes = clouds()
    on, by = parts(vectors, codes, NAMES)
    found, _ = probe(on, by, [family])
    assert found.families[0].scores["accuracy"].value > 0.9
    assert found.baseline["accuracy"].value < 0.4


@pytest.mark.parametrize("family", NUMBER_KINDS)
def test_every_family_estimates_a_planted_number(family: str) -> None:
    vectors, _ = clouds(360)
    on, by = parts(vectors, numbers(vectors))
    found, models = probe(on, by, [family])
    least = {"knn": 0.4, "boosting": 0.65}.get(family, 0.9)  # neighbours and steps follow a plane only roughly
    assert found.families[0].scores["r2"].value > least
    assert abs(found.baseline["r2"].value) < 0.1
    assert models[family].margin > 0


def test_a_linear_number_is_found_almost_exactly_and_its_interval_holds() -> None:
    vectors, _ = clouds(600)
    on, by = parts(vectors, numbers(vectors, noise=0.1))
    model, _ = train(on, "ridge")
    off = np.abs(model.predict(by.vectors).values - by.truth)
    assert model.margin == pytest.approx(40 * 0.1 * 1.96, rel=0.25)
    assert 0.9 <= (off <= model.margin).mean() <= 0.99


def test_a_margin_counts_a_group_of_copies_once() -> None:
    """Large groups are easy here: each image by itself, they would say that all are."""
    off = np.concatenate([np.full(300, 0.1), np.arange(1.0, 101.0)])
    groups = np.concatenate([np.repeat(np.arange(3), 100), np.full(100, -1)])
    assert _margin(off, np.zeros(400), groups) == 96
    assert _margin(off, np.zeros(400), np.full(400, -1)) == 81
    alone = np.arange(1.0, 101.0)
    assert _margin(alone, np.zeros(100), np.full(100, -1)) == 96


def test_shuffled_labels_are_learnt_no_better_than_by_chance() -> None:
    found = []
    for seed in range(20):
        vectors, codes = clouds(300, seed=seed)
        on, by = parts(vectors, np.random.default_rng(seed).permutation(codes), NAMES)
        found.append(probe(on, by, ["logistic"])[0].families[0].scores["accuracy"])
    held = sum(one.low <= 1 / 3 <= one.high for one in found)
    assert held >= 17, "an interval of 95 % holds the truth in 17 of 20 or more, in 98 of 100 such tests"
    assert np.mean([one.value for one in found]) == pytest.approx(1 / 3, abs=0.03)


def test_no_fold_has_seen_what_it_predicts() -> None:
    vectors, codes = clouds(90)
    folds = deal(codes, 5)
    before = fitting.out_of_fold(vectors, codes, "logistic", folds=folds)
    poisoned = np.where(folds == 0, (codes + 1) % 3, codes)
    after = fitting.out_of_fold(vectors, poisoned, "logistic", folds=folds)
    assert np.array_equal(before[folds == 0], after[folds == 0]), "its own labels do not enter what is said of a fold"
    assert not np.allclose(before[folds == 1], after[folds == 1]), "those of the others do"


@pytest.mark.parametrize("family", ["svm", "svm-rbf", "boosting"])
def test_numbers_have_no_class_weight(family: str) -> None:
    assert "class_weight" in registry.setting(family, "classification")
    assert "class_weight" not in registry.setting(family, "regression", {"class_weight": "none"})
    with pytest.raises(InvalidInput, match="class_weight"):
        registry.setting(family, "regression", {"class_weight": "balanced"})


def test_what_the_test_part_is_called_changes_no_model() -> None:
    vectors, codes = clouds()
    on, by = parts(vectors, codes, NAMES)
    _, models = probe(on, by, ["logistic", "svm-rbf"])
    spoilt = type(by)(by.ids, by.vectors, (by.truth + 1) % 3, by.clusters, by.chosen, by.left_out)
    found, again = probe(on, spoilt, ["logistic", "svm-rbf"])
    assert found.families[0].scores["accuracy"].value < 0.1
    for family, model in models.items():
        assert np.array_equal(model.predict(vectors).probabilities, again[family].predict(vectors).probabilities)


def test_scores_are_those_of_scikit_learn_and_torchmetrics() -> None:
    rng = np.random.default_rng(3)
    truth = rng.integers(0, 4, 500)
    logits = 2 * np.eye(4)[truth] + rng.normal(size=(500, 4))
    given = fitting.probabilities(logits)
    found = scores.of_classes(given, truth, np.arange(500))
    said = given.argmax(axis=1)
    oracle = {
        "accuracy": metrics.accuracy_score(truth, said),
        "balanced_accuracy": metrics.balanced_accuracy_score(truth, said),
        "macro_f1": metrics.f1_score(truth, said, average="macro"),
        "log_loss": metrics.log_loss(truth, given),
        "ece": float(
            multiclass_calibration_error(torch.tensor(given), torch.tensor(truth), num_classes=4, n_bins=15, norm="l1")
        ),
    }
    for name, value in oracle.items():
        assert found[name].value == pytest.approx(value, abs=1e-5), name
        assert found[name].low <= found[name].value <= found[name].high
    shown = calibration.bins(given.max(axis=1), said == truth)
    apart = sum(one.count * abs(one.accuracy - one.confidence) for one in shown) / len(truth)
    assert apart == pytest.approx(oracle["ece"], abs=1e-5), "what the diagram shows is what the figure says"


def test_scores_of_numbers_are_those_of_scikit_learn_and_scipy() -> None:
    rng = np.random.default_rng(4)
    truth = rng.normal(5, 3, 400)
    said = truth + rng.normal(size=400)
    found = scores.of_numbers(said, truth, np.arange(400))
    oracle = {
        "mae": metrics.mean_absolute_error(truth, said),
        "rmse": metrics.root_mean_squared_error(truth, said),
        "r2": metrics.r2_score(truth, said),
        "spearman": float(spearmanr(truth, said).statistic),
    }
    for name, value in oracle.items():
        assert found[name].value == pytest.approx(value), name
        assert found[name].low < value < found[name].high


def test_what_is_all_right_has_a_width_in_every_measure() -> None:
    for kinds, n in ((2, 30), (22, 200)):
        truth = np.arange(n) % kinds
        found = scores.of_classes(np.eye(kinds)[truth], truth, np.arange(n))
        for name in ("accuracy", "balanced_accuracy", "macro_f1"):
            assert (found[name].value, found[name].high) == pytest.approx((1, 1)), name
            assert 1 - 8 / n < found[name].low < 1 - 0.5 / n, name


def test_balanced_intervals_cover_the_truth() -> None:
    hits = 0
    for seed in range(100):
        truth = np.repeat([0, 1], [240, 40])
        right = np.random.default_rng(seed).random(280) < np.where(truth == 0, 0.95, 0.8)
        found = scores.of_classes(np.eye(2)[np.where(right, truth, 1 - truth)], truth, np.arange(280), seed=seed)
        hits += found["balanced_accuracy"].low <= 0.875 <= found["balanced_accuracy"].high
    assert 90 <= hits <= 99


def test_a_number_that_hardly_varies_has_no_endless_interval() -> None:
    truth = np.full(60, 0.1, np.float32)
    truth[7] = 0.3
    found = scores.of_numbers(truth + np.float32(0.01), truth, np.arange(60))
    assert found["r2"].low > -1e3
    assert found["r2"].value == pytest.approx(metrics.r2_score(truth, truth + np.float32(0.01)), rel=1e-4)


def test_intervals_cover_the_truth_and_widen_with_clusters() -> None:
    hits = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        truth = rng.integers(0, 2, 300)
        right = rng.random(300) < 0.8
        said = np.where(right, truth, 1 - truth)
        found = scores.of_classes(np.eye(2)[said], truth, np.arange(300), seed=seed)["accuracy"]
        hits += found.low <= 0.8 <= found.high
    assert 90 <= hits <= 99
    truth = np.random.default_rng(0).integers(0, 2, 300)
    said = np.where(np.repeat(np.random.default_rng(1).random(30) < 0.8, 10), truth, 1 - truth)
    alone = scores.of_classes(np.eye(2)[said], truth, np.arange(300))["accuracy"]
    tied = scores.of_classes(np.eye(2)[said], truth, np.repeat(np.arange(30), 10))["accuracy"]
    assert tied.high - tied.low > 2 * (alone.high - alone.low), "ten copies are one witness"


@pytest.mark.parametrize("sharper", [0.2, 4.0])
def test_calibration_takes_off_what_is_too_sure_or_too_modest(sharper: float) -> None:
    rng = np.random.default_rng(5)
    logits = 1.5 * rng.normal(size=(4000, 3))
    truth = np.array([rng.choice(3, p=row) for row in fitting.probabilities(logits)])
    folds = np.arange(2000) % 5
    found = calibration.calibrate(sharper * logits[:2000], truth[:2000], folds)
    fresh, answers = sharper * logits[2000:], truth[2000:]

    def error(given: np.ndarray) -> float:
        return scores.of_classes(given, answers, np.arange(len(answers)))["ece"].value

    assert error(fitting.probabilities(fresh)) > 0.12
    assert error(found.probabilities(fresh)) < 0.04
    assert found.probabilities(fresh).sum(axis=1) == pytest.approx(np.ones(2000))


def test_thirty_that_are_all_right_are_no_certainty() -> None:
    truth = np.arange(30) % 3
    found = calibration.calibrate(3 * np.eye(3)[truth], truth, np.arange(30) % 5)
    sure = found.probabilities(3 * np.eye(3)[truth]).max(axis=1)
    assert sure == pytest.approx(np.full(30, 31 / 32), abs=2e-3)
    unseen = np.column_stack([3 * np.eye(3)[truth], np.full(30, -np.inf)])
    assert calibration.calibrate(unseen, truth, np.arange(30) % 5).temperature == pytest.approx(found.temperature)


def test_isotonic_is_taken_where_a_temperature_does_not_do() -> None:
    rng = np.random.default_rng(6)
    truth = rng.integers(0, 2, 3000)
    right = rng.random(3000) < 0.75
    said = np.where(right, truth, 1 - truth)
    # As sure of one class as of the other, and only right with the one.
    logits = np.eye(2)[said] * np.where(said == 0, 8.0, 1.0)[:, None]
    found = calibration.calibrate(logits, truth, np.arange(3000) % 5)
    assert found.method == "isotonic"
    few = calibration.calibrate(logits[:500], truth[:500], np.arange(500) % 5)
    assert few.method == "temperature", "of few images isotonic regression learns by heart"


def test_an_image_unlike_all_others_is_told_and_those_like_them_are_not() -> None:
    vectors, codes = clouds(600)
    on, by = parts(vectors, codes, NAMES)
    model, _ = train(on, "knn")
    assert model.predict(by.vectors).unlike.mean() < 0.05
    assert model.predict(-by.vectors).unlike.mean() > 0.9


def test_what_was_found_is_restored_without_loss() -> None:
    vectors, codes = clouds()
    on, by = parts(vectors, codes, NAMES)
    found, _ = probe(on, by, ["logistic", "knn"])
    again = Probed.restored(found.arrays(), found.facts())
    assert again.families == found.families and again.baseline == found.baseline
    assert np.array_equal(again.confusion(0), metrics.confusion_matrix(by.truth, found.predicted[0]))
    report = metrics.classification_report(by.truth, found.predicted[0], output_dict=True, zero_division=0)
    for code, one in enumerate(again.table(0)):
        assert (one.precision, one.recall, one.images) == pytest.approx(
            tuple(report[str(code)][name] for name in ("precision", "recall", "support"))
        )
    assert sum(one.count for one in again.reliability(0)) == len(by.ids)
    assert set(again.wrong(0)) == set(np.flatnonzero(found.predicted[0] != by.truth))


@pytest.mark.parametrize(
    ("family", "task", "given"),
    [
        ("forest", "classification", {}),
        ("ridge", "classification", {}),
        ("knn", "regression", {"k": 0}),
        ("knn", "classification", {"k": 2.5}),
        ("knn", "classification", {"weights": "loud"}),
        ("knn", "classification", {"colour": 1}),
        ("logistic", "classification", {"C": float("nan")}),
    ],
)
def test_what_there_is_not_is_refused(family: str, task: registry.Task, given: dict[str, object]) -> None:
    with pytest.raises(InvalidInput):
        registry.setting(family, task, given)


@pytest.mark.parametrize("family", list(registry.FAMILIES))
def test_cards_are_whole(family: str) -> None:
    card = registry.FAMILIES[family]
    for one in card.tries:
        space.checked(card.parameters, one)
    for parameter in card.parameters:
        assert parameter.checked(parameter.default) == parameter.default
        assert parameter.default in parameter.steps(5) and parameter.help
        assert all(parameter.checked(value) == value for value in parameter.steps(5))


def test_a_class_with_one_image_does_no_harm() -> None:
    vectors, codes = clouds(120)
    codes = codes.copy()
    codes[5] = 3
    on, by = parts(vectors, codes, (*NAMES, "rare"))
    found, _ = probe(on, by, KINDS)
    assert all(np.isfinite(one.scores["log_loss"].value) for one in found.families)
