"""Picking images out: by clicks in a gallery, or by ticks in a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.parts import gallery, pictures, state, words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from pages.parts.cached import Columns

HELP = "Each click adds an image to the selection, or takes it out."
HOW = "picked by hand"


def grid(columns: Columns, ids: NDArray[np.int64], *, key: str, by_click: bool) -> int | None:
    """These images as pictures, the selected ones framed. Returns the one that was opened.

    With `by_click` a click opens nothing: it puts the image into the selection, or takes it out.
    """
    chosen = state.selection()
    held = set() if chosen is None else set(chosen.ids.tolist())
    items = pictures.items(columns, ids)
    opened = gallery.show(items, key=key, alt="Images of the dataset", selected=held & {item.id for item in items})
    if opened is None or not by_click:
        return opened
    state.select(held ^ {opened}, HOW)
    st.rerun()
    return None


def ticked(ids: list[int]) -> None:
    """What can be done with the rows that are ticked."""
    chosen = state.selection()
    with st.container(horizontal=True, vertical_alignment="center", key="data_ticked"):
        st.markdown(f"**{words.count(len(ids), 'image')}** ticked")
        if st.button("Make it the selection", key="data_select", type="primary", icon=":material/select_check_box:"):
            state.select(ids, HOW)
            st.rerun()
        if chosen is not None and st.button(
            f"Add to the {len(chosen):,} selected", key="data_add", icon=":material/add:"
        ):
            state.select([*chosen.ids.tolist(), *ids], f"{chosen.how}, and more")
            st.rerun()
