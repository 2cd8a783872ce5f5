"""Versions of a dataset: which images it holds, what they are called, and on how many decisions that stands.

Two are always there: "original", everything as it came, and "now", with all decisions applied. Others are made from
"now" under a name of their own; they are frozen, so that they can be had again whatever is decided or labelled later.
Nothing is ever deleted from the dataset itself.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from embedding_core.errors import InvalidInput, NameTaken, UnknownVersion
from embedding_core.fingerprint import digest, digest_of_texts, fingerprint
from embedding_core.ids import find
from embedding_core.vectors import read_only

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from embedding_core.fingerprint import Texts
    from embedding_core.records import Actor
    from embedding_core.review.standing import Standing
    from embedding_core.workspace import Dataset, Workspace

ORIGINAL = "original"
NOW = "now"
NAME_LIMIT = 100  # characters
NOTE_LIMIT = 2000


@dataclass(frozen=True, eq=False)
class Snapshot:
    """A state of a dataset. Row i of every array is the image `ids[i]`."""

    name: str  # of the version
    ids: NDArray[np.int64]  # (m,) of the images that remain, in the order of their paths
    labels: NDArray[np.object_]  # (m,) str, None where there is none
    splits: NDArray[np.object_]  # (m,) likewise
    tags: Mapping[str, NDArray[np.int64]] = field(default_factory=dict)  # tag → ids ascending, of those that remain

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over which images there are and all that is said of them; the version's name does not enter."""
        tags = [f"{tag}:{digest(ids.tobytes())}" for tag, ids in sorted(self.tags.items())]
        said = [digest_of_texts(self.labels.tolist()), digest_of_texts(self.splits.tolist()), digest_of_texts(tags)]
        return fingerprint("snapshot", 1, digest(self.ids.tobytes()), *said)

    def labels_of(self, ids: NDArray[np.int64]) -> list[str | None]:
        """The labels (n,) in this version of `ids` (n,); None also for an image that is not in it."""
        rows = find(ids, self.ids)
        labels = np.full(len(ids), None, dtype=object)
        labels[rows >= 0] = self.labels[rows[rows >= 0]]
        found: list[str | None] = labels.tolist()
        return found


@dataclass(frozen=True, slots=True)
class Version:
    """What a list of versions says of one."""

    name: str
    images: int
    removed: int  # images of the dataset that are not in it
    relabelled: int  # images with another label than the dataset gives them
    created: float  # seconds since the epoch; of "now", when the last decision was made
    actor: str = ""  # the id of who made it
    who: str = ""  # the name they gave
    note: str = ""
    decisions: int = 0  # on which it stands
    state: str = ""  # `Snapshot.fingerprint`; empty in a list for the two that are always there


def snapshot(workspace: Workspace, dataset: Dataset, name: str = NOW) -> Snapshot:
    """The version of that name: "original", "now" or one that was made. Raises `UnknownVersion`."""
    if name == ORIGINAL:
        return _original(dataset)
    if name == NOW:
        return _applied(_original(dataset), dataset.decisions.standing())[0]
    kept = dataset.versions.snapshot(name)
    if kept is None:
        raise UnknownVersion(name, [ORIGINAL, NOW, *(one.name for one in dataset.versions.all())])
    return kept


def make_version(workspace: Workspace, dataset: Dataset, name: str, actor: Actor, *, note: str = "") -> Version:
    """Freeze "now" under a name. Raises `NameTaken`, also when another process was first, and `InvalidInput`."""
    name, note = _valid(name), note.strip()
    if len(note) > NOTE_LIMIT:
        raise InvalidInput(f"A version's note has at most {NOTE_LIMIT:,} characters, not {len(note):,}.")
    standing, came = dataset.decisions.standing(), _original(dataset)
    now, rows = _applied(came, standing, name)
    version = _described(
        now,
        rows,
        came,
        created=time.time(),
        standing=standing,
        actor=actor.id,
        who=actor.name,
        note=note,
        state=now.fingerprint,
    )
    if name in (ORIGINAL, NOW) or not dataset.versions.put(version, now):
        raise NameTaken(
            f"There is a version called {name!r} already, and versions are never overwritten. Choose another."
        )
    return version


