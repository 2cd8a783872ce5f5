"""What is taken out of a dataset: the images of one version, with all that is said of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from embedding_core.errors import InvalidInput
from embedding_core.ids import find
from embedding_core.review.decisions import Action
from embedding_core.review.standing import in_force

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embedding_core.review.decisions import Decision
    from embedding_core.review.snapshots import Snapshot
    from embedding_core.workspace import Dataset, Embedding

GROUP = 16 * 2**20  # bytes of originals read at a time


@dataclass(frozen=True, slots=True)
class Removed:
    """An image of the dataset that the version is without."""

    path: str
    reason: str
    who: str = ""
    at: float | None = None  # seconds since the epoch


@dataclass(frozen=True, slots=True)
class Missing:
    """An image that belongs to the version and could not be exported."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Section:
    """A finding or an outcome, told in a report: a heading, sentences, and pictures with a word to each."""

    title: str
    text: str
    pictures: tuple[tuple[int, str], ...] = ()  # image and caption
    rows: tuple[tuple[str, ...], ...] = ()  # a table, its head first
    outcome: bool = False  # told after what was decided, not before
    headline: str = ""  # a sentence of it that opens the report


@dataclass(frozen=True, eq=False)
class Taken:
    """The m images of a version in the order of their paths, ready to be written in any format."""

    dataset: Dataset
    version: str
    rows: pa.Table  # (m,) id, path, sha256, width, height, format, nbytes, label, split
    tags: Mapping[int, tuple[str, ...]]  # by image, sorted; images without one are left out
    metadata: pa.Table  # (m,) a column for each that came along
    removed: tuple[Removed, ...] = ()
    embedding: Embedding | None = None  # for the formats that hold vectors
    decisions: Sequence[Decision] = ()
    sections: tuple[Section, ...] = ()
    missing: list[Missing] = field(default_factory=list)  # grows while members are made

    def __len__(self) -> int:
        return int(self.rows.num_rows)

    def column(self, name: str) -> list[str]:
        """A column of `rows` as a list (m,)."""
        values: list[str] = self.rows[name].to_pylist()
        return values

    def optional(self, name: str) -> list[str | None]:
        """The column `label` or `split` as a list (m,)."""
        values: list[str | None] = self.rows[name].to_pylist()
        return values

    def classes(self) -> list[str]:
        """The labels that there are, sorted."""
        return sorted(set(self.optional("label")) - {None})  # type: ignore[arg-type]

    def contents(self, order: Iterable[int] | None = None) -> Iterator[tuple[int, bytes]]:
        """Row and original bytes of each image, of all rows or in this order; about `GROUP` bytes are held at once.

        What is gone or has changed is left out, and noted in `missing`.
        """
        ids, paths, sizes = (self.rows[name].to_pylist() for name in ("id", "path", "nbytes"))
        for group in _groups(range(len(self)) if order is None else order, sizes):
            found = self.dataset.contents([ids[row] for row in group])
            for row in group:
                content = found.pop(ids[row], None)
                if isinstance(content, bytes):
                    yield row, content
                else:
                    reason = content.detail if content else "It is no longer in the dataset."
                    self.missing.append(Missing(paths[row], reason))


def take(
    dataset: Dataset,
    version: Snapshot | None = None,
    *,
    decisions: Sequence[Decision] = (),
    embedding: Embedding | None = None,
    sections: Sequence[Section] = (),
    only: Iterable[int] | None = None,
) -> Taken:
    """The images of a version, or as the dataset stands without one; of these `only`, where that is given.

    `decisions`, the log in its order, say why an image was removed. Raises `InvalidInput` when no image is left.
    """
    images = dataset.images()
    every = images["id"].to_numpy()
    place = _places(version, every) if version is not None else None
    wanted = np.ones(len(every), dtype=bool) if place is None else place >= 0
    if only is not None:
        wanted &= np.isin(every, np.fromiter(only, np.int64))
    if not wanted.any():
        name = "" if version is None else f" in version {version.name!r}"
        raise InvalidInput(f"There is no image to export of {dataset.name!r}{name}.")
    rows = images.select(["id", "path", "sha256", "width", "height", "format", "nbytes"]).filter(pa.array(wanted))
    said, metadata = dataset.said_of(rows["id"].to_numpy())
    labels, splits = said["label"], said["split"]
    tags = dataset.tags()
    if version is not None and place is not None:
        to = pa.array(place[wanted])
        labels = pc.take(pa.array(version.labels, pa.string()), to)
        splits = pc.take(pa.array(version.splits, pa.string()), to)
        tags = {tag: frozenset(found.tolist()) for tag, found in version.tags.items()}
    gone = images.filter(pa.array(~wanted)) if only is None else images.slice(0, 0)
    return Taken(
        dataset,
        "now" if version is None else version.name,
        rows.append_column("label", labels).append_column("split", splits),
        _by_image(tags),
        metadata,
        _removed(gone, decisions),
        embedding,
        decisions,
        tuple(sections),
    )


def _places(version: Snapshot, every: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where each image (n,) stands in the version; −1 where it does not belong to it."""
    return find(every, np.asarray(version.ids, np.int64))


def _by_image(tags: Mapping[str, Iterable[int]]) -> dict[int, tuple[str, ...]]:
    found: dict[int, tuple[str, ...]] = {}
    for tag in sorted(tags):
        for image in tags[tag]:
            found[image] = (*found.get(image, ()), tag)
    return found


def _removed(gone: pa.Table, decisions: Sequence[Decision]) -> tuple[Removed, ...]:
    """The images that are gone, each with the last decision that removed it."""
    why: dict[int, Decision] = {}
    for one, stands in zip(decisions, in_force(decisions), strict=True):
        if stands and one.action is Action.REMOVE:
            why.update(dict.fromkeys(one.ids, one))
    found = []
    for image, path in zip(gone["id"].to_pylist(), gone["path"].to_pylist(), strict=True):
        if image in why:
            last = why[image]
            found.append(Removed(path, last.reason or last.finding or "removed by hand", last.who, last.at))
        else:
            found.append(Removed(path, "not part of this version"))
    return tuple(found)


def _groups(order: Iterable[int], sizes: Sequence[int]) -> Iterator[list[int]]:
    """Rows that are read at once: as many as `GROUP` holds, and at least one."""
    group: list[int] = []
    size = 0
    for row in order:
        if group and size + sizes[row] > GROUP:
            yield group
            group, size = [], 0
        group.append(row)
        size += sizes[row]
    if group:
        yield group
