"""Versions of a dataset: which images it holds, what they are called, and on how many decisions that stands.

Two are always there: "original", everything as it came, and "now", with all decisions applied. Others are made from
"now" under a name of their own; they are frozen, so that they can be had again whatever is decided or labelled later.
Nothing is ever deleted from the dataset itself.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from embedding_core.errors import InvalidInput, NameTaken, UnknownVersion
from embedding_core.ids import find
from embedding_core.review.snapshots import Snapshot, Version, coded, decoded
from embedding_core.vectors import read_only

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embedding_core.records import Actor
    from embedding_core.review.standing import Standing
    from embedding_core.workspace import Dataset, Workspace

ORIGINAL = "original"
NOW = "now"
NAME_LIMIT = 100  # characters
NOTE_LIMIT = 2000


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
