"""The filters of all pages at work: which images pass, and the conditions in words. `filter_bar` has the widgets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.compute as pc

from embedding_core import derived
from embedding_core.vectors import read_only
from pages.parts import cached, filters, map_choice, server, state, words
from pages.parts.map import columns as map_columns
from pages.parts.map import planes
from pages.parts.map.present import Known

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embedding_core.workspace import Dataset
    from pages.parts.filters import Condition, Filters

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


def options(now: Known) -> list[tuple[str, str, str]]:
    """Key, title and kind of the columns that can be filtered by widgets."""
    return map_columns.options(now.columns, trust=now.trust is not None)


def passing(now: Known, wanted: Filters) -> NDArray[np.bool_]:
    """(n,) whether each image is there and passes.

    A condition on a column that is not there any more, or of which it says nothing, lets all pass.
    """
    if not wanted.active:
        return ~now.gone
    if all(map_columns.settled(now, one.column) for one in wanted.conditions):
        return cached.passing(now.token, of(now), filters.text(wanted), _make=lambda: _passing(now, wanted))
    return _passing(now, wanted)


def rows(now: Known, wanted: Filters) -> NDArray[np.int64]:
    """The rows (m,) of the images that pass, in the order of `now`: of a dataset, that of their paths."""
    return np.flatnonzero(passing(now, wanted))


def of(now: Known) -> str:
    """Stands for the images and the map that `now` is about, beside its token."""
    return f"{type(now).__name__}:{now.drawn.fingerprint if now.drawn else ''}"


def _passing(now: Known, wanted: Filters) -> NDArray[np.bool_]:
    offered = {key for key, _, _ in options(now)} | {filters.PATH}
    keep = ~now.gone
    for one in wanted.conditions:
        found = _holds(now, one) if ":" in one.column or one.column in offered else None
        if found is not None:
            keep &= found
    return read_only(keep)


def _holds(now: Known, one: Condition) -> NDArray[np.bool_] | None:
    """(n,) whether the condition holds; None where it does not fit its column."""
    if one.column == filters.PATH:
        found = containing(now.columns, one.text) if one.text else None
        return None if found is None else np.append(found, False)[now.rows]  # row −1, gone, is the last
    try:
        facts, arrays = column(now, one.column)
    except map_columns.UnknownColumn:
        return None
    chosen = frozenset(one.names or one.without)
    if facts["kind"] == map_columns.CATEGORY:
        by = np.array([(name in chosen) == bool(one.names) for name in ["", *facts["names"]]])
        return by[arrays["codes"]] if chosen else None
    if one.low is None and one.high is None:
        return None
    # As float64, like the browser, or a value of float32 would count as equal to an end that it is beyond.
    low, high = (
        np.float64(-np.inf if one.low is None else one.low),
        np.float64(np.inf if one.high is None else one.high),
    )
    held: NDArray[np.bool_] = (arrays["values"] >= low) & (arrays["values"] <= high)
    return held


def column(now: Known, key: str) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Facts and planes of a column, see `map.columns`. Raises `UnknownColumn`."""
    return planes.unpack(map_columns.column(now, key))


def containing(columns: cached.Columns, text: str) -> NDArray[np.bool_]:
    """(n,) whether the path contains the text, in capitals or not."""
    found = pc.match_substring(columns.paths, text, ignore_case=True)
    return found.to_numpy(zero_copy_only=False).astype(bool)


# -- in words ---------------------------------------------------------------------------------------------------


def said(now: Known, wanted: Filters) -> str:
    """The conditions in words, for people; not yet `words.plain`."""
    kinds = {key: kind for key, _, kind in options(now)}
    parts = [f"{title(one.column)} {condition(one, kinds.get(one.column, ''))}" for one in wanted.conditions]
    return ", ".join(parts) or "all images"


def title(key: str) -> str:
    """The name of a column, for people; not yet `words.plain`."""
    if key.startswith("group:"):
        return "Group"
    if key.startswith("found:"):
        scores = cached.scores(key.partition(":")[2])
        return scores.title if scores else "Found by a check"
    return TITLES.get(key) or key.partition(":")[2] or key


def condition(one: Condition, kind: str) -> str:
    """What a condition wants of its column, which is of that kind; not yet `words.plain`."""
    if one.text:
        return f"contains “{one.text}”"
    names = [name or f"no {one.column if one.column in TITLES else 'value'}" for name in (one.names or one.without)]
    if names:
        more = f" or {len(names) - NAMED} more" if len(names) > NAMED else ""
        return f"{'is' if one.names else 'is not'} {' or '.join(names[:NAMED])}{more}"
    write = words.day if kind == map_columns.DATE else words.number
    low, high = ("" if end is None else write(end) for end in (one.low, one.high))
    if one.low is None:
        return f"up to {high}"
    return f"from {low}" if one.high is None else f"{low} to {high}"
