"""Two models judged by the same images: differences are paired, and image by image."""

from __future__ import annotations

import numpy as np
import pytest

from embedding_core import derived
from embedding_core.derived.measuring import measure
from embedding_core.errors import InvalidInput
from embedding_core.evaluate.judged import Judged, compared, difference
from embedding_core.records import LOCAL
from tests.core import emojis


def judged(right: np.ndarray, ids: np.ndarray | None = None, classes: tuple[str, ...] = ("a", "b")) -> Judged:
    n = len(right)
    ids = np.arange(n) if ids is None else ids
    return Judged(ids, (np.arange(n) % 2).astype(np.int32), np.arange(n), right, classes)


def test_the_interval_of_an_accuracy_covers_it_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(100):
        low, high = judged(rng.random(400) < 0.8).interval
        held += low <= 0.8 <= high
    assert 90 <= held <= 99


def test_what_is_right_throughout_is_not_certain() -> None:
    low, high = judged(np.ones(20, bool)).interval
    assert 0.8 < low < 0.9
    assert high == 1


def test_one_burst_is_one_witness() -> None:
    of_one = Judged(np.arange(30), np.arange(30, dtype=np.int32) % 2, np.zeros(30, int), np.arange(30) < 20, ("a", "b"))
    low, high = of_one.interval
    assert low < 0.2
    assert high > 0.9
    better = Judged(of_one.ids, of_one.truth, of_one.clusters, np.ones(30, bool), of_one.classes)
    found = difference(of_one, better)
    assert not found.better
    assert (found.low, found.high) == (-1, 1)


def test_the_interval_of_a_difference_covers_it_as_often_as_it_says() -> None:
    rng = np.random.default_rng(1)
    held = 0
    for _ in range(100):
        first = rng.random(400) < 0.8
        second = np.where(rng.random(400) < 0.1, rng.random(400) < 0.9, first)  # true change: 0.1 * (0.9 - 0.8)
        found = difference(judged(first), judged(second))
        held += found.low <= 0.01 <= found.high
    assert 90 <= held <= 99


def test_images_are_paired_by_id_whatever_their_order() -> None:
    right = np.random.default_rng(2).random(100) < 0.7
    order = np.random.default_rng(3).permutation(100)
    shuffled = Judged(order, (order % 2).astype(np.int32), order, right[order], ("a", "b"))
    found = difference(judged(right), shuffled)
    assert found.change == 0
    assert found.low == -found.high < 0


def test_only_images_that_judged_both_under_one_label_count() -> None:
    first = judged(np.ones(60, bool))
    second = judged(np.zeros(60, bool), ids=np.arange(30, 90))
    assert compared(first, second).accuracy.change == -1
    renamed = judged(np.zeros(60, bool), classes=("c", "d"))
    with pytest.raises(InvalidInput, match="0 in common"):
        difference(first, renamed)


def test_where_a_dataset_stands_is_what_scikit_learn_says_and_is_remembered(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    from sklearn.linear_model import LogisticRegression

    workspace = emojis.workspace(tmp_path_factory)
    dataset = workspace.dataset(emojis.NAME)
    embedding = dataset.embedding("efficientnet-lite0")
    kept = measure(workspace, dataset, embedding, LOCAL)
    known = derived.labelled(workspace, dataset, [embedding])
    held = derived.held_out(workspace, dataset, known)
    vectors = embedding.matrix() / np.linalg.norm(embedding.matrix(), axis=1, keepdims=True)
    by_hand = LogisticRegression(C=20, max_iter=2000).fit(vectors[held.train], known.codes[held.train])
    expected = by_hand.score(vectors[held.test], known.codes[held.test])
    assert kept.found.accuracy == pytest.approx(expected, abs=0.04)
    (run,) = derived.runs(workspace, dataset)
    assert run.scores["accuracy"].value == kept.found.accuracy
    again = derived.judged_by(workspace, run.id)
    assert again is not None
    assert np.array_equal(again.right, kept.found.right)
    measure(workspace, dataset, embedding, LOCAL)
    assert len(derived.runs(workspace, dataset)) == 1
