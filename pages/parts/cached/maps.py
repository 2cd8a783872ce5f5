"""Stored maps and what follows from one alone, and the neighbour graph behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from embedding_core import derived, memory, spatial, trust
from embedding_core.fingerprint import digest
from embedding_core.vectors import read_only
from pages.parts import server
from pages.parts.cached.there import if_there

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embedding_core.derived import ClusterResult, MapResult
    from embedding_core.neighbours import NeighbourGraph
    from pages.parts.columns import Columns


def read_map(fingerprint: str) -> MapResult | None:
    """A stored map. Row i is the image `ids[i]`."""
    return if_there(_map, fingerprint)


@st.cache_resource(max_entries=16, show_spinner=False)
def _map(fingerprint: str) -> MapResult | None:
    return derived.read_map(server.workspace(), fingerprint)


@st.cache_resource(max_entries=8, show_spinner=False)
def rows_on_map(fingerprint: str, token: str, *, _drawn: MapResult, _columns: Columns) -> NDArray[np.int32]:
    """The row in `_columns`, those of the dataset at `token`, of each image on a map (n,); −1 for one that is gone."""
    return read_only(_columns.find(_drawn.ids).astype(np.int32))


@dataclass(frozen=True, eq=False, slots=True)
class Honesty:
    """How far a map can be believed, image by image."""

    agreement: float  # see `trust.agreement`
    misplaced: NDArray[np.int64] | None  # (m,) rows of the map, see `trust.misplaced`; None where nobody has judged


@st.cache_resource(max_entries=16, show_spinner=False)
def honesty(fingerprint: str, *, _trust: NDArray[np.float32], _misplaced: NDArray[np.bool_] | None) -> Honesty:
    """What the trust of a map (n,) comes to, and who is misplaced on it (n,)."""
    rows = None if _misplaced is None else read_only(np.flatnonzero(_misplaced))
    return Honesty(trust.agreement(_trust), rows)


@st.cache_resource(max_entries=16, show_spinner=False)
def rows_name(fingerprint: str, *, _drawn: MapResult) -> str:
    """Names the images of a map in their order: maps with the same name have the same rows."""
    return digest(_drawn.ids.tobytes())[:16]


@st.cache_resource(max_entries=16, show_spinner=False)
def exemplars_on_map(
    fingerprint: str, clusters: str, each: int, *, _drawn: MapResult, _clusters: ClusterResult
) -> tuple[int, ...]:
    """The rows of a map with up to `each` typical images of each group."""
    ids = [int(_clusters.ids[row]) for rows in _clusters.clustering.exemplars for row in rows[:each]]
    return tuple(np.flatnonzero(np.isin(_drawn.ids, ids)).tolist())


@st.cache_resource(max_entries=8, show_spinner=False)
def spatial_order(fingerprint: str, *, _drawn: MapResult) -> NDArray[np.int32]:
    """The rows of a map in two dimensions (n,) by their place on it."""
    return read_only(spatial.order(_drawn.placed))


def read_graph(embedding: str) -> NeighbourGraph | None:
    """The neighbour graph of the embedding with that fingerprint, rows as in its `ids`; None until it is computed.

    Of many images it is the nearest neighbours of each alone, see `derived.read_nearest`.
    """
    return if_there(_graph, embedding)


@st.cache_resource(max_entries=4, show_spinner=False)
def _graph(embedding: str) -> NeighbourGraph | None:
    graph = derived.read_nearest(server.workspace(), embedding)
    memory.give_back()
    return graph
