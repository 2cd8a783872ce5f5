"""Vectors that a user has already, taken in as an encoder of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.parts import dropzone, jobs, state, words

if TYPE_CHECKING:
    from embedding_core.workspace import Dataset

PLURAL = {"unmatched": "rows that matched no image", "missing": "images that got no vector"}


def show(dataset: Dataset) -> None:
    st.subheader("Bring your own vectors", anchor=False, help=words.HELP["vector"])
    st.caption(
        "An .npz with arrays paths and vectors, or a Parquet file with a column path and one of vectors. Rows find "
        "their images by path, then by file name."
    )
    name = st.text_input("Name", key="encoders_own_name", max_chars=60, placeholder="my-model", width=300)
    finished = dropzone.show(key="encoders_own", compact=True, stage=True, headline="Drop an .npz or Parquet file")
    if finished:
        wanted = {"dataset": dataset.uuid, "name": name.strip() or "my-vectors", "file": f"upload:{finished.upload}"}
        state.put("import", jobs.submit("import_vectors", wanted, dataset=dataset.uuid).id)
    job = jobs.find(state.get("import"))
    if job is not None:
        jobs.watch(job, key="encoders_import")
        if job.state == "done":
            report(job.result or {})


def report(result: dict[str, Any]) -> None:
    """What matched and what did not."""
    matched, encoder = int(result.get("matched", 0)), words.plain(words.encoder(str(result.get("encoder", ""))))
    st.success(f"{words.count(matched, 'image')} now have vectors from {encoder}.", icon=":material/check:")
    for key, title in (("unmatched", "row that matched no image"), ("missing", "image that got no vector")):
        number, examples = int(result.get(key, 0)), result.get(f"{key}_examples") or ()
        if number:
            st.caption(f"{words.count(number, title, PLURAL[key])}, such as:")
            st.text("\n".join(map(str, examples)))
