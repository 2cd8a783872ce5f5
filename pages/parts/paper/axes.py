"""The axes of the embedding: how many matter, and what the first ones show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pages.parts import charts, words
from pages.parts.axes import charts as drawing
from pages.parts.axes.overview import headline, meaning
from pages.parts.paper import markup
from pages.parts.paper.markup import Html, paragraph
from pages.parts.paper.quality import thumbnails
from pages.parts.paper.telling import ends, found_on, percent

if TYPE_CHECKING:
    from embedding_core.evaluate.axes.laboratory import Laboratory, Quality
    from pages.parts.paper.stored import Stored

SHOWN, AT_END = 6, 4  # axes that are shown with pictures, and pictures of each end


def axes(stored: Stored) -> Html:
    """Nothing where nobody has looked at them."""
    one = stored.axes
    if one is None:
        return Html("")
    found = one.found
    parts = [
        found_on(one),
        paragraph(f"{headline(found)}.", "answer"),
        paragraph(meaning(found)),
        markup.chart(
            drawing.scree(found.space.shares, found.noise, found.by_noise, charts.LIGHT),
            "Share of the differences by axis, and summed",
            f"In colour: the {found.by_noise:,} axes that explain more than noise would (broken stick: "
            f"{found.by_stick:,}).",
        ),
    ]
    if found.quality is not None:
        parts += _quality(found.quality)
    parts += _shown(stored, found)
    return markup.section("axes", "What the numbers stand for", *parts)


def _quality(of: Quality) -> list[Html]:
    rows = [
        [
            f"{count:,}",
            percent(of.probe.accuracy[at]),
            ends(*of.probe.intervals[at]),
            percent(of.near.accuracy[at]),
            ends(*of.near.intervals[at]),
        ]
        for at, count in enumerate(of.probe.counts)
    ]
    columns = ["Axes", "Probe", "95 %", "Five nearest", "95 % "]
    return [
        markup.heading("How many keep the quality"),
        markup.chart(
            drawing.accuracy(of.probe, of.near, charts.LIGHT),
            "Accuracy of a probe and of the five nearest against the number of axes",
            f"{words.HELP['enough axes']} The band is the interval of 95 %.",
        ),
        markup.table(columns, rows, numbers=columns, best=of.probe.counts.index(of.probe.enough)),
        paragraph(
            f"{words.count(len(of.ids), 'labelled image')} judged a fifth at a time. {words.HELP['folds']}", "note"
        ),
    ]


def _shown(stored: Stored, found: Laboratory) -> list[Html]:
    parts = [markup.heading("What the first ones show"), paragraph(words.HELP["goes with"], "note")]
    for axis in range(1, min(SHOWN, found.shown) + 1):
        low, high = (_of_end(ids[axis - 1].tolist()) for ids in (found.low, found.high))
        said = [*("− end" for _ in low), *("+ end" for _ in high)]
        parts.append(
            markup.together(
                markup.heading(f"Axis {axis}: {found.space.shares[axis - 1]:.1%} of all differences"),
                paragraph(found.said(axis)),
                markup.pictures(thumbnails(stored, [*low, *reversed(high)], said)),
            )
        )
    return parts


def _of_end(ids: list[int]) -> list[int]:
    return [image for image in ids if image >= 0][:AT_END]
