"""Stored clusterings, judged by labels, and their images sorted into groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from embedding_core import derived
from embedding_core.fingerprint import digest
from pages.parts import membership, server
from pages.parts.cached.datasets import columns

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from embedding_core.derived import ClusterResult
    from embedding_core.workspace import Dataset
    from pages.parts.columns import Columns
    from pages.parts.membership import Grouped


def read_clusters(dataset: Dataset, fingerprint: str, seen: tuple[Columns, str] | None = None) -> ClusterResult | None:
    """A stored clustering, judged by the labels of now, or by those of other columns and what names their state."""
    known, state = seen or (columns(dataset), dataset.token)
    found = _clusters(fingerprint, state, _columns=known)
    if found is not None and not found.current:
        _clusters.clear(fingerprint, state, _columns=known)  # the verdict may be on its way
    return found


@st.cache_resource(max_entries=8, show_spinner=False)
def _clusters(fingerprint: str, state: str, *, _columns: Columns) -> ClusterResult | None:
    return derived.read_clusters(server.workspace(), fingerprint, _columns.labels_of)


def grouped(found: ClusterResult, known: Columns, token: str, ids: NDArray[np.int64] | None = None) -> Grouped:
    """A grouping with its images sorted; of those among `ids` (m,) alone, where they are given.

    `token` names the state of the dataset that the columns are of.
    """
    state = f"{token}:{found.current}"  # a grouping gets its names a moment after it was found
    among = "" if ids is None else digest(ids.tobytes())
    return _grouped(found.fingerprint, state, among, _found=found, _columns=known, _ids=ids)


@st.cache_resource(max_entries=16, show_spinner=False)
def _grouped(
    fingerprint: str,
    state: str,
    among: str,
    *,
    _found: ClusterResult,
    _columns: Columns,
    _ids: NDArray[np.int64] | None,
) -> Grouped:
    return membership.grouped(_found if _ids is None else membership.narrowed(_found, _ids), _columns)
