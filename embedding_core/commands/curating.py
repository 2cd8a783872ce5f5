"""Commands that find what is wrong with a dataset. What they print is listed worst first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embedding_core import derived
from embedding_core.commands.shared import run
from embedding_core.errors import InvalidInput
from embedding_core.workspace import Workspace

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterable

    from embedding_core.commands.shared import Result
    from embedding_core.quality.duplicates import DuplicatesFound


def duplicates(arguments: Namespace) -> Result:
    """Find the same pixels, altered copies and bursts, verified on the pixels."""
    result = run(arguments, "duplicates", encoder=arguments.encoder)
    workspace = Workspace.open(arguments.workspace)
    kept = derived.read_duplicates(workspace, result["fingerprint"])
    if kept is None:  # deleted by someone in between
        raise InvalidInput("What was found is gone. Look for duplicates again.")
    path = {image: one for one, image in workspace.dataset(arguments.name).ids().items()}
    return {**_duplicates(kept.found, path), "images": result["images"], "seconds": result["seconds"]}


def _duplicates(found: DuplicatesFound, path: dict[int, str]) -> Result:
    def paths(rows: Iterable[int]) -> list[str]:
        return [path.get(int(found.ids[row]), "") for row in rows]

    near = sorted(found.near, key=lambda number: (-found.score_of(number), number))
    return {
        "exact": [paths(rows) for rows in found.exact_sets],
        "near": [
            {
                "paths": paths(found.copies[number]),
                "kind": str(found.kind_of(number)),
                "score": round(found.score_of(number), 4),
                "keep": paths([found.kept(number)])[0],
                "reason": found.reason(number),
            }
            for number in near
        ],
        "bursts": [paths(rows) for rows in found.bursts],
        "recall": {"graph": found.graph_recall, "hashes": found.hash_recall},
        "compared": found.compared,
    }
