"""How the line of a check that scores every image is moved: some images around it are asked about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from pages.parts.curate.finding import Line, Moved

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embedding_core.review.cases import Case
    from pages.parts.curate.finding import Subject

WANTED = (0.8, 0.9, 0.95)  # shares of what is found that are to be right, to choose from


class Scored(Protocol):
    """What a check has found, image by image."""

    line: float

    @property
    def score(self) -> NDArray[np.float32]:
        """(n,) above 0 where something can be said"""
        ...

    def case(self, row: int) -> Case: ...


def scored(question: str) -> Line:
    """The line of a check whose result is `Scored`, asked about by this question."""
    return Line(question, _ask, _answer)


def _ask(found: Scored, subject: Subject) -> Sequence[Case]:
    """In no order, so that nobody answers by the one before."""
    rows = np.random.default_rng(0).permutation(_asked(found))
    return [found.case(int(row)) for row in rows]


def _answer(found: Scored, answers: Mapping[str, bool], wanted: float, subject: Subject) -> Moved:
    from embedding_core.review import calibration

    rows = {found.case(int(row)).key: int(row) for row in _asked(found)}
    told = {rows[key]: yes for key, yes in answers.items() if key in rows}
    moved = calibration.calibrate(_scores(found), found.line, list(told), list(told.values()), precision=wanted)
    return Moved(moved.line, moved.said)


def _asked(found: Scored) -> NDArray[np.int64]:
    from embedding_core.review import calibration

    return calibration.ask(_scores(found), found.line)


def _scores(found: Scored) -> NDArray[Any]:
    return np.where(found.score > 0, found.score, np.nan)
