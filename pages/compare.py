"""Encoders against each other, and together."""

from __future__ import annotations

import streamlit as st

from pages.parts import state, tab_bar
from pages.parts.ensembles import joining

dataset = state.require_dataset()

st.title("Compare", anchor=False)
(together,) = st.tabs(["Ensembles"], key="compare_tab", bind="query-params")
tab_bar.in_sight("compare_tab", key="compare_tab_bar")
if together.open:
    with together:
        joining.show(dataset)
