"""Which labels are mixed up: a square for each two, a list of the worst, and the images of the one that is open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from pages.parts import charts, charts_report, detail, pictures, state, words
from pages.parts.report.terms import HELP
from pages.parts.versions.trying import QUIET

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from embedding_core.evaluate.card.found import ReportCard
    from pages.parts.cached import Columns

CHART = "report_confusion"
PAIRS = 12  # that are listed

Cell = tuple[int, int]  # the class that images bear, and the one they were given


def show(card: ReportCard, columns: Columns) -> list[int]:
    """The tab. Returns the images that are shown, for the drawer to step through."""
    drawn = most_confused(card)
    cell = opened(card)
    sides = st.columns([3, 2], gap="large")
    with sides[0]:
        st.subheader("What was taken for what", anchor=False, help=HELP["confusion"])
        _matrix(card, drawn, cell)
    with sides[1]:
        st.subheader("Most often mixed up", anchor=False)
        _pairs(card, cell)
    return _images(card, columns, cell) if cell is not None else []


def most_confused(card: ReportCard) -> NDArray[np.int64]:
    """The classes that are drawn, in their order: all, or those that most is wrong with."""
    counts = card.confusion.counts
    wrong = counts.sum(axis=0) + counts.sum(axis=1) - 2 * np.diag(counts)
    there = np.flatnonzero(counts.sum(axis=0) + counts.sum(axis=1))
    if len(there) <= charts.MOST:
        return there
    return np.sort(there[np.argsort(-wrong[there], kind="stable")[: charts.MOST]])


def opened(card: ReportCard) -> Cell | None:
    """The cell that the URL opens; None where it names none, or a label that is not there."""
    names = list(card.classes)
    actual, given = state.get("actual"), state.get("taken")
    return (names.index(actual), names.index(given)) if actual in names and given in names else None


def open_(card: ReportCard, cell: Cell | None) -> None:
    actual, given = ("", "") if cell is None else (card.classes[cell[0]], card.classes[cell[1]])
    state.put_all(actual=actual, taken=given)


def _matrix(card: ReportCard, drawn: NDArray[np.int64], cell: Cell | None) -> None:
    figure = charts_report.confusion(
        card.confusion.counts[np.ix_(drawn, drawn)],
        [card.classes[code] for code in drawn],
        drawn.tolist(),
        charts.look(st.context.theme.type),
        opened=cell,
        narrow=state.touch(),
    )

    def clicked() -> None:
        chosen: Any = state.value(CHART)
        points: Sequence[Any] = chosen["selection"]["points"] if chosen else ()
        if points:
            actual, given = points[0]["customdata"][:2]
            open_(card, (int(actual), int(given)))

    st.plotly_chart(
        figure,
        key=CHART,
        theme=None,
        config=QUIET,
        on_select=clicked,
        selection_mode="points",
        alt="Labels in rows, what the probe said in columns; the list beside it says the same",
    )
    hidden = len(card.classes) - len(drawn)
    st.caption(
        "Click a square to see exactly its images. The fuller it is, the larger its part of the label."
        + (f" The {len(drawn)} labels are drawn that most is wrong with, {hidden:,} others are not." if hidden else "")
    )


def _pairs(card: ReportCard, cell: Cell | None) -> None:
    found = card.confusion.pairs(PAIRS)
    if not found:
        st.markdown("Nothing was mixed up: every image was given its own label.")
        return
    with st.container(key="report_pairs", gap="xxsmall"):
        for number, pair in enumerate(found):
            names = [words.plain(card.classes[code]) for code in (pair.actual, pair.predicted)]
            st.button(
                f"{names[0]} → {names[1]} · {words.count(pair.images, 'image')}, {100 * pair.share:.0f}%",
                key=f"report_pair_{number}",
                type="primary" if cell == (pair.actual, pair.predicted) else "tertiary",
                on_click=open_,
                args=(card, (pair.actual, pair.predicted)),
            )


def _images(card: ReportCard, columns: Columns, cell: Cell) -> list[int]:
    """All images of a cell, those first that the probe was surest of."""
    actual, given = (words.plain(card.classes[code]) for code in cell)
    rows = card.confusion.cell(*cell)
    ids = card.ids[rows]
    same = cell[0] == cell[1]
    title = f"Labelled {actual}, and taken for it" if same else f"Labelled {actual}, taken for {given}"
    with st.container(horizontal=True, vertical_alignment="center", key="report_cell"):
        st.subheader(f"{title} :gray[· {len(ids):,}]", anchor=False, width="stretch")
        st.button("Close", key="report_close", icon=":material/close:", on_click=open_, args=(card, None))
        if len(ids):
            st.button(
                f"Select all {len(ids):,}",
                key="report_select",
                icon=":material/select_check_box:",
                type="primary",
                on_click=state.select,
                args=(ids, f"labelled {card.classes[cell[0]]}, taken for {card.classes[cell[1]]}"),
            )
    if not len(ids):
        st.caption("No image.")
        return []
    if not same:
        st.caption("Those come first that the probe was surest of: often their label is wrong, or two things are seen.")
    sure = dict(zip(ids.tolist(), (f"{100 * value:.0f}%" for value in card.confidence[rows].tolist()), strict=True))
    clicked = pictures.paged(
        columns, ids, key="report_gallery", alt=title, badges=lambda some: {one: sure[one] for one in some.tolist()}
    )
    if clicked is not None:
        detail.show(clicked)
    return [int(one) for one in ids]
