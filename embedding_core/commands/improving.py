"""Commands of the closed loop: measure, improve, and the record of what was tried."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from embedding_core import derived
from embedding_core.commands.shared import run
from embedding_core.errors import InvalidInput
from embedding_core.evaluate.judged import difference
from embedding_core.workspace import Workspace

if TYPE_CHECKING:
    from argparse import Namespace

    from embedding_core.commands.shared import Result


def measure(arguments: Namespace) -> Result:
    """Say where a dataset stands: a linear probe, judged by the part that was set aside."""
    return run(arguments, "measure", encoder=arguments.encoder, version=arguments.version)


def improve(arguments: Namespace) -> Result:
    """Say what to do next, or do it with --do KIND:TARGET and say what it was worth."""
    if not arguments.do:
        return run(arguments, "advise", encoder=arguments.encoder)
    kind, _, target = arguments.do.partition(":")
    if not target:
        raise InvalidInput(f"--do wants KIND:TARGET, as clean:duplicates or encoder:ID, not {arguments.do!r}.")
    return run(arguments, "improve", encoder=arguments.encoder, step=kind, target=target)


def list_runs(arguments: Namespace) -> Result:
    """List what was tried, newest first; compare two runs with --compare, take them to MLflow with --mlflow."""
    if arguments.mlflow:
        return run(arguments, "send_runs", uri=arguments.mlflow)
    workspace = Workspace.open(arguments.workspace)
    dataset = workspace.dataset(arguments.name)
    tried = derived.runs(workspace, dataset)
    if not arguments.compare:
        return {"runs": [asdict(one) for one in tried]}
    judged, columns = [], []
    for wanted in arguments.compare:
        chosen = [one for one in tried if one.id.startswith(wanted)]
        if len(chosen) != 1:
            raise InvalidInput(f"{len(chosen)} runs have an id that begins with {wanted!r}. `runs` lists them.")
        answers = derived.judged_by(workspace, chosen[0].id)
        if answers is None:
            why = "It is not kept which images it got right" if chosen[0].test else "No untouched test part judged it"
            raise InvalidInput(f"The run {wanted!r} cannot be compared. {why}.")
        judged.append(answers)
        columns.append(derived.learnt(chosen[0]))
    if columns[0] != columns[1]:
        raise InvalidInput(
            f"The first run learnt the column {columns[0]!r} and the second {columns[1]!r}. Compare two that learnt "
            "the same one."
        )
    found = difference(*judged)
    return {**asdict(found), "change": found.change, "tested": len(judged[1].ids)}
