"""What the numbers of an image stand for: axes looked at one by one, taken out on trial, and joined with columns."""

from __future__ import annotations

import streamlit as st

from pages.parts import cached, detail, state, tab_bar
from pages.parts.axes import asking, cards, joining, overview, without

dataset = state.require_dataset()
embedding = state.require_embedding()
encoder = state.current_encoder(dataset)
columns = cached.columns(dataset)

st.title("Axes", anchor=False)
tabs = st.tabs(["Axes", "Features"], key="axes_tab", bind="query-params")
tab_bar.in_sight("axes_tab", key="axes_tab_bar")
around: list[int] = []
if tabs[0].open:
    with tabs[0]:
        kept, current = asking.laboratory(dataset, embedding)
        if kept is None:
            asking.first(dataset, encoder)
        else:
            if not current:
                asking.outdated(dataset, encoder)
            overview.show(kept.found)
            around = cards.show(dataset, columns, kept.found)
            without.show(dataset, encoder, kept)
if tabs[1].open:
    with tabs[1]:
        joining.show(dataset, embedding, encoder)
detail.open_from_url(dataset, around)
