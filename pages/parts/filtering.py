"""The filters of all pages at work: which images pass, and widgets to choose them with."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.compute as pc
import streamlit as st

from embedding_core import derived
from pages.parts import cached, filters, map_choice, server, state, words
from pages.parts.map import columns as map_columns
from pages.parts.map import planes
from pages.parts.map.present import Known

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from embedding_core.workspace import Dataset
    from pages.parts.filters import Condition, Filters

FIRST = ("label", "split", "tag")  # columns with a widget of their own
EPOCH = datetime(1970, 1, 1)  # dates of a dataset are of no zone
NAMED = 3  # names in a sentence; the rest is counted
TITLES = {"label": "Label", "split": "Split", "tag": "Tag", "trust": "Trust", filters.PATH: "Path"} | map_columns.FACTS


def known(dataset: Dataset) -> Known:
    """All images of a dataset now, with the trust of the map that is looked at."""
    there = {encoding.card.id for encoding in dataset.encodings()}
    encoder = state.current_encoder(dataset)
    if encoder not in there:
        return Known(None, dataset, dataset.token)
    maps = derived.maps(server.workspace(), dataset, cached.embedding(dataset, encoder))
    one = map_choice.chosen(maps)
    return Known(cached.read_map(one.fingerprint) if one else None, dataset, dataset.token)


def passing(now: Known, wanted: Filters) -> NDArray[np.bool_]:
    """(n,) whether each image passes. A condition on a column that is not there any more lets all pass."""
    keep = np.ones(len(now.rows), dtype=bool)
    for one in wanted.conditions:
        found = _holds(now, one)
        if found is not None:
            keep &= found
    return keep


def rows(now: Known, wanted: Filters) -> NDArray[np.int64]:
    """The rows (m,) in `now.columns` of the images that pass, in the order of their paths."""
    return np.flatnonzero(passing(now, wanted))


def _holds(now: Known, one: Condition) -> NDArray[np.bool_] | None:
    if one.column == filters.PATH:
        return containing(now.columns, one.text)
    try:
        facts, arrays = planes.unpack(map_columns.column(now, one.column))
    except map_columns.UnknownColumn:
        return None
    if facts["kind"] != map_columns.CATEGORY:
        low, high = (-np.inf if one.low is None else one.low), (np.inf if one.high is None else one.high)
        held: NDArray[np.bool_] = (arrays["values"] >= low) & (arrays["values"] <= high)
        return held
    chosen = set(one.names or one.without)
    by = np.array([(name in chosen) == bool(one.names) for name in ["", *facts["names"]]])
    return by[arrays["codes"]]


def containing(columns: cached.Columns, text: str) -> NDArray[np.bool_]:
    """(n,) whether the path contains the text, in capitals or not."""
    found = pc.match_substring(columns.paths, text, ignore_case=True)
    return found.to_numpy(zero_copy_only=False).astype(bool)


def said(wanted: Filters) -> str:
    """The conditions in words, for people; not yet `words.plain`."""
    return ", ".join(f"{title(one.column)} {_said(one)}" for one in wanted.conditions) or "all images"


def title(key: str) -> str:
    """The name of a column, for people."""
    if key.startswith("group:"):
        return "Group"
    return TITLES.get(key) or key.partition(":")[2]


def _said(one: Condition) -> str:
    if one.text:
        return f"contains “{one.text}”"
    names = [name or "no value" for name in (one.names or one.without)]
    if names:
        more = f" or {len(names) - NAMED} more" if len(names) > NAMED else ""
        return f"{'is' if one.names else 'is not'} {' or '.join(names[:NAMED])}{more}"
    if one.low is None:
        return f"up to {one.high:g}"
    return f"from {one.low:g}" if one.high is None else f"{one.low:g} to {one.high:g}"


# -- widgets ----------------------------------------------------------------------------------------------------


def bar(now: Known) -> None:
    """Choose what passes. It is in the URL, and goes along to every page."""
    wanted = state.filtering()
    options = map_columns.options(now.columns, trust=now.trust is not None)
    keys = [key for key, _, _ in options]
    with st.container(horizontal=True, vertical_alignment="bottom", key="filters"):
        _text(wanted.on(filters.PATH))
        for key in FIRST:
            if key in keys:
                _names(now, wanted.on(key), width=210)
        others = [(key, name, kind) for key, name, kind in options if key not in FIRST]
        with st.popover("More filters", icon=":material/filter_alt:"), st.container(width=320):
            _other(now, wanted, others)
    chips(now, own=(filters.PATH, *FIRST))


def chips(now: Known, *, own: Sequence[str] = ()) -> None:
    """What is filtered, in words, each to be taken off. `own` are columns whose widgets say so themselves."""
    wanted = state.filtering()
    if not wanted.active:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="filter_chips"):
        count = int(passing(now, wanted).sum())
        st.markdown(f":material/filter_alt: **{count:,} of {words.count(len(now.rows), 'image')}**", width="content")
        for one in wanted.conditions:
            if one.column in own and not one.without:
                continue
            st.button(
                words.plain(f"{title(one.column)} {_said(one)}"),
                key=f"filter_off_{one.column}",
                icon=":material/close:",
                help="Take this filter off",
                on_click=_put,
                args=(filters.Condition(one.column),),
            )
        st.button("Show all", key="filter_clear", type="tertiary", on_click=state.clear_filters)


def _text(one: Condition) -> None:
    key = f"filter_text_{one.text}"
    st.text_input(
        "Path contains",
        one.text,
        key=key,
        icon=":material/search:",
        placeholder="Search",
        on_change=lambda: _put(filters.Condition(filters.PATH, text=state.value(key).strip())),
        width=210,
    )


def _names(now: Known, one: Condition, *, width: int | str = "stretch") -> None:
    facts, _ = planes.unpack(map_columns.column(now, one.column))
    names = sorted(facts["names"])
    chosen = [name for name in one.names if name in names]
    key = f"filter_{one.column}_{'|'.join(chosen)}"
    st.multiselect(
        title(one.column),
        names,
        chosen,
        key=key,
        help=words.HELP.get(one.column),
        placeholder="All",
        on_change=lambda: _put(filters.Condition(one.column, names=tuple(state.value(key)))),
        width=width,
    )


def _other(now: Known, wanted: Filters, options: list[tuple[str, str, str]]) -> None:
    """One of the further columns."""
    kinds = {key: kind for key, _, kind in options}
    names = {key: name for key, name, _ in options}
    key = st.selectbox("Column", list(kinds), key="filter_column", format_func=lambda key: names.get(key, key))
    if kinds.get(key) == map_columns.CATEGORY:
        _names(now, wanted.on(key))
    elif key:
        _range(now, wanted.on(key), names[key], kinds[key])


def _range(now: Known, one: Condition, name: str, kind: str) -> None:
    facts, _ = planes.unpack(map_columns.column(now, one.column))
    if facts["low"] is None or facts["low"] == facts["high"]:
        st.caption("All images have the same value here.")
        return
    low, high = float(facts["low"]), float(facts["high"])
    limits: list[Any] = [low, high]
    bounded = np.clip([low if one.low is None else one.low, high if one.high is None else one.high], low, high)
    chosen: list[Any] = bounded.tolist()
    if kind == map_columns.DATE:
        limits, chosen = ([EPOCH + timedelta(seconds=at) for at in pair] for pair in (limits, chosen))
    elif facts.get("whole"):
        limits, chosen = ([int(at) for at in pair] for pair in (limits, chosen))
    slider = f"filter_{one.column}_{one.low}_{one.high}"

    def moved() -> None:
        ends = state.value(slider)
        bounds = [(end - EPOCH).total_seconds() if isinstance(end, datetime) else float(end) for end in ends]
        _put(
            filters.Condition(
                one.column,
                low=bounds[0] if ends[0] > limits[0] else None,
                high=bounds[1] if ends[1] < limits[1] else None,
            )
        )

    st.slider(words.plain(name), *limits, tuple(chosen), key=slider, on_change=moved)


def _put(one: Condition) -> None:
    state.filter_by(state.filtering().replaced(one))
