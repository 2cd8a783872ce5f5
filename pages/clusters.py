"""Groups that were found without labels, and how they agree with labels where there are some."""

from __future__ import annotations

import streamlit as st

from pages.parts import cached, detail, filter_bar, filtering, groups, state
from pages.parts.versions import known

dataset = state.require_dataset()
embedding = state.require_embedding()
encoder = state.current_encoder(dataset)

st.title("Clusters", anchor=False)
stored = groups.stored(dataset, embedding)
one = groups.chosen(stored)
columns, token = known.seen(dataset, embedding, one)
found = cached.read_clusters(dataset, one.fingerprint, (columns, token)) if one else None
if one is None or found is None:
    groups.follow()
    groups.none_yet(dataset, encoder)
    st.stop()

with st.container(horizontal=True, vertical_alignment="bottom", key="clusters_toolbar"):
    groups.pick(stored, one, dataset, embedding)
    groups.ask(dataset, encoder, len(embedding))
groups.follow()
groups.verdict(found, filtered=state.filtering().active)
whole = shown = cached.grouped(found, columns, token)
if state.filtering().active:
    now = filtering.known(dataset)
    filter_bar.chips(now)
    ids = columns.ids[filtering.rows(now, state.filtering())]
    shown = cached.grouped(found, columns, token, ids)

number = groups.opened(found)
if number is not None:
    groups.one(shown, whole, columns, number)
else:
    tab_cards, tab_drawing = st.tabs(
        ["Groups", "Against labels" if columns.labels else "Sizes"], key="clusters_tab", on_change="rerun"
    )
    if tab_cards.open:
        with tab_cards:
            groups.cards(shown, whole, columns)
    if tab_drawing.open:
        with tab_drawing:
            groups.drawing(shown.found, columns, filtered=shown is not whole)
detail.open_from_url(dataset, [] if number is None else shown.of(number).tolist())
