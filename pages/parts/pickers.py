"""Choosing a dataset and an encoder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.parts import server, state, words

if TYPE_CHECKING:
    from embedding_core.workspace import Dataset

ANOTHER = "compute another…"


def dataset() -> None:
    """The dataset that all pages look at."""
    names = [one.name for one in server.workspace().datasets()]
    chosen = state.get("dataset")
    if chosen not in names:
        names = [chosen, *names] if chosen else names  # a link to what is not here: say so, do not pick another
    if not names:
        st.caption("No dataset yet. Drop images on Start.")
        return
    one = chosen or names[0]
    # Here and below the choice is in the key: a browser that still reports an older one must not turn a new one back.
    key = f"frame_dataset_{one}"
    st.selectbox(
        "Dataset",
        names,
        index=names.index(one),
        key=key,
        help=words.HELP["dataset"],
        on_change=lambda: state.choose_dataset(state.value(key)),
        format_func=str,
    )


def encoder(dataset: Dataset) -> None:
    """The encoder whose vectors all pages use: one of those that this dataset has vectors from."""
    there = [encoding.card.id for encoding in dataset.encodings()]
    chosen = state.current_encoder(dataset)
    options = there if chosen in there else [chosen, *there]
    options = [*options, ANOTHER]
    key = f"frame_encoder_{chosen}"
    st.selectbox(
        "Encoder",
        options,
        index=options.index(chosen),
        key=key,
        format_func=words.encoder,
        help=words.HELP["encoder"],
        on_change=lambda: _encoder_chosen(state.value(key)),
    )


def _encoder_chosen(chosen: str) -> None:
    if chosen == ANOTHER:
        state.go("encoders.py")
    state.choose_encoder(chosen)
