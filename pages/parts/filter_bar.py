"""Choosing what passes the filters: a widget for each column, and what is chosen as chips to be taken off."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from pages.parts import cached, filtering, filters, state, words
from pages.parts.filters import Condition
from pages.parts.map import columns as map_columns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pages.parts.map.present import Known

FIRST = ("label", "split", "tag")  # columns with a widget of their own
MOST = 1000  # names that a box offers; further ones can be typed
SAFE = 2**53 - 1  # the greatest whole number of which a browser knows all before
EPOCH, DAY = date(1970, 1, 1), 86_400
DAYS = ((date.min - EPOCH).days, (date.max - EPOCH).days)  # that a calendar knows


def bar(now: Known) -> None:
    """Choose what passes. It is in the URL, and goes along to every page."""
    wanted = state.filtering()
    options = filtering.options(now)
    own = [key for key, _, _ in options if key in FIRST]
    with st.container(horizontal=True, vertical_alignment="bottom", key="filters"):
        _text(wanted.on(filters.PATH))
        for key in own:
            _names(now, wanted.on(key), width=210)
        with st.popover("More filters", icon=":material/filter_alt:", key="filter_more"), st.container(width=320):
            _other(now, [option for option in options if option[0] not in FIRST])
    chips(now, own=(filters.PATH, *own))


def chips(now: Known, *, own: Sequence[str] = (), selects: bool = False) -> None:
    """What is filtered, in words, each to be taken off. `own` are columns whose widgets say so themselves.

    With `selects` what passes can be selected from here.
    """
    wanted = state.filtering()
    if not wanted.active:
        return
    keep = filtering.passing(now, wanted)
    kinds = {key: kind for key, _, kind in filtering.options(now)}
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="filter_chips"):
        count, total = int(keep.sum()), int((~now.gone).sum())
        st.markdown(f"**{count:,} of {words.count(total, 'image')}**", width="content")
        for one in wanted.conditions:
            kind = kinds.get(one.column, "")
            if one.column in own and (one.text or (one.names and kind == map_columns.CATEGORY)):
                continue
            st.button(
                words.plain(f"{filtering.title(one.column)} {filtering.condition(one, kind)}"),
                key=f"filter_off_{one.column}",
                icon=":material/close:",
                icon_position="right",
                help="Take this filter off",
                on_click=_put,
                args=(Condition(one.column),),
            )
        st.button("Show all", key="filter_clear", type="tertiary", on_click=state.clear_filters)
        if selects and count:
            label = f"Select these {count:,}" if count > 1 else "Select this one"
            st.button(label, key="filter_select", type="tertiary", on_click=_select, args=(now,))


def _select(now: Known) -> None:
    wanted = state.filtering()
    ids = now.columns.ids[now.rows[filtering.passing(now, wanted)]]
    state.select(ids, f"filter: {filtering.said(now, wanted)}", now.drawn.fingerprint if now.drawn else "")


# -- widgets ----------------------------------------------------------------------------------------------------


def choices(now: Known, key: str) -> filters.Choices:
    if map_columns.settled(now, key):
        return cached.choices(now.token, filtering.of(now), key, _make=lambda: _choices(now, key))
    return _choices(now, key)


def _choices(now: Known, key: str) -> filters.Choices:
    facts, arrays = filtering.column(now, key)
    names = facts.get("names", ())
    low, high = facts.get("low"), facts.get("high")
    return filters.Choices(
        kind=facts["kind"],
        names=tuple(sorted(names[:MOST], key=lambda name: (name.casefold(), name))),
        more=max(0, len(names) - MOST),
        without=facts["unknown"] if "codes" in arrays and not arrays["codes"].all() else "",
        low=low,
        high=high,
        whole=bool(facts.get("whole")) and low is not None and max(abs(low), abs(high)) <= SAFE,
    )


def _text(one: Condition) -> None:
    key = _key("filter_text", one.text)
    st.text_input(
        "Path contains",
        one.text,
        key=key,
        icon=":material/search:",
        placeholder="Search",
        on_change=partial(_changed, key, "text", lambda text: Condition(filters.PATH, text=text.strip())),
        width=210,
    )


def _names(now: Known, one: Condition, *, width: int | str = "stretch") -> None:
    found = choices(now, one.column)
    further = sorted({*one.names} - {*found.names, ""})  # chosen, and rare or not there any more
    nothing = [""] if found.without or "" in one.names else []
    key = _key(f"filter_{one.column}", one.names)
    st.multiselect(
        words.plain(filtering.title(one.column)),
        [*found.names, *further, *nothing],
        list(one.names),
        key=key,
        format_func=lambda name: name or f"({found.without or 'no value'})",
        help=_help(one.column, found),
        placeholder=f"All but {len(one.without):,}" if one.without else "All",
        accept_new_options=bool(found.more),
        on_change=partial(_changed, key, "names", lambda names: Condition(one.column, names=tuple(names))),
        width=width,
    )


def _help(column: str, found: filters.Choices) -> str | None:
    many = f"The {MOST:,} most frequent are offered. Type a name to choose one of the {found.more:,} others."
    return " ".join([words.HELP.get(column, "")] + [many] * bool(found.more)).strip() or None


def _other(now: Known, options: Sequence[tuple[str, str, str]]) -> None:
    """One of the further columns."""
    titles = distinct(options)
    key = st.selectbox("Column", list(titles), key="filter_column", format_func=lambda key: titles.get(key, key))
    one, found = state.filtering().on(key), choices(now, key)
    if found.kind == map_columns.CATEGORY:
        _names(now, one)
    elif found.low is None:
        st.caption("No image has a value here.")
    elif found.low == found.high:
        same = words.day(found.low) if found.kind == map_columns.DATE else words.number(found.low)
        st.caption(f"All values are the same here: {same}.")
    else:
        _range(one, found)


def distinct(options: Sequence[tuple[str, str, str]]) -> dict[str, str]:
    """The title of each column by key; a column of metadata that is called like one of ours says what it is."""
    ours = {title for key, title, _ in options if not key.startswith("meta:")} | set(filtering.TITLES.values())
    return {
        key: f"{title} (metadata)" if key.startswith("meta:") and title in ours else title for key, title, _ in options
    }


def _range(one: Condition, found: filters.Choices) -> None:
    """Two fields, each empty for an open end: they hold any number exactly, which a slider does not."""
    with st.container(horizontal=True):
        _end(one, found, "From", one.low, lambda low: Condition(one.column, low=low, high=one.high))
        _end(one, found, "To", one.high, lambda high: Condition(one.column, low=one.low, high=high))


def _end(
    one: Condition, found: filters.Choices, label: str, chosen: float | None, made: Callable[[float | None], Condition]
) -> None:
    key = _key(f"filter_{one.column}_{label}", chosen)
    field = "high" if label == "To" else "low"
    if found.kind == map_columns.DATE:
        limits = [_day(found.low), _day(found.high)]
        shown: Any = None if chosen is None else min(max(_day(chosen), limits[0]), limits[1])
        moved = partial(_changed, key, field, lambda day: made(_moment(day, end=label == "To")))
        st.date_input(label, shown, *limits, key=key, on_change=moved)
        return
    whole = np.floor if field == "high" else np.ceil
    shown = chosen if chosen is None or not found.whole else int(np.clip(whole(chosen), -SAFE, SAFE))
    state.once(key, lambda: shown)
    st.number_input(
        label,
        value=None,  # another one would come back when the field is emptied
        step=1 if found.whole else float(10 ** np.floor(np.log10((found.high - found.low) / 20))),
        format="%d" if found.whole else "%.6g",
        key=key,
        placeholder=words.number(found.high if label == "To" else found.low),
        on_change=partial(_changed, key, field, lambda number: made(_known_alike(number))),
    )


def _known_alike(number: float | None) -> float | None:
    """An end as values are known, or images with 0.1 would not be among those up to 0.1."""
    limit = float(np.finfo(np.float32).max)
    return None if number is None else float(np.float32(np.clip(number, -limit, limit)))


def _day(seconds: float | None) -> date:
    days = int(np.clip((seconds or 0) // DAY, *DAYS))
    return EPOCH + timedelta(days=days)


def _moment(day: date | None, *, end: bool) -> float | None:
    """When a day begins or, at its `end`, the last moment of it."""
    if day is None:
        return None
    begins = float((day - EPOCH).days * DAY)
    return begins + DAY - 1e-6 if end else begins


# -- state ------------------------------------------------------------------------------------------------------


def _key(base: str, value: Any) -> str:
    """The key of a widget that shows `value`.

    It keeps its key, and the focus with it, while it is the widget itself that changes the value. Once something else
    did, it is a new widget: a browser that still reports what the old one held must not turn the change back.
    """
    turn, last = state.value(f"{base}_last", (0, None))
    if turn == 0 or last != value:
        turn += 1
        state.prime(f"{base}_last", (turn, value))
    return f"{base}_{turn}"


def _changed(key: str, field: str, made: Callable[[Any], Condition]) -> None:
    """A widget has been given another value, which is the `field` of a condition `made` of it."""
    one = made(state.value(key))
    base, _, turn = key.rpartition("_")
    state.prime(f"{base}_last", (int(turn), getattr(one, field)))
    _put(one)


def _put(one: Condition) -> None:
    state.filter_by(state.filtering().replaced(one))
