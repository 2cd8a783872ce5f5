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


def label_issues(arguments: Namespace) -> Result:
    """List labelled images by how likely their label is wrong, worst first, with the label they rather are."""
    answer = run(arguments, "label_issues", encoder=arguments.encoder, seed=arguments.seed)
    workspace = Workspace.open(arguments.workspace)
    kept = derived.read_label_issues(workspace, answer["fingerprint"])
    if kept is None:  # deleted by someone in between
        raise InvalidInput("What was found is gone. Ask again.")
    found, paths = kept.found, _paths(workspace, arguments.name)
    flagged, judged = found.flagged, found.judged
    issues = [
        {
            "path": paths.get(int(found.ids[row]), ""),
            "label": found.names[found.codes[row]],
            "suggested": found.names[found.suggested[row]] if judged[row] else None,
            "score": round(float(found.score[row]), 6),
            "flagged": bool(flagged[row]),
        }
        for row in found.ranked[: arguments.n].tolist()
    ]
    return {"issues": issues, **answer, "said": found.share.said}


def outliers(arguments: Namespace) -> Result:
    """List images by how unlike all others they are, worst first, each with the reason."""
    answer = run(arguments, "outliers", encoder=arguments.encoder)
    workspace = Workspace.open(arguments.workspace)
    kept = derived.read_outliers(workspace, answer["fingerprint"])
    if kept is None:  # deleted by someone in between
        raise InvalidInput("What was found is gone. Ask again.")
    found, paths = kept.found, _paths(workspace, arguments.name)
    results = [
        {
            "path": paths.get(int(found.ids[row]), ""),
            "score": round(float(found.score[row]), 6),
            "reason": found.reason(row, paths),
        }
        for row in found.ranked[: arguments.n].tolist()
    ]
    return {"results": results, **answer}


def _paths(workspace: Workspace, name: str) -> dict[int, str]:
    return {image: path for path, image in workspace.dataset(name).ids().items()}
