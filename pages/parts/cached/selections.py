"""Selections, by their hashes and by their names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.parts import server
from pages.parts.cached.there import if_there

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from embedding_core.workspace import Dataset, Selection


def selection(hash_: str) -> Selection | None:
    """A selection by its hash. Call `forget_selection` after naming it."""
    return if_there(_selection, hash_)


@st.cache_resource(max_entries=16, show_spinner=False)
def _selection(hash_: str) -> Selection | None:
    return server.workspace().selections.get(hash_)


def named_selections(dataset: Dataset) -> list[Selection]:
    """Those with a name, newest first."""
    return _named_selections(dataset.uuid, server.workspace().selections.token)


@st.cache_resource(max_entries=16, show_spinner=False)
def _named_selections(dataset: str, token: str) -> list[Selection]:
    return server.workspace().selections.named(dataset)


@st.cache_resource(max_entries=64, show_spinner=False)
def kept_selection(dataset: str, content: str, *, _ids: NDArray[np.int64], _how: str) -> str:
    """The hash of the selection of these images (m,), which `content` names; it is written when it is not there yet."""
    return server.workspace().selections.keep(dataset, _ids, how=_how).hash


def forget_selection(hash_: str) -> None:
    _selection.clear(hash_)
