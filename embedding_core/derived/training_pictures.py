"""Pictures as networks are trained on them: decoded once, as squares, in memory or in a file."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from embedding_core.encoders.base import network_input
from embedding_core.errors import ImageRefused
from embedding_core.images import decode
from embedding_core.parallel import in_order

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from embedding_core.encoders.base import Preprocessing
    from embedding_core.records import Reporter
    from embedding_core.workspace import Dataset

MOST = 2 * 2**30  # bytes that are held in memory; more lie in a file
_READ = 64  # originals read at once


def squares(
    dataset: Dataset, ids: NDArray[np.int64], steps: Preprocessing, folder: Path, progress: Reporter
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """The middle squares (m, 3, s, s) of these images (n,), s pixels being what `steps` resizes to, and which of them
    (n,) could be read. What a network sees is the middle of such a square.

    A file that cannot be read any more is left out.
    """
    side = steps.resize if steps.fit == "crop" else steps.crop
    whole = replace(steps, crop=side)
    shape = (len(ids), 3, side, side)
    found: NDArray[np.uint8]
    if int(np.prod(shape, dtype=np.int64)) > MOST:
        folder.mkdir(parents=True, exist_ok=True)
        found = np.memmap(folder / "pictures.uint8", np.uint8, "w+", shape=shape)
    else:
        found = np.empty(shape, np.uint8)
    read = np.zeros(len(ids), bool)

    def square(data: bytes | ImageRefused | None) -> NDArray[np.uint8] | None:
        if data is None or isinstance(data, ImageRefused):
            return None
        try:
            return network_input(decode(data, side=side).image, whole)
        except ImageRefused:
            return None

    def originals() -> Iterator[bytes | ImageRefused | None]:
        for start in range(0, len(ids), _READ):
            group = ids[start : start + _READ].tolist()
            contents = dataset.contents(group)
            yield from (contents.get(image) for image in group)

    place = 0
    for row, made in enumerate(in_order(square, originals())):
        if row % 16 == 0:
            progress("reading", row, len(ids))
        if made is not None:
            found[place], read[row] = made, True
            place += 1
    return found[:place], read
