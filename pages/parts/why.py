"""Why two images are similar: how near each is to the other, and what of each the similarity hangs on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from embedding_core.errors import KindredError
from pages.parts import cached, empty, state, urls, viewer, words

if TYPE_CHECKING:
    from embedding_core.workspace import Dataset, Embedding


def asked() -> str:
    """The id of the image that the open one is compared with; empty for none."""
    return state.get("why")


def ask(image: int | None) -> None:
    state.put("why", "" if image is None else str(image))


def show(dataset: Dataset, embedding: Embedding, facts: dict[str, Any], metric: str) -> None:
    """The open image and the one it is compared with, each with a heat map."""
    other = cached.columns(dataset).row(int(asked())) if asked().isdecimal() else None
    if other is None or other["id"] == facts["id"]:
        ask(None)
        return
    back = ":material/arrow_back:"
    st.button("Back to the image", key="why_back", icon=back, type="tertiary", on_click=ask, args=(None,))
    parameters = {
        "dataset": dataset.uuid,
        "encoder": embedding.card.id,
        "first": facts["id"],
        "second": other["id"],
        "metric": metric,
    }
    try:
        with st.spinner("Covering parts of both images, one after the other…", show_time=True):
            found = cached.explanation(embedding, parameters, actor=state.actor())
    except KindredError as error:
        empty.failed(error)
        return
    warm = st.toggle("Show what the similarity hangs on", value=True, key="why_heat", help=words.HELP["occlusion"])
    left, right = st.columns(2, gap="small")
    for place, one, seen in zip((left, right), (facts, other), found["images"], strict=True):
        with place:
            viewer.show(
                urls.preview(dataset.uuid, one["id"], one["sha256"]),
                key=f"why_{one['id']}",
                alt=f"{one['path']}, with a heat map" if warm else one["path"],
                width=one["width"],
                height=one["height"],
                thumbnail=urls.thumbnail(dataset.uuid, one["id"], one["sha256"]),
                heat=viewer.Heat(seen["falls"], tuple(seen["seen"])) if warm else None,
            )
            st.caption(words.plain(one["path"].rsplit("/", 1)[-1]))
    first, second = (one["rank"] for one in found["images"])
    st.markdown(
        f"The right image is **{words.nth(first)}** of {found['others']:,} to the left one; "
        f"the left one is **{words.nth(second)}** to the right one. {words.plain(found['words'].capitalize())}."
    )
