"""Every image of the dataset, to look through, filter and pick from, and every file that was refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import streamlit as st

from pages.parts import cached, detail, empty, gallery, pickers, refused, state, table, urls, words

if TYPE_CHECKING:
    from numpy.typing import NDArray

A_PAGE = 60  # images; never more is drawn
PICKING = "Each click adds an image to the selection, or takes it out."


def picked(ids: list[int]) -> None:
    """What can be done with the rows that are ticked."""
    chosen = state.selection()
    with st.container(horizontal=True, vertical_alignment="center", key="data_picked"):
        st.markdown(f"**{words.count(len(ids), 'image')}** picked")
        if st.button("Make it the selection", key="data_select", type="primary", icon=":material/select_check_box:"):
            state.select(ids, "picked on Data")
            st.rerun()
        if chosen is not None and st.button(
            f"Add to the {len(chosen):,} selected", key="data_add", icon=":material/add:"
        ):
            state.select([*chosen.ids.tolist(), *ids], f"{chosen.how}, and more")
            st.rerun()


def images(columns: cached.Columns) -> list[int]:
    """The images that pass the filters, a page at a time. Returns the ids of the page."""
    filters = pickers.filters(columns)
    with st.container(horizontal=True, vertical_alignment="bottom", key="data_toolbar"):
        order = st.selectbox("Sort by", list(table.ORDERS), key="data_sort", bind="query-params", width=170)
        view = st.segmented_control(
            "View", ["Grid", "Table"], key="data_view", bind="query-params", default="Grid", required=True
        )
        rows = table.ordered(columns, filters.rows(columns), order)
        if len(rows) and st.button(f"Select all {len(rows):,}", key="data_all", icon=":material/done_all:"):
            state.select(columns.ids[rows].tolist(), filters.words)
            st.rerun()
    if not len(rows):
        with empty.note("No image passes these filters", "", ":material/filter_alt_off:", key="data_none"):
            st.button("Show all", key="data_unfilter", on_click=state.clear_filters)
        return []
    bar, page = st.container(horizontal=True, vertical_alignment="center", key="data_bar"), st.container()
    total = words.count(len(columns.ids), "image")
    bar.caption(f"{len(rows):,} of {total}" if filters.active else total, width="content")
    pages = -(-len(rows) // A_PAGE)
    number = st.pagination(pages, key="data_page", bind="query-params") if pages > 1 else 1
    shown = rows[(number - 1) * A_PAGE : number * A_PAGE]
    picking = view == "Grid" and bar.toggle("Pick by click", key="data_pick", help=PICKING)
    with page:
        if view == "Grid":
            grid(columns, shown, picking=picking)
        elif ids := table.show(columns, shown, key="data_table"):
            picked(ids)
    return columns.ids[shown].tolist()


def grid(columns: cached.Columns, rows: NDArray[np.int64], *, picking: bool) -> None:
    """The page as pictures. A click opens one or, while picking, puts it in the selection or takes it out."""
    chosen = state.selection()
    held = set() if chosen is None else set(chosen.ids.tolist())
    page = columns.images.select(["id", "path", "sha256"]).take(rows).to_pylist()
    labels = columns.label.take(pa.array(rows)).to_pylist()
    items = [
        gallery.Item(
            one["id"],
            urls.thumbnail(columns.dataset, one["id"], one["sha256"]),
            one["path"].rsplit("/", 1)[-1],
            label or "",
        )
        for one, label in zip(page, labels, strict=True)
    ]
    opened = gallery.show(
        items, key="data_grid", alt="Images of the dataset", selected=held & {item.id for item in items}
    )
    if opened is None:
        return
    if picking:
        state.select(held ^ {opened}, "picked on Data")
        st.rerun()
    detail.show(opened)


dataset = state.require_dataset()
columns = cached.columns(dataset)
st.title("Data", anchor=False)
tab_images, tab_refused = st.tabs(["Images", "Rejected"], key="data_tab", bind="query-params")
around: list[int] = []
if tab_images.open:
    with tab_images:
        around = images(columns)
if tab_refused.open:
    with tab_refused:
        refused.show(dataset)
detail.open_from_url(dataset, around)
