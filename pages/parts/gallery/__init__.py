"""A grid of thumbnails that answers to a click, as one component: two hundred pictures cost one element."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import streamlit as st

_HERE = Path(__file__).parent

_mount = st.components.v2.component(
    "kindred_gallery",
    html=(_HERE / "gallery.html").read_text("utf-8"),
    css=(_HERE / "gallery.css").read_text("utf-8"),
    js=(_HERE / "gallery.js").read_text("utf-8"),
)


@dataclass(frozen=True, slots=True)
class Item:
    """One picture. All texts are shown as text, whatever characters they hold."""

    id: int  # below 2**53, so that a browser's number holds it exactly
    url: str  # of the thumbnail, see `urls.thumbnail`
    caption: str  # usually the file's name or path
    detail: str = ""  # a second, quieter line
    badge: str = ""  # in the corner: a similarity, a label
    alt: str = ""  # what a screen reader says; the caption when empty


def show(
    items: Sequence[Item],
    *,
    key: str,
    alt: str,
    selected: int | Collection[int] | None = None,
    captions: bool = True,
    size: Literal["s", "m", "l"] = "m",
) -> int | None:
    """Draw the items (at most some hundred: the page pages). Returns the id that was opened, in the one run after it.

    `alt` says what is shown, for screen readers. `selected` items are framed. Tiles are at least 88, 136 or 208 px wide
    and are squares: pictures are shown whole.
    """
    chosen = [selected] if isinstance(selected, int) else list(selected or ())
    data = {
        "items": [asdict(item) for item in items],
        "selected": chosen,
        "size": size,
        "alt": alt,
        "captions": captions,
    }
    opened = _mount(key=key, data=data, on_opened_change=lambda: None).opened
    return None if opened is None else int(opened)
