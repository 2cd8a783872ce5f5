"""Where an image stands among the others: in which group, and how far its place on the map can be believed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from embedding_core import derived
from pages.parts import cached, filtering, results, server

if TYPE_CHECKING:
    from embedding_core.workspace import Dataset, Embedding


def facts(dataset: Dataset, embedding: Embedding, image: int) -> dict[str, str]:
    """Group and trust of an image, by title, not yet `words.plain`: of the groups and the map that are looked at.

    What is not known of it is left out.
    """
    found = {"Group": _group(dataset, embedding, image), "Trust": _trust(dataset, image)}
    return {title: said for title, said in found.items() if said}


def _group(dataset: Dataset, embedding: Embedding, image: int) -> str:
    stored = derived.clusterings(server.workspace(), dataset, embedding)
    one = results.asked_for("groups", stored) or next(iter(stored), None)
    found = cached.read_clusters(dataset, one.fingerprint) if one else None
    at = np.flatnonzero(found.ids == image) if found else ()
    if found is None or not len(at):
        return ""
    number = int(found.clustering.labels[at[0]])
    return found.names.names[number] if number >= 0 else "in no group"


def _trust(dataset: Dataset, image: int) -> str:
    """As a share in [0, 1], which is how the map says it."""
    now = filtering.known(dataset)
    row = now.columns.rows([image])
    if now.trust is None or not len(row) or np.isnan(now.trust[row[0]]):
        return ""
    return f"{now.trust[row[0]]:.3g}"
