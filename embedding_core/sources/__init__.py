"""Where images come from: folders, archives, tables, uploads. `open_source` opens them all."""

from __future__ import annotations

from embedding_core.sources.base import Listing, Source
from embedding_core.sources.labelling import Assigned, assign, join
from embedding_core.sources.opening import open_source
from embedding_core.sources.staging import Staging, Upload

__all__ = ["Assigned", "Listing", "Source", "Staging", "Upload", "assign", "join", "open_source"]
