"""Each label by itself, the weakest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from pages.parts.report.terms import HELP

if TYPE_CHECKING:
    from embedding_core.evaluate.card.found import ReportCard


def show(card: ReportCard) -> None:
    """A table that can be sorted by each column."""
    st.caption("The weakest label comes first; click on a heading to sort otherwise.", help=HELP["classes"])
    rows = card.table
    shares = {
        "F1": ("Both in one: high only where found and right are", [row.f1 for row in rows]),
        "Found": ("Of its images, how many were given this label", [row.recall for row in rows]),
        "Right": ("Of the images given this label, how many bear it", [row.precision for row in rows]),
        "Five nearest": ("Of its images, on how many the five nearest are right", [row.knn_recall for row in rows]),
        "Sure": ("How probable the probe held what it said of these images", [row.confidence for row in rows]),
    }
    table = pd.DataFrame(
        {
            "Label": [row.name for row in rows],
            "Images": [row.images for row in rows],
            **{name: [100 * value for value in values] for name, (_, values) in shares.items()},
            "Apart": [row.silhouette for row in rows],
        }
    )
    config = {
        name: st.column_config.ProgressColumn(format="%.0f%%", min_value=0, max_value=100, help=help_)
        if name == "F1"
        else st.column_config.NumberColumn(format="%.0f%%", help=help_)
        for name, (help_, _) in shares.items()
    }
    config["Label"] = st.column_config.TextColumn(pinned=True)
    config["Apart"] = st.column_config.NumberColumn(format="%.2f", help=HELP["silhouette"])
    st.dataframe(table, key="report_classes", hide_index=True, column_config=config, alt="How each label fares")
