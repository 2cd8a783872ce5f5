"""One image, large, with all that is known of it, its tags and its look-alikes. An id in the URL opens it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from embedding_core import neighbours
from embedding_core.errors import KindredError
from pages.parts import cached, empty, gallery, moments, pictures, standing, state, urls, viewer, why, words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embedding_core.workspace import Dataset, Embedding

LOOK_ALIKES = 12
FAILED = "detail_failed"  # why a tag could not be put on


def open_from_url(dataset: Dataset, around: Sequence[int] = ()) -> None:
    """Open the drawer when the URL names an image; `around` are the ids that it can step through."""
    wanted = state.get("image")
    if wanted.isdecimal() and cached.columns(dataset).row(int(wanted)):
        drawer(dataset, around)
    elif wanted:
        st.toast("The image in this link is not here any more.", icon=":material/link_off:")
        close()


def show(image: int) -> None:
    """Name an image in the URL; the next run opens it."""
    state.put("image", str(image))
    state.put("why", "")


def close() -> None:
    state.put("image", "")
    state.put("why", "")


@st.dialog("Image", position="right", width="medium", on_dismiss=close)
@moments.moment()
def drawer(dataset: Dataset, around: Sequence[int]) -> None:
    wanted = state.get("image")
    facts = cached.columns(dataset).row(int(wanted)) if wanted.isdecimal() else None
    if facts is None:
        st.caption("This image is not here any more.")
        return
    embedding = pictures.embedding_of(dataset, state.current_encoder(dataset))
    if why.asked() and embedding is not None:
        why.show(dataset, embedding, facts, metric())
        return
    picture(dataset, facts)
    steps(facts["id"], list(around))
    st.text(facts["path"])
    with st.container(horizontal=True):
        if st.button("More like this", key="detail_similar", icon=":material/image_search:", type="primary"):
            state.go("similar.py", like=str(facts["id"]))
        if st.button("Select it", key="detail_select", icon=":material/select_check_box:"):
            state.select([facts["id"]], f"one image, {facts['path']}")
            close()
            st.rerun()
    tags(dataset, facts)
    known(facts, standing.facts(dataset, embedding, facts["id"]) if embedding is not None else {})
    if embedding is not None:
        look_alikes(dataset, embedding, facts["id"])


def picture(dataset: Dataset, facts: dict[str, Any], *, key: str = "detail_view") -> None:
    """The image, as large as there is room, to look at closely."""
    viewer.show(
        urls.preview(dataset.uuid, facts["id"], facts["sha256"]),
        key=f"{key}_{facts['id']}",
        alt=facts["path"],
        width=facts["width"],
        height=facts["height"],
        thumbnail=urls.thumbnail(dataset.uuid, facts["id"], facts["sha256"]),
    )


def tags(dataset: Dataset, facts: dict[str, Any]) -> None:
    """Put tags on this image or take them off; a new name makes a new tag."""
    key = f"detail_tags_{facts['id']}"
    if failed := state.forget(FAILED):
        st.error(words.plain(failed), icon=":material/error:")
    st.multiselect(
        "Tags",
        sorted({*cached.columns(dataset).tags, *facts["tags"]}),
        default=facts["tags"],
        key=key,
        accept_new_options=True,
        placeholder="Add a tag",
        help=words.HELP["tag"],
        on_change=_tagged,
        args=(dataset, facts["id"], frozenset(facts["tags"]), key),
    )


def _tagged(dataset: Dataset, image: int, before: frozenset[str], key: str) -> None:
    after = {tag.strip()[:100] for tag in state.value(key, [])} - {""}
    try:
        for tag in after - before:
            dataset.tag(tag, [image])
        for tag in before - after:
            dataset.untag(tag, [image])
    except KindredError as error:
        state.prime(FAILED, str(error))  # a callback draws nothing: the drawer says it


def metric() -> str:
    """How the drawer compares images."""
    chosen = state.value("detail_metric")
    return chosen if chosen in neighbours.METRICS else "cosine"


def look_alikes(dataset: Dataset, embedding: Embedding, image: int) -> None:
    """The nearest images, best first. A click goes on to one, or says why it is similar."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="detail_alike_bar"):
        st.selectbox(
            "Look-alikes by",
            list(neighbours.METRICS),
            key="detail_metric",
            format_func=lambda name: words.METRICS.get(name, name),
            help=words.HELP["neighbour"],
            width=170,
        )
        explains = st.toggle("A click says why", key="detail_why", help=words.HELP["occlusion"])
        exact = pictures.exactly(embedding, key="detail_exact")
    try:
        k = min(LOOK_ALIKES, len(embedding) - 1)
        wanted, actor = {"ids": [image]}, state.actor()
        found = pictures.Found()
        if k > 0:
            found = pictures.search(dataset, embedding, wanted, metric=metric(), k=k, actor=actor, exact=exact)
    except KindredError as error:
        empty.failed(error)
        return
    pictures.completeness(found)
    badges = {other: said.removeprefix("similarity ") for other, said in found.alike}
    opened = gallery.show(
        pictures.items(cached.columns(dataset), list(badges), badges),
        key="detail_alike",
        alt="Images most like this one",
        size="s",
        captions=False,
    )
    if opened is not None and opened != image:
        if explains:
            why.ask(opened)
        else:
            show(opened)
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


def known(facts: dict[str, Any], stands: dict[str, str]) -> None:
    """What is known of an image, and where it `stands`, as plain text."""
    rows = {
        "Label": facts["label"],
        **stands,
        "Split": facts["split"],
        "Size": f"{facts['width']} × {facts['height']} px",
        "File": f"{facts['format']}, {words.size(facts['nbytes'])}",
        # Not its path, which is no visitor's business.
        "Original": "in its folder on the server, not copied" if facts["origin"] else "kept in the workspace",
        **facts["metadata"],
    }
    shown = {name: known for name, known in rows.items() if known not in (None, "")}
    st.table(
        {"": [words.plain(name) for name in shown], " ": [words.value(known) for known in shown.values()]},
        hide_index=True,
        hide_header=True,
        border="horizontal",
        alt="What is known of this image",
    )
