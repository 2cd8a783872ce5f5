"""The map in two dimensions, as one component: everything between two finished gestures happens in the browser."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from pages.parts.map import modules

_HERE = Path(__file__).parent

_mount = st.components.v2.component(
    "kindred_map",
    html='<section class="kindred-map"\n data-kindred-map data-hover="" data-selected="0"></section>',
    css=(_HERE / "map.css").read_text("utf-8"),
    js=(_HERE / "loader.js").read_text("utf-8"),
    isolate_styles=False,  # in the document itself, where tests, automation and assistive technology find it
)


@dataclass(frozen=True, slots=True)
class Column:
    """A column that can colour and filter."""

    key: str  # see `map.columns`
    title: str
    kind: str
    address: str


@dataclass(frozen=True, slots=True)
class Points:
    """A map that is shown."""

    points: str  # address
    title: str


@dataclass(frozen=True, slots=True)
class Scene:
    """What the map shows. Rows are those of the map; addresses are those of `map_routes`."""

    n: int
    rows: str  # names the images in their order: maps of the same rows pass into each other
    version: str  # of what is known of the images
    map: Points
    beside: Points | None  # a second one, in the rows of the first
    columns: tuple[Column, ...]
    told: tuple[str, ...]  # keys of columns that are said of the image under the pointer
    colour: str  # key of a column; empty for one colour
    filter: tuple[dict[str, Any], ...]  # conditions, see js/filters.js
    select: str  # address that takes a selection
    selected: str  # hash of the selection; empty without one
    grow: str
    match: str
    pages: str
    gone: str  # address of the rows whose images have left the dataset; empty when there are none
    exemplars: tuple[int, ...]  # rows of typical images, which come first where images are drawn
    opened: int  # row of the image that is open; −1 for none
    options: dict[str, bool]  # of the layers, for a visitor who has not chosen yet
    look: dict[str, Any]
    at: tuple[float, ...]  # x, y and zoom of a link to a part of the map; empty for all of it
    link: dict[str, str]  # what a link to this view says besides what the address bar does
    alt: str


def show(
    scene: Scene,
    *,
    key: str,
    on_selected: Callable[[], None],
    on_opened: Callable[[], None],
    on_view: Callable[[], None],
) -> None:
    """Draw the map. Call it in a fragment.

    What is done on it is in the widget's state when a callback runs: `selected` has the `hash` of a new selection,
    empty when it was cleared; `opened` the `id` of an image; `view` the `colour`, `filter` and `options` as they were
    left.
    """
    data = asdict(scene)
    data["module"] = modules.address("map")
    data["selection"] = data.pop("selected")
    data["selections"] = scene.select.removesuffix("selection") + "selection/"
    _mount(key=key, data=data, on_selected_change=on_selected, on_opened_change=on_opened, on_view_change=on_view)


def keys(columns: Sequence[Column]) -> set[str]:
    return {column.key for column in columns}
