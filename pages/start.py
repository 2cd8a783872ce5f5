"""Bring images in, and see what is here. After a drop everything runs by itself to the map."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from embedding_core import places
from embedding_core.derived import encoders
from embedding_core.encoders import registry
from pages.parts import cards, dropzone, growing, jobs, preparing, server, state, words

SAMPLE = "Emoji sample"


def drop(existing: list[str]) -> None:
    """The drop zone; what it has brought in is followed to the map."""
    workspace = server.workspace()
    known = encoders.cards(workspace).values()
    ready = [(card.id, card.name) for card in known if encoders.available_offline(workspace, card.id)]
    finished = dropzone.show(key="start_drop", existing=existing, encoders=ready, encoder=registry.DEFAULT)
    if finished:
        preparing.follow(finished.job)


def sample(existing: list[str]) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="start_sample_card"):
        with st.container(gap=None, width="stretch"):
            st.markdown("**No images at hand?**")
            st.caption("711 emoji of 22 kinds, ready in less than a minute.")
        if SAMPLE in existing:
            if st.button("Open the sample", key="start_sample", icon=":material/bubble_chart:"):
                state.choose_dataset(SAMPLE)
                state.go("map.py")
        elif st.button("Try the sample", key="start_sample", icon=":material/play_arrow:", type="primary"):
            begin("sample", SAMPLE)


def server_path(existing: list[str]) -> None:
    """A folder, archive or table that lies on the server, below the folders that KINDRED_DATA_ROOTS names."""
    roots = places.data_roots()
    if not roots:
        return
    title = "Images that are on the server already"
    with st.expander(title, icon=":material/folder_open:"), st.form("start_path_form", border=False):
        path = st.text_input("Path", key="start_path", placeholder=str(roots[0] / "my-photos"), required=True)
        st.caption(f"A folder, ZIP, TAR, CSV or Parquet below {words.plain(' or '.join(map(str, roots)))}.")
        if st.form_submit_button("Add", key="start_path_add") and path.strip():
            begin(path.strip(), unused(Path(path.strip()).stem or "images", existing))


def begin(source: str, name: str) -> None:
    """Run everything from a source to the map, and look on."""
    wanted = {"source": source, "name": name, "from_browser": True, "encoder": registry.DEFAULT}
    preparing.follow(jobs.submit("prepare", wanted, dataset=name).id)


def unused(name: str, existing: list[str]) -> str:
    """The name, or the first of “name 2”, “name 3”, … that no dataset has."""
    proposals = (name if number == 1 else f"{name} {number}" for number in range(1, len(existing) + 2))
    return next(proposal for proposal in proposals if proposal not in existing)


datasets = server.workspace().datasets()
names = [one.name for one in datasets]
job = jobs.find(state.get("job"))
into = next((one for one in datasets if one.name == state.get("into")), None)
if job is not None:
    preparing.show(job)
elif into is not None:
    growing.show(into)
else:
    st.title("See how your images relate", anchor=False)
    st.markdown(
        "Drop a folder of images, and Kindred draws a map on which alike images lie together. From there you find "
        "look-alikes, groups and odd ones out. Everything stays on this server."
    )
    drop(names)
    sample(names)
    server_path(names)
cards.show(datasets)
