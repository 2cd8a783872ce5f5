"""What is searched for on *Similar*: an image of the dataset, the selection, or a file; and the walk that led there.

The walk is in the URL as `like=<step>.<step>…`, the last one being searched for now. A step is an image's id, or `s`
and a selection's hash.
"""

from __future__ import annotations

import base64
from contextlib import suppress
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from embedding_core.errors import KindredError
from pages.parts import cached, detail, filtering, gallery, pictures, state, words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pages.parts.cached import Columns

IMAGE, SELECTION, FILE = "Image", "Selection", "File"
STEPS = 8  # of a walk that are kept
OFFERED = 36  # images to begin with
_OWN = "max-width:min(100%,240px);max-height:240px;border-radius:10px;display:block"
TYPES = ["jpg", "jpeg", "png", "webp", "gif", "bmp", "tif", "tiff", "heic", "avif"]


@dataclass(frozen=True, slots=True)
class Query:
    """One image of the dataset, several, or a file."""

    ids: tuple[int, ...] = ()
    file: bytes = b""
    name: str = ""

    @property
    def parameters(self) -> dict[str, Any]:
        """Of the task "search"."""
        return {"image": base64.b64encode(self.file).decode()} if self.file else {"ids": list(self.ids)}


def walk() -> list[str]:
    """The steps so far, the present one last."""
    return [step for step in state.get("like").split(".") if step]


def step_to(step: str) -> None:
    """Search for this one next. One that the walk has passed already ends it there."""
    steps = walk()
    steps = steps[: steps.index(step) + 1] if step in steps else [*steps, step]
    state.put("like", ".".join(steps[-STEPS:]))


def restart(step: str = "") -> None:
    """A new walk."""
    state.put("like", step)


def of_step(step: str, columns: Columns) -> Query | None:
    """None when the step's images are not there any more."""
    if step.startswith("s"):
        kept = cached.selection(step[1:])
        ids = columns.ids[columns.rows(kept.ids)].tolist() if kept and kept.dataset == columns.dataset else []
        return Query(tuple(ids), name=f"{len(ids):,} images") if ids else None
    facts = columns.row(int(step)) if step.isdecimal() else None
    return Query((facts["id"],), name=facts["path"]) if facts else None


def choose(columns: Columns) -> Query | None:
    """Widgets to choose what to search for; None until something is chosen."""
    steps = walk()
    if steps:  # the walk decides, also one that came in a link
        state.prime("similar_from", SELECTION if steps[0].startswith("s") else IMAGE)
    elif (state.value("similar_from") or state.get("similar_from")) not in (IMAGE, SELECTION, FILE):
        state.prime("similar_from", IMAGE)
    kind = st.segmented_control(
        "Search with",
        [IMAGE, SELECTION, FILE],
        key="similar_from",
        bind="query-params",
        required=True,
        on_change=restart,
    )
    if kind == FILE:
        given = st.file_uploader("Query image", TYPES, key="similar_file", label_visibility="collapsed")
        return Query(file=given.getvalue(), name=given.name) if given else None
    if kind == SELECTION and not steps:
        selection = state.selection()
        if selection is None:
            st.caption("Nothing is selected. Pick images out on Map, Data or Clusters first.")
            return None
        restart(f"s{selection.hash}")
    steps = walk()
    if not steps:
        st.caption("Choose one, and its look-alikes appear, the closest first. From there, each click goes further.")
    found = of_step(steps[-1], columns) if steps else None
    if steps and found is None:
        st.caption("What this link searches for is not here any more.")
    return found


def offer(columns: Columns) -> None:
    """Images to begin with: some from everywhere, or those whose path holds what is typed."""
    text = st.text_input(
        "Path contains",
        key="similar_text",
        type="search",
        live="300ms",
        icon=":material/search:",
        placeholder="Type a part of a file's name",
        width=420,
    )
    text = (text or "").strip()
    rows = np.flatnonzero(filtering.containing(columns, text)) if text else np.arange(len(columns.ids))
    some = rows[:OFFERED] if text else rows[np.linspace(0, len(rows) - 1, min(OFFERED, len(rows))).astype(int)]
    more = f", the first {OFFERED} are shown" if len(rows) > OFFERED else ""
    st.caption(f"{words.count(len(rows), 'image')} found{more}." if text else "Or begin with one of these.")
    opened = gallery.show(pictures.items(columns, columns.ids[some]), key="similar_first", alt="Images to begin with")
    if opened is not None:
        restart(str(opened))
        st.rerun()


def trail(columns: Columns) -> None:
    """The walk as breadcrumbs; a click goes back."""
    steps = walk()
    if len(steps) < 2:
        return
    with st.container(horizontal=True, gap="xxsmall", vertical_alignment="center", key="similar_trail"):
        for number, step in enumerate(steps):
            found = of_step(step, columns)
            name = words.plain(found.name.rsplit("/", 1)[-1]) if found else "gone"
            st.button(
                f"**{name}**" if number == len(steps) - 1 else name,
                key=f"similar_step_{number}",
                type="tertiary",
                icon=":material/chevron_right:" if number else ":material/route:",
                disabled=found is None,
                on_click=step_to,
                args=(step,),
            )


def show(query: Query, columns: Columns) -> None:
    """What is searched for, as pictures."""
    if query.file:
        with suppress(KindredError):  # the search says what is wrong with it
            made = base64.b64encode(cached.picture(query.file, actor=state.actor())).decode()
            alt = escape(f"Your file {query.name}", quote=True)
            st.html(f'<img src="data:image/webp;base64,{made}" alt="{alt}" style="{_OWN}">')
        st.caption(words.plain(query.name))
        return
    several = len(query.ids) > 1
    if several:
        opened = gallery.show(
            pictures.items(columns, query.ids[:9]),
            key="similar_query",
            alt="Some of what is searched for",
            size="s",
            captions=False,
        )
        st.caption(f"The mean of {words.count(len(query.ids), 'image')}.")
        if opened is not None:
            detail.show(opened)
            st.rerun()
    elif facts := columns.row(query.ids[0]):
        detail.picture(state.require_dataset(), facts, key="similar_view")
        st.caption(words.plain(facts["path"]))
    with st.container(horizontal=True, gap="small"):
        asked = not several and st.button("Details", key="similar_open", icon=":material/info:")
        st.button("Start over", key="similar_again", icon=":material/refresh:", on_click=_start_over)
    if asked:
        detail.show(query.ids[0])
        st.rerun()  # the whole page: the drawer is not a part of this fragment


def _start_over() -> None:
    state.prime("similar_from", IMAGE)
    restart()


def labels_of(ids: Sequence[int], columns: Columns) -> list[str | None]:
    return [columns.label[int(row)].as_py() for row in columns.rows(ids)]
