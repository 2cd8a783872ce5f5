"""Where the line of a check belongs: a person says yes or no to twenty findings around it.

They are a stratified sample, one of each twentieth of the findings above the line and of as many below. From the
answers follows how likely a yes is at each rank: a logistic curve, never falling with the score, that may level off
below certainty. All curves are weighed by how well they explain the answers (Bayes, on a grid), so the interval that
comes with a line holds for the line that was chosen, too, and is wide where twenty answers say little.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from embedding_core.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

QUESTIONS = 20
DRAWS = 2000  # of curves
LEVEL = 0.95

_BLOCKS = 400  # of findings, within which a yes is taken to be equally likely; a line lies between two
_CENTRES = np.linspace(-3, 3, 61)  # rank where half of what the curve reaches is reached; asked ranks are −1 … 1
_SLOPES = np.geomspace(0.5, 40, 20)
_HEIGHTS = np.array([1.0, 0.97, 0.93, 0.87, 0.8, 0.7, 0.55, 0.4, 0.25, 0.12, 0.05, 0.02])
_TO_THE_TOP = 0.5  # weight of the curves that reach certainty


@dataclass(frozen=True, slots=True)
class Standing:
    """A line, and what is found at or above it."""

    line: float
    count: int  # findings at or above
    precision: float  # share of them that are right, as expected
    low: float  # of its interval of 95 %
    high: float

    @property
    def right(self) -> int:
        """How many of them are right, as expected."""
        return round(self.precision * self.count)

    @property
    def said(self) -> str:
        return f"{self.precision:.0%} ({self.low:.0%} to {self.high:.0%}) of {self.count:,} are right"


@dataclass(frozen=True, slots=True)
class Calibrated:
    """What answers say of a line, and where it belongs."""

    wanted: float  # precision
    answered: int
    before: Standing  # at the line that there was
    chosen: Standing | None  # the lowest line whose expected precision is as wanted; None when there is none
    best: Standing  # the line with the highest expected precision

    @property
    def line(self) -> float | None:
        return None if self.chosen is None else self.chosen.line

    @property
    def sure(self) -> bool:
        """Whether even the low end of the interval is as wanted."""
        return self.chosen is not None and self.chosen.low >= self.wanted

    @property
    def said(self) -> str:
        """What to do, in one or two sentences."""
        if self.chosen is None:
            return (
                f"No line reaches {self.wanted:.0%}: even where most are right, at {self.best.line:.3g}, "
                f"{self.best.said}. Lower what you want, or go through them one by one."
            )
        words = f"At the line {self.chosen.line:.3g}, {self.chosen.said}."
        if self.sure:
            return words
        return f"{words} {self.answered} answers cannot make sure of {self.wanted:.0%}; more of them narrow it down."


def ask(scores: ArrayLike, line: float, n: int = QUESTIONS, seed: int = 0) -> NDArray[np.int64]:
    """Return up to `n` rows of `scores` (m,) to ask about, highest score first.

    Those at or above `line` and as many below, `n` at least, are cut by rank into `n` parts of equal size, and one is
    drawn of each, so the answers stand for all of them alike. Rows without a finite score are never asked about. Raises
    `InvalidInput` without scores, or for fewer than two questions.
    """
    given = _given(scores)
    if n < 2:
        raise InvalidInput(f"A line is found by two questions or more, not {n}.")
    order = _window(given, line, n)
    cuts = np.linspace(0, len(order), min(n, len(order)) + 1).round().astype(int)
    chance = np.random.default_rng(seed)
    drawn: NDArray[np.int64] = order[[int(chance.integers(a, b)) for a, b in pairwise(cuts.tolist())]]
    return drawn


def calibrate(
    scores: ArrayLike,
    line: float,
    rows: Sequence[int] | NDArray[np.integer],
    answers: Sequence[bool] | NDArray[np.bool_],
    *,
    precision: float = 0.95,
    seed: int = 0,
) -> Calibrated:
    """Find the lowest line at or above which a share of `precision` are right, by `answers` (k,) to `rows` (k,).

    `scores` and `line` are those that `ask` was given. Leave out rows that nobody could tell. A line is never lower than
    what was asked about. Raises `InvalidInput` for fewer than two answers, for as many answers as there are not rows, for
    rows that are not there, and unless 0 < precision < 1.
    """
    given, asked, yes = _given(scores), np.asarray(rows, np.int64), np.asarray(answers, bool)
    if asked.shape != yes.shape or len(asked) < 2:
        raise InvalidInput(f"A line is found by two answers or more, one to each row, not {len(yes)} to {len(asked)}.")
    if not 0 < precision < 1:
        raise InvalidInput(f"The precision wanted lies between 0 and 1, not at {precision}.")
    if asked.min() < 0 or asked.max() >= len(given):
        raise InvalidInput(
            f"Answers are to rows 0 to {len(given) - 1:,}, not to {int(asked.min())} to {int(asked.max())}."
        )
    order = _window(given, line, QUESTIONS)
    lowest = min(float(given[order[-1]]), float(given[asked].min()))
    order = _falling(given)
    order = order[given[order] >= lowest]
    place = np.empty(len(given))
    place[order] = np.linspace(1, -1, len(order))
    chance = np.random.default_rng(seed)
    centre, slope, height = _drawn(place[asked], yes, chance)
    falling = given[order]
    ends = np.unique(np.linspace(0, len(order), min(_BLOCKS, len(order)) + 1).round().astype(int))
    middle = place[order[(ends[:-1] + ends[1:] - 1) // 2]]
    likely = height[:, None] / (1 + np.exp(-slope[:, None] * (middle - centre[:, None])))  # (draws, blocks)
    right = np.cumsum(likely * np.diff(ends), axis=1)
    doubt = np.cumsum(likely * (1 - likely) * np.diff(ends), axis=1)
    # Of a few findings it is chance how many are right, however well the curve is known.
    real = right + np.sqrt(doubt) * chance.standard_normal((len(likely), 1))
    counts = ends[1:]
    shares = np.clip(real / counts, 0, 1)
    expected = (right / counts).mean(axis=0)
    low, high = np.quantile(shares, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)

    def standing(block: int) -> Standing:
        at = int(counts[block])
        return Standing(float(falling[at - 1]), at, float(expected[block]), float(low[block]), float(high[block]))

    above = int(np.count_nonzero(falling >= line))
    # Above the highest answer nothing has been heard.
    heard = counts >= np.count_nonzero(falling >= given[asked].max())
    good = np.flatnonzero(heard & (expected >= precision))
    return Calibrated(
        wanted=precision,
        answered=len(yes),
        before=standing(min(int(np.searchsorted(counts, max(above, 1))), len(counts) - 1)),
        chosen=standing(int(good[-1])) if len(good) else None,
        best=standing(int(np.where(heard, expected, -1).argmax())),
    )


def _given(scores: ArrayLike) -> NDArray[np.float64]:
    given = np.asarray(scores, np.float64)
    if given.ndim != 1 or not np.isfinite(given).any():
        raise InvalidInput(
            f"A line is drawn through scores, one for each finding; these are {given.shape}, none finite."
        )
    return given


def _falling(scores: NDArray[np.float64]) -> NDArray[np.int64]:
    order = np.argsort(-scores, kind="stable")
    return order[np.isfinite(scores[order])]


def _window(scores: NDArray[np.float64], line: float, n: int) -> NDArray[np.int64]:
    """The rows at or above the line and as many below, n below at least, highest first."""
    order = _falling(scores)
    above = int(np.count_nonzero(scores[order] >= line))
    return order[: above + max(above, n)]


def _drawn(
    places: NDArray[np.float64], yes: NDArray[np.bool_], chance: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Centre, slope and height of `DRAWS` curves, drawn as likely as the answers make them."""
    centre, slope, height = (one.ravel() for one in np.meshgrid(_CENTRES, _SLOPES, _HEIGHTS, indexing="ij"))
    likely = height[:, None] / (1 + np.exp(-slope[:, None] * (places - centre[:, None])))
    likely = likely.clip(1e-9, 1 - 1e-9)
    logarithm = np.where(yes, np.log(likely), np.log1p(-likely)).sum(axis=1)
    prior = np.where(height == 1, _TO_THE_TOP, (1 - _TO_THE_TOP) / (len(_HEIGHTS) - 1))
    weight = prior * np.exp(logarithm - logarithm.max())
    picked = chance.choice(len(weight), DRAWS, p=weight / weight.sum())
    return centre[picked], slope[picked], height[picked]
