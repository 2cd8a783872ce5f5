"""Which encoder is best for these images, alone or with others, and which way to compare their vectors."""

from __future__ import annotations

import streamlit as st

from pages.parts import cached, detail, state, tab_bar
from pages.parts.compare import encoders, metrics
from pages.parts.ensembles import joining

dataset = state.require_dataset()
columns = cached.columns(dataset)

st.title("Compare", anchor=False)
tabs = st.tabs(["Encoders", "Metrics", "Ensembles"], key="compare_tab", bind="query-params")
tab_bar.in_sight("compare_tab", key="compare_tab_bar")
around: list[int] = []
if tabs[0].open:
    with tabs[0]:
        around = encoders.show(dataset, columns)
if tabs[1].open:
    with tabs[1]:
        metrics.show(dataset, columns)
if tabs[2].open:
    with tabs[2]:
        joining.show(dataset)
detail.open_from_url(dataset, around)
