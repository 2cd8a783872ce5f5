"""The way to the report from a page."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import streamlit as st

from pages.parts import urls
from pages.parts.paper import printing

if TYPE_CHECKING:
    from embedding_core.workspace import Dataset


def show(dataset: Dataset, encoder: str, *, key: str) -> None:
    """Both forms, side by side; into whatever container is open."""
    st.link_button(
        "Report as HTML",
        urls.paper(dataset.uuid, "html", encoder),
        key=f"{key}_paper_html",
        icon=":material/article:",
        help="One file with all that was found here, its figures and how to repeat it. It needs neither Kindred nor a "
        "network.",
    )
    there = _browser()
    st.link_button(
        "as PDF",
        urls.paper(dataset.uuid, "pdf", encoder),
        key=f"{key}_paper_pdf",
        icon=":material/picture_as_pdf:",
        disabled=not there,
        help="The same on paper. Printing takes ten seconds or so." if there else printing.ADVICE,
    )


@cache
def _browser() -> bool:
    return printing.browser() is not None
