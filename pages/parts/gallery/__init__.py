"""A grid of thumbnails that answers to a click, as one component: two hundred pictures cost one element."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import streamlit as st

_HERE = Path(__file__).parent


def _text(*names: str) -> str:
    return "\n".join((_HERE / name).read_text("utf-8") for name in names)


# What another component that draws galleries puts before its own.
TILE, CSS, JS = _text("tile.html"), _text("gallery.css"), _text("gallery.js")

_mount = st.components.v2.component(
    "kindred_gallery", html=_text("gallery.html", "tile.html"), css=CSS, js=_text("gallery.js", "mount.js")
)


@dataclass(frozen=True, slots=True)
class Beside:
    """A second picture that an item is held against."""

    url: str
    alt: str
    badge: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """One picture. All texts are shown as text, whatever characters they hold."""

    id: int  # below 2**53, so that a browser's number holds it exactly
    url: str  # of the thumbnail, see `urls.thumbnail`
    caption: str  # usually the file's name or path
    detail: str = ""  # a second, quieter line
    badge: str = ""  # in the corner: a similarity, a label
    alt: str = ""  # what a screen reader says; the caption when empty
    beside: Beside | None = None


def show(
    items: Sequence[Item],
    *,
    key: str,
    alt: str,
    selected: int | Collection[int] | None = None,
    captions: bool = True,
    wraps: bool = False,
    size: Literal["s", "m", "l"] = "m",
) -> int | None:
    """Draw the items (at most some hundred: the page pages). Returns the id that was opened, in the one run after it.

    `alt` says what is shown, for screen readers. `selected` items are framed. Tiles are at least 88, 136 or 208 px wide
    and are squares: pictures are shown whole. With `wraps` the quieter line may take five, on a phone seven.
    Where items have a picture beside them, a tile has room for two.
    """
    chosen = [selected] if isinstance(selected, int) else list(selected or ())
    data = {
        "items": [asdict(item) for item in items],
        "selected": chosen,
        "size": size,
        "alt": alt,
        "captions": captions,
        "wraps": wraps,
        "pairs": any(item.beside for item in items),
    }
    opened = _mount(key=key, data=data, on_opened_change=lambda: None).opened
    return None if opened is None else int(opened)
