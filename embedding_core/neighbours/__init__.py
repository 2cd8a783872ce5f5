"""Nearest neighbours. Vectors in, `NeighbourGraph` or `Neighbours` out.

The graph of a whole set and the index of a large one are the worker's work, compiled by numba; a search for a few
queries, through an index as well, needs numpy alone.
"""

from __future__ import annotations

from embedding_core.neighbours.answers import Neighbours, Ranks
from embedding_core.neighbours.building import NeighbourGraph, graph
from embedding_core.neighbours.extending import change, extended
from embedding_core.neighbours.flat import Flat
from embedding_core.neighbours.metrics import METRICS, mean_query, words
from embedding_core.neighbours.searching import ranks, search
from embedding_core.neighbours.sketching import among, sketch

__all__ = [
    "METRICS",
    "Flat",
    "NeighbourGraph",
    "Neighbours",
    "Ranks",
    "among",
    "change",
    "extended",
    "graph",
    "mean_query",
    "ranks",
    "search",
    "sketch",
    "words",
]
