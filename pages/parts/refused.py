"""Files that were left out, and why."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from pages.parts import cached, empty, words

if TYPE_CHECKING:
    from embedding_core.workspace import Dataset


def show(dataset: Dataset) -> None:
    rejected = cached.rejected(dataset)
    if not rejected:
        empty.note(
            "Nothing was left out",
            "Every image file that was given is in the dataset.",
            ":material/verified:",
            key="data",
        )
        return
    st.markdown(
        f"**{words.count(len(rejected), 'file')}** left out. The good ones were kept.", help=words.HELP["rejected"]
    )
    counts = Counter(one.reason for one in rejected)
    titles = {str(reason): f"{words.REASONS[reason]} · {number:,}" for reason, number in counts.most_common()}
    chosen = st.pills(
        "Reason",
        list(titles),
        selection_mode="multi",
        key="data_reason",
        bind="query-params",
        format_func=titles.__getitem__,
    )
    shown = [one for one in rejected if not chosen or str(one.reason) in chosen]
    st.dataframe(
        pd.DataFrame(
            {
                "File": [one.path for one in shown],
                "Why": [words.REASONS[one.reason] for one in shown],
                "What was found": [one.detail for one in shown],
            }
        ),
        key="data_refused",
        hide_index=True,
        column_config={
            "File": st.column_config.TextColumn("File", width="medium"),
            "What was found": st.column_config.TextColumn("What was found", width="large"),
        },
        alt="Files that were left out, with the reason of each",
    )
