"""Groups of images as a grid of cards, as one component: a hundred cards cost one element."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import streamlit as st

from pages.parts import gallery, state

_HERE = Path(__file__).parent

_mount = st.components.v2.component(
    "kindred_group_cards",
    html=f"{(_HERE / 'cards.html').read_text('utf-8')}\n{gallery.TILE}",
    css=f"{gallery.CSS}\n{(_HERE / 'cards.css').read_text('utf-8')}",
    js=f"{gallery.JS}\n{(_HERE / 'cards.js').read_text('utf-8')}",
)


@dataclass(frozen=True, slots=True)
class Card:
    """One group. All texts are shown as text, whatever characters they hold."""

    number: int  # names the group
    name: str
    said: str  # a quieter line below the name
    faces: Sequence[gallery.Item]  # up to three


def show(
    cards: Sequence[Card], *, key: str, on_group: Callable[[int], None], on_chosen: Callable[[int], None]
) -> int | None:
    """Draw the cards (at most some hundred: the page pages). Returns the id of a face that was opened, in that run.

    `on_group` and `on_chosen` get the number of a group that is to be opened or selected, before that run begins.
    """
    opened = _mount(
        key=key,
        data={"cards": [asdict(card) for card in cards]},
        on_opened_change=lambda: None,
        on_group_change=lambda: on_group(int(state.value(key)["group"])),
        on_chosen_change=lambda: on_chosen(int(state.value(key)["chosen"])),
    ).opened
    return None if opened is None else int(opened)
