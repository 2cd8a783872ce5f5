"""What can be learnt from the labels: how far they carry."""

from __future__ import annotations

import streamlit as st

from pages.parts import pictures, state, tab_bar
from pages.parts.curve import learning

dataset = state.require_dataset()
encoder = state.current_encoder(dataset)
embedding = pictures.embedding_of(dataset, encoder)

st.title("Train", anchor=False)
(curve,) = st.tabs(["Learning curve"], key="train_tab", bind="query-params")
tab_bar.in_sight("train_tab", key="train_tab_bar")
if curve.open:
    with curve:
        learning.show(dataset, embedding, encoder)
