"""One image to look at closely: the wheel, two fingers or keys zoom, dragging moves. A heat map may lie over it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import streamlit as st

_HERE = Path(__file__).parent

_mount = st.components.v2.component(
    "kindred_viewer",
    html=(_HERE / "viewer.html").read_text("utf-8"),
    css=(_HERE / "viewer.css").read_text("utf-8"),
    js=(_HERE / "viewer.js").read_text("utf-8"),
)


@dataclass(frozen=True, slots=True)
class Heat:
    """Numbers over a part of the image; the larger, the brighter. What is at or below zero stays dark."""

    rows: Sequence[Sequence[float]]  # (g, g) from the top
    seen: tuple[float, float, float, float]  # the part under the grid: left, top, right, bottom in shares of the image


def show(
    url: str, *, key: str, alt: str, width: int, height: int, thumbnail: str = "", heat: Heat | None = None
) -> None:
    """Draw an image of `width` × `height` pixels; `thumbnail`, which the browser has already, until it has come."""
    data = {"url": url, "thumbnail": thumbnail, "alt": alt, "width": width, "height": height}
    _mount(key=key, data={**data, "heat": asdict(heat) if heat else None})