def versions(workspace: Workspace, dataset: Dataset) -> list[Version]:
    """All versions: "original", those that were made, oldest first, and "now"."""
    standing, came = dataset.decisions.standing(), _original(dataset)
    last = max((work.last for work in standing.work.values()), default=dataset.created)
    original = Version(ORIGINAL, len(came), 0, 0, dataset.created)
    now = _described(*_applied(came, standing), came, created=last, standing=standing)
    return [original, *dataset.versions.all(), now]


def coded(texts: Texts | NDArray[np.object_]) -> tuple[NDArray[np.int32], list[str]]:
    """Texts (n,) as numbers (n,) into the different ones, −1 for None."""
    import pyarrow as pa

    found = pa.array(texts, pa.string()).dictionary_encode()
    return found.indices.fill_null(-1).to_numpy(zero_copy_only=False), found.dictionary.to_pylist()


def decoded(codes: NDArray[np.integer], words: Sequence[str]) -> NDArray[np.object_]:
    """The texts (n,) that `coded` has taken apart; of equal ones there is one object. Read-only."""
    return read_only(np.array([*words, None], dtype=object)[codes])


def _original(dataset: Dataset) -> Snapshot:
    """Every image, called as the dataset's attributes say."""
    rows = dataset.attributes()
    labels, splits = (decoded(*coded(rows[name].combine_chunks())) for name in ("label", "split"))
    tags = {tag: read_only(np.sort(np.fromiter(ids, np.int64, len(ids)))) for tag, ids in dataset.tags().items()}
    return Snapshot(ORIGINAL, read_only(rows["id"].to_numpy()), labels, splits, tags)


def _applied(came: Snapshot, standing: Standing, name: str = NOW) -> tuple[Snapshot, NDArray[np.int64]]:
    """A dataset as it came, after these decisions, and the rows of `came` (m,) that remain."""
    order = np.argsort(came.ids)
    labels, stays = came.labels.copy(), np.ones(len(came), bool)
    rows = find(standing.relabelled, came.ids, order)
    labels[rows[rows >= 0]] = np.array(standing.new_labels, dtype=object)[rows >= 0]
    rows = find(standing.removed, came.ids, order)
    stays[rows[rows >= 0]] = False
    ids, ascending = came.ids[stays], came.ids[order[stays[order]]]
    tags = {}
    for tag in sorted({*came.tags, *standing.tagged}):
        nobody = np.empty(0, np.int64)
        carried = np.union1d(came.tags.get(tag, nobody), standing.tagged.get(tag, nobody))
        carried = np.setdiff1d(carried, standing.untagged.get(tag, nobody), assume_unique=True)
        if len(left := np.intersect1d(carried, ascending, assume_unique=True)):
            tags[tag] = read_only(left)
    taken = Snapshot(name, read_only(ids), read_only(labels[stays]), read_only(came.splits[stays]), tags)
    return taken, np.flatnonzero(stays)


def _described(
    taken: Snapshot,
    rows: NDArray[np.int64],
    came: Snapshot,
    *,
    created: float,
    standing: Standing,
    actor: str = "",
    who: str = "",
    note: str = "",
    state: str = "",
) -> Version:
    """What is to be listed of a version, whose images are the `rows` (m,) of the dataset as it came."""
    relabelled = int(np.count_nonzero(came.labels[rows] != taken.labels))
    removed = len(came) - len(taken)
    return Version(taken.name, len(taken), removed, relabelled, created, actor, who, note, standing.decisions, state)


def _valid(name: str) -> str:
    name = name.strip()
    if not 1 <= len(name) <= NAME_LIMIT or not name.isprintable() or "/" in name:
        raise InvalidInput(
            f"A version's name has 1 to {NAME_LIMIT} printable characters and no slash, and this one is {name[:40]!r}."
        )
    return name
