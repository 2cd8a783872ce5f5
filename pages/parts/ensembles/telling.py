"""Ensembles told: whether it is worth it, gains beside costs, and a way to keep one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from embedding_core.derived.ensembles import is_ensemble
from embedding_core.train.ensembles_words import headline, name_of, said, verdict
from pages.parts import charts, charts_curve, jobs, state, words
from pages.parts.versions import trying

if TYPE_CHECKING:
    from embedding_core.train.ensembles_found import Ensembles
    from embedding_core.workspace import Dataset

ICONS = {
    "worth": ":green[:material/trending_up:]",
    "unclear": ":gray[:material/trending_flat:]",
    "worse": ":red[:material/trending_down:]",
    "alone": ":gray[:material/drag_handle:]",
}


def show(dataset: Dataset, found: Ensembles) -> None:
    """All of it."""
    with st.container(key="ensembles_said", gap="xsmall"):
        told = words.plain(headline(found, words.encoder))
        st.header(f"{ICONS[verdict(found)]} {told}", anchor=False, help=words.HELP["interval"])
        st.markdown(words.plain(" ".join(said(found, words.encoder)[1:])))
    rows = [
        (name_of(found, at, words.encoder), found.gains[at], at == found.chosen)
        for at in range(len(found.ways))
        if at != found.best
    ]
    figure = charts_curve.gains(rows, charts.look(st.context.theme.type))
    st.plotly_chart(
        figure, key="ensembles_chart", theme=None, config=trying.QUIET, alt="What each way gains, with its interval"
    )
    _table(found)
    _keep(dataset, found)


def _table(found: Ensembles) -> None:
    ways = range(len(found.ways))
    roles = {found.chosen: "chosen", found.best: "best alone, in folds"}
    seconds = [found.seconds_per_image(at) for at in ways]
    validation = [found.ways[at].validation for at in ways]
    st.dataframe(
        trying.signed(
            {
                "Way": [name_of(found, at, words.encoder) for at in ways],
                "Role": [roles.get(at, "") for at in ways],
                "Cross-validated": ["–" if one is None else f"{100 * one:.1f}%" for one in validation],
                "Untouched part": [100 * way.accuracy for way in found.ways],
                "Points": [trying.in_points(one) for one in found.gains],
                "Interval": ["" if at == found.best else trying.interval(one) for at, one in enumerate(found.gains)],
                "Milliseconds an image": ["–" if one is None else f"{1000 * one:,.0f}" for one in seconds],
                "Numbers an image": [found.dim(at) for at in ways],
                "Weights": [found.size_mb(at) for at in ways],
            },
            "Points",
        ),
        key="ensembles_table",
        hide_index=True,
        column_config={
            "Cross-validated": st.column_config.TextColumn(
                alignment="right",
                help="On the images that are trained on, by probes that have not seen them. This alone chooses.",
            ),
            "Untouched part": st.column_config.NumberColumn(format="%.1f%%", help=words.HELP["untouched"]),
            "Milliseconds an image": st.column_config.TextColumn(
                alignment="right", help="Embedding one image, as measured on this machine."
            ),
            "Numbers an image": st.column_config.NumberColumn(format="localized"),
            "Weights": st.column_config.NumberColumn(format="%.0f MB"),
        },
        alt="Every way of joining the encoders, its gains and its costs",
    )


def _keep(dataset: Dataset, found: Ensembles) -> None:
    """Vectors side by side, as an encoder that maps and searches can use."""
    if len(found.costs) < 2:
        return
    encoders = [one.encoder for one in found.costs]
    wanted = {"dataset": dataset.uuid, "encoders": encoders}
    job = trying.job(dataset, "keep_ensemble", wanted)
    if trying.running(job, key="ensembles_keep"):
        return
    made = {encoding.card.id for encoding in dataset.encodings() if is_ensemble(encoding.card)}
    with st.container(horizontal=True, vertical_alignment="center", key="ensembles_keep_row"):
        st.button(
            "Keep the vectors side by side",
            key="ensembles_keep",
            icon=":material/save:",
            on_click=lambda: jobs.submit("keep_ensemble", wanted, dataset=dataset.uuid),
            help="They become an encoder of their own, under Your own vectors, that maps, groups and searches can use.",
        )
        if made and job is not None:
            st.markdown(f"Kept as **{words.plain(words.encoder(sorted(made)[-1]))}**.", width="content")
            st.page_link(
                "map.py",
                label="See its map",
                icon=":material/arrow_forward:",
                query_params=state.link(encoder=sorted(made)[-1]),
            )
