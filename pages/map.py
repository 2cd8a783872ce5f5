"""All images at once, alike ones together. Draw around some to pick them out; click one to open it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from embedding_core import derived
from pages.parts import cached, detail, map_choice, map_solid, map_view, pictures, server, state, table, words
from pages.parts.map import present

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

A_TABLE = 60  # rows


@st.fragment
def picked(columns: cached.Columns, ids: NDArray[np.int64]) -> None:
    """The selection beside the map. Turning its pages reruns this alone."""
    with st.container(key="map_picked"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"##### {words.count(len(ids), 'image')} selected", width="stretch")
            if st.button("Clear", key="map_clear", icon=":material/close:", type="tertiary"):
                state.clear_selection()
                st.rerun()
        view = st.segmented_control(
            "View",
            ["Images", "Table"],
            key="map_picked_view",
            default="Images",
            required=True,
            label_visibility="collapsed",
        )
        if view == "Table":
            rows = columns.rows(ids)
            pages = -(-len(rows) // A_TABLE)
            place = st.container()
            page = min(st.pagination(pages, key="map_table_page"), pages) if pages > 1 else 1
            with place:
                table.show(columns, rows[(page - 1) * A_TABLE : page * A_TABLE], key="map_table")
            return
        opened = pictures.paged(columns, ids, key="map_gallery", alt="The selected images", a_page=30, size="s")
        if opened is not None:
            detail.show(opened)
            st.rerun()


dataset = state.require_dataset()
embedding = state.require_embedding()
encoder = state.current_encoder(dataset)
columns = cached.columns(dataset)

maps = map_choice.stored(dataset, embedding)
map_choice.await_better(dataset, embedding, len(maps))
one = map_choice.chosen(maps)
drawn = cached.read_map(one.fingerprint) if one else None
if one is None or drawn is None:
    st.title("Map", anchor=False)
    map_choice.none_yet(dataset, encoder)
    st.stop()

groupings = derived.clusterings(server.workspace(), dataset, embedding)
clusters = cached.read_clusters(dataset, groupings[0].fingerprint) if groupings else None
now = present.present(drawn.fingerprint)
solid = map_solid.drawing(now, clusters) if drawn.projection.dims == 3 else None

with st.container(horizontal=True, vertical_alignment="bottom", key="map_toolbar"):
    map_choice.pick(maps, one)
    if solid:
        map_solid.pick_colour(solid)
    else:
        beside = map_choice.beside(dataset, one)
    map_choice.redraw(dataset, encoder)

map_choice.follow()
map_choice.swap_note(drawn, dataset)
chosen = state.selection()
with st.container(key="map_sides"):
    left, right = st.columns([7, 3] if chosen else [60, 1], gap="medium" if chosen else None)
with left:
    if solid:
        map_solid.show(solid)
    else:
        map_view.show(drawn, beside, clusters)
    map_choice.honesty(drawn, now.gone)
if chosen is not None:
    with right:
        picked(columns, chosen.ids)
detail.open_from_url(dataset, chosen.ids.tolist() if chosen and state.get("image") else [])
