"""One image, large, with everything that is known of it. Opened by an id in the URL, so that a link opens it too."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.parts import cached, state, urls, words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embedding_core.workspace import Dataset

_IMAGE = "max-width:100%;max-height:60vh;object-fit:contain;border-radius:10px;background:rgba(128,128,128,.12)"


def open_from_url(dataset: Dataset, around: Sequence[int] = ()) -> None:
    """Open the drawer when the URL names an image; `around` are the ids that it can step through."""
    wanted = state.get("image")
    if wanted.isdecimal() and cached.columns(dataset).row(int(wanted)):
        drawer(dataset, around)


def show(image: int) -> None:
    """Name an image in the URL; the next run opens it."""
    state.put("image", str(image))


def close() -> None:
    state.put("image", "")


@st.dialog("Image", position="right", width="medium", on_dismiss=close)
def drawer(dataset: Dataset, around: Sequence[int]) -> None:
    wanted = state.get("image")
    facts = cached.columns(dataset).row(int(wanted)) if wanted.isdecimal() else None
    if facts is None:
        st.caption("This image is not here any more.")
        return
    source = escape(urls.preview(dataset.uuid, facts["id"], facts["sha256"]), quote=True)
    alt = escape(facts["path"], quote=True)
    st.html(f'<div style="text-align:center"><img src="{source}" alt="{alt}" style="{_IMAGE}"></div>')
    steps(facts["id"], list(around))
    st.text(facts["path"])
    known(facts)
    with st.container(horizontal=True):
        if st.button("Look-alikes", key="detail_similar", icon=":material/image_search:", type="primary"):
            state.go("similar.py", image=str(facts["id"]))
        if st.button("Select it", key="detail_select", icon=":material/select_check_box:"):
            state.select([facts["id"]], f"one image, {facts['path']}")
            close()
            st.rerun()


def steps(image: int, around: list[int]) -> None:
    """One image back, one on."""
    if image not in around or len(around) < 2:
        return
    at = around.index(image)
    with st.container(horizontal=True, horizontal_alignment="center", vertical_alignment="center"):
        st.button(
            "",
            icon=":material/arrow_back:",
            key="detail_back",
            help="The image before",
            disabled=at == 0,
            on_click=show,
            args=(around[max(at - 1, 0)],),
        )
        st.caption(f"{at + 1} of {len(around)}")
        st.button(
            "",
            icon=":material/arrow_forward:",
            key="detail_on",
            help="The next image",
            disabled=at == len(around) - 1,
            on_click=show,
            args=(around[min(at + 1, len(around) - 1)],),
        )


def known(facts: dict[str, Any]) -> None:
    """What is known of an image, as plain text."""
    rows = {
        "Label": facts["label"],
        "Split": facts["split"],
        "Tags": ", ".join(facts["tags"]),
        "Size": f"{facts['width']} × {facts['height']} px",
        "File": f"{facts['format']}, {words.size(facts['nbytes'])}",
        "Stays at": facts["origin"],
        **facts["metadata"],
    }
    shown = {name: value for name, value in rows.items() if value not in (None, "")}
    st.table(
        {"": [words.plain(name) for name in shown], " ": [words.plain(value) for value in shown.values()]},
        hide_index=True,
        hide_header=True,
        border="horizontal",
        alt="What is known of this image",
    )
