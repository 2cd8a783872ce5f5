"""Train a model on what the encoder sees, search for a better one, see what more labels bring, and let it answer."""

from __future__ import annotations

import streamlit as st

from pages.parts import detail, fitted, pictures, state, tab_bar
from pages.parts.curve import learning
from pages.parts.train import predicting, probing, searching

dataset = state.require_dataset()
encoder = state.current_encoder(dataset)
embedding = pictures.embedding_of(dataset, encoder)

st.title("Train", anchor=False)
tabs = st.tabs(["Probe", "Search", "Learning curve", "Predict"], key="train_tab", bind="query-params")
tab_bar.in_sight("train_tab", key="train_tab_bar")
around: list[int] = []
for number, tab in enumerate(tabs):
    if tab.open:
        with tab:
            if number < 2:
                fitted.caution(encoder)
            if number == 0:
                around = probing.show(dataset, embedding, encoder)
            elif number == 1:
                searching.show(dataset, embedding, encoder)
            elif number == 2:
                learning.show(dataset, embedding, encoder)
            else:
                around = predicting.show(dataset)
detail.open_from_url(dataset, around)
