"""Commands that bring images, vectors and labels in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from embedding_core.commands.shared import local, run, whole
from embedding_core.encoders import registry
from embedding_core.errors import InvalidInput
from embedding_core.workspace import Workspace

if TYPE_CHECKING:
    from argparse import Namespace

    from embedding_core.commands.shared import Result


def add(arguments: Namespace) -> Result:
    """Add a folder, ZIP, TAR, CSV, Parquet or image; makes the dataset when it is new."""
    wanted = registry.DEFAULT if arguments.embed == "" else arguments.embed
    return run(
        arguments,
        "add",
        source=arguments.path if "://" in arguments.path else str(Path(arguments.path)),
        labels=arguments.labels,
        split=arguments.split,
        encoder=wanted,
    )


def embed(arguments: Namespace) -> Result:
    """Embed the images that have no vector yet."""
    if arguments.engine == "local":
        local(arguments.address or arguments.workers)
        return run(arguments, "embed", encoder=arguments.encoder, version=arguments.version)
    whole(arguments.version)
    return run(
        arguments, "embed_on_cluster", encoder=arguments.encoder, address=arguments.address, workers=arguments.workers
    )


def import_vectors(arguments: Namespace) -> Result:
    """Take vectors that you have already: npz or Parquet with a column of paths."""
    dataset = Workspace.open(arguments.workspace).dataset(arguments.name)
    return run(arguments, "import_vectors", dataset=dataset.uuid, name=arguments.as_name, file=arguments.file)


def relabel(arguments: Namespace) -> Result:
    """Change labels or splits, or join a table of them. Nothing is embedded again."""
    from embedding_core import labels  # and with it all that reads sources

    workspace = Workspace.open(arguments.workspace)
    dataset = workspace.dataset(arguments.name)
    result: Result = {"name": dataset.name}
    if arguments.join:
        joined = labels.join_labels(workspace, dataset, Path(arguments.join))
        result |= {"matched": joined.matched, "unmatched": list(joined.unmatched), "columns": list(joined.columns)}
        dataset = workspace.dataset(arguments.name)
    if arguments.labels or arguments.split:
        dataset = labels.relabel(workspace, dataset, labels=arguments.labels, split=arguments.split)
    elif not arguments.join:
        raise InvalidInput("Say what to change: --labels, --split or --join.")
    return {**result, "labels": dataset.label_source, "split": dataset.split_source}


def edit(arguments: Namespace) -> Result:
    """Rename or describe a dataset."""
    workspace = Workspace.open(arguments.workspace)
    changed = workspace.update(workspace.dataset(arguments.name), name=arguments.rename, description=arguments.describe)
    return {"name": changed.name, "description": changed.description}
