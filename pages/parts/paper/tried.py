"""What to do next, and everything that was tried."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embedding_core.effect import points
from embedding_core.errors import InvalidInput
from embedding_core.evaluate import advice as advising
from embedding_core.evaluate.judged import difference
from pages.parts import charts, charts_improve, words
from pages.parts.improve.tried import called
from pages.parts.paper import markup
from pages.parts.paper.answers import answers
from pages.parts.paper.markup import Html, paragraph
from pages.parts.paper.telling import found_on, moment, percent, settings, shortened

if TYPE_CHECKING:
    from collections.abc import Sequence

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
    numbered = list(enumerate(runs, start=1))
    parts = [
        paragraph(f"{words.count(len(runs), 'run')} on this dataset, of all encoders, oldest first."),
        _drawn(numbered),
    ]
    first = next(((one, found) for one in runs if (found := answers(stored, one)) is not None), None)
    columns = ["No.", "When (UTC)", "What", "Accuracy", "To the first, points", "Judged by", "Seed", "Seconds", "By"]
    listed = numbered[-LISTED:]
    parts += [
        markup.table(
            columns,
            [_row(number, one, _to_first(stored, one, first)) for number, one in listed],
            numbers=["No.", "Accuracy", "To the first, points", "Seed", "Seconds"],
        ),
        paragraph(
            "To the first: paired, image by image, on the untouched images that judged both, where it is kept which a "
            f"run got right. {words.HELP['interval']}",
            "note",
        ),
        paragraph(shortened(runs, LISTED, "runs, older than these"), "note"),
        markup.heading("Settings and scores"),
        markup.table(
            ["No.", "Settings", "Scores", "Images and labels", "Run"],
            [
                [str(number), settings(one.parameters), _scores(one), one.data[:12], one.id[:12]]
                for number, one in listed
            ],
            numbers=["No."],
        ),
    ]
    return markup.section("tried", "What was tried", *parts, leaf=True)


def _drawn(numbered: Sequence[tuple[int, Run]]) -> Html:
    """The newest that the test part has judged, under their numbers."""
    shown = [(number, one) for number, one in numbered if one.test and "accuracy" in one.scores][-DRAWN:]
    if not shown:
        return Html("")
    scores = [one.scores["accuracy"] for _, one in shown]
    best = max(range(len(shown)), key=lambda at: scores[at].value)
    figure = charts_improve.tried(
        [called(one) for _, one in shown], scores, best, charts.LIGHT, [number for number, _ in shown]
    )
    return markup.chart(
        figure,
        "Accuracy of each run on the untouched part, with its interval",
        "Accuracy on the untouched test part, with its interval; the best in colour.",
    )


def _row(number: int, one: Run, to_first: str) -> list[str]:
    score, told = one.scores.get("accuracy"), ""
    if score is not None:
        told = percent(score.value)
        if score.low is not None and score.high is not None:
            told += f" ({100 * score.low:.1f} to {100 * score.high:.1f})"
    by = f"test part {one.test[:8]}" if one.test else "folds"
    return [
        *(str(number), moment(one.created), called(one), told, to_first, by),
        *(str(one.seed), f"{one.seconds:.1f}", one.who),
    ]


def _to_first(stored: Stored, one: Run, first: tuple[Run, Judged] | None) -> str:
    if first is None:
        return ""
    if one.id == first[0].id:
        return "the first"
    judged = answers(stored, one)
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
        told.append(f"{name.replace('_', ' ')} " + f"{score.value:.4g}{ends}".replace("-", "−"))
    return "; ".join(told)
