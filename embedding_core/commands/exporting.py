"""Commands that take a version away, and say what it was worth."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from embedding_core import derived, export
from embedding_core.commands.shared import run
from embedding_core.deciding.versions import NOW, snapshot
from embedding_core.encoders import registry
from embedding_core.workspace import Workspace

if TYPE_CHECKING:
    from argparse import Namespace

    from embedding_core.commands.shared import Result


def export_version(arguments: Namespace) -> Result:
    """Write a version of a dataset for other tools: a folder, a file, or a ZIP where --out ends in .zip."""
    workspace = Workspace.open(arguments.workspace)
    dataset = workspace.dataset(arguments.name)
    card = export.format_card(arguments.format)
    version = arguments.version or NOW
    taken = export.take(
        dataset,
        snapshot(workspace, dataset, version),
        decisions=dataset.decisions.all(),
        embedding=dataset.embedding(arguments.encoder or registry.DEFAULT) if card.vectors else None,
        sections=derived.story(workspace, dataset, version, arguments.encoder) if card.id == "report" else (),
    )
    written = export.write(card, taken, Path(arguments.out))
    return {
        "out": str(written.out),
        "format": card.id,
        "version": version,
        "images": written.images,
        "removed": len(taken.removed),
        "missing": [asdict(one) for one in written.missing],
        "bytes": written.nbytes,
    }


def effect(arguments: Namespace) -> Result:
    """Say what one version is worth against another: the same probe, judged by the same untouched images."""
    asked = {"from": arguments.first, "to": arguments.second}
    return run(arguments, "effect", encoder=arguments.encoder, seeds=arguments.seeds, **asked)


def repair(arguments: Namespace) -> Result:
    """Say what each step of cleaning is worth at training, alone and together."""
    steps = [step.strip() for step in (arguments.steps or "").split(",") if step.strip()]
    asked = {"version": arguments.version, "steps": steps, "seeds": arguments.seeds}
    return run(arguments, "repair", encoder=arguments.encoder, **asked)
