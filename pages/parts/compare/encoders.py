"""The tab that compares encoders: which to take, in a sentence, a table and charts; then where two disagree."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from embedding_core import derived
from embedding_core.deciding.versions import NOW
from embedding_core.derived import standings
from embedding_core.errors import InvalidInput
from pages.parts import cached, charts, charts_compare, empty, fitted, jobs, pictures, server, stale, state, words
from pages.parts.compare import choosing, disagreeing, standing
from pages.parts.versions import trying

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from embedding_core.derived.standings import Cost
    from embedding_core.evaluate.comparison.found import Comparison
    from embedding_core.workspace import Dataset
    from pages.parts.cached import Columns


def show(dataset: Dataset, columns: Columns) -> list[int]:
    """The tab. Returns the ids that the drawer can step through."""
    there = fitted.fair(dataset)
    choosing.failures(dataset, there)
    if len(there) < 2:
        choosing.alone(dataset, there)
        return []
    now = choosing.chosen(dataset, there)
    choosing.pick(dataset, there, now)
    if len(now) < 2:
        empty.note("Choose two or more", "Tick the encoders to compare above.", ":material/balance:", key="compare_few")
        return []
    wanted = {"dataset": dataset.uuid, "encoders": now}
    key = _key(dataset, now)
    kept, current = cached.newest(
        key, dataset, derived.COMPARISON, None, derived.read_comparison, encoders=sorted(now), version=NOW
    )
    if trying.running(trying.job(dataset, "compare", wanted), key="compare_running"):
        return []

    def begin() -> None:
        jobs.submit("compare", wanted, dataset=dataset.uuid)

    if kept is None:
        _ask(begin, labelled=len(columns.labels) > 1)
        return []
    if not current:
        stale.notice("these were compared", "Compare again", begin, key="compare")
    found = kept.found
    cards = {one.card.id: one for one in dataset.encodings()}
    costs = [standings.cost(server.workspace(), dataset, cards[one].card, cards[one].count) for one in found.encoders]
    _told(found, costs, wanted, dataset)
    return disagreeing.show(columns, found, [one.name for one in costs])


def _key(dataset: Dataset, now: Sequence[str]) -> str:
    """The fingerprint of the comparison as things stand; empty where there can be none yet."""
    embeddings = [found for one in now if (found := pictures.embedding_of(dataset, one)) is not None]
    workspace = server.workspace()
    copies = len(workspace.results.find(dataset.uuid, "duplicates"))
    aside = derived.set_aside(workspace, dataset)
    names = "/".join(one.fingerprint for one in embeddings)

    def make() -> str:
        try:
            return derived.comparison_key(workspace, dataset, embeddings)
        except InvalidInput:  # nothing is in all of them
            return ""

    found: str = cached.of_versions(dataset, f"compare/{copies}/{aside}/{names}", make)
    return found


def _ask(begin: Callable[[], None], *, labelled: bool) -> None:
    body = (
        "Each encoder's vectors are given the same probe and the same folds, near-duplicates together, and its speed "
        "is measured on this machine. It takes about ten seconds for each encoder and a few thousand images."
        if labelled
        else "There are no labels of two kinds, so nothing says which encoder is better. How alike they see the "
        "images, and how fast they are, can be measured all the same."
    )
    row = empty.note("Which one is best here?", body, ":material/balance:", key="compare_ask")
    row.button(
        "Compare them",
        key="compare_run",
        type="primary",
        icon=":material/play_arrow:",
        on_click=begin,
    )


def _told(found: Comparison, costs: Sequence[Cost], wanted: dict[str, object], dataset: Dataset) -> None:
    verdict, names = standings.verdict(found, costs), [one.name for one in costs]
    headline, _, reason = verdict.said.partition(": ")
    with st.container(key="compare_said_encoders", gap="xsmall"):
        st.header(words.plain(headline), anchor=False, help=words.HELP["interval"] if found.labelled else None)
        if reason:
            st.markdown(words.plain(f"{reason[:1].upper()}{reason[1:]}"))
    standing.table(found, costs, verdict)
    standing.meaning(found)
    look = charts.look(st.context.theme.type)
    measured = [one for one in costs if one.images_per_second]
    left, right = st.columns(2, gap="large")
    with left:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.subheader("Speed and quality", anchor=False, help=words.HELP["unbeaten"], width="stretch")
            st.button(
                "Measure speed again",
                key="compare_remeasure",
                type="tertiary",
                icon=":material/speed:",
                help="On a busy machine a speed comes out too low.",
                on_click=lambda: jobs.submit("compare", {**wanted, "remeasure": True}, dataset=dataset.uuid),
            )
        if found.labelled and measured:
            figure = charts_compare.pareto(charts_compare.points(found, costs), look)
            alt = "Images per second and accuracy of each encoder, with intervals"
            st.plotly_chart(figure, key="compare_pareto", theme=None, config=trying.QUIET, alt=alt)
        elif measured:
            figure = charts_compare.speeds([(one.name, one.images_per_second or 0.0) for one in costs], look)
            st.plotly_chart(figure, key="compare_speeds", theme=None, config=trying.QUIET, alt="Images per second")
        else:
            st.caption("None of these can be run on this machine, so there is no speed to show.")
    with right:
        _spaces(found, names)


def _spaces(found: Comparison, names: Sequence[str]) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader("Do they see alike?", anchor=False, width="stretch")
        by = st.segmented_control(
            "Likeness",
            ["Look-alikes", "Whole space"],
            key="compare_space",
            bind="query-params",
            default="Look-alikes",
            required=True,
            label_visibility="collapsed",
            help=f"**Look-alikes**: {words.HELP['overlap']}\n\n**Whole space**: {words.HELP['cka']}",
        )
    values = found.overlap if by == "Look-alikes" else found.cka
    figure = charts_compare.matrix(values, names, charts.look(st.context.theme.type), narrow=state.touch())
    st.plotly_chart(
        figure, key="compare_matrix", theme=None, config=trying.QUIET, alt="How alike each two encoders see"
    )
    st.caption(words.plain(standings.alike(found, names)))
