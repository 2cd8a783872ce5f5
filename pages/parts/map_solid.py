"""The map itself: points, colours, hover texts, and what a lasso or a click on it does."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import streamlit as st

from pages.parts import charts, colouring, detail, pickers, pointer, state, urls

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embedding_core.derived import ClusterResult, MapResult
    from pages.parts.cached import Columns
    from pages.parts.pickers import Filters

CHART, POINTER = "map_chart", "map_pointer"
IN_VAIN = "map_in_vain"  # how many gestures of this visit have met no point
PEEKED = 20_000  # points, above which no addresses of thumbnails are sent along
CONFIG = {
    "displaylogo": False,
    "showTips": False,
    "scrollZoom": True,
    "doubleClick": "autosize",
    "displayModeBar": True,
    "modeBarButtonsToRemove": ["autoScale2d", "toggleSpikelines", "hoverClosestCartesian", "hoverCompareCartesian"],
}


@dataclass(frozen=True, eq=False)
class Drawing:
    """A map, and the rows in `columns` of the images on it. Row i of every array is point i."""

    drawn: MapResult
    columns: Columns
    clusters: ClusterResult | None

    @cached_property
    def there(self) -> NDArray[np.bool_]:
        """(n of the map,) whether the image still belongs to the dataset"""
        return np.isin(self.drawn.ids, self.columns.ids)

    @cached_property
    def rows(self) -> NDArray[np.int64]:
        return self.columns.rows(self.drawn.ids)

    @cached_property
    def ids(self) -> NDArray[np.int64]:
        return self.drawn.ids[self.there]

    @cached_property
    def points(self) -> NDArray[np.float32]:
        return self.drawn.projection.points[self.there]

    @cached_property
    def trust(self) -> NDArray[np.float32] | None:
        trust = self.drawn.projection.trust
        return None if trust is None else trust[self.there]

    @cached_property
    def texts(self) -> list[str]:
        """What is said of each point on hover; users' texts in it are safe."""
        at = pa.array(self.rows)
        paths = self.columns.paths.take(at).to_pylist()
        labels = self.columns.label.take(at).to_pylist()
        groups = colouring.groups_of(self.clusters, self.ids) if self.clusters else [None] * len(paths)
        trust = [None] * len(paths) if self.trust is None else self.trust.tolist()
        texts = []
        for path, label, group, trusted in zip(paths, labels, groups, trust, strict=True):
            lines = [f"<b>{charts.safe(path, 60)}</b>"]
            lines += [f"Label: {charts.safe(label, 60)}"] if label else []
            lines += [f"Group: {charts.safe(group, 60)}"] if group else []
            lines += [f"Trust: {trusted:.2f}"] if trusted is not None else []
            texts.append("<br>".join(lines))
        return texts

    @cached_property
    def thumbnails(self) -> list[str]:
        if len(self.ids) > PEEKED:
            return []
        images = self.columns.images.select(["id", "sha256"]).take(self.rows).to_pylist()
        return [urls.thumbnail(self.columns.dataset, image["id"], image["sha256"]) for image in images]

    def shown(self, filters: Filters) -> NDArray[np.bool_]:
        """(n,) what passes the filters"""
        return np.isin(self.rows, filters.rows(self.columns))


def pick_colour(columns: Columns, clusters: ClusterResult | None, drawn: MapResult) -> str:
    return st.selectbox(
        "Colour by",
        colouring.options(columns, clusters=clusters is not None, trust=drawn.projection.trust is not None),
        key="map_colour",
        bind="query-params",
        width=190,
    )


def show(drawn: MapResult, columns: Columns, clusters: ClusterResult | None, by: str) -> None:
    _show(Drawing(drawn, columns, clusters), by, pickers.Filters())


def _show(drawing: Drawing, by: str, filters: Filters) -> None:
    """Draw the map. A lasso or box makes the selection, a click opens an image."""
    drawn, chosen = drawing.drawn, state.selection()
    shown = drawing.shown(filters)
    selected = None if chosen is None else np.isin(drawing.ids, chosen.ids)
    figure = charts.scatter(
        drawing.points,
        colouring.colour(by, drawing.columns, drawing.rows, shown, clusters=drawing.clusters, trust=drawing.trust),
        drawing.texts,
        charts.look(st.context.theme.type),
        shown=shown,
        selected=selected,
        revision=drawn.fingerprint,
        picking=f"{state.get('selection')}:{state.get('image')}:{state.value(IN_VAIN, 0)}",
        drag="pan" if state.touch() else "lasso",
    )
    if seen := _seen(drawn.fingerprint):
        figure.update_layout(seen)
    st.plotly_chart(
        figure,
        key=CHART,
        theme=None,
        config=CONFIG,
        on_select=lambda: _picked(drawing, shown),
        selection_mode=("points", "box", "lasso"),
        alt=f"Map of {len(drawing.ids):,} images, alike ones together, coloured by {by.lower()}",
    )
    _listen(drawing, shown)


@st.fragment
def _listen(drawing: Drawing, shown: NDArray[np.bool_]) -> None:
    """Apart, so that a zoom reruns nothing else."""
    if pointer.follow(CHART, drawing.thumbnails, key=POINTER, on_click=lambda: _clicked(drawing, shown)):
        st.rerun()


def _seen(revision: str) -> dict[str, Any]:
    """The part of this map that was looked at last, as Plotly's layout has it; empty for all of it."""
    view = (state.value(POINTER) or {}).get("view") or {}
    if view.get("revision") != revision:
        return {}
    at: dict[str, Any] = view["at"]
    return {name: at[name] for name in ("xaxis", "yaxis", "scene", "dragmode") if name in at}


def _clicked(drawing: Drawing, shown: NDArray[np.bool_]) -> None:
    row = (state.value(POINTER) or {}).get("clicked")
    pick(drawing, shown, {"selection": {"points": [] if row is None else [{"customdata": row}]}})


def _picked(drawing: Drawing, shown: NDArray[np.bool_]) -> None:
    pick(drawing, shown, state.value(CHART) or {})


def pick(drawing: Drawing, shown: NDArray[np.bool_], event: Any) -> None:
    """What a gesture means: one point clicked is an image to open, a shape drawn is a selection.

    Nothing inside changes nothing, for clearing has a button of its own; the shape that was drawn vanishes.
    """
    gesture = event.get("selection") or {}
    rows = [row for row in map(_row, gesture.get("points", ())) if 0 <= row < len(shown) and shown[row]]
    how = next((kind for kind in ("lasso", "box") if gesture.get(kind)), "")
    if not rows:
        state.prime(IN_VAIN, state.value(IN_VAIN, 0) + 1)
        return
    ids = drawing.ids[np.unique(rows)]
    if how:
        state.select(ids.tolist(), f"{how} on the map", drawing.drawn.fingerprint)
    elif len(ids) == 1:
        detail.show(int(ids[0]))
    else:
        state.select(ids.tolist(), "points on the map", drawing.drawn.fingerprint)


def _row(point: dict[str, Any]) -> int:
    """The row that a point carries, as a number, alone in a list, or not at all (−1)."""
    carried = point.get("customdata")
    while isinstance(carried, list | tuple) and carried:
        carried = carried[0]
    if isinstance(carried, dict):
        carried = next(iter(carried.values()), None)
    return int(carried) if isinstance(carried, int | float) else -1
