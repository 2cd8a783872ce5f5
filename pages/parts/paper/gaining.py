"""What more labels would bring, and several encoders together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embedding_core.effect import points
from embedding_core.evaluate.curve.words import beside, headline, left_out, said, told_of
from embedding_core.train import ensembles_words
from pages.parts import charts, charts_curve, words
from pages.parts.paper import markup
from pages.parts.paper.markup import Html, paragraph
from pages.parts.paper.telling import found_on, number, percent

if TYPE_CHECKING:
    from embedding_core.evaluate.curve.found import Curve
    from embedding_core.evaluate.curve.scratch_found import Scratch
    from pages.parts.paper.stored import Stored

CLASSES = 12  # that are drawn


def curve(stored: Stored) -> Html:
    """Nothing where no learning curve was drawn."""
    one = stored.curve
    if one is None:
        return Html("")
    found = one.found
    # Training from nothing that was judged by other images would be drawn beside what it cannot be compared with.
    beside_it = stored.scratch if stored.scratch is not None and stored.scratch.current == one.current else None
    scratch = None if beside_it is None else beside_it.found
    more = said(found)[1:]
    parts = [
        found_on(one),
        paragraph(f"{headline(found)}.", "answer"),
        markup.listed(more),
        markup.chart(
            charts_curve.curve(found, scratch, found.total + told_of(found), charts.LIGHT),
            "Accuracy against the number of labels, drawn on beyond those that are there",
            f"Judged by {words.count(len(found.truth), 'untouched image')}. Dashed: foretold.",
        ),
        _points(found),
    ]
    if found.by_class:
        parts += [
            markup.heading("What to label first"),
            markup.chart(
                charts_curve.classes(found, found.by_class[:CLASSES], charts.LIGHT),
                "What each label would gain from more labels",
                f"{words.HELP['label first']} {left_out(found, CLASSES)}".strip(),
            ),
        ]
    if scratch is not None:
        parts += [markup.heading("Against learning from nothing"), *_scratch(found, scratch)]
    return markup.section("labels-more", "What more labels would bring", *parts)


def _points(found: Curve) -> Html:
    columns = ["Labels", "Probe", "from", "to", "Five nearest", "Seconds to train"]
    rows = [
        [
            f"{size:,.0f}",
            *map(percent, found.accuracy[:, at].tolist()),
            percent(float(found.near_accuracy[0, at])),
            f"{found.seconds[at]:.2f}",
        ]
        for at, size in enumerate(found.sizes.tolist())
    ]
    a, b, c = found.law.best.tolist()
    return Html(
        markup.table(columns, rows, numbers=columns)
        + paragraph(
            f"Fitted: error = {a:.3g} · labels^(−{b:.2f}) + {c:.3f}, over {len(found.right)} orders of the labels.",
            "note",
        )
    )


def _scratch(found: Curve, scratch: Scratch) -> list[Html]:
    columns = ["Labels", "From nothing", "95 %", "Seconds", "Passes"]
    rows = [
        [
            f"{run.labels:,}",
            percent(run.accuracy),
            f"{100 * run.interval[0]:.1f} to {100 * run.interval[1]:.1f} %",
            f"{run.seconds:.1f}",
            str(run.passes),
        ]
        for run in scratch.runs
    ]
    return [
        paragraph(" ".join(beside(found, scratch))),
        markup.table(columns, rows, numbers=columns),
        paragraph(f"A small network on pictures of {scratch.side} pixels, {scratch.minutes:g} minutes in all.", "note"),
    ]


def ensembles(stored: Stored) -> Html:
    """Nothing where none were tried."""
    one = stored.ensembles
    if one is None:
        return Html("")
    found = one.found
    names = [ensembles_words.name_of(found, at, words.encoder) for at in range(len(found.ways))]
    gains = [(names[at], found.gains[at], at == found.chosen) for at in range(len(names)) if at != found.best]
    columns = ["Way", "Cross-validated", "Test part", "Points over the best alone", "ms an image", "Numbers", "Weights"]
    rows = []
    for at, way in enumerate(found.ways):
        seconds = found.seconds_per_image(at)
        gain = "" if at == found.best else points(found.gains[at]).replace(" points", "")
        rows.append(
            [
                f"{names[at]}{' (chosen)' if at == found.chosen else ''}",
                percent(way.validation),
                percent(way.accuracy),
                gain,
                number(None if seconds is None else 1000 * seconds, 0),
                f"{found.dim(at):,}",
                f"{found.size_mb(at):,.0f} MB",
            ]
        )
    answer, *more = ensembles_words.said(found, words.encoder)
    return markup.section(
        "ensembles",
        "Several encoders together",
        found_on(one),
        paragraph(answer, "answer"),
        paragraph(" ".join(more)),
        markup.chart(
            charts_curve.gains(gains, charts.LIGHT),
            "What each way gains, with its interval",
            f"On {words.count(len(found.truth), 'untouched image')}. In colour: what cross-validation chose.",
        ),
        markup.table(columns, rows, numbers=columns[1:], best=found.chosen),
    )
