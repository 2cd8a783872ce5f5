"""Every image of the dataset, to look through, filter and pick from, and every file that was refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.parts import cached, detail, empty, filter_bar, filtering, picking, refused, state, table, words

if TYPE_CHECKING:
    from embedding_core.workspace import Dataset

A_PAGE = 60  # images; never more is drawn


def images(dataset: Dataset, columns: cached.Columns) -> list[int]:
    """The images that pass the filters, a page at a time. Returns the ids of the page."""
    now = filtering.known(dataset)
    filter_bar.bar(now)
    wanted = state.filtering()
    with st.container(horizontal=True, vertical_alignment="bottom", key="data_toolbar"):
        order = st.selectbox("Sort by", list(table.orders(columns)), key="data_sort", bind="query-params", width=170)
        view = st.segmented_control(
            "View", ["Grid", "Table"], key="data_view", bind="query-params", default="Grid", required=True
        )
        rows = table.ordered(columns, filtering.rows(now, wanted), order)
        if len(rows) and st.button(f"Select all {len(rows):,}", key="data_all", icon=":material/done_all:"):
            how = f"filter: {filtering.said(now, wanted)}" if wanted.active else "all images"
            state.select(columns.ids[rows], how)
            st.rerun()
    if not len(rows):
        with empty.note("No image passes these filters", "", ":material/filter_alt_off:", key="data_none"):
            st.button("Show all", key="data_unfilter", on_click=state.clear_filters)
        return []
    bar = st.container(horizontal=True, vertical_alignment="center", key="data_bar")
    actions, page = st.container(), st.container()
    total = words.count(len(columns.ids), "image")
    bar.caption(f"{len(rows):,} of {total}" if wanted.active else total, width="content")
    pages = -(-len(rows) // A_PAGE)
    number = st.pagination(pages, key="data_page", bind="query-params") if pages > 1 else 1
    shown = rows[(min(number, pages) - 1) * A_PAGE :][:A_PAGE]
    by_click = view == "Grid" and bar.toggle("Pick by click", key="data_pick", help=picking.HELP)
    with page:
        if view == "Grid":
            opened = picking.grid(columns, columns.ids[shown], key="data_grid", by_click=by_click)
            if opened is not None:
                detail.show(opened)
        elif ids := table.show(columns, shown, key="data_table"):
            with actions:
                picking.ticked(ids)
    return columns.ids[shown].tolist()


dataset = state.require_dataset()
columns = cached.columns(dataset)
st.title("Data", anchor=False)
tab_images, tab_refused = st.tabs(["Images", "Rejected"], key="data_tab", bind="query-params")
around: list[int] = []
if tab_images.open:
    with tab_images:
        around = images(dataset, columns)
if tab_refused.open:
    with tab_refused:
        refused.show(dataset)
detail.open_from_url(dataset, around)
