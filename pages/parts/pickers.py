"""Choosing a dataset, an encoder, and the images to look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import streamlit as st

from pages.parts import server, state, words

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embedding_core.workspace import Dataset
    from pages.parts.cached import Columns

ANOTHER = "compute another…"


def dataset() -> None:
    """The dataset that all pages look at."""
    names = [one.name for one in server.workspace().datasets()]
    chosen = state.get("dataset")
    if chosen not in names:
        names = [chosen, *names] if chosen else names  # a link to what is not here: say so, do not pick another
    if not names:
        st.caption("No dataset yet. Drop images on Start.")
        return
    one = chosen or names[0]
    # Here and below the choice is in the key: a browser that still reports an older one must not turn a new one back.
    key = f"frame_dataset_{one}"
    st.selectbox(
        "Dataset",
        names,
        index=names.index(one),
        key=key,
        help=words.HELP["dataset"],
        on_change=lambda: state.choose_dataset(state.value(key)),
        format_func=str,
    )


def encoder(dataset: Dataset) -> None:
    """The encoder whose vectors all pages use: one of those that this dataset has vectors from."""
    there = [encoding.card.id for encoding in dataset.encodings()]
    chosen = state.current_encoder(dataset)
    options = there if chosen in there else [chosen, *there]
    options = [*options, ANOTHER]
    key = f"frame_encoder_{chosen}"
    st.selectbox(
        "Encoder",
        options,
        index=options.index(chosen),
        key=key,
        format_func=words.encoder,
        help=words.HELP["encoder"],
        on_change=lambda: _encoder_chosen(state.value(key)),
    )


def _encoder_chosen(chosen: str) -> None:
    if chosen == ANOTHER:
        state.go("encoders.py")
    state.choose_encoder(chosen)


@dataclass(frozen=True, slots=True)
class Filters:
    """Which images to show. Empty means all; several labels mean any of them."""

    text: str = ""
    labels: tuple[str, ...] = ()
    splits: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()

    @property
    def active(self) -> bool:
        return bool(self.text or self.labels or self.splits or self.tags)

    @property
    def words(self) -> str:
        """How a selection by these filters was made."""
        parts = [f"path contains “{self.text}”"] if self.text else []
        for name, chosen in (("label", self.labels), ("split", self.splits), ("tag", self.tags)):
            if chosen:
                parts.append(f"{name} {' or '.join(chosen)}")
        return "filter: " + ", ".join(parts) if parts else "all images"

    def rows(self, columns: Columns) -> NDArray[np.int64]:
        """The rows (m,) of the images that pass, in the order of their paths."""
        keep = np.ones(len(columns.ids), dtype=bool)
        if self.text:
            keep &= _true(pc.match_substring(columns.paths, self.text, ignore_case=True))
        if self.labels:
            keep &= _true(pc.is_in(columns.label, pa.array(self.labels, pa.string())))
        if self.splits:
            keep &= _true(pc.is_in(columns.split, pa.array(self.splits, pa.string())))
        if self.tags:
            tagged = set().union(*(columns.tags.get(tag, frozenset()) for tag in self.tags))
            keep &= np.isin(columns.ids, np.fromiter(tagged, np.int64, len(tagged)))
        return np.flatnonzero(keep)


def _true(mask: object) -> NDArray[np.bool_]:
    return pc.fill_null(mask, False).to_numpy(zero_copy_only=False).astype(bool)


def filters(columns: Columns) -> Filters:
    """A row of filters; their values are in the URL and go along to other pages."""
    with st.grid(4, min_column_width=150, gap="small", key="filters"):
        text = st.text_input(
            "Path contains", key="filter_text", bind="query-params", icon=":material/search:", placeholder="Search"
        )
        labels = _choice("Label", columns.labels, "filter_label", "label")
        splits = _choice("Split", columns.splits, "filter_split", "split")
        tags = _choice("Tag", list(columns.tags), "filter_tag", "tag")
    return Filters(text.strip(), labels, splits, tags)


def _choice(name: str, options: list[str], key: str, term: str) -> tuple[str, ...]:
    if not options:
        return ()
    return tuple(st.multiselect(name, options, key=key, bind="query-params", help=words.HELP[term], placeholder="All"))
