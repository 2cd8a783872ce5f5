"""What holds without labels: how steady the embedding is, and the shape of its space."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

import streamlit as st

from pages.parts import state
from pages.parts.report.terms import HELP

if TYPE_CHECKING:
    from embedding_core.evaluate.card.found import LabelFree, ReportCard


def show(card: ReportCard, dim: int) -> None:
    """The tab, or the whole card where there are no labels."""
    free = card.free
    st.subheader("Does it hold still?", anchor=False, help=HELP["steady"])
    if free.stability:
        with st.grid(4, min_column_width=150, gap="small"):
            for way in free.stability:
                one = way.found
                _metric(
                    way.name.capitalize(),
                    f"{100 * one.value:.0f}%",
                    "steady",
                    f"{100 * one.low:.0f} to {100 * one.high:.0f}%, cosine {way.cosine:.2f}",
                )
            _groups(free)
    else:
        st.caption("The network that made these vectors is not here, so no picture can be encoded again.")
        with st.grid(4, min_column_width=150, gap="small"):
            _groups(free)
    st.subheader("The shape of its space", anchor=False)
    shape = free.shape
    with st.grid(4, min_column_width=150, gap="small"):
        _metric("Dimension", _number(shape.dimension, 1), "dimension", f"of {dim:,} numbers")
        _metric("Hubs", _number(shape.hubness, 2), "hubness", "0 is even")
        _metric("Mean likeness", _number(shape.anisotropy, 2), "anisotropy", "0 is best")
        _metric("Directions in use", _number(shape.effective_rank, 0), "rank", f"of {dim:,}")


def no_labels() -> None:
    """What to do for the rest of the card."""
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="report_no_labels"):
        st.markdown(
            ":material/label: **There are too few labels to say more.** With ten images of two labels or more, the "
            "card says how well they are told apart.",
            width="stretch",
        )
        st.page_link("start.py", label="Take them along", icon=":material/arrow_forward:", query_params=state.link())
        st.page_link("curate.py", label="Label some", icon=":material/arrow_forward:", query_params=state.link())


def _groups(free: LabelFree) -> None:
    _metric("Same groups again", _number(free.cluster_stability, 2), "groups", f"{free.groups} groups")


def _metric(name: str, value: str, term: str, beneath: str) -> None:
    st.metric(
        name,
        value,
        delta=beneath,
        delta_color="off",
        delta_arrow="off",
        border=True,
        height="stretch",
        help=HELP[term],
    )


def _number(value: float, digits: int) -> str:
    return f"{value:,.{digits}f}".replace("-", "−") if isfinite(value) else "–"
