"""`--line` of the checks that have one: the line is moved, and kept with the dataset, before anything is listed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embedding_core import derived
from embedding_core.errors import InvalidInput
from embedding_core.quality.photos.finding import UnknownKind
from embedding_core.quality.photos.kinds import BY_NAME
from embedding_core.records import LOCAL
from embedding_core.workspace import Workspace

if TYPE_CHECKING:
    from argparse import Namespace

BACK = "set"  # in place of a number: the line that the check draws by itself


def moved(arguments: Namespace, check: str) -> Workspace:
    """Move the one line of a check, where that is asked for; the workspace."""
    workspace = Workspace.open(arguments.workspace)
    if arguments.line is not None:
        at = _number(arguments.line)
        derived.move_line(workspace, workspace.dataset(arguments.name), check, derived.ONLY, at, LOCAL)
    return workspace


def moved_of_photos(arguments: Namespace) -> Workspace:
    """Move the lines of these kinds, all or none. Raises `UnknownKind`."""
    workspace = Workspace.open(arguments.workspace)
    wanted: dict[str, float | None] = {}
    for one in arguments.line:
        kind, equals, value = one.partition("=")
        if not equals:
            raise InvalidInput(f"A line is moved by KIND=VALUE, such as dark=80, not by {one!r}.")
        if kind not in BY_NAME:
            raise UnknownKind(kind, BY_NAME)
        wanted[kind] = _number(value)
    for kind, at in wanted.items():
        derived.move_line(workspace, workspace.dataset(arguments.name), "photos", kind, at, LOCAL)
    return workspace


def _number(value: str) -> float | None:
    if value == BACK:
        return None
    try:
        return float(value)
    except ValueError:
        raise InvalidInput(f"A line lies at a number, or at {BACK!r} as the check draws it, not {value!r}.") from None
