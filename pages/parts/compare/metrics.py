"""The tab that compares metrics, and says what fewer bytes an image cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from embedding_core import derived
from embedding_core.deciding.versions import NOW
from embedding_core.derived.comparison import METRICS_KIND
from embedding_core.errors import InvalidInput
from embedding_core.evaluate.comparison.metrics import TITLES, sentences
from pages.parts import cached, charts, charts_compare, empty, fitted, jobs, pictures, server, stale, state, words
from pages.parts.versions import known, trying

if TYPE_CHECKING:
    from embedding_core.evaluate.comparison.metrics import Metrics
    from embedding_core.workspace import Dataset, Embedding
    from pages.parts.cached import Columns

VOTE, FOUND = "Look-alike vote", "Found first"


def show(dataset: Dataset, columns: Columns) -> None:
    """The tab."""
    encoder = state.current_encoder(dataset)
    if fitted.refused(encoder, "a comparison of metrics", key="compare_metrics"):
        return
    embedding = pictures.embedding_of(dataset, encoder)
    if not trying.possible(dataset, embedding, encoder, known.snapshot(dataset, "now")) or embedding is None:
        return
    wanted = {"dataset": dataset.uuid, "encoder": encoder}
    if trying.running(trying.job(dataset, "metrics", wanted), key="compare_metrics_running"):
        return

    def begin() -> None:
        jobs.submit("metrics", wanted, dataset=dataset.uuid)

    key = _key(dataset, embedding)
    kept, current = cached.newest(key, dataset, METRICS_KIND, embedding.fingerprint, derived.read_metrics, version=NOW)
    if kept is not None:
        if not current:
            stale.notice("these were compared", "Compare again", begin, key="compare_metrics")
        _told(kept.found, words.encoder(encoder))
        return
    row = empty.note(
        "How should images be compared?",
        f"The vectors of **{words.plain(words.encoder(encoder))}** can be compared by angle, by distance or by bits. "
        "Each way is asked for the look-alikes of the same images, and judged by your labels.",
        ":material/straighten:",
        key="compare_metrics_ask",
    )
    row.button(
        "Compare metrics",
        key="compare_metrics_run",
        type="primary",
        icon=":material/play_arrow:",
        on_click=begin,
    )


def _key(dataset: Dataset, embedding: Embedding) -> str:
    workspace = server.workspace()
    copies = len(workspace.results.find(dataset.uuid, "duplicates"))
    aside = derived.set_aside(workspace, dataset)

    def make() -> str:
        try:
            return derived.metrics_key(workspace, dataset, embedding)
        except InvalidInput:
            return ""

    found: str = cached.of_versions(dataset, f"metrics/{copies}/{aside}/{embedding.fingerprint}", make)
    return found


def _told(found: Metrics, encoder: str) -> None:
    answer, *costs = sentences(found)
    headline, _, reason = answer.partition(": ")
    with st.container(key="compare_said_metrics", gap="xsmall"):
        st.header(words.plain(headline), anchor=False, help=words.HELP["interval"])
        st.markdown(words.plain(" ".join([f"{reason[:1].upper()}{reason[1:]}", *costs])))
    left, right = st.columns([2, 3], gap="large")
    with left:
        by = st.segmented_control(
            "Judged by",
            [VOTE, FOUND],
            key="compare_metrics_by",
            bind="query-params",
            default=VOTE,
            required=True,
            help=f"**{VOTE}**: {words.HELP['look-alike vote']}\n\n**{FOUND}**: {words.HELP['found first']}",
        )
        rows = [_bar(found, way, by) for way in found.ways]
        figure = charts_compare.bars(rows, charts.look(st.context.theme.type), shares=by == VOTE)
        st.plotly_chart(figure, key="compare_bars", theme=None, config=trying.QUIET, alt=f"{by} of each metric")
    with right:
        st.subheader("What each costs", anchor=False)
        _table(found)
    st.caption(
        words.plain(
            f"{encoder}: {len(found.ids):,} labelled images were asked about, among {found.among:,}; their own "
            "near-duplicates have no say. The untouched part is left out. Differences are to cosine, "
            f"their intervals widened for {len(found.ways) - 1} comparisons (Holm)."
        )
    )


def _bar(found: Metrics, way: str, by: str) -> tuple[str, float, float, float]:
    if by == VOTE:
        return TITLES[way], found.accuracy(way), *found.interval(way)
    return TITLES[way], found.retrieval(way), *found.retrieval_interval(way)


def _table(found: Metrics) -> None:
    differences = [found.differences().get(way) for way in found.ways]
    rows = {
        "Metric": [TITLES[way] for way in found.ways],
        VOTE: [100 * found.accuracy(way) for way in found.ways],
        "To cosine": [0.0 if one is None else trying.in_points(one) for one in differences],
        "Interval": ["" if one is None else trying.interval(one) for one in differences],
        FOUND: [found.retrieval(way) for way in found.ways],
        "An image": [words.size(found.bytes_of(way)) for way in found.ways],
        "The set": [words.size(found.bytes_of(way) * found.images) for way in found.ways],
    }
    st.dataframe(
        trying.signed(rows, "To cosine"),
        key="compare_metrics_table",
        hide_index=True,
        column_config={
            VOTE: st.column_config.NumberColumn(format="%.1f%%", help=words.HELP["look-alike vote"]),
            FOUND: st.column_config.NumberColumn(format="%.3f", help=words.HELP["found first"]),
        },
        alt="Each metric with its quality and the room that it takes",
    )
    terms = {**words.METRICS, "whitened": "Whitened", "int8": "8-bit"}
    with st.expander("What these are", icon=":material/help:"):
        st.markdown("\n".join(f"- **{terms[way]}**: {words.HELP[way]}" for way in found.ways if way in terms))
