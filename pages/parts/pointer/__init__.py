"""What Streamlit's chart does not pass on: a click while the lasso is in hand or in 3-D, the zoom, a picture on hover.

It draws nothing of its own but the picture beside the pointer, and listens to the Plotly chart on the same page.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import streamlit as st

_HERE = Path(__file__).parent

_mount = st.components.v2.component(
    "kindred_pointer",
    html='<div class="peek" aria-hidden="true" hidden><img alt="" decoding="async"></div>',
    css=(_HERE / "pointer.css").read_text("utf-8"),
    js=(_HERE / "pointer.js").read_text("utf-8"),
)


def follow(
    chart: str,
    thumbnails: Sequence[str],
    *,
    key: str,
    on_click: Callable[[], None],
) -> bool:
    """Listen to the chart whose key is `chart`. Returns whether a point was clicked, in the one run after it.

    `thumbnails[row]` is shown while the pointer rests on the point whose customdata is `row`; nothing when it is empty.
    In the widget's state `on_click` finds that row of a clicked point as `clicked`. `view` there is the zoom that was
    left last, for Plotly's layout, under `at`, and the chart's uirevision under `revision`: Streamlit makes a changed
    chart anew, so whoever draws the next one must ask for the same view. Call it in a fragment, or each zoom reruns
    the page.
    """
    data = {"chart": f".st-key-{chart}", "thumbnails": list(thumbnails)}
    found = _mount(key=key, data=data, on_clicked_change=on_click, on_view_change=lambda: None)
    return found.clicked is not None
