"""Lines of checks that people have moved, kept with the dataset: one that was moved holds for cards and counts, in the
review, for commands and in reports alike, until it is set back. The stored finding is never touched by that."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from embedding_core.errors import InvalidInput
from embedding_core.fingerprint import fingerprint
from embedding_core.quality.labels.found import LabelIssues
from embedding_core.quality.outliers.found import Outliers
from embedding_core.quality.photos.finding import Photos

if TYPE_CHECKING:
    from collections.abc import Mapping

    from embedding_core.derived.kept import Kept
    from embedding_core.records import Actor
    from embedding_core.workspace import Dataset, Workspace

KIND = "line"  # of the stored results
ONLY = ""  # what the line of a check is of that has but one
FARTHEST = 1e9  # beyond what is measured of any picture
DIGITS = 9  # significant ones that are kept: as many as tell values in single precision apart

Lined = TypeVar("Lined", LabelIssues, Outliers, Photos)


@dataclass(frozen=True, slots=True)
class MovedLine:
    """Where somebody has moved a line."""

    of: str  # the kind of bad photograph; `ONLY` where the check has one line
    at: float
    who: str
    when: float  # seconds since the epoch


def move_line(workspace: Workspace, dataset: Dataset, check: str, of: str, at: float | None, actor: Actor) -> None:
    """Move a line of a check ("labels", "outliers" or "photos"); None sets it back. Raises `InvalidInput`."""
    if at is not None and not abs(at) <= FARTHEST:  # NaN neither
        raise InvalidInput(f"A line lies at a number between -{FARTHEST:g} and {FARTHEST:g}, not at {at}.")
    workspace.results.put(
        fingerprint("line", 1, dataset.uuid, check, of),
        kind=KIND,
        dataset=dataset.uuid,
        parent="",
        arrays={},
        parameters={
            "check": check,
            "of": of,
            "at": None if at is None else float(f"{at:.{DIGITS}g}"),
            "who": actor.name,
            "when": time.time(),
        },
        seconds=0.0,
    )


def moved_lines(workspace: Workspace, dataset: str, check: str) -> dict[str, MovedLine]:
    """The lines of a check that were moved on the dataset with that UUID, by what they are of."""
    stored = [one.parameters for one in workspace.results.find(dataset, KIND) if one.parameters["check"] == check]
    found = [MovedLine(one["of"], one["at"], one["who"], one["when"]) for one in stored if one["at"] is not None]
    return {one.of: one for one in sorted(found, key=lambda one: one.of)}


def at_lines(found: Lined, lines: Mapping[str, float]) -> Lined:
    """The same finding with its lines there, by what they are of."""
    if isinstance(found, Photos):
        return found.at(lines)
    return found.at(lines[ONLY]) if ONLY in lines else found


def at_moved_lines(workspace: Workspace, dataset: Dataset, check: str, kept: Kept[Lined]) -> Kept[Lined]:
    """A stored finding with its lines where people have moved them."""
    lines = {one.of: one.at for one in moved_lines(workspace, dataset.uuid, check).values()}
    return replace(kept, found=at_lines(kept.found, lines))
