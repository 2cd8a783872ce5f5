"""What can be done with a dataset: rename, relabel and delete in a dialog, grow and join labels by the drop zone."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from embedding_core import labels
from embedding_core.errors import KindredError
from pages.parts import empty, jobs, server, state, words

if TYPE_CHECKING:
    from embedding_core.workspace import Dataset

LABELS = {
    "auto": "Automatic: a table's label column, else folders",
    "folders": "From folder names",
    "metadata": "From the label column of the metadata",
    "none": "No labels",
}
SPLITS = {
    "none": "No split",
    "folders": "From folders named train, val, test",
    "prefix": "From the beginning of file names, such as train_…",
}
KEEP = "keep"


@st.dialog("Rename or describe", icon=":material/edit:")
def rename(dataset: Dataset) -> None:
    with st.form("manage_rename_form", border=False):
        name = st.text_input(
            "Name", value=dataset.name, key=f"manage_name_{dataset.uuid}", max_chars=100, required=True
        )
        about = st.text_area(
            "Description",
            value=dataset.description,
            key=f"manage_about_{dataset.uuid}",
            max_chars=1000,
            placeholder="Where the images come from, what they are for",
        )
        if st.form_submit_button("Save", key="manage_rename", type="primary"):
            try:
                changed = server.workspace().update(dataset, name=name, description=about.strip())
            except KindredError as error:
                empty.failed(error)
            else:
                if state.get("dataset") == dataset.name:
                    state.put("dataset", changed.name)
                st.rerun()


def grow(dataset: Dataset, task: str) -> None:
    """Turn the drop zone of Start to this dataset. Not a dialog: two drop zones on a page would both take a drop."""
    state.put("into", dataset.name)
    state.put("task", task)
    st.rerun()


@st.dialog("Labels and split", icon=":material/label:")
def relabel(dataset: Dataset) -> None:
    st.caption(
        f"Labels now: {words.plain(words.source(dataset.label_source))}. "
        f"Split now: {words.plain(words.source(dataset.split_source))}. "
        "Vectors and maps stay as they are."
    )
    columns = {f"column:{name}": f"From column “{name}”" for name in dataset.metadata().column_names[2:]}
    with st.form("manage_labels_form", border=False):
        chosen = choice("Labels", {**LABELS, **columns}, "manage_labels", "label")
        split = choice("Split", {**SPLITS, **columns}, "manage_split", "split")
        if st.form_submit_button("Change", key="manage_relabel", type="primary") and (chosen or split):
            try:
                labels.relabel(server.workspace(), dataset, labels=chosen, split=split, actor=state.actor())
            except KindredError as error:
                empty.failed(error)
            else:
                st.rerun()


def choice(title: str, options: dict[str, str], key: str, term: str) -> str | None:
    """One of the options' keys; None to leave things as they are."""
    titles = {KEEP: "Leave as they are", **options}
    chosen = st.selectbox(title, list(titles), key=key, format_func=titles.__getitem__, help=words.HELP[term])
    return None if chosen == KEEP else chosen


@st.dialog("Delete", icon=":material/delete:")
def delete(dataset: Dataset) -> None:
    workspace = server.workspace()
    st.markdown(f"**{words.plain(dataset.name)}** and all that came from it will be gone:")
    lost = [words.count(dataset.count, "image")]
    lost += [f"the vectors from {words.plain(one.card.name)} ({one.count:,})" for one in dataset.encodings()]
    for kind, one in (("map", "map"), ("clusters", "clustering")):
        number = len(workspace.results.find(dataset.uuid, kind))
        lost += [words.count(number, one)] if number else []
    lost += [f"{words.count(len(dataset.tags()), 'tag')}"] if dataset.tags() else []
    lost += [words.count(decided, "decision")] if (decided := dataset.decisions.count) else []
    lost += [words.count(made, "version")] if (made := len(dataset.versions.all())) else []
    saved = len(workspace.selections.named(dataset.uuid))
    lost += [words.count(saved, "saved selection")] if saved else []
    st.markdown("\n".join(f"- {one}" for one in lost))
    st.caption("Files that stayed where they were, in a folder of the server, are not touched.")
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button("Keep it", key="manage_keep"):
            st.rerun()
        if st.button("Delete for good", key="manage_delete", type="primary", icon=":material/delete:"):
            for job in jobs.running(dataset):
                jobs.cancel(job.id)
            workspace.delete(dataset)
            if state.get("dataset") == dataset.name:
                state.choose_dataset("")
            st.rerun()


ACTIONS: dict[str, Callable[[Dataset], None]] = {
    ":material/edit: Rename or describe": rename,
    ":material/add_photo_alternate: Add more images": partial(grow, task="images"),
    ":material/label: Labels and split": relabel,
    ":material/join: Join a table of labels": partial(grow, task="labels"),
    ":material/delete: Delete": delete,
}
