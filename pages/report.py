"""How good an embedding is: the verdict, figures with controls, what is mixed up, what holds without labels."""

from __future__ import annotations

import streamlit as st

from pages.parts import cached, detail, pictures, state, tab_bar
from pages.parts.paper import buttons
from pages.parts.report import asking, classes, head, mixed, steady

dataset = state.require_dataset()
columns = cached.columns(dataset)
encoder = state.current_encoder(dataset)
embedding = pictures.embedding_of(dataset, encoder)

st.title("Report card", anchor=False)
card = asking.card(dataset, embedding, encoder)
around: list[int] = []
if card is not None and embedding is not None:
    head.said(card, encoder)
    with st.container(horizontal=True, gap="small", key="report_take"):
        buttons.show(dataset, encoder, key="report")
    if card.scores is None:
        steady.no_labels()
        steady.show(card, embedding.card.dim)
    else:
        names = ["Figures", "Each label", "Mixed up", "Without labels"]
        tabs = st.tabs(names, key="report_tab", bind="query-params")
        tab_bar.in_sight("report_tab", key="report_tab_bar")
        for number, tab in enumerate(tabs):
            if tab.open:
                with tab:
                    if number == 0:
                        head.figures(card.scores)
                    elif number == 1:
                        classes.show(card)
                    elif number == 2:
                        around = mixed.show(card, columns)
                    else:
                        steady.show(card, embedding.card.dim)
detail.open_from_url(dataset, around)
