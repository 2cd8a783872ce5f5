"""The encoders: what each is good for, what it has been run on, and running it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from embedding_core.derived import encoders
from embedding_core.encoders import registry
from embedding_core.errors import KindredError
from pages.parts import empty, encoder_cards, imports, server, state, words

if TYPE_CHECKING:
    from embedding_core.workspace import Dataset


def cards(dataset: Dataset) -> None:
    there = {encoding.card.id: encoding for encoding in dataset.encodings()}
    known = list(registry.CARDS.values())
    tuned = [encoders.tuned_card(model) for model in encoders.tuned(server.workspace())]
    named = {card.id for card in (*known, *tuned)}
    own = [encoding.card for encoding in there.values() if encoding.card.id not in named]
    for title, group in (
        ("Included", [card for card in known if not card.needs_download]),
        ("Downloaded at first use", [card for card in known if card.needs_download]),
        ("Fine-tuned here", tuned),
        ("Your own vectors", own),
    ):
        if group:
            st.subheader(title, anchor=False)
            grid = st.grid(2, min_column_width=340)
            for card in group:
                with grid.cell():
                    encoder_cards.show(dataset, card, there.get(card.id))


dataset = state.require_dataset()
st.title("Encoders", anchor=False, help=words.HELP["encoder"])
st.markdown(
    f"An encoder turns each image of **{words.plain(dataset.name)}** into numbers, and images are alike when their "
    "numbers are. Try several: each has its own eye."
)
try:
    cards(dataset)
    imports.show(dataset)
except KindredError as error:
    empty.failed(error)
