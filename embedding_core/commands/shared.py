"""What the commands share: how a task is run, and how a file is written whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from embedding_core.errors import InvalidInput
from embedding_core.records import LOCAL, silent
from embedding_core.tasks import TASKS
from embedding_core.workspace import Workspace

if TYPE_CHECKING:
    from argparse import Namespace

Result = dict[str, Any]
Command = Callable[["Namespace"], Result]


def run(arguments: Namespace, kind: str, **parameters: Any) -> Result:
    workspace = Workspace.open(arguments.workspace)
    return TASKS[kind](workspace, {"name": arguments.name, **parameters}, silent, LOCAL)


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
