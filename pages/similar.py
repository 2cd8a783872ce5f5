"""Find images like one image, like several, or like a file. A click on a result goes on from there."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import streamlit as st

from embedding_core import neighbours
from embedding_core.errors import KindredError
from embedding_core.fingerprint import digest
from pages.parts import (
    cached,
    detail,
    empty,
    filter_bar,
    filtering,
    gallery,
    moments,
    pictures,
    query,
    state,
    words,
)

if TYPE_CHECKING:
    from embedding_core.workspace import Embedding


@st.fragment
@moments.moment()
def look_alikes(embedding: Embedding, columns: cached.Columns) -> None:
    """Reruns alone when its own widgets change."""
    with st.container(key="similar_sides"):
        left, right = st.columns([3, 7], gap="large")
    with left:
        wanted = query.choose(columns)
        if wanted is not None:
            query.show(wanted, columns)
    with right:
        if wanted is None:
            offer(columns)
            return
        query.trail(columns)
        with st.container(horizontal=True, vertical_alignment="bottom", key="similar_toolbar"):
            metric = st.selectbox(
                "Compare by",
                list(neighbours.METRICS),
                key="similar_metric",
                bind="query-params",
                format_func=lambda name: words.METRICS.get(name, name),
                help="\n\n".join(f"**{title}**: {words.HELP[name]}" for name, title in words.METRICS.items()),
                width=180,
            )
            k = st.slider("How many", 4, 96, 24, 4, key="similar_k", bind="query-params", width=220)
            exact = pictures.exactly(embedding, key="similar_exact", in_url=True)
        if state.filtering().active:
            filter_bar.chips(filtering.known(state.require_dataset()))
        try:
            with st.spinner("Searching…", show_time=True):
                found = search(embedding, wanted, metric, k, exact)
        except KindredError as error:
            empty.failed(error)
            return
        results(columns, wanted, found)


def offer(columns: cached.Columns) -> None:
    """Images to begin with, of those that pass the filters."""
    filtered = state.filtering()
    if not filtered.active:
        query.offer(columns)
        return
    now = filtering.known(state.require_dataset())
    filter_bar.chips(now)
    rows = filtering.rows(now, filtered)
    if len(rows):
        query.offer(columns.only(rows))
        return
    with empty.note("No image passes these filters", "", ":material/filter_alt_off:", key="similar_none"):
        st.button("Show all", key="similar_unfilter", on_click=state.clear_filters)


def search(embedding: Embedding, wanted: query.Query, metric: str, k: int, exact: bool) -> pictures.Found:
    """The most similar of the images that pass the filters."""
    dataset, filtered = state.require_dataset(), state.filtering()
    parameters = dict(wanted.parameters)
    if filtered.active:
        now = filtering.known(dataset)
        ids = now.columns.ids[filtering.rows(now, filtered)]
        if not len(ids):
            return pictures.Found()
        how = f"filter: {filtering.said(now, filtered)}"
        parameters["among"] = cached.kept_selection(dataset.uuid, digest(ids.tobytes()), _ids=ids, _how=how)
    return pictures.search(dataset, embedding, parameters, metric=metric, k=k, actor=state.actor(), exact=exact)


def results(columns: cached.Columns, wanted: query.Query, found: pictures.Found) -> None:
    """The gallery; a click searches on from that image."""
    ids = [image for image, _ in found.alike]
    if not ids:
        st.info(
            "No other image passes the filters."
            if state.filtering().active
            else "There is no other image to compare with.",
            icon=":material/image_not_supported:",
        )
        return
    with st.container(horizontal=True, vertical_alignment="center", key="similar_found"):
        st.markdown(agreement(columns, wanted, ids), width="stretch")
        if st.button("Add to the selection", key="similar_add", icon=":material/select_check_box:"):
            chosen = state.selection()
            before = [] if chosen is None else chosen.ids.tolist()
            state.select([*before, *ids], f"alike to {wanted.name}" if not before else "several searches")
            st.rerun()
    pictures.completeness(found)
    badges = {image: said.removeprefix("similarity ") for image, said in found.alike}
    opened = gallery.show(
        pictures.items(columns, ids, badges), key="similar_results", alt=f"Images most like {wanted.name}"
    )
    st.caption(":material/route: A click on an image searches on from there.")
    if opened is not None:
        query.step_to(str(opened))
        st.rerun()


def agreement(columns: cached.Columns, wanted: query.Query, ids: list[int]) -> str:
    """How many of the results share the query's label, or the most common one."""
    counts = Counter(label for label in query.labels_of(ids, columns) if label is not None)
    if not counts:
        return f"**{words.count(len(ids), 'image')}**"
    own = query.labels_of(wanted.ids, columns)
    label = own[0] if len(own) == 1 and own[0] else counts.most_common(1)[0][0]
    return f"**{counts[label]} of {len(ids)}** share the label **{words.plain(label)}**"


dataset = state.require_dataset()
embedding = state.require_embedding()
st.title("Similar", anchor=False)
look_alikes(embedding, cached.columns(dataset))
detail.open_from_url(dataset)
