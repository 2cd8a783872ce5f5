"""Commands that train, search and predict."""

from __future__ import annotations

import csv
import os
from pathlib import Path
from typing import TYPE_CHECKING

from embedding_core import derived
from embedding_core.commands.shared import replacing, run
from embedding_core.derived.tuning import DRAFT
from embedding_core.errors import InvalidInput
from embedding_core.records import LOCAL, silent
from embedding_core.tasks import TASKS
from embedding_core.train import saving
from embedding_core.train.loading import files_in
from embedding_core.workspace import Workspace

if TYPE_CHECKING:
    from argparse import Namespace

    from embedding_core.commands.shared import Result

ALL = "all"


def probe(arguments: Namespace) -> Result:
    """Train probes on vectors and labels, or a column, and judge each once by images that none has seen."""
    out = _free(arguments.out)
    done = run(
        arguments,
        "probe",
        encoder=arguments.encoder,
        target=arguments.target,
        families=families(arguments.family),
        version=arguments.version,
        seed=arguments.seed,
        **{"as": arguments.save},
    )
    return {**done, "model": _written(arguments, out, done["fingerprint"], done["chosen"])}


def tune(arguments: Namespace) -> Result:
    """Search for the probe that cross-validates best, within some minutes, and judge it once beside the defaults."""
    out = _free(arguments.out)
    done = run(
        arguments,
        "tune",
        encoder=arguments.encoder,
        target=arguments.target,
        families=families(arguments.family),
        minutes=arguments.minutes,
        sampler=arguments.sampler,
        pruner=arguments.pruner,
        trials=arguments.trials,
        version=arguments.version,
        seed=arguments.seed,
        **{"as": arguments.save},
    )
    return {**done, "model": _written(arguments, out, done["fingerprint"], DRAFT)}


def predict(arguments: Namespace) -> Result:
    """Say what a saved model makes of images: its labels with probabilities, or its numbers."""
    out = Path(arguments.out) if arguments.out else None
    part = replacing(out) if out else None
    workspace = Workspace.open(arguments.workspace)
    asked = {"model": arguments.model, "path": arguments.path, "rows": True}
    done = TASKS["predict"](workspace, asked, silent, LOCAL)
    if out is None or part is None:
        return done
    numbers = ["value", "low", "high"] if done["task"] == "regression" else ["label", "probability"]
    with part.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, ["path", *numbers, "unlike"])
        writer.writeheader()
        writer.writerows(done["results"])
    part.replace(out)
    return {**done, "out": os.fspath(out)}


def families(given: str | None) -> list[str]:
    """As a command line names them; none is all."""
    named = [one.strip() for one in (given or ALL).split(",") if one.strip()]
    return [] if ALL in named else named


def _free(given: str | None) -> Path | None:
    """Where a model is to go. Raises `InvalidInput` before anything is computed, where it cannot."""
    if not given:
        return None
    out = Path(given)
    if out.suffix.lower() == ".zip":
        replacing(out)
    else:
        saving.check_free(out)
    return out


def _written(arguments: Namespace, out: Path | None, finding: str, family: str) -> str | None:
    if out is None:
        return None
    workspace = Workspace.open(arguments.workspace)
    found = derived.draft(workspace, finding, family)
    stored = workspace.models.get(found.id) if found else None
    if stored is None:
        raise InvalidInput("The model is gone: somebody has trained another one meanwhile. Run the command again.")
    if out.suffix.lower() == ".zip":
        part = replacing(out)
        part.write_bytes(stored.content)
        part.replace(out)
    else:
        saving.write(out, files_in(stored.content))
    return os.fspath(out)
