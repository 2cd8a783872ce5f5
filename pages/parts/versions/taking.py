"""Take a version along: a card for each format, and what it is good for. The browser streams it, nothing is held."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import pyarrow.compute as pc
import streamlit as st

from embedding_core import export
from pages.parts import empty, urls, words
from pages.parts.versions import known

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from embedding_core.export import Card
    from embedding_core.review.snapshots import Version
    from embedding_core.workspace import Dataset
    from pages.parts.cached import Columns

ICONS = {
    "imagefolder": ":material/folder_open:",
    "parquet": ":material/dataset:",
    "coco": ":material/data_object:",
    "fiftyone": ":material/data_object:",
    "originals": ":material/photo_library:",
    "csv": ":material/table:",
    "removal": ":material/playlist_remove:",
    "removal-paths": ":material/list:",
    "npz": ":material/neurology:",
    "embeddings-parquet": ":material/neurology:",
    "report": ":material/article:",
}
GROUPS: dict[str, Callable[[Card], bool]] = {
    "For people who were not there": lambda card: card.id == "report",
    "Images and labels, for training": lambda card: card.pictures,
    "Lists": lambda card: not (card.pictures or card.vectors or card.id == "report"),
    "Vectors": lambda card: card.vectors,
}


def show(dataset: Dataset, columns: Columns, encoder: str, every: Sequence[Version], version: str) -> None:
    """The tab. `version` is the one that is chosen at first."""
    there = {one.card.id: one.card for one in dataset.encodings()}
    with st.container(horizontal=True, vertical_alignment="bottom", key="versions_export_bar"):
        title = {one.name: f"{known.called(one.name)} · {words.count(one.images, 'image')}" for one in every}
        chosen = st.selectbox(
            "Version",
            list(title),
            index=list(title).index(version),
            key=f"versions_export_{version}",
            format_func=lambda name: title.get(name, name),
            help=words.HELP["export"],
            width=280,
        )
        through = encoder if encoder in there else next(iter(there), "")
        if len(there) > 1:
            through = st.selectbox(
                "Vectors of",
                list(there),
                index=list(there).index(through),
                key=f"versions_export_encoder_{through}",
                format_func=words.encoder,
                help=words.HELP["encoder"],
                width=230,
            )
    taken = known.snapshot(dataset, chosen)
    ids, labelled = taken.ids, any(label is not None for label in taken.labels.tolist())
    if not len(ids):
        empty.note(
            "Nothing is left to take along",
            "Every image was removed from this version. Choose another one.",
            ":material/folder_off:",
            key="versions_export",
        )
        return
    originals = int(pc.sum(columns.images["nbytes"].take(columns.rows(ids))).as_py() or 0)
    for heading, belongs in GROUPS.items():
        cards = [card for card in export.FORMATS.values() if belongs(card)]
        if heading == "Vectors" and not there:
            continue
        st.subheader(heading, anchor=False)
        with st.grid(3, min_column_width=260, gap="small"):
            for card in cards:
                size = originals if card.pictures else len(ids) * 4 * there[through].dim if card.vectors else 0
                lacks = (
                    "It has a folder for each label, and no image has one." if card.labelled and not labelled else ""
                )
                _card(dataset, card, chosen, through, size, lacks)
    _shell(dataset, chosen)


def _card(dataset: Dataset, card: Card, version: str, encoder: str, size: int, lacks: str) -> None:
    with st.container(border=True, height="stretch", gap="xsmall", key=f"versions_format_{card.id}"):
        st.markdown(f"**{ICONS.get(card.id, ':material/download:')} {card.name}**")
        st.caption(card.use)
        kind = "ZIP" if card.folder else card.ending.lstrip(".").upper()
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.link_button(
                f"Download {kind}",
                urls.export(dataset.uuid, card.id, version, encoder),
                key=f"versions_download_{card.id}",
                icon=":material/download:",
                type="primary" if card.id == "report" else "secondary",
                disabled=bool(lacks),
                help=lacks or None,
            )
            if size:
                st.caption(f"about {words.size(size)}", width="content")


def _shell(dataset: Dataset, version: str) -> None:
    with st.expander("Into a folder of the server, or from a script", icon=":material/terminal:", key="versions_shell"):
        st.caption(
            "The same, written to a path of your choice. Nothing there is overwritten, and nothing half is left."
        )
        words_ = [dataset.name, "--format", "imagefolder", "--version", version, "--out", "PATH"]
        st.code(f"python -m embedding_core export {shlex.join(words_)}", language="bash")
