"""What to do next, and everything that was tried."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embedding_core import derived
from embedding_core.derived.labelled import LABEL
from embedding_core.effect import points
from embedding_core.errors import InvalidInput
from embedding_core.evaluate import advice as advising
from embedding_core.evaluate.judged import difference
from pages.parts import charts, charts_improve, words
from pages.parts.improve.tried import alike, best, called, drawn
from pages.parts.paper import markup
from pages.parts.paper.markup import Html, paragraph
from pages.parts.paper.telling import found_on, moment, percent, settings, shortened

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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
    kept = {one.id: found for one in runs if (found := derived.judged_by(stored.workspace, one.id)) is not None}
    first: dict[str, Run] = {}  # of each column
    for one in runs:
        if one.id in kept:
            first.setdefault(derived.learnt(one), one)
    columns = ["No.", "When (UTC)", "What", "Accuracy", "To the first, points", "Judged by", "Seed", "Seconds", "By"]
    listed = numbered[-LISTED:]
    parts += [
        markup.table(
            columns,
            [_row(number, one, _to_first(one, first.get(derived.learnt(one)), kept)) for number, one in listed],
            numbers=["No.", "Accuracy", "To the first, points", "Seed", "Seconds"],
        ),
        paragraph(
            "To the first that learnt the same column: paired, image by image, on the untouched images that judged "
            f"both, where it is kept which a run got right. {words.HELP['interval']}",
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
    """The newest that the test part has judged, and the best: those of the label, else of one column."""
    judged = {one.id: number for number, one in numbered if one.test and "accuracy" in one.scores}
    of = [one for _, one in numbered if one.id in judged]
    shown = drawn(alike(of, LABEL) or alike(of, derived.learnt(of[-1])) if of else [], DRAWN)
    if not shown:
        return Html("")
    scores = [one.scores["accuracy"] for one in shown]
    figure = charts_improve.tried(
        [called(one) for one in shown], scores, best(shown), charts.LIGHT, [judged[one.id] for one in shown]
    )
    others = (
        " Runs that learnt another column stand in the table."
        if len(alike(of, derived.learnt(shown[0]))) < len(of)
        else ""
    )
    return markup.chart(
        figure,
        "Accuracy of each run on the untouched part, with its interval",
        f"Accuracy on the untouched test part, with its interval; the best in colour.{others}",
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


def _to_first(one: Run, first: Run | None, kept: Mapping[str, Judged]) -> str:
    if one.id not in kept:
        return "not kept" if one.test and "accuracy" in one.scores else ""
    if first is None or one.id == first.id:
        return "the first"
    try:
        return points(difference(kept[first.id], kept[one.id])).replace(" points", "")
    except InvalidInput:  # judged by other images
        return "other images"


def _scores(one: Run) -> str:
    told = []
    for name, score in one.scores.items():
        ends = "" if score.low is None or score.high is None else f" ({score.low:.4g} to {score.high:.4g})"
        told.append(f"{name.replace('_', ' ')} " + f"{score.value:.4g}{ends}".replace("-", "−"))
    return "; ".join(told)
