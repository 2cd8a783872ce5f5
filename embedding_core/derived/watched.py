"""Files of a dataset for a pass over its pictures, read so that one that crashes the decoder is named and left out.

Whoever started the process is told which files are being decoded. After a crash those are suspects: each is decoded
alone before the pass begins, so that the next crash names one file, which is not read any more after that.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import numpy as np

from embedding_core.errors import ImageRefused
from embedding_core.ids import find
from embedding_core.images import decode

if TYPE_CHECKING:
    from embedding_core.records import Reporter
    from embedding_core.workspace import Dataset

SIDES = (None, 1024, 256)  # at which suspects are decoded: JPEGs are read otherwise where less is wanted
UNDER_WAY = 2  # groups of files: threads may still be at the one before


class Watched:
    """Reads files by id, as `Dataset.contents`, and says which are under way."""

    def __init__(self, dataset: Dataset, progress: Reporter) -> None:
        from embedding_core.embed import CRASHES

        rows = dataset.images().select(["id", "path"])
        self._dataset, self._progress = dataset, progress
        self._ids, self._paths = rows["id"].to_numpy(), rows["path"]
        self._order = np.argsort(self._ids)
        self._under_way: deque[list[str]] = deque(maxlen=UNDER_WAY)
        crashed = {path for path, crashes in progress.suspects.items() if crashes >= CRASHES}
        self._crashed = frozenset(image for image, path in self._among(progress.suspects) if path in crashed)

    def contents(self, ids: Sequence[int]) -> dict[int, bytes | ImageRefused]:
        """The files of these images but for those that have crashed a process twice."""
        wanted = [image for image in ids if image not in self._crashed]
        rows = find(np.array(wanted, np.int64), self._ids, self._order)
        self._under_way.append(self._paths.take(rows[rows >= 0]).to_pylist())
        self._progress.reading([path for group in self._under_way for path in group])
        return self._dataset.contents(wanted)

    def try_suspects(self) -> None:
        """Decode each suspect alone."""
        for image, path in self._among(self._progress.suspects):
            if image in self._crashed:
                continue
            self._progress.reading([path])
            for data in self._dataset.contents([image]).values():
                if isinstance(data, bytes):
                    for side in SIDES:
                        with suppress(ImageRefused):
                            decode(data, side=side)

    def _among(self, paths: Mapping[str, int]) -> list[tuple[int, str]]:
        """Id and path of those of these images that are here."""
        if not paths:
            return []
        return [
            (image, path)
            for image, path in zip(self._ids.tolist(), self._paths.to_pylist(), strict=True)
            if path in paths
        ]


@contextmanager
def watched(dataset: Dataset, progress: Reporter) -> Iterator[Watched]:
    """Its files until the pass is over."""
    files = Watched(dataset, progress)
    files.try_suspects()
    try:
        yield files
    finally:
        progress.reading([])
