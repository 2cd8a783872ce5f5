"""A split into train, validation and test: taken from what is known of the images, or drawn so that nothing leaks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.parts import jobs, manage, words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from embedding_core.workspace import Dataset

SHARES: Mapping[str, Mapping[str, float]] = {
    "70 · 15 · 15": {"train": 0.7, "validation": 0.15, "test": 0.15},
    "80 · 10 · 10": {"train": 0.8, "validation": 0.1, "test": 0.1},
    "80 · 0 · 20": {"train": 0.8, "test": 0.2},
}


def offer(dataset: Dataset, encoder: str, *, replaces: bool) -> None:
    """Both ways to a split; `replaces` where there is one already."""
    with st.container(horizontal=True, key="curate_split_bar", width="content"):
        with st.popover("Draw another split" if replaces else "Draw a split", icon=":material/call_split:"):
            st.markdown("Copies and bursts stay together, and every label has its share of each part.")
            if replaces:
                st.caption(":material/warning: The split that is there is given up.")
            chosen = st.segmented_control(
                "Train · validation · test, in hundredths",
                list(SHARES),
                default=next(iter(SHARES)),
                key="curate_shares",
                required=True,
            )
            st.button("Draw it", key="curate_split", type="primary", on_click=draw, args=(dataset, encoder, chosen))
        if jobs.latest(dataset, "split") in jobs.running(dataset):
            st.caption("On the way …")
        elif not replaces and st.button(
            "Take it from names or a column", key="curate_split_known", help=words.HELP["split"], type="tertiary"
        ):
            manage.relabel(dataset)


def draw(dataset: Dataset, encoder: str, shares: str) -> None:
    asked = {"dataset": dataset.uuid, "encoder": encoder, "shares": dict(SHARES[shares]), "apply": True}
    jobs.submit("split", asked, dataset=dataset.uuid)
