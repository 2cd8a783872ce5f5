"""Encoders held against each other, and metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embedding_core.derived import standings
from embedding_core.effect import points
from embedding_core.evaluate.comparison.metrics import TITLES, sentences
from pages.parts import charts, charts_compare, words
from pages.parts.paper import markup
from pages.parts.paper.markup import Html, paragraph
from pages.parts.paper.telling import ends, found_on, number, percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embedding_core.derived.standings import Cost
    from embedding_core.evaluate.comparison.found import Comparison
    from pages.parts.paper.stored import Stored


def encoders(stored: Stored) -> Html:
    """Nothing where none were compared."""
    one = stored.comparison
    if one is None:
        return Html("")
    found = one.found
    known = {each.card.id: each for each in stored.dataset.encodings()}
    # Of an encoder that has gone meanwhile nobody knows what it costs.
    if not set(found.encoders) <= set(known):
        return Html("")
    costs = [
        standings.cost(stored.workspace, stored.dataset, known[name].card, known[name].count) for name in found.encoders
    ]
    names = [each.name for each in costs]
    parts = [found_on(one), paragraph(standings.verdict(found, costs).said, "answer"), _table(found, costs)]
    if found.labelled:
        parts.append(paragraph(_meaning(found), "note"))
        drawn = charts_compare.points(found, costs)
        if drawn:
            parts += [
                markup.heading("Speed and quality"),
                markup.chart(
                    charts_compare.pareto(drawn, charts.LIGHT),
                    "Images per second and accuracy of each encoder, with intervals",
                    f"{words.HELP['unbeaten']} Speed as measured on the machine that compared them.",
                ),
            ]
    parts += [
        markup.heading("Do they see alike?"),
        markup.chart(
            charts_compare.matrix(found.overlap, names, charts.LIGHT),
            "How alike each two see",
            words.HELP["overlap"],
            {"xaxis.tickangle": -35},
        ),
        paragraph(standings.alike(found, names)),
    ]
    if found.labelled:
        parts += [markup.heading("Where two disagree"), _disagreeing(found, names)]
    return markup.section("encoders", "Encoders compared", *parts)


def _table(found: Comparison, costs: Sequence[Cost]) -> Html:
    order = list(range(len(costs)))
    names = ["Encoder"]
    if found.labelled:
        order.sort(key=lambda at: (at != found.best, -found.accuracy(at)))
        names += ["Right", "95 %", "To the best, points", "Five nearest"]
        names += ["Set aside"] if len(found.test_ids) else []
    timed = any(one.images_per_second for one in costs)
    names += [*(["Images a second"] if timed else []), "Weights", "Vectors"]
    return markup.table(
        names,
        [[costs[at].name, *_quality(found, at), *_costs(costs[at])[not timed :]] for at in order],
        numbers=names[1:],
        best=0 if found.labelled else -1,
    )


def _quality(found: Comparison, at: int) -> list[str]:
    if not found.labelled:
        return []
    to_best = "" if at == found.best else points(found.differences()[found.best, at]).replace(" points", "")
    cells = [percent(found.accuracy(at)), ends(*found.interval(at)), to_best, percent(found.knn(at))]
    return [*cells, percent(found.test_accuracy(at))] if len(found.test_ids) else cells


def _costs(one: Cost) -> list[str]:
    speed = one.images_per_second
    fast = "–" if speed is None else f"{speed:,.1f}" if speed < 10 else f"{speed:,.0f}"
    return [fast, f"{one.size_mb:,.0f} MB", f"{one.memory_mb:,.1f} MB"]


def _meaning(found: Comparison) -> str:
    said = (
        f"Chosen by {len(found.ids):,} labelled images, each judged by a probe that saw neither it nor its "
        "near-duplicates, on the same folds for every encoder."
    )
    if len(found.test_ids):
        said += f" The {len(found.test_ids):,} images set aside take no part in choosing."
    return f"{said} Intervals of differences are widened for their number (Holm)."


def _disagreeing(found: Comparison, names: Sequence[str]) -> Html:
    rows = []
    for first in range(len(names)):
        for second in range(first + 1, len(names)):
            both, neither = found.both(first, second)
            alone = [len(found.only(first, second)), len(found.only(second, first))]
            cka = number(float(found.cka[first, second]))
            rows.append([names[first], names[second], *(f"{one:,}" for one in (both, *alone, neither)), cka])
    columns = ["A", "B", "Both right", "Only A", "Only B", "Both wrong", "CKA"]
    return markup.table(columns, rows, numbers=columns[2:])


def metrics(stored: Stored) -> Html:
    """Nothing where no ways to compare vectors were measured."""
    one = stored.metrics
    if one is None:
        return Html("")
    found = one.found
    differences = found.differences()
    answer, *costs = sentences(found)
    columns = ["Metric", "Look-alike vote", "95 %", "To cosine, points", "Found first", "An image"]
    rows = [
        [
            TITLES[way],
            percent(found.accuracy(way)),
            ends(*found.interval(way)),
            points(differences[way]).replace(" points", "") if way in differences else "",
            number(found.retrieval(way), 3),
            words.size(found.bytes_of(way)),
        ]
        for way in found.ways
    ]
    bars = [(TITLES[way], found.accuracy(way), *found.interval(way)) for way in found.ways]
    return markup.section(
        "metrics",
        "Ways to compare vectors",
        found_on(one),
        paragraph(answer, "answer"),
        paragraph(" ".join(costs)),
        markup.chart(
            charts_compare.bars(bars, charts.LIGHT), "Look-alike vote of each metric", words.HELP["look-alike vote"]
        ),
        markup.table(columns, rows, numbers=columns[1:]),
        paragraph(
            f"{len(found.ids):,} labelled images were asked about, among {found.among:,}; their near-duplicates have "
            f"no say. Found first: {words.HELP['found first']}",
            "note",
        ),
    )
