"""What follows from an embedding: graph, maps, clusters. Each is computed once and kept under its fingerprint.

`neighbour_graph`, `draw_map` and `find_clusters` compute, or read what is there; they run in the worker or the command
line. The `read_…` functions and the lists only read, import nothing heavy, and are what pages use.
"""

from embedding_core.derived.grouping import (
    ClusterResult,
    clusterings,
    find_clusters,
    keep_clusters,
    labels_of,
    read_clusters,
)
from embedding_core.derived.label_issues import label_issues, label_issues_key, read_label_issues
from embedding_core.derived.mapping import UNTURNED, MapResult, draw_map, maps, read_map
from embedding_core.derived.outliers import outliers, outliers_key, read_outliers
from embedding_core.graphs import graph_key, neighbour_graph, read_graph, read_nearest

__all__ = [
    "UNTURNED",
    "ClusterResult",
    "MapResult",
    "clusterings",
    "draw_map",
    "find_clusters",
    "graph_key",
    "keep_clusters",
    "label_issues",
    "label_issues_key",
    "labels_of",
    "maps",
    "neighbour_graph",
    "outliers",
    "outliers_key",
    "read_clusters",
    "read_graph",
    "read_label_issues",
    "read_map",
    "read_nearest",
    "read_outliers",
]
