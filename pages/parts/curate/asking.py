"""What a check is asked for besides the dataset, as widgets. Each gives the parameters of its task, or None."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.parts import server, words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from embedding_core.workspace import Dataset
    from pages.parts.cached import Columns


def against(dataset: Dataset, columns: Columns, encoder: str) -> Mapping[str, Any] | None:
    """What the images are held against: another dataset, or one split of their own against another."""
    ways: dict[str, dict[str, Any]] = {}
    for one in server.workspace().datasets():
        if one.uuid != dataset.uuid and encoder in {known.card.id for known in one.encodings()}:
            ways[f"All, against {one.name}"] = {"dataset": one.uuid, "other": dataset.name}
    for first in sorted(columns.splits, key=lambda split: split != "train"):
        for second in columns.splits:
            if second != first:
                ways[f"{second}, against {first}"] = {"dataset": dataset.uuid, "splits": [first, second]}
    if not ways:
        st.caption(
            "There is nothing to compare with: no second dataset with this encoder, and no splits. Drop another set on "
            "Start.",
            text_alignment="center",
        )
        return None
    chosen = st.selectbox(
        "What is new in",
        list(ways),
        key="curate_against",
        help=words.HELP["drift"],
        width=320,
        label_visibility="visible",
    )
    return {**ways[chosen], "encoder": encoder}
