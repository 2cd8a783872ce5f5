"""Commands that decide on findings, and take the result away: decisions, versions, export, effect."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from embedding_core.deciding.versions import make_version, snapshot, versions
from embedding_core.errors import InvalidInput
from embedding_core.records import LOCAL, Actor
from embedding_core.review.decisions import Action, decided
from embedding_core.review.difference import Changed, difference
from embedding_core.review.snapshots import Version
from embedding_core.review.standing import in_force
from embedding_core.workspace import Workspace

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from embedding_core.commands.shared import Result


def decide(arguments: Namespace) -> Result:
    """Decide on images as a CSV table says, or take one decision back with --undo."""
    if bool(arguments.file) == bool(arguments.undo):
        raise InvalidInput("Give a CSV table of decisions, or --undo with the id of one.")
    dataset = Workspace.open(arguments.workspace).dataset(arguments.name)
    actor = _actor(arguments)
    if arguments.undo:
        given = [decided(actor, Action.UNDO, [], value=arguments.undo)]
    else:
        from embedding_core.deciding.table import read_decisions  # and with it all that reads sources

        file = Path(arguments.file)
        given = read_decisions(_content(file), file.name, dataset.ids(), actor)
    stored = dataset.decisions.add(given)
    counts = Counter(str(one.action) for one in stored)
    return {"decided": len(stored), "actions": dict(sorted(counts.items())), "ids": [one.id for one in stored]}


def log(arguments: Namespace) -> Result:
    """List what was decided, oldest first."""
    dataset = Workspace.open(arguments.workspace).dataset(arguments.name)
    decisions = dataset.decisions.all()
    force = in_force(decisions)
    if arguments.n is not None and arguments.n < 0:
        raise InvalidInput(f"Ask for 0 or more decisions, not {arguments.n}.")
    skipped = 0 if arguments.n is None else max(0, len(decisions) - arguments.n)
    path = dataset.paths()
    return {
        "total": len(decisions),
        "decisions": [
            {
                "id": one.id,
                "at": _moment(one.at),
                "who": one.who,
                "action": str(one.action),
                "paths": [path.get(image, "") for image in one.ids],
                "value": one.value,
                "finding": one.finding,
                "reason": one.reason,
                "undone": not stands,
            }
            for one, stands in list(zip(decisions, force, strict=True))[skipped:]
        ],
    }


def list_versions(arguments: Namespace) -> Result:
    """List the versions of a dataset."""
    workspace = Workspace.open(arguments.workspace)
    return {"versions": list(map(_facts, versions(workspace, workspace.dataset(arguments.name))))}


def freeze(arguments: Namespace) -> Result:
    """Freeze the dataset as it is after all decisions, under a name."""
    workspace = Workspace.open(arguments.workspace)
    dataset = workspace.dataset(arguments.name)
    made = make_version(workspace, dataset, arguments.version, _actor(arguments), note=arguments.note)
    return {**_facts(made), "decisions": made.decisions, "state": made.state}


def differ(arguments: Namespace) -> Result:
    """Say what differs between two versions."""
    if arguments.n < 0:
        raise InvalidInput(f"Ask for 0 or more images, not {arguments.n}.")
    workspace = Workspace.open(arguments.workspace)
    dataset = workspace.dataset(arguments.name)
    found = difference(*(snapshot(workspace, dataset, name) for name in (arguments.first, arguments.second)))
    path = dataset.paths()

    def paths(ids: NDArray[np.int64]) -> list[str]:
        return [path.get(image, "") for image in ids[: arguments.n].tolist()]

    return {
        "from": found.before,
        "to": found.after,
        "counts": {
            "removed": len(found.removed),
            "added": len(found.added),
            "relabelled": len(found.relabelled),
            "moved": len(found.moved),
        },
        "removed": paths(found.removed),
        "added": paths(found.added),
        "relabelled": _changed(found.relabelled, path, arguments.n),
        "moved": _changed(found.moved, path, arguments.n),
        "tags": {
            tag: {"added": len(change.added), "removed": len(change.removed)} for tag, change in found.tags.items()
        },
        "labels": [{"label": label, "from": was, "to": now} for label, (was, now) in found.labels.items()],
    }


def _changed(found: Changed, path: Mapping[int, str], limit: int) -> list[Result]:
    rows = zip(*(column[:limit].tolist() for column in (found.ids, found.before, found.after)), strict=True)
    return [{"path": path.get(image, ""), "from": before, "to": after} for image, before, after in rows]


def _facts(version: Version) -> Result:
    return {
        "name": version.name,
        "images": version.images,
        "removed": version.removed,
        "relabelled": version.relabelled,
        "created": _moment(version.created),
        "who": version.who,
        "note": version.note,
    }


def _actor(arguments: Namespace) -> Actor:
    return Actor(LOCAL.id, arguments.who.strip()) if (arguments.who or "").strip() else LOCAL


def _moment(at: float) -> str:
    """Seconds since the epoch as ISO 8601 in UTC."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise InvalidInput(f"{file} cannot be read: {error.strerror}. Name a CSV table of decisions.") from error
