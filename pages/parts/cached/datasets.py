"""What is known of datasets: columns, summaries, refused files, embeddings, and which images pass filters."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow.compute as pc
import streamlit as st

from embedding_core import memory
from embedding_core.errors import NotEmbedded
from pages.parts.columns import Columns, says

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from embedding_core.records import Rejected
    from embedding_core.workspace import Dataset, Embedding
    from pages.parts.filters import Choices

FIRST = 6  # images on a dataset's card


def columns(dataset: Dataset) -> Columns:
    """The columns of a dataset as it is now."""
    token = dataset.token
    with _changing:
        past = _present.get(dataset.uuid, token)
        _present[dataset.uuid] = token
    if past != token:  # nobody asks for them any more, and of a million images they take 200 MB
        _columns.clear(past, _dataset=dataset)
    return _columns(token, _dataset=dataset)


_present: dict[str, str] = {}  # the last token of each dataset
_changing = threading.Lock()


@st.cache_resource(max_entries=8, show_spinner=False)
def _columns(token: str, *, _dataset: Dataset) -> Columns:
    images = _dataset.images()
    attributes, metadata = _dataset.said_of(images["id"].to_numpy())
    for source, known in ((_dataset.label_source, "label"), (_dataset.split_source, "split")):
        name = source.removeprefix("column:")
        # What has become the label or the split would otherwise be on every screen twice.
        if name in metadata.column_names and says(metadata[name], attributes[known]):
            metadata = metadata.drop_columns([name])
    found = Columns(
        dataset=_dataset.uuid,
        images=images,
        label=attributes["label"].combine_chunks(),
        split=attributes["split"].combine_chunks(),
        metadata=metadata,
        tags=_dataset.tags(),
    )
    memory.give_back()
    return found


@dataclass(frozen=True, eq=False, slots=True)
class Summary:
    """What a card says of a dataset."""

    count: int
    first: pa.Table  # id, path and sha256 of the first images
    labels: int  # different ones
    splits: tuple[str, ...]


def summary(dataset: Dataset) -> Summary:
    return _summary(dataset.token, _dataset=dataset)


@st.cache_resource(max_entries=256, show_spinner=False)
def _summary(token: str, *, _dataset: Dataset) -> Summary:
    attributes = _dataset.attributes()
    return Summary(
        count=len(attributes),
        first=_dataset.first(FIRST),
        labels=pc.count_distinct(attributes["label"]).as_py(),
        splits=tuple(sorted(name for name in attributes["split"].unique().to_pylist() if name is not None)),
    )


def rejected(dataset: Dataset) -> list[Rejected]:
    """The files that were refused, by path."""
    return _rejected(dataset.rejected_token, _dataset=dataset)


@st.cache_resource(max_entries=8, show_spinner=False)
def _rejected(token: str, *, _dataset: Dataset) -> list[Rejected]:
    return _dataset.rejected()


def embedding(dataset: Dataset, encoder: str) -> Embedding:
    """The handle on the vectors from one encoder. Raises `NotEmbedded`."""
    for encoding in dataset.encodings():
        if encoding.card.id == encoder:
            state = f"{dataset.images_token}:{encoding.card.fingerprint}:{encoding.count}"
            return _embedding(state, encoder, _dataset=dataset)
    raise NotEmbedded(f"The images of {dataset.name!r} have no vectors from {encoder!r} yet. Compute them on Encoders.")


@st.cache_resource(max_entries=16, show_spinner=False)
def _embedding(state: str, encoder: str, *, _dataset: Dataset) -> Embedding:
    return _dataset.embedding(encoder)


@st.cache_resource(max_entries=16, show_spinner=False)
def passing(token: str, of: str, wanted: str, *, _make: Callable[[], NDArray[np.bool_]]) -> NDArray[np.bool_]:
    """Which images pass the filters `wanted`: those of a dataset at `token`, or those of a map, as `of` says (n,)."""
    return _make()


@st.cache_resource(max_entries=128, show_spinner=False)
def choices(token: str, of: str, key: str, *, _make: Callable[[], Choices]) -> Choices:
    """What can be chosen from the column `key`, likewise."""
    return _make()
