"""What follows from an embedding: graph, maps, clusters. Each is computed once and kept under its fingerprint.

`neighbour_graph`, `draw_map` and `find_clusters` compute, or read what is there; they run in the worker or the command
line. The `read_…` functions and the lists only read, import nothing heavy, and are what pages use.
"""

from embedding_core.derived.drift import find_drift, read_drift
from embedding_core.derived.duplicates import duplicates_key, find_duplicates, read_duplicates
from embedding_core.derived.grouping import (
    ClusterResult,
    clusterings,
    find_clusters,
    keep_clusters,
    labels_of,
    read_clusters,
)
from embedding_core.derived.labelling import (
    choose_next,
    propagate_labels,
    read_next,
    read_propagated,
)
from embedding_core.derived.leakage import find_leakage, make_split, read_leakage
from embedding_core.derived.mapping import UNTURNED, MapResult, draw_map, maps, read_map
from embedding_core.graphs import graph_key, neighbour_graph, read_graph, read_nearest

__all__ = [
    "UNTURNED",
    "ClusterResult",
    "MapResult",
    "choose_next",
    "clusterings",
    "draw_map",
    "duplicates_key",
    "find_clusters",
    "find_drift",
    "find_duplicates",
    "find_leakage",
    "graph_key",
    "keep_clusters",
    "labels_of",
    "make_split",
    "maps",
    "neighbour_graph",
    "propagate_labels",
    "read_clusters",
    "read_drift",
    "read_duplicates",
    "read_graph",
    "read_leakage",
    "read_map",
    "read_nearest",
    "read_next",
    "read_propagated",
]
