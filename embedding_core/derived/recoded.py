"""Pictures of a dataset encoded once more: changed a little, or shrunk from their thumbnails."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from embedding_core.batching import encoded
from embedding_core.derived.watched import watched
from embedding_core.errors import ImageRefused
from embedding_core.records import silent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from embedding_core.encoders.base import Encoder
    from embedding_core.records import Reporter
    from embedding_core.workspace import Dataset

READ = 64  # files read at once
THUMBNAILS = 1_024  # likewise


def changed_copies(
    dataset: Dataset, encoder: Encoder, ids: NDArray[np.int64], progress: Reporter = silent
) -> dict[str, NDArray[np.float32]]:
    """The vectors (m, d) of these images after each of `images.altering.WAYS`, zeros for a file that has gone."""
    from embedding_core.images import decode
    from embedding_core.images.altering import WAYS
    from embedding_core.parallel import in_order

    found = {name: np.zeros((len(ids), encoder.card.dim), np.float32) for name in WAYS}

    def prepared(
        task: tuple[int, bytes | ImageRefused | None],
    ) -> list[tuple[tuple[str, int], NDArray[np.uint8] | None]]:
        place, data = task
        if not isinstance(data, bytes):
            return []
        try:
            picture = decode(data, side=encoder.card.preprocessing.resize).image
        except ImageRefused:  # it was sound when it was added, so the file has changed
            return []
        return [((name, place), encoder.prepare(change(picture))) for name, change in WAYS.items()]

    with watched(dataset, progress) as files:

        def read() -> Iterator[tuple[int, bytes | ImageRefused | None]]:
            for start in range(0, len(ids), READ):
                group = ids[start : start + READ].tolist()
                there = files.contents(group)
                yield from ((start + at, there.get(image)) for at, image in enumerate(group))

        inputs = (one for some in in_order(prepared, read()) for one in some)
        for (name, place), vector in encoded(encoder, inputs):
            if vector is not None:
                found[name][place] = vector
    return found


def small_pictures(dataset: Dataset, ids: NDArray[np.int64]) -> NDArray[np.float32]:
    """What the encoder "pixels" makes of the thumbnails of these images (n, 768); zeros where there is none."""
    from embedding_core.encoders import pixels
    from embedding_core.images import decode
    from embedding_core.parallel import brief_in_order

    encoder = pixels.load()
    found = np.zeros((len(ids), encoder.card.dim), np.float32)

    def prepared(thumbnail: bytes) -> NDArray[np.uint8]:
        return encoder.prepare(decode(thumbnail, side=encoder.card.preprocessing.resize).image)

    for start in range(0, len(ids), THUMBNAILS):
        group = ids[start : start + THUMBNAILS].tolist()
        there = dataset.thumbnails(group)
        places = [start + at for at, image in enumerate(group) if image in there]
        if places:
            small = np.stack(list(brief_in_order(prepared, (there[image] for image in group if image in there))))
            found[places] = encoder.encode(small)
    return found
