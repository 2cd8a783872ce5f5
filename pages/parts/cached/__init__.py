"""Everything that is kept between reruns and shared by all visitors. The only `st.cache_…`.

Entries are keyed by fingerprints and tokens, never by arrays, of which Streamlit hashes a sample. Arrays are read-only
and not copied (`cache_resource`), and every cache is bounded.
"""

from pages.parts.cached.asked import explanation, picture, search
from pages.parts.cached.datasets import Summary, choices, columns, embedding, passing, rejected, summary
from pages.parts.cached.findings import before, finding, newest, of_versions, present, proof, scores
from pages.parts.cached.grouping import grouped, read_clusters
from pages.parts.cached.maps import (
    Honesty,
    exemplars_on_map,
    honesty,
    read_graph,
    read_map,
    rows_name,
    rows_on_map,
    spatial_order,
)
from pages.parts.cached.selections import forget_selection, kept_selection, named_selections, selection
from pages.parts.columns import Columns

__all__ = [
    "Columns",
    "Honesty",
    "Summary",
    "before",
    "choices",
    "columns",
    "embedding",
    "exemplars_on_map",
    "explanation",
    "finding",
    "forget_selection",
    "grouped",
    "honesty",
    "kept_selection",
    "named_selections",
    "newest",
    "of_versions",
    "passing",
    "picture",
    "present",
    "proof",
    "read_clusters",
    "read_graph",
    "read_map",
    "rejected",
    "rows_name",
    "rows_on_map",
    "scores",
    "search",
    "selection",
    "spatial_order",
    "summary",
]
