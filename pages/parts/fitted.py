"""Encoders that were fine-tuned here have seen the answers: what is not asked of them, and where to go instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from embedding_core.derived import encoders
from pages.parts import empty, server, state, words

if TYPE_CHECKING:
    from embedding_core.workspace import Dataset


def refused(encoder: str, what: str, *, key: str) -> bool:
    """Whether `encoder` was fine-tuned on labels of images, so that `what` would flatter it; if so, say it."""
    if not encoders.is_fitted(encoder):
        return False
    row = empty.note(
        "This encoder has seen the answers",
        f"**{words.plain(words.encoder(encoder))}** was fine-tuned on labels of these images, so {what} would flatter "
        "it. What it is worth on the untouched part stands on its own page.",
        ":material/visibility_off:",
        key=f"{key}_fitted",
    )
    base = encoders.base_of(server.workspace(), encoder)
    if base:
        row.button(
            f"Look through {words.plain(words.encoder(base))}",
            key=f"{key}_base",
            type="primary",
            icon=":material/neurology:",
            on_click=state.choose_encoder,
            args=(base,),
        )
    row.page_link("finetune.py", label="What it is worth", icon=":material/arrow_forward:", query_params=state.link())
    return True


def caution(encoder: str) -> None:
    """Say which scores of a model over a fine-tuned encoder count."""
    if encoders.is_fitted(encoder):
        st.caption(
            ":material/visibility_off: This encoder has seen the answers of the images that models are trained on, so "
            "what is cross-validated flatters. Scores on the untouched part do not. How sure a model says it is cannot "
            "be calibrated by them, and no new image is called unlike."
        )


def fair(dataset: Dataset) -> list[str]:
    """The encoders that this dataset has vectors from and that have seen no label, sorted."""
    return sorted(one.card.id for one in dataset.encodings() if one.count and not encoders.is_fitted(one.card.id))


def left_out(dataset: Dataset) -> None:
    """Say that those which were fine-tuned are not to be chosen, where there are any."""
    if any(one.count and encoders.is_fitted(one.card.id) for one in dataset.encodings()):
        st.caption(
            "Fine-tuned encoders are left out: they have seen the answers. What each is worth stands on Fine-tune."
        )
