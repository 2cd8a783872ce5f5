"""Images of a dataset as items of a gallery, and the look-alikes that are known without asking the worker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pyarrow as pa
import streamlit as st

from embedding_core import indexes, neighbours
from embedding_core.errors import UnknownDataset
from embedding_core.neighbours import inverted
from pages.parts import cached, gallery, server, urls, words

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

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


def columns_of(dataset: str, here: Columns) -> Columns | None:
    """The columns of the dataset with that UUID, which may be the one looked at, `here`; None when it is gone."""
    if dataset in ("", here.dataset):
        return here
    try:
        return cached.columns(server.workspace().dataset_by_uuid(dataset))
    except UnknownDataset:
        return None


def paged(
    columns: Columns,
    ids: NDArray[np.int64],
    *,
    key: str,
    alt: str,
    a_page: int = 48,
    size: str = "m",
    badges: Callable[[NDArray[np.int64]], Mapping[int, str]] | None = None,
) -> int | None:
    """A gallery with pages, so that never more than one is drawn. Returns the id that was opened, in that run.

    `badges` says what stands in the corners of the images of a page.
    """
    pages = -(-len(ids) // a_page)
    grid = st.container()
    page = min(st.pagination(pages, key=f"{key}_page"), pages) if pages > 1 else 1
    with grid:
        shown = ids[(page - 1) * a_page : page * a_page]
        return gallery.show(items(columns, shown, badges(shown) if badges else None), key=key, alt=alt, size=size)


@dataclass(frozen=True, slots=True)
class Found:
    """Look-alikes, and how far they are all of them."""

    alike: Sequence[tuple[int, str]] = ()  # ids and similarity in words, best first
    recall: float = 1.0  # share of the true neighbours that such a search finds: 1 when exact, else measured


def alike(embedding: Embedding, image: int, k: int, *, exact: bool = False) -> Found | None:
    """The k nearest images under cosine, from the stored graph.

    None when the graph has not been computed, has fewer than k neighbours, does not know the image, or is not exact
    where the answer is to be: when that is asked for, and where an exact search is quick.
    """
    graph = cached.read_graph(embedding.fingerprint)
    at = np.flatnonzero(embedding.ids == image)
    if graph is None or not len(at) or graph.k < min(k, len(embedding) - 1):
        return None
    if graph.recall < 1 and (exact or not indexes.wanted(len(embedding))):
        return None
    rows, similarity = graph.rows[at[0], :k], graph.similarity[at[0], :k]
    known = [
        (int(embedding.ids[row]), neighbours.words("cosine", float(value)))
        for row, value in zip(rows, similarity, strict=True)
    ]
    return Found(known, graph.recall)


def search(
    dataset: Dataset,
    embedding: Embedding,
    wanted: Mapping[str, Any],
    *,
    metric: str,
    k: int,
    actor: Actor,
    exact: bool = False,
) -> Found:
    """The most similar images: at once where the neighbour graph knows them, else by the worker.

    `wanted` are parameters of the task "search" that say what is searched for, and among what. Raises `KindredError`.
    """
    if metric == "cosine" and len(wanted.get("ids", ())) == 1 and "among" not in wanted:
        known = alike(embedding, wanted["ids"][0], k, exact=exact)
        if known is not None:
            return known
    parameters = {"dataset": dataset.uuid, "encoder": embedding.card.id, "metric": metric, "k": k, "bare": True}
    answer = cached.search(embedding, {**parameters, "exact": exact, **wanted}, actor=actor)
    return Found([(one["id"], one["words"]) for one in answer["results"]], answer.get("recall", 1.0))


def exactly(embedding: Embedding, *, key: str, in_url: bool = False) -> bool:
    """A way to ask for the exact answer, where there is another one."""
    if not indexes.wanted(len(embedding)):
        return False
    bind: Literal["query-params"] | None = "query-params" if in_url else None
    return st.toggle("Exact", key=key, bind=bind, help=words.HELP["exact"])


def completeness(found: Found) -> None:
    """How far these are all look-alikes; nothing when they are."""
    if found.recall < 1:
        st.caption(
            f"Found through an index: {words.most(found.recall)} of true neighbours, measured on "
            f"{inverted.MEASURING:,} images. Exact search takes longer."
        )


def embedding_of(dataset: Dataset, encoder: str) -> Embedding | None:
    """The vectors from an encoder, if there are any."""
    there = {encoding.card.id for encoding in dataset.encodings()}
    return cached.embedding(dataset, encoder) if encoder in there else None
