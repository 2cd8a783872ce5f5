"""Nearest neighbours. Vectors in, `NeighbourGraph` or `Neighbours` out.

The graph of a whole set is the worker's work, compiled by numba; a search for a few queries needs numpy alone.
"""

from __future__ import annotations

from embedding_core.neighbours.building import NeighbourGraph, graph
from embedding_core.neighbours.searching import METRICS, Neighbours, Ranks, mean_query, ranks, search, words

__all__ = ["METRICS", "NeighbourGraph", "Neighbours", "Ranks", "graph", "mean_query", "ranks", "search", "words"]
