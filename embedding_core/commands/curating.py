"""Commands that find what is wrong with a dataset. What they print is listed worst first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embedding_core import derived
from embedding_core.commands.shared import run
from embedding_core.errors import InvalidInput
from embedding_core.workspace import Workspace

if TYPE_CHECKING:
    from argparse import Namespace

    from embedding_core.commands.shared import Result


def photos(arguments: Namespace) -> Result:
    """List the bad photographs: dark, bright, blurred, near-empty and so on, against the rest of the set."""
    found = run(arguments, "photos", encoder=arguments.encoder, turned=arguments.turned)
    workspace = Workspace.open(arguments.workspace)
    kept = derived.read_photos(workspace, found["fingerprint"], found.get("turned"))
    if kept is None:  # deleted by someone in between
        raise InvalidInput("What was found is gone. Ask again.")
    judged, paths = kept.found, _paths(workspace, arguments.name)
    lists = {
        kind: [
            {
                "path": paths.get(int(judged.ids[row]), ""),
                "value": round(float(judged.of(kind)[row]), 4),
                "reason": judged.reason(kind, row),
            }
            for row in judged.flagged(kind).tolist()
        ]
        for kind in judged.kinds
    }
    lines = {kind: round(judged.line(kind), 4) for kind in judged.kinds if judged.line(kind) == judged.line(kind)}
    return {**lists, "lines": lines, "images": len(judged.ids), "seconds": found["seconds"]}


def _paths(workspace: Workspace, name: str) -> dict[int, str]:
    return {image: path for path, image in workspace.dataset(name).ids().items()}
