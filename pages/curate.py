"""Find what is wrong in the images, decide with the keyboard, and see what follows."""

from __future__ import annotations

import streamlit as st

from pages.parts import cached, detail, pictures, state, tab_bar
from pages.parts.curate import checks, decided, found, reviewing

dataset = state.require_dataset()
columns = cached.columns(dataset)
encoder = state.current_encoder(dataset)
embedding = pictures.embedding_of(dataset, encoder)
known = checks.all_of(dataset, columns, embedding)

st.title("Curate", anchor=False)
names = [checks.OVERVIEW, *(one.finding.title for one in known), checks.DECISIONS]
overview, *lists, decisions = st.tabs(names, key=checks.TAB, bind="query-params")
tab_bar.in_sight(checks.TAB, key="curate_tab_bar")
around: list[int] = []
if overview.open:
    with overview:
        checks.overview(dataset, encoder, known)
for tab, one in zip(lists, known, strict=True):
    if tab.open:
        with tab:
            around = found.show(dataset, columns, encoder, one)
if decisions.open:
    with decisions:
        decided.show(dataset, columns)
reviewing.open_from_url(dataset, columns, known)
detail.open_from_url(dataset, around)
