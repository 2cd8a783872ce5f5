"""The drop zone of Start, turned to one dataset: more images for it, or a table of labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from embedding_core import labels
from embedding_core.derived import encoders
from embedding_core.encoders import registry
from embedding_core.errors import KindredError
from pages.parts import dropzone, empty, preparing, server, state, words

if TYPE_CHECKING:
    from embedding_core.workspace import Dataset


def show(dataset: Dataset) -> None:
    task = state.get("task", "images")
    with st.container(horizontal=True, vertical_alignment="center"):
        what = "Labels for" if task == "labels" else "More images for"
        st.subheader(f"{what} {words.plain(dataset.name)}", anchor=False, width="stretch")
        st.button("Back", key="start_back", icon=":material/arrow_back:", on_click=close)
    if task == "labels":
        join(dataset)
    else:
        st.caption("What is there already is skipped; a file that has changed is read again.")
        # By the encoder whose map they are to come to; vectors that someone brought come from none.
        encoder = state.current_encoder(dataset)
        encoder = encoder if encoders.runnable(server.workspace(), encoder) else registry.DEFAULT
        finished = dropzone.show(key=f"start_into_{dataset.uuid}", into=dataset.name, encoder=encoder)
        if finished:
            close()
            preparing.follow(finished.job)


def join(dataset: Dataset) -> None:
    st.caption(
        "A CSV or Parquet file with a column file, file_name or path. Its other columns become metadata, and a column "
        "label, class, category or target becomes the label. Vectors and maps stay as they are."
    )
    finished = dropzone.show(
        key=f"start_join_{dataset.uuid}", compact=True, stage=True, headline="Drop a CSV or Parquet table"
    )
    if not finished:
        return
    upload = server.staging().open(finished.upload)
    try:
        report = labels.join_labels(server.workspace(), dataset, upload.only_file())
    except KindredError as error:
        empty.failed(error)
    else:
        joined(report)
    finally:
        upload.discard()


def joined(report: labels.Joined) -> None:
    columns = words.plain(", ".join(report.columns) or "none")
    st.success(f"{words.count(report.matched, 'image')} matched. Columns: {columns}.", icon=":material/check:")
    if report.unmatched:
        with st.expander(f"{words.count(len(report.unmatched), 'row')} matched no image"):
            st.text("\n".join(report.unmatched[:200]))


def close() -> None:
    state.put("into", "")
    state.put("task", "")
