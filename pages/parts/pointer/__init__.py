"""What Streamlit's chart in three dimensions does not pass on: a click, how it was turned, a picture on hover.

It draws nothing of its own but the picture beside the pointer, and listens to the Plotly chart on the same page.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

_HERE = Path(__file__).parent

_mount = st.components.v2.component(
    "kindred_pointer",
    html='<div class="peek" aria-hidden="true" hidden><img alt="" decoding="async"></div>',
    css=(_HERE / "pointer.css").read_text("utf-8"),
    js=(_HERE / "pointer.js").read_text("utf-8"),
)


def follow(chart: str, thumbnails: Sequence[str], *, key: str) -> int | None:
    """Listen to the chart whose key is `chart`. Returns the customdata of a clicked point, in the one run after it.

    `thumbnails[row]` is shown while the pointer rests on the point whose customdata is `row`; nothing when it is empty.
    In the widget's state `view` is how the chart was left last: its `camera`, for the scene of Plotly's layout, and the
    `revision` that it had. Streamlit makes a changed chart anew, so whoever draws the next one must ask for the same
    camera. Call it in a fragment, or each turn reruns the page.
    """
    data = {"chart": f".st-key-{chart}", "thumbnails": list(thumbnails)}
    found = _mount(key=key, data=data, on_clicked_change=lambda: None, on_view_change=lambda: None)
    return None if found.clicked is None else int(found.clicked)
