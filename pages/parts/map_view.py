"""The map in two dimensions: what it shows, and what follows from a finished gesture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from embedding_core import derived
from pages.parts import cached, charts, detail, filters, map_choice, moments, pictures, results, state, urls
from pages.parts.map import columns as map_columns
from pages.parts.map import component, present

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embedding_core.derived import ClusterResult, MapResult
    from pages.parts.map.present import Present

KEY = "map_view"
LAYERS = "map_layers"  # which layers this visit has chosen
FIRST_LAYERS = {"labels": True, "images": True, "contours": False, "ghosts": True}
EXEMPLARS = 3  # of a group, that come first where images are drawn
BEFORE = ("label", "group", "split", "tag", "trust")  # columns that say most, to colour by


def show(drawn: MapResult, beside: MapResult | None, clusters: ClusterResult | None) -> None:
    """Draw the map. What is done on it reruns this alone, unless the page around it has to follow."""
    _show(drawn, beside, clusters, _around())


@st.fragment
@moments.moment()
def _show(drawn: MapResult, beside: MapResult | None, clusters: ClusterResult | None, around: tuple[str, ...]) -> None:
    component.show(scene(drawn, beside, clusters), key=KEY, on_selected=_selected, on_opened=_opened, on_view=_viewed)
    # Not by what was told in this run: a run that is overtaken by the next one may end before it comes here.
    if _around() != around:
        st.rerun()


def _around() -> tuple[str, ...]:
    """What the page around the map shows of it."""
    return state.get("selection"), state.get("image"), state.get("filter")


def scene(drawn: MapResult, beside: MapResult | None, clusters: ClusterResult | None) -> component.Scene:
    now = present.present(drawn.fingerprint)
    data = urls.map_data(drawn.fingerprint)
    columns = options(now, clusters)
    keys = component.keys(columns)
    told = [key for key in ("label", _group(clusters), "trust") if key in keys]
    colour = chosen_colour(columns)
    selected, opened = state.selection(), state.get("image")
    look = charts.look(st.context.theme.type)
    return component.Scene(
        n=len(drawn.ids),
        rows=cached.rows_name(drawn.fingerprint, _drawn=drawn),
        version=now.version,
        map=component.Points(urls.map_points(drawn.fingerprint, drawn.turn_digest), map_choice.name(drawn, beside)),
        beside=_beside(drawn, beside),
        columns=tuple(columns),
        told=tuple(told),
        colour="" if colour == "none" else colour,
        filter=filters.for_browser(state.filtering()),
        select=f"{data}selection",
        selected=selected.hash if selected else "",
        grow=f"{data}grow",
        match=f"{data}match/{now.version}",
        pages=f"{data}page/{now.version}/",
        gone=f"{data}gone/{now.version}" if now.gone.any() else "",
        exemplars=_exemplars(drawn, clusters),
        opened=row_of(drawn, opened),
        options=state.value(LAYERS, FIRST_LAYERS),
        look=look.for_browser(),
        at=place(state.get("at")),
        link={"map": drawn.fingerprint[: results.SHORT]},
        alt=f"Map of {len(drawn.ids):,} images, alike ones together",
    )


def options(now: Present, clusters: ClusterResult | None) -> list[component.Column]:
    """The columns that can colour and filter, the most telling first."""
    looked = cached.present(now.dataset, pictures.embedding_of(now.dataset, now.drawn.encoder))
    found = map_columns.options(now.columns, trust=now.trust is not None, scored=derived.scored(looked))
    if clusters is not None:
        found.insert(1 if found[0][0] == "label" else 0, (_group(clusters), "Group", map_columns.CATEGORY))
    unnamed = _group(clusters) if clusters is not None and not clusters.current else None

    def address(key: str) -> str:
        return urls.map_column(now.drawn.fingerprint, now.version, key, settled=key != unnamed)

    return [component.Column(key, title, kind, address(key)) for key, title, kind in found]


def chosen_colour(columns: Sequence[component.Column]) -> str:
    """The key of the column in the URL; "none" for one colour. Without one that is here, the most telling."""
    chosen = state.get("colour")
    if chosen in {*component.keys(columns), "none"}:
        return chosen
    return next((one.key for one in columns if one.key.partition(":")[0] in BEFORE), "none")


def _group(clusters: ClusterResult | None) -> str:
    return f"group:{clusters.fingerprint}" if clusters else ""


def _exemplars(drawn: MapResult, clusters: ClusterResult | None) -> tuple[int, ...]:
    if clusters is None:
        return ()
    return cached.exemplars_on_map(drawn.fingerprint, clusters.fingerprint, EXEMPLARS, _drawn=drawn, _clusters=clusters)


def _beside(drawn: MapResult, beside: MapResult | None) -> component.Points | None:
    if beside is None:
        return None
    address = urls.map_beside(beside.fingerprint, beside.turn_digest, drawn.fingerprint, drawn.turn_digest)
    return component.Points(address, map_choice.name(beside, drawn))


def place(text: str) -> tuple[float, ...]:
    """Where a link looks: x, y and zoom. Empty when it says nothing that can be read."""
    try:
        found = tuple(map(float, text.split("_")))
    except ValueError:
        return ()
    return found if len(found) == 3 and np.isfinite(found).all() and found[2] > 0 else ()


def row_of(drawn: MapResult, image: str) -> int:
    """The row of the image with that id; −1 for none."""
    found = np.flatnonzero(drawn.ids == int(image)) if image.isdecimal() else []
    return int(found[0]) if len(found) else -1


def _told(name: str) -> dict[str, Any]:
    """What the component has told under a name; in a callback of its own."""
    return (state.value(KEY) or {}).get(name) or {}


def _selected() -> None:
    state.put("selection", str(_told("selected").get("hash", "")))


def _opened() -> None:
    detail.show(int(_told("opened")["id"]))


def _viewed() -> None:
    """Colours, filters or layers have been changed on the map: they belong to the view, and into its link."""
    view = _told("view")
    chosen = filters.text(filters.from_browser(view.get("filter") or ()))
    state.put_all(colour=view.get("colour") or "none", filter=chosen)
    state.prime(LAYERS, {name: bool((view.get("options") or {}).get(name, on)) for name, on in FIRST_LAYERS.items()})
