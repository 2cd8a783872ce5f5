"""What the commands share: how a task is run, what it found read, and a file written whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from embedding_core.errors import InvalidInput
from embedding_core.records import LOCAL, silent
from embedding_core.tasks import TASKS
from embedding_core.workspace import Workspace

if TYPE_CHECKING:
    from argparse import Namespace

    from embedding_core.derived.kept import Kept, Storable

Found = TypeVar("Found", bound="Storable")
Result = dict[str, Any]
Command = Callable[["Namespace"], Result]


def run(arguments: Namespace, kind: str, **parameters: Any) -> Result:
    workspace = Workspace.open(arguments.workspace)
    return TASKS[kind](workspace, {"name": arguments.name, **parameters}, silent, LOCAL)


def still(kept: Kept[Found] | None) -> Kept[Found]:
    """What a task has just kept. Raises `InvalidInput` where someone has deleted it in between."""
    if kept is None:
        raise InvalidInput("What was found is gone: somebody has deleted the dataset meanwhile.")
    return kept


def replacing(out: Path) -> Path:
    """Beside `out`; moved over it when complete, so that no half file is ever there."""
    if not out.parent.is_dir():
        raise InvalidInput(f"The folder {out.parent} is not there. Make it first.")
    return out.with_name(out.name + ".part")


def local(given: object) -> None:
    if given:
        raise InvalidInput("--address and --workers are for --engine ray.")


def whole(version: str | None) -> None:
    if version:
        raise InvalidInput("On a Ray cluster the whole dataset is read. Leave --version out, or use --engine local.")
