"""All images at once, alike ones together. Draw around some to pick them out; click one to open it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from embedding_core import derived
from pages.parts import cached, colouring, detail, map_choice, map_view, pickers, pictures, server, state, words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


HINTS = (
    ":material/lasso_select: **Draw** around points to see their images",
    ":material/ads_click: **click** one to open it",
    ":material/zoom_in: **scroll** to zoom, double-click to see everything",
    ":material/toggle_on: **click a name** to hide its points",
)
HINTS_TOUCH = (
    ":material/ads_click: **Tap** a point to open its image",
    ":material/lasso_select: choose the **lasso** above the map to draw around points",
    ":material/toggle_on: **tap a name** to hide its points",
)
HINTS_3D = (
    ":material/3d_rotation: **Drag** to turn the map",
    ":material/ads_click: **click** a point to open its image",
    ":material/lasso_select: to **draw** around points, choose a map in two dimensions",
)


@st.fragment
def picked(columns: cached.Columns, ids: NDArray[np.int64]) -> None:
    """The selection beside the map. Turning its pages reruns this alone."""
    with st.container(key="map_picked"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"##### {words.count(len(ids), 'image')} selected", width="stretch")
            if st.button("Clear", key="map_clear", icon=":material/close:", type="tertiary"):
                state.clear_selection()
                st.rerun()
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
drawing = map_view.Drawing(drawn, columns, clusters)

with st.container(horizontal=True, vertical_alignment="bottom", key="map_toolbar"):
    map_choice.pick(maps, one)
    by = st.selectbox(
        "Colour by",
        colouring.options(columns, clusters=clusters is not None, trust=drawing.trust is not None),
        key="map_colour",
        bind="query-params",
        width=190,
    )
    with st.popover("Filter", icon=":material/filter_alt:"), st.container(width=320):
        filters = pickers.filters(columns)
    map_choice.redraw(dataset, encoder)
if filters.active:
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="map_filtered"):
        passed = len(filters.rows(columns))
        said = f":material/filter_alt: **{passed:,} of {words.count(len(columns.ids), 'image')}** in colour"
        st.markdown(f"{said} · {words.plain(filters.words)}", width="content")
        st.button("Show all", key="map_unfilter", on_click=state.clear_filters, type="tertiary")

map_choice.follow()
map_choice.swap_note(drawn, dataset)
chosen = state.selection()
with st.container(key="map_sides"):
    left, right = st.columns([7, 3] if chosen else [60, 1], gap="medium" if chosen else None)
with left:
    map_view.show(drawing, by, filters)
    map_choice.honesty(drawn.projection)
    if chosen is None:
        hints = HINTS_3D if drawn.projection.dims == 3 else HINTS_TOUCH if state.touch() else HINTS
        st.caption(" · ".join(hints))
if chosen is not None:
    with right:
        picked(columns, chosen.ids)
detail.open_from_url(dataset, [] if chosen is None else chosen.ids.tolist())
