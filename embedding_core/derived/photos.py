"""Bad photographs of a dataset: found and kept. What lies turned is found apart, since that takes an encoder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from embedding_core.batching import encoded
from embedding_core.derived.kept import Kept, keep, read_kept
from embedding_core.derived.looks import looks, looks_key
from embedding_core.derived.watched import Watched, watched
from embedding_core.errors import ImageRefused
from embedding_core.fingerprint import fingerprint
from embedding_core.quality.photos.finding import Photos
from embedding_core.quality.photos.finding import photos as judge
from embedding_core.quality.photos.turned import Turned
from embedding_core.quality.photos.turned import turned as look_for_turned
from embedding_core.records import silent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from PIL import Image

    from embedding_core.encoders.base import Encoder
    from embedding_core.records import Reporter
    from embedding_core.workspace import Dataset, Embedding, Workspace

REVISION = 2  # raised when the same looks are judged otherwise
TURNED_REVISION = 2
READ = 64  # files read at once


def photos_key(dataset: Dataset) -> str:
    """The fingerprint of the bad photographs among the images as they are now."""
    return fingerprint("photos", REVISION, looks_key(dataset))


def turned_key(embedding: Embedding) -> str:
    """The fingerprint of what lies turned among the images of an embedding."""
    return fingerprint("turned", TURNED_REVISION, embedding.fingerprint)


def photos(workspace: Workspace, dataset: Dataset, progress: Reporter = silent) -> Kept[Photos]:
    """The bad photographs among all images, in the order of their paths."""
    return keep(
        workspace,
        dataset,
        photos_key(dataset),
        kind="photos",
        parent=dataset.fingerprint,
        of=Photos,
        find=lambda: judge(looks(workspace, dataset, progress).found),
    )


def turned(
    workspace: Workspace, dataset: Dataset, embedding: Embedding, encoder: Encoder, progress: Reporter = silent
) -> Kept[Turned]:
    """What lies turned among the images of an embedding by this encoder, which looks at some of them again."""

    def encode(rows: NDArray[np.int64], quarters: int) -> NDArray[np.float32]:
        vectors = np.zeros((len(rows), embedding.card.dim), np.float32)  # of a file that has gone: like nothing
        with watched(dataset, progress) as files:
            for place, vector in encoded(encoder, _turned_inputs(files, embedding.ids[rows], encoder, quarters)):
                if vector is not None:
                    vectors[place] = vector
        return vectors

    return keep(
        workspace,
        dataset,
        turned_key(embedding),
        kind="turned",
        parent=embedding.fingerprint,
        of=Turned,
        find=lambda: look_for_turned(embedding.ids, embedding.matrix(), encode, progress=progress),
    )


def read_photos(workspace: Workspace, key: str, turned: str | None = None) -> Kept[Photos] | None:
    """The stored bad photographs; with the kind "turned" where that is stored, under `turned`."""
    kept = read_kept(workspace, key, Photos)
    other = None if turned is None else read_kept(workspace, turned, Turned)
    if kept is None or other is None:
        return kept
    return Kept(kept.fingerprint, kept.found.joined(other.found), kept.seconds + other.seconds)


def _turned_inputs(
    originals: Watched, ids: NDArray[np.int64], encoder: Encoder, quarters: int
) -> Iterator[tuple[int, NDArray[np.uint8] | None]]:
    """Each place in `ids` with the network's input of that picture, turned; None for a file that has gone."""
    from embedding_core.images import decode
    from embedding_core.parallel import in_order

    def prepared(task: tuple[int, bytes | ImageRefused | None]) -> tuple[int, NDArray[np.uint8] | None]:
        place, data = task
        if not isinstance(data, bytes):
            return place, None
        try:
            picture = decode(data, side=encoder.card.preprocessing.resize).image
        except ImageRefused:
            return place, None
        return place, encoder.prepare(_by_quarters(picture, quarters))

    def read() -> Iterator[tuple[int, bytes | ImageRefused | None]]:
        for start in range(0, len(ids), READ):
            group = ids[start : start + READ].tolist()
            found = originals.contents(group)
            yield from ((start + at, found.get(image)) for at, image in enumerate(group))

    yield from in_order(prepared, read())


def _by_quarters(picture: Image.Image, quarters: int) -> Image.Image:
    """A picture turned counter-clockwise."""
    from PIL import Image

    turns = (None, Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_180, Image.Transpose.ROTATE_270)
    turn = turns[quarters % 4]
    return picture if turn is None else picture.transpose(turn)
