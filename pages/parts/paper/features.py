"""The embedding joined with columns: what each block is worth."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embedding_core.effect import points
from pages.parts import charts, charts_versions, words
from pages.parts.axes.joining import block_name, meaning, table
from pages.parts.paper import markup
from pages.parts.paper.markup import Html, paragraph
from pages.parts.paper.telling import found_on

if TYPE_CHECKING:
    from pages.parts.paper.stored import Stored


def features(stored: Stored) -> Html:
    """Nothing where nobody has joined any."""
    one = stored.features
    if one is None:
        return Html("")
    found = one.found
    columns = table(found)
    rows = [
        [f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row]
        for row in zip(*columns.values(), strict=True)
    ]
    adds = [(block_name(block), block.adds) for block in found.blocks if block.adds is not None]
    parts = [found_on(one)]
    if found.gain is not None:
        parts += [
            paragraph(f"All blocks together against the embedding alone: {points(found.gain)}.", "answer"),
            paragraph(meaning(found.gain, found)),
        ]
    parts += [paragraph(warning, "old") for warning in found.warnings]
    parts.append(markup.table(list(columns), rows, numbers=[name for name in columns if name != "Block"]))
    if adds:
        parts.append(
            markup.chart(
                charts_versions.intervals(adds, charts.LIGHT),
                "Points of accuracy that each block adds",
                "What each block adds to the others, in points of accuracy, with the interval of 95 %.",
            )
        )
    if found.gain is not None:
        judged = f"{words.count(found.judged, 'labelled image')}, a fifth judged at a time."
        parts.append(paragraph(f"{judged} {words.HELP['block']}", "note"))
    return markup.section("features", "Joined with what else is known", *parts)
