"""What is to be learnt: the label, or a column; and what is missing where nothing can be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow.compute as pc
import streamlit as st

from embedding_core import derived
from embedding_core.derived import targets
from embedding_core.quality.composition.columns import is_predicted
from pages.parts import cached, empty, server, state, words

if TYPE_CHECKING:
    from embedding_core.train.probes.family import Task
    from embedding_core.workspace import Dataset, Embedding, StoredResult

TARGET = "target"  # in the URL


def possible(dataset: Dataset, embedding: Embedding | None, encoder: str) -> dict[str, Task]:
    """What can be learnt, and how; says what is missing where that is nothing."""
    if embedding is None:
        empty.not_embedded(dataset, encoder)
        return {}
    found: dict[str, Task] = cached.of_versions(dataset, "train/targets", lambda: _targets(dataset))
    if not found:
        row = empty.note(
            "There is nothing to learn from yet",
            "A model learns from images that have a label, or a number in a column. Take them from folders, file names "
            "or a table on Start, or label the images that are most worth it: Curate, under Next.",
            ":material/label:",
            key="train_targets",
        )
        row.page_link("start.py", label="Go to Start", icon=":material/arrow_forward:", query_params=state.link())
        row.page_link("curate.py", label="Go to Curate", icon=":material/arrow_forward:", query_params=state.link())
    return found


def pick(known: dict[str, Task], tab: str) -> str:
    """The target, which is in the URL."""
    asked = state.get(TARGET) or next(iter(known))
    chosen = asked if asked in known else next(iter(known))
    key = f"train_{tab}_target_{chosen}"
    st.selectbox(
        "Learn",
        list(known),
        index=list(known).index(chosen),
        key=key,
        format_func=lambda name: said(name, known[name]),
        help=words.HELP["target"],
        on_change=lambda: state.put(TARGET, state.value(key)),
        width=240,
    )
    return chosen


def said(name: str, task: Task) -> str:
    if name == targets.LABEL:
        return "The label"
    return f"{name} (a number)" if task == "regression" else name


def newest(dataset: Dataset, embedding: Embedding, kind: str, target: str) -> StoredResult | None:
    """The newest finding of a kind on a target."""
    for one in server.workspace().results.find(dataset.uuid, kind, embedding.fingerprint):
        if one.parameters["asked"].get("target") == target:
            return one
    return None


def outdated(dataset: Dataset, embedding: Embedding, target: str, stored: StoredResult) -> bool:
    """Whether images or labels have changed since; False where telling would take a while."""
    workspace = server.workspace()
    if derived.read_duplicates(workspace, derived.duplicates_key(embedding.fingerprint)) is None:
        return False

    def now() -> str:
        known = derived.labelled(workspace, dataset, [embedding])
        return targets.target_of(dataset, known, target).fingerprint

    current: str = cached.of_versions(dataset, f"train/{embedding.fingerprint}/{target}", now)
    return current != stored.parameters["asked"].get("data")


def _targets(dataset: Dataset) -> dict[str, Task]:
    columns = cached.columns(dataset)
    found: dict[str, Task] = {}
    if len(columns.labels) >= 2:
        found[targets.LABEL] = "classification"
    for name in columns.metadata.column_names:
        column = columns.metadata[name]
        if name in ("id", "path", targets.LABEL) or is_predicted(name) or len(column) - column.null_count < 2:
            continue
        different = pc.count_distinct(column, mode="only_valid").as_py()
        texts = [None if one is None or one == "" else str(one) for one in column.to_pylist()]
        numbers = targets.numbers_in(texts)
        if numbers is not None and np.count_nonzero(np.isfinite(numbers)) >= 40:
            found[name] = "regression"
        elif numbers is None and 2 <= different <= min(targets.MOST, len(column) // 5):
            found[name] = "classification"
    return found
