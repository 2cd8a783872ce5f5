"""The duplicates of a dataset: found, kept and read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from embedding_core.derived.kept import keep, read_kept
from embedding_core.derived.looks import looks
from embedding_core.derived.watched import watched
from embedding_core.fingerprint import fingerprint
from embedding_core.graphs import neighbour_graph
from embedding_core.ids import find as rows_of
from embedding_core.records import silent

if TYPE_CHECKING:
    from embedding_core.derived.kept import Kept
    from embedding_core.quality.duplicates import DuplicatesFound
    from embedding_core.quality.duplicates.finding import Pictures
    from embedding_core.quality.duplicates.views import Read
    from embedding_core.quality.photos.looks import Looks
    from embedding_core.records import Reporter
    from embedding_core.workspace import Dataset, Embedding, Workspace

REVISION = 6  # raised when the same images have other duplicates


def find_duplicates(
    workspace: Workspace, dataset: Dataset, embedding: Embedding, *, progress: Reporter = silent
) -> Kept[DuplicatesFound]:
    """The copies and bursts among the images of an embedding, rows as in `embedding.ids`."""
    from embedding_core.quality.duplicates import DuplicatesFound, finding

    def find() -> DuplicatesFound:
        graph = neighbour_graph(workspace, dataset, embedding, progress=progress)
        looked = looks(workspace, dataset, progress).found
        with watched(dataset, progress) as files:
            return finding.find(_pictures(dataset, embedding, looked, files.contents), graph, progress=progress)

    return keep(
        workspace,
        dataset,
        duplicates_key(embedding.fingerprint),
        kind="duplicates",
        parent=embedding.fingerprint,
        of=DuplicatesFound,
        find=find,
    )


def read_duplicates(workspace: Workspace, key: str) -> Kept[DuplicatesFound] | None:
    """What has been found and kept under `key`; None when nothing is."""
    from embedding_core.quality.duplicates import DuplicatesFound

    return read_kept(workspace, key, DuplicatesFound)


def duplicates_key(embedding: str) -> str:
    """The fingerprint of the duplicates among the images of the embedding with that fingerprint."""
    return fingerprint("duplicates", REVISION, embedding)


def _pictures(dataset: Dataset, embedding: Embedding, looked: Looks, files: Read) -> Pictures:
    from embedding_core.quality.duplicates.finding import Pictures

    images = dataset.images()
    rows = rows_of(embedding.ids, images["id"].to_numpy())
    seen = rows_of(embedding.ids, looked.ids)
    widths, heights, nbytes = (images[name].to_numpy()[rows] for name in ("width", "height", "nbytes"))
    return Pictures(
        embedding.ids,
        embedding.contents,
        widths.astype(np.int32),
        heights.astype(np.int32),
        nbytes.astype(np.int64),
        looked.hashes[seen],
        looked.chroma[seen],
        dataset.thumbnails,
        files,
    )
