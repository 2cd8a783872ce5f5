"""Pages that have nothing to show yet, and say what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from embedding_core.derived import encoders
from pages.parts import server, words

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from embedding_core.workspace import Dataset


def note(title: str, body: str, icon: str, *, key: str) -> DeltaGenerator:
    """A quiet card in the middle of an empty page. Returns its row for buttons. `body` is Markdown."""
    with st.container(key=f"{key}_empty", border=True, horizontal_alignment="center", gap="small"):
        st.space("small")
        st.markdown(f"## :primary[{icon}]", text_alignment="center", width="stretch")
        st.subheader(title, anchor=False, text_alignment="center")
        if body.strip():
            st.markdown(body, text_alignment="center")
        row = st.container(horizontal=True, horizontal_alignment="center")
        st.space("small")
    return row


def no_dataset(name: str) -> None:
    """No dataset is chosen, or the link names one that is not here."""
    if name:
        row = note(
            f"There is no dataset “{words.plain(name)}” here",
            "It may have been renamed or deleted, or the link is for another server. Choose another one in the "
            "sidebar, or start a new one.",
            ":material/link_off:",
            key="dataset",
        )
    else:
        row = note(
            "Nothing to look at yet",
            "Drop a folder of images, or try the sample.",
            ":material/photo_library:",
            key="dataset",
        )
    row.page_link("start.py", label="Go to Start", icon=":material/arrow_forward:")


def no_images(dataset: Dataset) -> None:
    row = note(
        f"“{words.plain(dataset.name)}” holds no images yet",
        "They may still be on their way. Otherwise add some on Start.",
        ":material/photo_library:",
        key="images",
    )
    row.page_link("start.py", label="Go to Start", icon=":material/arrow_forward:")


def not_embedded(dataset: Dataset, encoder: str) -> None:
    if not encoders.runnable(server.workspace(), encoder):
        row = note(
            f"There is no encoder “{words.plain(words.encoder(encoder))}” here",
            "Choose another one in the sidebar. Vectors of your own come in on Encoders.",
            ":material/link_off:",
            key="embedding",
        )
        row.page_link("encoders.py", label="Go to Encoders", icon=":material/arrow_forward:")
        return
    row = note(
        f"Not seen by {words.plain(words.encoder(encoder))} yet",
        f"The images of “{words.plain(dataset.name)}” have no vectors from this encoder. Compute them, or choose "
        "another encoder in the sidebar.",
        ":material/neurology:",
        key="embedding",
    )
    row.page_link("encoders.py", label="Go to Encoders", icon=":material/arrow_forward:")


def failed(error: Exception) -> None:
    """An error that is meant for the user, in its own words."""
    st.error(words.plain(error), title="That did not work", icon=":material/error:")
