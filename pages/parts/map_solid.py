"""The map in three dimensions: its colours and hover texts, and what a click on it does."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import streamlit as st

from pages.parts import (
    charts,
    charts_solid,
    colouring,
    detail,
    filter_bar,
    filtering,
    map_view,
    pointer,
    state,
    urls,
)
from pages.parts.colouring import Colouring

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embedding_core.derived import ClusterResult
    from pages.parts.map.component import Column
    from pages.parts.map.present import Present

CHART, POINTER = "map_chart", "map_pointer"
PEEKED = 20_000  # points, above which no addresses of thumbnails are sent along
LINE = 60  # characters of a text on hover
CONFIG = {"displaylogo": False, "showTips": False, "scrollZoom": True, "displayModeBar": True}


@dataclass(frozen=True, eq=False)
class Drawing:
    """A map of n images in three dimensions, and the columns that can colour it. Rows are those of the map."""

    now: Present
    options: tuple[Column, ...]
    colour: str  # key of one of them; "none" for one colour

    @cached_property
    def colouring(self) -> Colouring:
        return self._by(self.colour) if self.colour != "none" else Colouring("")

    def _by(self, key: str) -> Colouring:
        return colouring.by(self.now, key)

    @cached_property
    def shown(self) -> NDArray[np.bool_]:
        """(n,) what is there and passes the filters"""
        return filtering.passing(self.now, state.filtering())

    @property
    def left_out(self) -> NDArray[np.bool_]:
        """(n,) what a filter leaves a shadow of, unless it was hidden on the flat map"""
        layers = map_view.FIRST_LAYERS | state.value(map_view.LAYERS, {})
        return ~self.shown & ~self.now.gone & layers["ghosts"]

    @cached_property
    def texts(self) -> list[str]:
        """(n,) what is said of each shown point on hover, empty for the others; users' texts in it are safe"""
        rows = np.flatnonzero(self.shown)
        told = [key for key in self._told if key != self.colour]
        columns = [self.colouring, *map(self._by, told)]
        said = [(charts.safe(one.title, LINE), one.said()) for one in columns if one.title]
        paths = self.now.columns.paths.take(pa.array(self.now.rows[rows])).to_pylist()
        texts = [""] * len(self.shown)
        for row, path in zip(rows.tolist(), paths, strict=True):
            lines = [f"{title}: {charts.safe(of[row], LINE)}" for title, of in said if of[row]]
            texts[row] = "<br>".join([f"<b>{charts.safe(path, LINE)}</b>", *lines])
        return texts

    @property
    def _told(self) -> list[str]:
        """Keys of what is said besides the colour."""
        return [one.key for one in self.options if one.key in ("label", "trust") or one.key.startswith("group:")]

    @cached_property
    def thumbnails(self) -> list[str]:
        """(n,) addresses, empty for images that are gone; none at all for very many"""
        if len(self.shown) > PEEKED:
            return []
        images, dataset = self.now.columns.images, self.now.columns.dataset
        ids, hashes = (images[name].to_pylist() for name in ("id", "sha256"))
        return [urls.thumbnail(dataset, ids[row], hashes[row]) if row >= 0 else "" for row in self.now.rows.tolist()]


def drawing(now: Present, clusters: ClusterResult | None) -> Drawing:
    """The map as the URL asks for it."""
    options = map_view.options(now, clusters)
    return Drawing(now, tuple(options), map_view.chosen_colour(options))


def pick_colour(one: Drawing) -> None:
    """What the colours stand for. The choice is in the URL, as it is from the map in two dimensions."""
    titles = filter_bar.distinct([(option.key, option.title, option.kind) for option in one.options])
    keys = [*titles, "none"]
    key = f"map_colour_{one.colour}"
    st.selectbox(
        "Colour by",
        keys,
        index=keys.index(one.colour),
        key=key,
        format_func=lambda key: titles.get(key, "Nothing"),
        on_change=lambda: state.put("colour", state.value(key)),
        width=190,
    )


def show(one: Drawing) -> None:
    """Draw the map. A click opens an image."""
    filter_bar.chips(one.now, selects=True)
    drawn, chosen = one.now.drawn, state.selection()
    figure = charts_solid.scatter(
        drawn.projection.points,
        one.colouring,
        one.texts,
        charts.look(st.context.theme.type),
        shown=one.shown,
        left_out=one.left_out,
        selected=None if chosen is None else np.isin(drawn.ids, chosen.ids),
        revision=drawn.fingerprint,
    )
    if seen := _seen(drawn.fingerprint):
        figure.update_layout(scene=seen)
    by = f", coloured by {one.colouring.title}" if one.colouring.title else ""
    st.plotly_chart(
        figure,
        key=CHART,
        theme=None,
        config=CONFIG,
        alt=f"Map of {len(drawn.ids):,} images in three dimensions, alike ones together{by}",
    )
    _listen(one)


@st.fragment
def _listen(one: Drawing) -> None:
    """Apart, so that a turn of the map reruns nothing else."""
    clicked = pointer.follow(CHART, one.thumbnails, key=POINTER)
    if clicked is not None and 0 <= clicked < len(one.shown) and one.shown[clicked]:
        detail.show(int(one.now.drawn.ids[clicked]))
        st.rerun()


def _seen(revision: str) -> dict[str, Any]:
    """From where this map was looked at last, as the scene of Plotly's layout has it; empty when it was not turned."""
    view = (state.value(POINTER) or {}).get("view") or {}
    return {"camera": view["camera"]} if view.get("revision") == revision else {}
