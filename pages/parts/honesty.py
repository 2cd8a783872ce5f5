"""How far maps can be believed, in a line each, and the images that are in the wrong place on them."""

from __future__ import annotations

from math import floor
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from embedding_core import derived, trust
from embedding_core.neighbours import partitioned
from pages.parts import cached, map_choice, server, state, words

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embedding_core.derived import MapResult
    from pages.parts.map.present import Present


def show(one: Present, beside: Present | None = None) -> None:
    """A line for the map; of two beside each other, a line each by its name, so that they can be compared."""
    with st.container(gap="xxsmall", key="map_honesty"):
        if beside is None:
            _line(one, "", key="map_misplaced")
            return
        _line(one, map_choice.name(one.drawn, beside.drawn), key="map_misplaced")
        _line(beside, map_choice.name(beside.drawn, one.drawn), key="map_misplaced_beside")


def _line(one: Present, name: str, *, key: str) -> None:
    """The button stands in the sentence: see frame.css. Images that are gone are not counted."""
    drawn = one.drawn.projection
    said, terms = _whole(one.drawn)
    lead = f"**{words.plain(name)}**: " if name else ""
    with st.container(horizontal=True, key=f"{key}_said"):
        if drawn.trust is not None:
            found = cached.honesty(one.drawn.fingerprint, _trust=drawn.trust, _misplaced=drawn.misplaced)
            rows = np.empty(0, np.int64) if found.misplaced is None else found.misplaced
            ids = one.drawn.ids[rows[~one.gone[rows]]]
            judged = found.misplaced is not None
            sentence = _trusted(found.agreement, len(ids) if judged else None, int((~one.gone).sum()))
            st.markdown(f":material/verified_user: {lead}{sentence}", width="content")
            lead = ""
            if len(ids):
                label = "Show them" if len(ids) > 1 else "Show it"
                help_ = words.HELP["misplaced"]
                st.button(label, key=key, type="tertiary", help=help_, on_click=_select, args=(one.drawn, ids))
        if said:
            st.markdown(lead + " ".join(said), help="\n\n".join(terms) or None, width="content")


def _trusted(agreement: float, misplaced: int | None, count: int) -> str:
    """It is of all `count` images, whichever pass the filters."""
    share = f"**{floor(agreement * 100 + 1e-6)}%** of map neighbours are real neighbours"
    of = f"of all {words.count(count, 'image')}"
    if misplaced is None:
        return f"{share}."
    if not misplaced:
        return f"{share}, and none {of} is placed where it does not belong."
    is_, they = ("are", "they do") if misplaced > 1 else ("is", "it does")
    return f"{share}; **{misplaced:,}** {of} {is_} placed where {they} not belong."


def _whole(one: MapResult) -> tuple[list[str], list[str]]:
    """What is said of the map as a whole, and what the words mean."""
    said, terms = [], []
    drawn = one.projection
    if drawn.trustworthiness is not None:
        said.append(f"Trustworthiness **{drawn.trustworthiness:.2f}**.")
        terms += [words.HELP["trustworthiness"], words.plain(trust.words(drawn.trustworthiness))]
    if drawn.explained_variance:
        share = sum(drawn.explained_variance)
        said.append(f"These axes together show **{share:.0%}** of all differences.")  # each may be turned off its own
        terms.append(words.HELP["explained variance"])
    if (recall := _recall(one)) < 1:
        share = f"**{floor(recall * 100 + 1e-6)}%** of the true ones"
        judged = words.count(min(len(one.ids), partitioned.SAMPLE), "image")
        said.append(f"Neighbours were found through partitions: {share}, measured on {judged}.")
        terms.append(words.HELP["recall"])
    return said + [words.plain(drawn.note)] * bool(drawn.note), terms


def _recall(one: MapResult) -> float:
    """Of the neighbour graph that the map, its trust and its groups rest on; 1 where it is exact, or is not there."""
    graphs = server.workspace().results.find(one.dataset, "graph", one.embedding)
    key = derived.graph_key(one.embedding)
    return next((float(found.parameters.get("recall", 1)) for found in graphs if found.fingerprint == key), 1.0)


def _select(one: MapResult, ids: NDArray[np.int64]) -> None:
    state.select(ids, "placed where they do not belong", one.fingerprint)
