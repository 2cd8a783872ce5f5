"""Images of a dataset as items of a gallery, and the look-alikes that are known without asking the worker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import streamlit as st

from embedding_core import neighbours
from pages.parts import cached, gallery, urls

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from embedding_core.records import Actor
    from embedding_core.workspace import Dataset, Embedding
    from pages.parts.cached import Columns


def items(
    columns: Columns, ids: Sequence[int] | NDArray[np.int64], badges: Mapping[int, str] | None = None
) -> list[gallery.Item]:
    """In the order of `ids`; the label is the quieter line. Images that are not there any more are left out."""
    rows = columns.rows(ids)
    images = columns.images.select(["id", "path", "sha256"]).take(rows).to_pylist()
    labels = columns.label.take(pa.array(rows)).to_pylist()
    return [
        gallery.Item(
            id=image["id"],
            url=urls.thumbnail(columns.dataset, image["id"], image["sha256"]),
            caption=image["path"].rsplit("/", 1)[-1],
            detail=label or "",
            badge=(badges or {}).get(image["id"], ""),
            alt=image["path"],
        )
        for image, label in zip(images, labels, strict=True)
    ]


def paged(
    columns: Columns, ids: NDArray[np.int64], *, key: str, alt: str, a_page: int = 48, size: str = "m"
) -> int | None:
    """A gallery with pages, so that never more than one is drawn. Returns the id that was opened, in that run."""
    pages = -(-len(ids) // a_page)
    grid = st.container()
    page = min(st.pagination(pages, key=f"{key}_page"), pages) if pages > 1 else 1
    with grid:
        return gallery.show(items(columns, ids[(page - 1) * a_page : page * a_page]), key=key, alt=alt, size=size)


def alike(embedding: Embedding, image: int, k: int) -> list[tuple[int, str]] | None:
    """The k nearest images under cosine with their similarity in words, from the stored graph.

    None when the graph has not been computed, has fewer than k neighbours, or does not know the image.
    """
    graph = cached.read_graph(embedding.fingerprint)
    at = np.flatnonzero(embedding.ids == image)
    if graph is None or not len(at) or graph.k < min(k, len(embedding) - 1):
        return None
    rows, similarity = graph.rows[at[0], :k], graph.similarity[at[0], :k]
    return [
        (int(embedding.ids[row]), neighbours.words("cosine", float(value)))
        for row, value in zip(rows, similarity, strict=True)
    ]


def search(
    dataset: Dataset, embedding: Embedding, wanted: Mapping[str, Any], *, metric: str, k: int, actor: Actor
) -> list[tuple[int, str]]:
    """Ids and similarity in words, best first: at once where the neighbour graph knows them, else by the worker.

    `wanted` are parameters of the task "search" that say what is searched for, and among what. Raises `KindredError`.
    """
    if metric == "cosine" and len(wanted.get("ids", ())) == 1 and "among" not in wanted:
        known = alike(embedding, wanted["ids"][0], k)
        if known is not None:
            return known
    parameters = {"dataset": dataset.uuid, "encoder": embedding.card.id, "metric": metric, "k": k, **wanted}
    return [(one["id"], one["words"]) for one in cached.search(embedding, parameters, actor=actor)]


def embedding_of(dataset: Dataset, encoder: str) -> Embedding | None:
    """The vectors from an encoder, if there are any."""
    there = {encoding.card.id for encoding in dataset.encodings()}
    return cached.embedding(dataset, encoder) if encoder in there else None
