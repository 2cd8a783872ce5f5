"""One pass over all pictures of a set: each is decoded once and measured, for every check that looks at pixels."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from embedding_core.errors import ImageRefused, InvalidInput
from embedding_core.ids import distinct
from embedding_core.parallel import brief_in_order
from embedding_core.records import silent
from embedding_core.vectors import read_only

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embedding_core.quality.photos.measuring import Look
    from embedding_core.records import Progress

    Read = Callable[[Sequence[int]], Mapping[int, bytes | ImageRefused]]  # files by id, as `Dataset.contents`

READ = 128  # files read at once
TELL = 64  # images between two reports of progress

MEASURES = (
    *("brightness", "shadows", "highlights", "contrast", "entropy", "sharpness"),
    *("colourfulness", "chroma", "flat"),
)


@dataclass(frozen=True, eq=False, slots=True)
class Looks:
    """The measures of n pictures, as `measuring.Look` says them. NaN is what cannot be told."""

    ids: NDArray[np.int64]  # (n,)
    contents: NDArray[np.uint64]  # (n,) the first 64 bits of each file's SHA-256
    width: NDArray[np.int32]  # (n,) pixels, upright; 0 for a file that has gone or changed, whose measures are NaN
    height: NDArray[np.int32]  # (n,)
    nbytes: NDArray[np.int64]  # (n,)
    formats: NDArray[np.str_]  # (n,)
    brightness: NDArray[np.float32]  # (n,) 0 to 255
    shadows: NDArray[np.float32]  # (n,) 0 to 255
    highlights: NDArray[np.float32]  # (n,) 0 to 255
    contrast: NDArray[np.float32]  # (n,) 0 to 128
    entropy: NDArray[np.float32]  # (n,) bits
    sharpness: NDArray[np.float32]  # (n,) 0 to 1
    colourfulness: NDArray[np.float32]  # (n,)
    chroma: NDArray[np.float32]  # (n,) 0 to 255
    flat: NDArray[np.float32]  # (n,) 0 to 1
    hashes: NDArray[np.uint64]  # (n,) perceptual, 0 also for a file that has gone

    def __post_init__(self) -> None:
        for field in fields(self):
            object.__setattr__(self, field.name, read_only(getattr(self, field.name)))

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def seen(self) -> NDArray[np.bool_]:
        """(n,) which pictures were there to be looked at."""
        return self.width > 0

    @property
    def side(self) -> NDArray[np.float32]:
        """(n,) the side of a square with as many pixels; NaN for what was not seen."""
        pixels = self.width.astype(np.float64) * self.height
        return np.where(self.seen, np.sqrt(pixels), np.nan).astype(np.float32)

    @property
    def aspect(self) -> NDArray[np.float32]:
        """(n,) width over height; NaN for what was not seen."""
        return np.where(self.seen, self.width / np.maximum(self.height, 1), np.nan).astype(np.float32)

    def arrays(self) -> dict[str, NDArray[Any]]:
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def facts(self) -> dict[str, Any]:
        return {"images": len(self), "unseen": int(np.count_nonzero(~self.seen))}

    @classmethod
    def restored(cls, arrays: Mapping[str, Any], facts: Mapping[str, Any]) -> Self:
        return cls(**{field.name: arrays[field.name] for field in fields(cls)})


def looks(
    ids: NDArray[np.int64],
    contents: NDArray[np.uint64],
    read: Read,
    *,
    known: Sequence[Looks] = (),
    progress: Progress = silent,
) -> Looks:
    """Look at these images (n,), whose files' digests begin with `contents` (n,).

    `known` are earlier looks, the newest first: a picture with the same content is not looked at again. A file that has
    gone or changed is left unseen. Raises `InvalidInput` for ids and contents of unequal length.
    """
    if ids.shape != contents.shape:
        raise InvalidInput(f"Each image has one content: {len(ids):,} ids came with {len(contents):,} contents.")
    table = _empty(ids, contents)
    rest = _reuse(table, known)
    progress("looking", 0, len(rest))
    for done, (row, found) in enumerate(_seen(ids, rest, read), start=1):
        if found is not None:
            _write(table, row, found)
        if done % TELL == 0:
            progress("looking", done, len(rest))
    progress("looking", len(rest), len(rest))
    return Looks(**table)


def _empty(ids: NDArray[np.int64], contents: NDArray[np.uint64]) -> dict[str, NDArray[Any]]:
    n = len(ids)
    return {
        "ids": ids,
        "contents": contents,
        "width": np.zeros(n, np.int32),
        "height": np.zeros(n, np.int32),
        "nbytes": np.zeros(n, np.int64),
        "formats": np.zeros(n, "<U4"),
        **{name: np.full(n, np.nan, np.float32) for name in MEASURES},
        "hashes": np.zeros(n, np.uint64),
    }


def _reuse(table: dict[str, NDArray[Any]], known: Sequence[Looks]) -> NDArray[np.int64]:
    """Fill in what is known; the rows (m,) that are not."""
    rest = np.arange(len(table["ids"]))
    for earlier in known:
        if not len(rest) or not len(earlier):
            continue
        order = np.argsort(earlier.contents)
        at = np.searchsorted(earlier.contents, table["contents"][rest], sorter=order).clip(max=len(earlier) - 1)
        rows = order[at]
        same = (earlier.contents[rows] == table["contents"][rest]) & earlier.seen[rows]
        for name, array in earlier.arrays().items():
            if name not in ("ids", "contents"):
                table[name][rest[same]] = array[rows[same]]
        rest = rest[~same]
    return rest


def _seen(ids: NDArray[np.int64], rows: NDArray[np.int64], read: Read) -> Iterator[tuple[int, Look | None]]:
    """Each of `rows` (m,) with what was seen of it, None for a file that is not there as it was."""
    import cv2

    from embedding_core.quality.photos.measuring import look

    if len(distinct(ids)) != len(ids):
        raise InvalidInput("Every image is looked at once, and some of these ids are given twice.")
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)  # the threads are over pictures

    def files() -> Iterator[tuple[int, bytes | ImageRefused | None]]:
        for start in range(0, len(rows), READ):
            group = rows[start : start + READ].tolist()
            found = read([int(ids[row]) for row in group])
            yield from ((row, found.get(int(ids[row]))) for row in group)

    def measured(task: tuple[int, bytes | ImageRefused | None]) -> tuple[int, Look | None]:
        row, data = task
        if not isinstance(data, bytes):
            return row, None
        try:
            return row, look(data)
        except ImageRefused:  # it was sound when it was added, so the file has changed
            return row, None

    try:
        yield from brief_in_order(measured, files())
    finally:
        cv2.setNumThreads(before)


def _write(table: dict[str, NDArray[Any]], row: int, found: Look) -> None:
    table["width"][row], table["height"][row] = found.width, found.height
    table["nbytes"][row], table["formats"][row] = found.nbytes, found.format
    table["hashes"][row] = found.hash
    for name in MEASURES:
        table[name][row] = getattr(found, name)
