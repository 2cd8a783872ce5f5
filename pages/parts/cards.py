"""Datasets as cards: what is in them, what has been computed, and what can be done with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from embedding_core.encoders import registry
from pages.parts import cached, jobs, manage, preparing, server, state, thumbnails, words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embedding_core.workspace import Dataset

A_PAGE = 12  # cards


def show(datasets: Sequence[Dataset]) -> None:
    if not datasets:
        return
    st.subheader("Datasets", anchor=False, help=words.HELP["dataset"])
    pages = -(-len(datasets) // A_PAGE)
    grid = st.grid(3, min_column_width=290)
    page = st.pagination(pages, key="start_page", bind="query-params") if pages > 1 else 1
    for dataset in datasets[(page - 1) * A_PAGE : page * A_PAGE]:
        with grid.cell():
            card(dataset)


def card(dataset: Dataset) -> None:
    facts = cached.summary(dataset)
    with st.container(border=True, height="stretch", gap="xsmall", key=f"start_card_{dataset.uuid}"):
        if facts.count:
            thumbnails.strip(dataset.uuid, facts.first, size=56, fill=True)
        with st.container(horizontal=True, vertical_alignment="center", wrap=False):
            st.markdown(f"**{words.plain(dataset.name)}**", width="stretch")
            action = st.menu_button(
                "",
                list(manage.ACTIONS),
                icon=":material/more_horiz:",
                type="tertiary",
                key=f"start_menu_{dataset.uuid}",
                help=f"What can be done with {words.plain(dataset.name)}",
            )
        st.caption(contents(dataset, facts))
        if dataset.description:
            st.caption(words.plain(dataset.description))
        st.markdown(computed(dataset))
        way_on(dataset, facts.count)
    if action:
        manage.ACTIONS[action](dataset)


def contents(dataset: Dataset, facts: cached.Summary) -> str:
    parts = [words.count(facts.count, "image")]
    if facts.labels:
        parts.append(f"{words.count(facts.labels, 'label')} {words.plain(words.source(dataset.label_source))}")
    if facts.splits:
        parts.append(words.plain(" / ".join(facts.splits[:4])))
    if refused := dataset.left_out:
        parts.append(f"{words.count(refused, 'file')} left out")
    return " · ".join(parts)


def computed(dataset: Dataset) -> str:
    """Badges: encoders with how far they got, maps, clusterings."""
    badges = []
    for encoding in dataset.encodings():
        part = "" if encoding.count >= dataset.count else f" {encoding.count:,} of {dataset.count:,}"
        badges.append(f":green-badge[:material/neurology: {words.plain(encoding.card.name)}{part}]")
    for kind, icon, one in (("map", "bubble_chart", "map"), ("clusters", "workspaces", "clustering")):
        number = len(server.workspace().results.find(dataset.uuid, kind))
        if number:
            badges.append(f":gray-badge[:material/{icon}: {words.count(number, one)}]")
    return " ".join(badges) or ":gray-badge[Nothing computed yet]"


def way_on(dataset: Dataset, count: int) -> None:
    """The one thing that one would do next."""
    active = jobs.running(dataset)
    if active:
        shown = active[0].id == state.get("job")
        label = "Under way, see above" if shown else f"{jobs.title(active[0])} … Watch"
        icon = ":material/pending:" if shown else ":material/visibility:"
        key = f"start_watch_{dataset.uuid}"
        if st.button(label, key=key, icon=icon, width="stretch", disabled=shown):
            preparing.follow(active[0].id)
    elif not count:
        if st.button("Add images", key=f"start_fill_{dataset.uuid}", icon=":material/add:", width="stretch"):
            manage.grow(dataset, "images")
    elif dataset.encodings():
        if st.button("Open the map", key=f"start_map_{dataset.uuid}", icon=":material/bubble_chart:", width="stretch"):
            state.choose_dataset(dataset.name)
            state.go("map.py")
    elif st.button("Draw the map", key=f"start_draw_{dataset.uuid}", icon=":material/play_arrow:", width="stretch"):
        wanted = {"dataset": dataset.uuid, "encoder": registry.DEFAULT}
        preparing.follow(jobs.submit("prepare", wanted, dataset=dataset.uuid).id)
