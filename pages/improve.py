"""What to do next to have a better model: where the dataset stands, what each step would bring, and what was tried."""

from __future__ import annotations

import streamlit as st

from pages.parts import cached, pictures, state
from pages.parts.improve import standing, steps, tried

dataset = state.require_dataset()
encoder = state.current_encoder(dataset)
embedding = pictures.embedding_of(dataset, encoder)

st.title("Next step", anchor=False)
if standing.possible(dataset, cached.columns(dataset), embedding, encoder) and embedding is not None:
    advice = standing.newest(dataset, embedding)
    if advice is None:
        standing.none_yet(dataset, encoder)
    else:
        standing.show(dataset, advice, encoder)
        steps.show(dataset, advice, encoder)
    tried.show(dataset, encoder)
