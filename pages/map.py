"""All images at once, alike ones together. Draw around some to pick them out; click one to open it."""

import streamlit as st

from embedding_core import derived
from pages.parts import cached, detail, honesty, map_choice, map_gallery, map_solid, map_view, placed, server, state
from pages.parts.map import present

dataset = state.require_dataset()
embedding = state.require_embedding()
encoder = state.current_encoder(dataset)

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
    map_choice.pick(maps, one, dataset, embedding)
    beside = None if solid else map_choice.beside(dataset, one)
    if solid:
        map_solid.pick_colour(solid)
    map_choice.redraw(dataset, encoder)

map_choice.follow()
map_choice.swap_note(drawn, dataset)
chosen = state.selection()
with st.container(key="map_sides"):
    # Two maps have the whole width, and their images below. The first column stays what it is, and with it the map.
    sides = st.columns([1] if not solid and beside else [7, 3], gap="medium")
with sides[0]:
    if solid:
        map_solid.show(solid)
    else:
        map_view.show(drawn, beside, clusters)
    honesty.show(now, present.present(beside.fingerprint) if beside else None)
    placed.show(drawn, dataset)
with sides[1] if len(sides) > 1 else st.container():
    map_gallery.show(now, clusters)
detail.open_from_url(dataset, chosen.ids.tolist() if chosen and state.get("image") else [])
