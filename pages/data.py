"""Every image of the dataset, to look through, filter and pick from, and every file that was refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import streamlit as st

from pages.parts import cached, detail, gallery, pickers, refused, state, table, urls, words

if TYPE_CHECKING:
    from numpy.typing import NDArray

A_PAGE = 60  # images


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


def images(columns: cached.Columns) -> None:
    filters = pickers.filters(columns)
    with st.container(horizontal=True, vertical_alignment="bottom", key="data_toolbar"):
        order = st.selectbox("Sort by", list(table.ORDERS), key="data_sort", bind="query-params", width=200)
        view = st.segmented_control(
            "View", ["Grid", "Table"], key="data_view", bind="query-params", default="Grid", required=True
        )
        rows = table.ordered(columns, filters.rows(columns), order)
        if len(rows):
            what = f"all {len(rows):,}" if len(rows) > 1 else "it"
            if st.button(f"Select {what}", key="data_all", icon=":material/done_all:", help=words.HELP["selection"]):
                state.select(columns.ids[rows].tolist(), filters.words)
                st.rerun()
    st.caption(
        f"{len(rows):,} of {words.count(len(columns.ids), 'image')}"
        if filters.active
        else f"{words.count(len(rows), 'image')}"
    )
    if not len(rows):
        st.info("No image passes these filters.", icon=":material/filter_alt_off:")
        st.button("Show all", key="data_unfilter", on_click=state.clear_filters)
        return
    shown = page_of(rows)
    if view == "Grid":
        grid(columns, shown)
    elif ids := table.show(columns, shown, key="data_table"):
        picked(ids)


def page_of(rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """The rows of one page; never more than a page is drawn."""
    pages = -(-len(rows) // A_PAGE)
    page = st.pagination(pages, key="data_page", bind="query-params") if pages > 1 else 1
    return rows[(page - 1) * A_PAGE : page * A_PAGE]


def grid(columns: cached.Columns, rows: NDArray[np.int64]) -> None:
    """The page as pictures. A click opens one or, while picking, puts it in the selection or takes it out."""
    picking = st.toggle(
        "Pick by click", key="data_pick", help="Each click adds an image to the selection, or takes it out."
    )
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
if tab_images.open:
    with tab_images:
        images(columns)
if tab_refused.open:
    with tab_refused:
        refused.show(dataset)
detail.open_from_url(dataset)
