"""All images at once, alike ones together. Draw around some to pick them out; click one to open it."""

from __future__ import annotations

import streamlit as st

from embedding_core import derived
from pages.parts import cached, colouring, detail, map_choice, map_view, pickers, pictures, server, state, words


@st.fragment
def picked(columns: cached.Columns) -> None:
    """The selection beside the map. Turning its pages reruns this alone."""
    chosen = state.selection()
    with st.container(key="map_picked"):
        if chosen is None:
            st.markdown("##### Nothing selected")
            st.caption(
                ":material/lasso_select: **Draw** around points to see their images here.  \n"
                ":material/ads_click: **Click** a point to open its image.  \n"
                ":material/zoom_in: **Scroll** to zoom; double-click to see everything again.  \n"
                ":material/toggle_on: **Click a name** in the legend to hide its points, twice to see it alone."
            )
            return
        st.markdown(f"##### {words.count(len(chosen), 'image')} selected")
        opened = pictures.paged(columns, chosen.ids, key="map_gallery", alt="The selected images", a_page=30, size="s")
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
    with st.popover("Filter", icon=":material/filter_alt:"):
        filters = pickers.filters(columns)
        st.button("Show all", key="map_unfilter", on_click=state.clear_filters, disabled=not filters.active)
    map_choice.redraw(dataset, encoder)

map_choice.follow()
map_choice.swap_note(drawn, dataset)
left, right = st.columns([7, 3], gap="medium")
with left:
    map_view.show(drawing, by, filters)
    map_choice.honesty(drawn.projection)
    if drawn.projection.dims == 3:
        st.caption("Drag to turn it. To draw around points, use a map in two dimensions.")
with right:
    picked(columns)
chosen = state.selection()
detail.open_from_url(dataset, [] if chosen is None else chosen.ids.tolist())
