"""The images beside the map: those that are selected, else those that pass the filter, else typical ones.

There always are some, so that the map stays in its place when the first are selected.
"""

from __future__ import annotations

from itertools import chain, zip_longest
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from pages.parts import cached, detail, filtering, moments, pictures, state, table, words

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embedding_core.derived import ClusterResult
    from pages.parts.map.present import Present

A_PAGE = 30  # images
A_TABLE = 60  # rows
TYPICAL = 18  # images


@st.fragment
@moments.moment()
def show(now: Present, clusters: ClusterResult | None) -> None:
    """Turning pages reruns this alone."""
    chosen, wanted = state.selection(), state.filtering()
    with st.container(key="map_picked"):
        if chosen is not None:
            _selected(now, chosen.ids)
        elif wanted.active:
            ids = now.drawn.ids[filtering.rows(now, wanted)]
            _headed(f"{words.count(len(ids), 'image')} {'passes' if len(ids) == 1 else 'pass'}")
            if len(ids):
                _gallery(now, ids, "map_passing", "Images that pass the filter")
            else:
                st.caption("No image passes all filters. Take one off, or show all.")
        else:
            _headed("Typical images")
            st.caption("Draw around images on the map to see those here.")
            _gallery(now, typical(now, clusters), "map_typical", "Typical images")


def typical(now: Present, clusters: ClusterResult | None) -> NDArray[np.int64]:
    """Ids of some images that are there: of each group those nearest to its middle, else from all over the map."""
    found = []
    if clusters is not None:
        by_group = (clusters.ids[list(rows)] for rows in clusters.clustering.exemplars)
        found = [int(one) for one in chain.from_iterable(zip_longest(*by_group)) if one is not None]
    if not found:
        flat = now.drawn.projection.dims == 2
        ids = now.drawn.ids
        order = cached.spatial_order(now.drawn.fingerprint, _drawn=now.drawn) if flat else np.arange(len(ids))
        found = ids[order[np.linspace(0, len(ids) - 1, min(TYPICAL, len(ids))).astype(int)]].tolist()
    there = np.array(found, np.int64)
    return there[now.columns.find(there) >= 0][:TYPICAL]


def _headed(text: str) -> None:
    st.markdown(f"##### {text}", width="stretch")


def _selected(now: Present, ids: NDArray[np.int64]) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        _headed(f"{words.count(len(ids), 'image')} selected")
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
    if view == "Images":
        _gallery(now, ids, "map_gallery", "The selected images")
        return
    rows = now.columns.rows(ids)
    pages = -(-len(rows) // A_TABLE)
    place = st.container()
    page = min(st.pagination(pages, key="map_table_page"), pages) if pages > 1 else 1
    with place:
        table.show(now.columns, rows[(page - 1) * A_TABLE : page * A_TABLE], key="map_table")


def _gallery(now: Present, ids: NDArray[np.int64], key: str, alt: str) -> None:
    opened = pictures.paged(now.columns, ids, key=key, alt=alt, a_page=A_PAGE, size="s")
    if opened is not None:
        detail.show(opened)
        st.rerun()
