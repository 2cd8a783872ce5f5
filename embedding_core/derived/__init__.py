"""What follows from an embedding: graph, maps, clusters. Each is computed once and kept under its fingerprint.

`neighbour_graph`, `draw_map` and `find_clusters` compute, or read what is there; they run in the worker or the command
line. The `read_…` functions and the lists only read, import nothing heavy, and are what pages use.
"""

from embedding_core.derived.effect import effect_key, measure_effect, read_effect
from embedding_core.derived.grouping import (
    ClusterResult,
    clusterings,
    find_clusters,
    keep_clusters,
    labels_of,
    read_clusters,
)
from embedding_core.derived.mapping import UNTURNED, MapResult, draw_map, maps, read_map
from embedding_core.derived.repairs import measure_repairs
from embedding_core.derived.story import story
from embedding_core.graphs import graph_key, neighbour_graph, read_graph, read_nearest

__all__ = [
    "UNTURNED",
    "ClusterResult",
    "MapResult",
    "clusterings",
    "draw_map",
    "effect_key",
    "find_clusters",
    "graph_key",
    "keep_clusters",
    "labels_of",
    "maps",
    "measure_effect",
    "measure_repairs",
    "neighbour_graph",
    "read_clusters",
    "read_effect",
    "read_graph",
    "read_map",
    "read_nearest",
    "story",
]
