"""The images of a map by the page: 64 that lie together, with thumbnails and true nearest neighbours, in one answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from embedding_core import spatial
from embedding_core.errors import UnknownName
from pages.parts import cached, urls
from pages.parts.map import planes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pages.parts.map.present import Present

NEIGHBOURS = 10  # of each image, at most


class UnknownPage(UnknownName):
    noun = "page"


def page(now: Present, number: int) -> bytes:
    """Container of the images at positions `number` × 64 and on of the map's spatial order. Raises `UnknownPage`.

    Of an image that is no longer in the dataset nothing is told but its row and id.
    """
    order = cached.spatial_order(now.drawn.fingerprint, _drawn=now.drawn)
    rows = order[number * spatial.PAGE : (number + 1) * spatial.PAGE]
    if not len(rows):
        raise UnknownPage(str(number))
    ids = now.drawn.ids[rows]
    there = ~now.gone[rows]
    thumbnails = now.dataset.thumbnails(ids[there])
    pictures = [thumbnails.get(image, b"") for image in ids.tolist()]
    near, similarity = _neighbours(now, rows)
    return planes.pack(
        len(rows),
        {"thumbnails": b"".join(pictures)},
        rows=rows.tolist(),
        ids=ids.tolist(),
        **_files(now, now.rows[rows], there),
        near=near,
        similarity=similarity,
        ends=np.cumsum([len(picture) for picture in pictures]).tolist(),
    )


def _files(now: Present, at: NDArray[np.int32], there: NDArray[np.bool_]) -> dict[str, list[Any]]:
    """Paths, beginnings of hashes, and sizes of the images in these rows of the dataset's columns."""
    chosen = now.columns.images.select(["path", "sha256", "width", "height"]).take(pa.array(at, mask=~there))
    found = chosen.to_pylist()
    return {
        "paths": [one["path"] or "" for one in found],
        "shas": [(one["sha256"] or "")[: urls.SHA_DIGITS] for one in found],
        "sizes": [[one["width"] or 0, one["height"] or 0] for one in found],
    }


def _neighbours(now: Present, rows: NDArray[np.int32]) -> tuple[list[list[int]], list[list[float]]]:
    """Rows of the nearest others that are still there, best first, and their cosine similarity; empty without graph."""
    graph = cached.read_graph(now.drawn.embedding)
    if graph is None:
        return [[] for _ in rows], [[] for _ in rows]
    near, similarity = graph.rows[rows], graph.similarity[rows].astype(np.float64).round(3)
    there = ~now.gone[near]
    kept = [np.flatnonzero(those)[:NEIGHBOURS] for those in there]
    return (
        [one[those].tolist() for one, those in zip(near, kept, strict=True)],
        [one[those].tolist() for one, those in zip(similarity, kept, strict=True)],
    )
