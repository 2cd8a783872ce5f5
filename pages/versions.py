"""What decisions made of the images: versions, how two differ, what the one is worth, and the way to take one along."""

from __future__ import annotations

import streamlit as st

from pages.parts import cached, detail, pictures, state, tab_bar
from pages.parts.versions import cards, differing, effect, known, repairing, taking

dataset = state.require_dataset()
columns = cached.columns(dataset)
encoder = state.current_encoder(dataset)
embedding = pictures.embedding_of(dataset, encoder)
every = known.every(dataset)
first, second = known.chosen(every)

with st.container(horizontal=True, vertical_alignment="bottom", key="versions_head"):
    with st.container():  # whose heading stands where those of other pages do
        st.title("Versions", anchor=False)
    cards.name_it(every[-1])
cards.show(dataset, every, embedding, (first, second))
with st.container(horizontal=True, vertical_alignment="bottom", key="versions_toolbar"):
    known.pick(every, first, second)
tabs = st.tabs(
    ["Difference", "Before and after", "Repair at training", "Export"], key="versions_tab", bind="query-params"
)
tab_bar.in_sight("versions_tab", key="versions_tab_bar")
around: list[int] = []
for number, tab in enumerate(tabs):
    if tab.open:
        with tab:
            if number == 0:
                around = differing.show(dataset, columns, first, second)
            elif number == 1:
                effect.show(dataset, embedding, encoder, first, second)
            elif number == 2:
                repairing.show(dataset, embedding, encoder, second)
            else:
                taking.show(dataset, columns, encoder, every, second)
detail.open_from_url(dataset, around)
