"""A line that people move by answering: what is asked, and what the answers make of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
import pytest
from numpy.typing import NDArray

from embedding_core.errors import InvalidInput
from embedding_core.review.cases import Case
from pages.parts.curate import lines
from pages.parts.curate.finding import Subject

NOBODY = cast("Subject", None)  # the line asks nothing of the dataset


@dataclass(frozen=True, eq=False)
class Ranked:
    """Image i has the score i / n; nothing can be said of the first ten."""

    score: NDArray[np.float32]
    line: float = 0.7

    def case(self, row: int) -> Case:
        return Case("ranked", (row,), float(self.score[row]), "")


@pytest.fixture
def ranked() -> Ranked:
    score = np.linspace(0, 1, 400, dtype=np.float32)
    score[:10] = 0
    return Ranked(score)


def test_twenty_around_the_line_are_asked_about_and_none_of_which_nothing_is_known(ranked: Ranked) -> None:
    scores = [case.score for case in lines.scored("?").ask(ranked, NOBODY)]
    assert len(scores) == 20
    assert min(scores) > 0.3 and any(score < 0.7 for score in scores) and any(score > 0.9 for score in scores)
    assert scores != sorted(scores) and scores != sorted(scores, reverse=True), "nobody answers by the one before"


def test_answers_lower_a_line_that_was_too_strict(ranked: Ranked) -> None:
    line = lines.scored("?")
    asked = line.ask(ranked, NOBODY)
    right = line.answer(ranked, {case.key: True for case in asked}, 0.9, NOBODY)
    assert right.at is not None and right.at < 0.7
    wrong = line.answer(ranked, {case.key: case.score > 0.85 for case in asked}, 0.8, NOBODY)
    assert wrong.at is not None and wrong.at > 0.7
    assert "%" in wrong.said, "with its interval"
    assert line.answer(ranked, dict.fromkeys((case.key for case in asked), False), 0.9, NOBODY).at is None


def test_answers_to_what_was_not_asked_do_not_count(ranked: Ranked) -> None:
    with pytest.raises(InvalidInput):
        lines.scored("?").answer(ranked, {"0" * 32: True, "1" * 32: True, "2" * 32: False}, 0.9, NOBODY)
