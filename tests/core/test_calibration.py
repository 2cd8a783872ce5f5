"""Twenty answers move a line: the interval that comes with it holds, and what they cannot say is not said."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from embedding_core.errors import InvalidInput
from embedding_core.review.calibration import ask, calibrate

Truth = Callable[[NDArray[np.float64]], NDArray[np.float64]]

TRUTHS: dict[str, Truth] = {
    "rising": lambda score: 1 / (1 + np.exp(-12 * (score - 0.8))),
    "slowly": lambda score: 1 / (1 + np.exp(-5 * (score - 0.7))),
    "straight": lambda score: score,
}


@pytest.mark.parametrize("truth", TRUTHS.values(), ids=TRUTHS)
def test_the_interval_of_precision_holds_in_ninety_to_ninety_nine_of_a_hundred(truth: Truth) -> None:
    held = 0
    for seed in range(100):
        chance = np.random.default_rng(seed)
        scores = chance.random(1000)
        right = chance.random(1000) < truth(scores)
        rows = ask(scores, 0.8, seed=seed)
        found = calibrate(scores, 0.8, rows, right[rows], seed=seed).before
        held += bool(found.low <= right[scores >= found.line].mean() <= found.high)
    assert 90 <= held <= 99


def test_the_line_moves_to_where_findings_begin_to_be_right() -> None:
    scores = np.linspace(0, 1, 1000)
    lines = []
    for edge in (0.6, 0.75):
        rows = ask(scores, 0.7)
        found = calibrate(scores, 0.7, rows, scores[rows] > edge, precision=0.9)
        assert found.chosen is not None
        assert found.chosen.low < 0.9 < found.chosen.high
        assert found.chosen.count == np.count_nonzero(scores >= found.chosen.line)
        lines.append(found.chosen.line)
    assert lines[0] == pytest.approx(0.6, abs=0.08)
    assert lines[1] == pytest.approx(0.75, abs=0.08)


def test_what_twenty_answers_cannot_say_is_said() -> None:
    scores = np.linspace(0, 1, 500)
    rows = ask(scores, 0.8)
    never = calibrate(scores, 0.8, rows, np.zeros(len(rows), bool))
    assert never.line is None
    assert "No line reaches 95%" in never.said
    half = calibrate(scores, 0.8, rows, np.arange(len(rows)) % 2 == 0)
    assert half.line is None
    always = calibrate(scores, 0.8, rows, np.ones(len(rows), bool))
    assert always.line == scores[scores >= 0.6].min(), "as low as was asked"
    assert not always.sure
    assert "20 answers cannot make sure of 95%" in always.said
    many = ask(scores, 0.5, 400)
    assert calibrate(scores, 0.5, many, np.ones(len(many), bool)).sure


def test_questions_stand_alike_for_all_around_the_line() -> None:
    scores = np.random.default_rng(0).permutation(np.linspace(0, 1, 1000))
    rows = ask(scores, 0.9)
    assert len(rows) == len(set(rows.tolist())) == 20
    assert (np.diff(scores[rows]) < 0).all()
    assert np.count_nonzero(scores[rows] >= 0.9) == 10
    assert scores[rows].min() >= 0.8 - 1e-9
    asked = np.zeros(1000)
    for seed in range(300):
        asked[ask(scores, 0.9, seed=seed)] += 1
    around = asked[scores >= 0.8 + 1e-9]
    assert abs(around[:].mean() - 300 * 20 / 200) < 1
    assert around.min() > 10, "none is left out"
    assert ask(np.array([0.5, np.nan, 0.9]), 0.7).tolist() == [2, 0]


@pytest.mark.parametrize(
    ("rows", "answers", "precision", "words"),
    [
        ([1], [True], 0.9, "two answers"),
        ([1, 2], [True], 0.9, "two answers"),
        ([1, 99], [True, True], 0.9, "rows 0 to 49"),
        ([1, 2], [True, True], 1.0, "between 0 and 1"),
    ],
)
def test_what_cannot_be_asked_is_refused(rows: list[int], answers: list[bool], precision: float, words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        calibrate(np.linspace(0, 1, 50), 0.5, rows, answers, precision=precision)


def test_scores_without_a_number_are_refused() -> None:
    with pytest.raises(InvalidInput, match="finite scores"):
        ask(np.full(5, np.nan), 0.5)
    with pytest.raises(InvalidInput, match="two questions"):
        ask(np.linspace(0, 1, 9), 0.5, 1)
