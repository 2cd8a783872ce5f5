"""What is tried by training: what it wants, the job that works it out, and words that effect and repair share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from embedding_core import derived
from embedding_core.effect import points
from pages.parts import empty, jobs, server, state

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pandas.io.formats.style import Styler

    from embedding_core.effect import Difference
    from embedding_core.jobs import Job
    from embedding_core.review.snapshots import Snapshot
    from embedding_core.workspace import Dataset, Embedding

QUIET = {"displayModeBar": False}


def possible(dataset: Dataset, embedding: Embedding | None, encoder: str, *states: Snapshot) -> bool:
    """Whether there are vectors and labels to train with; says what is missing."""
    if embedding is None:
        empty.not_embedded(dataset, encoder)
        return False
    if all(len(set(one.labels.tolist()) - {None}) >= 2 for one in states):
        return True
    row = empty.note(
        "It wants labels",
        "A probe is trained to tell labels apart, so there have to be two different ones at least. Take them from "
        "folders, file names or a table on Start, or label the images that are most worth it: Curate, under Next.",
        ":material/label:",
        key="versions_labels",
    )
    row.page_link("start.py", label="Go to Start", icon=":material/arrow_forward:", query_params=state.link())
    row.page_link("curate.py", label="Go to Curate", icon=":material/arrow_forward:", query_params=state.link())
    return False


def job(dataset: Dataset, kind: str, wanted: Mapping[str, Any]) -> Job | None:
    """The newest job of a kind that was asked for just this."""
    return jobs.latest(dataset, kind, wanted)


def running(found: Job | None, *, key: str) -> bool:
    """Whether it is under way; then it is drawn, and the page runs again when it ends. A failure is told."""
    if found is None or found.state == "done":
        return False
    if found.state in jobs.ENDED:
        jobs.progress(found, key=f"{key}_ended")
        return False
    with st.container(border=True, key=f"{key}_job"):
        jobs.watch(found, key=f"{key}_job")
    return True


def in_points(one: Difference) -> float:
    """A change in points of accuracy, as a table shows it: never −0.0."""
    return round(100 * one.change, 1) + 0.0


def signed(columns: Mapping[str, Sequence[Any]], *names: str) -> Styler:
    """A table whose columns with these names are changes: shown as they are in words, sorted as numbers."""
    frame = pd.DataFrame(dict(columns))
    return frame.style.format(dict.fromkeys(names, lambda value: f"{value:+.1f}".replace("-", "−") if value else "0.0"))


def interval(one: Difference) -> str:
    """As "0.8 to 3.0"."""
    return points(one).partition("(")[2].rstrip(")")


def copies(embedding: Embedding) -> None:
    """Say what is not known: copies on both sides of a test flatter both."""
    if derived.read_duplicates(server.workspace(), derived.duplicates_key(embedding.fingerprint)) is None:
        with st.container(horizontal=True, vertical_alignment="center", key="versions_copies"):
            st.caption(
                ":material/info: Nobody has looked for duplicates yet. Copies of one image may be trained on and judge "
                "at once; once they are known, they are kept together.",
                width="stretch",
            )
            st.page_link("curate.py", label="Look for them", icon=":material/content_copy:", query_params=state.link())
