"""Commands that show what there is, take it out, or remove it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from embedding_core import export
from embedding_core.commands.shared import replacing
from embedding_core.encoders import registry
from embedding_core.workspace import Workspace

if TYPE_CHECKING:
    from argparse import Namespace

    from embedding_core.commands.shared import Result
    from embedding_core.workspace import Dataset


def vectors(arguments: Namespace) -> Result:
    """Export vectors with their paths and labels."""
    dataset = Workspace.open(arguments.workspace).dataset(arguments.name)
    embedding = dataset.embedding(arguments.encoder or registry.DEFAULT)
    taken = export.take(dataset, embedding=embedding)
    out = Path(arguments.out)
    with replacing(out).open("wb") as file:
        for member in export.format_card("npz").members(taken):
            file.writelines(member.pieces)
    replacing(out).replace(out)
    return {"out": str(out), "encoder": embedding.card.id, "count": len(embedding), "dim": embedding.card.dim}


def list_datasets(arguments: Namespace) -> Result:
    """List the datasets."""
    workspace = Workspace.open(arguments.workspace)
    return {"workspace": workspace.uri, "datasets": [_summary(dataset) for dataset in workspace.datasets()]}


def show(arguments: Namespace) -> Result:
    """Show what a dataset holds and what has been computed."""
    workspace = Workspace.open(arguments.workspace)
    dataset = workspace.dataset(arguments.name)
    attributes = dataset.attributes()
    return {
        **_summary(dataset),
        "description": dataset.description,
        "label_source": dataset.label_source,
        "split_source": dataset.split_source,
        "labels": _counts(attributes["label"].to_pylist()),
        "splits": _counts(attributes["split"].to_pylist()),
        "columns": dataset.metadata().column_names[2:],
        "tags": {tag: len(ids) for tag, ids in dataset.tags().items()},
        "rejected": [{"path": one.path, "reason": f"{one.reason}: {one.detail}"} for one in dataset.rejected()],
        "maps": [dict(found.parameters["asked"]) for found in workspace.results.find(dataset.uuid, "map")],
        "clusterings": [dict(found.parameters["asked"]) for found in workspace.results.find(dataset.uuid, "clusters")],
    }


def delete(arguments: Namespace) -> Result:
    """Delete a dataset and all that came from it; files that stayed where they are stay."""
    workspace = Workspace.open(arguments.workspace)
    dataset = workspace.dataset(arguments.name)
    workspace.delete(dataset)
    return {"deleted": dataset.name}


def encoders(arguments: Namespace) -> Result:
    """List the encoders, those that were fine-tuned in this workspace last."""
    from embedding_core.derived import encoders as known

    workspace = Workspace.open(arguments.workspace)
    return {
        "default": registry.DEFAULT,
        "encoders": [
            {
                "id": card.id,
                "name": card.name,
                "family": card.family,
                "dim": card.dim,
                "input": card.input_size,
                "licence": card.licence,
                "mb": card.size_mb,
                "needs_download": card.needs_download,
                "good_for": card.good_for,
            }
            for card in known.cards(workspace).values()
        ],
    }


def warm(arguments: Namespace) -> Result:
    """Compile, once per machine, what maps and clusters need."""
    import time

    from embedding_core.warm import compile_all

    begun = time.perf_counter()
    compile_all()
    return {"seconds": round(time.perf_counter() - begun, 1)}


def _summary(dataset: Dataset) -> Result:
    return {
        "name": dataset.name,
        "images": dataset.count,
        "encoders": {encoding.card.id: encoding.count for encoding in dataset.encodings()},
    }


def _counts(values: list[str | None]) -> dict[str, int]:
    found: dict[str, int] = {}
    for value in values:
        if value is not None:
            found[value] = found.get(value, 0) + 1
    return dict(sorted(found.items()))
