"""What to do next, and everything that was tried."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embedding_core import derived
from embedding_core.effect import points
from embedding_core.errors import InvalidInput
from embedding_core.evaluate import advice as advising
from embedding_core.evaluate.judged import difference
from pages.parts import charts, charts_improve, words
from pages.parts.improve.tried import called
from pages.parts.paper import markup
from pages.parts.paper.markup import Html, paragraph
from pages.parts.paper.telling import found_on, moment, percent, settings, shortened

if TYPE_CHECKING:
    from embedding_core.derived import Run
    from embedding_core.evaluate.advice import Proposal
    from embedding_core.evaluate.judged import Judged
    from pages.parts.paper.stored import Stored

DRAWN = 24  # runs in the chart
LISTED = 500  # runs in the table, the newest


def advice(stored: Stored) -> Html:
    """Nothing where no next step was looked for."""
    one = stored.advice
    if one is None:
        return Html("")
    found = one.found
    low, high = found.interval
    columns = ["Step", "Expected", "How it is known", "It costs"]
    return markup.section(
        "next",
        "What to do next",
        found_on(one),
        paragraph(found.said, "answer"),
        paragraph(
            f"A linear probe trained on {found.trained:,} images is right on {found.accuracy:.1%} of "
            f"{words.count(found.tested, 'untouched image')} ({100 * low:.1f} to {100 * high:.1f}). What each step "
            "would bring was tried on the part that may be trained on."
        ),
        markup.table(
            columns,
            [[each.title, advising.points(each), each.basis, _cost(each)] for each in found.proposals],
            best=-1 if found.best is None else found.proposals.index(found.best),
        ),
    )


def _cost(one: Proposal) -> str:
    parts = [f"{words.duration(one.machine_seconds)} of computing"] if one.machine_seconds >= 1 else []
    if one.images:
        parts.append(f"{words.count(one.images, 'image')} to look at, {words.duration(one.people_seconds)}")
    return ", ".join(parts) or "next to nothing"


def tried(stored: Stored) -> Html:
    """Nothing where nothing was trained or scored."""
    runs = stored.runs
    if not runs:
        return Html("")
    scored = [one for one in runs if one.test and "accuracy" in one.scores]
    parts = [paragraph(f"{words.count(len(runs), 'run')} on this dataset, of all encoders, oldest first.")]
    if scored:
        shown = scored[-DRAWN:]
        scores = [one.scores["accuracy"] for one in shown]
        best = max(range(len(shown)), key=lambda at: scores[at].value)
        parts.append(
            markup.chart(
                charts_improve.tried([called(one) for one in shown], scores, best, charts.LIGHT),
                "Accuracy of each run on the untouched part, with its interval",
                "Accuracy on the untouched test part, with its interval; the best in colour.",
            )
        )
    columns = ["No.", "When (UTC)", "What", "Accuracy", "To the first, points", "Settings", "Seed", "Seconds", "By"]
    numbered = list(enumerate(runs, start=1))[-LISTED:]
    first = _first(stored)
    parts += [
        markup.table(
            columns,
            [_row(stored, number, one, first) for number, one in numbered],
            numbers=["No.", "Accuracy", "To the first, points", "Seed", "Seconds"],
        ),
        paragraph(
            "To the first: paired, image by image, on the untouched images that judged both, where a run has kept "
            f"which it got right. {words.HELP['interval']}",
            "note",
        ),
        paragraph(shortened(runs, LISTED, "runs, older than these"), "note"),
        markup.heading("Every score"),
        markup.table(
            ["No.", "Scores", "Images and labels", "Test part", "Run"],
            [
                [str(number), _scores(one), one.data[:12], one.test[:12], one.id[:12]]
                for number, one in numbered
            ],
            numbers=["No."],
        ),
    ]
    return markup.section("tried", "What was tried", *parts, leaf=True)


def _first(stored: Stored) -> tuple[str, Judged] | None:
    """The first run that has kept what it got right, with its id."""
    for one in stored.runs:
        judged = derived.judged_by(stored.workspace, one.id) if one.test else None
        if judged is not None:
            return one.id, judged
    return None


def _row(stored: Stored, number: int, one: Run, first: tuple[str, Judged] | None) -> list[str]:
    score = one.scores.get("accuracy")
    told = ""
    if score is not None:
        told = percent(score.value)
        if score.low is not None and score.high is not None:
            told += f" ({100 * score.low:.1f} to {100 * score.high:.1f})"
    given = {name: value for name, value in one.parameters.items() if name != "after"}
    return [
        str(number),
        moment(one.created),
        called(one),
        told,
        _to_first(stored, one, first),
        settings(given),
        str(one.seed),
        f"{one.seconds:.1f}",
        one.who,
    ]


def _to_first(stored: Stored, one: Run, first: tuple[str, Judged] | None) -> str:
    if first is None or not one.test:
        return ""
    if one.id == first[0]:
        return "the first"
    judged = derived.judged_by(stored.workspace, one.id)
    if judged is None:
        return ""
    try:
        return points(difference(first[1], judged)).replace(" points", "")
    except InvalidInput:  # judged by other images
        return "other images"


def _scores(one: Run) -> str:
    told = []
    for name, score in one.scores.items():
        ends = "" if score.low is None or score.high is None else f" ({score.low:.4g} to {score.high:.4g})"
        told.append(f"{name.replace('_', ' ')} {score.value:.4g}{ends}")
    return "; ".join(told)
