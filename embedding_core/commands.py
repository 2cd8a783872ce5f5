"""What each command of the command line does: arguments in, a JSON-able dict out."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from embedding_core import derived
from embedding_core.encoders import registry
from embedding_core.errors import InvalidInput, UnknownImage
from embedding_core.records import LOCAL, silent
from embedding_core.tasks import TASKS
from embedding_core.workspace import Workspace

if TYPE_CHECKING:
    from argparse import Namespace

    from embedding_core.workspace import Dataset

Result = dict[str, Any]
Command = Callable[["Namespace"], Result]


def add(arguments: Namespace) -> Result:
    """Add a folder, ZIP, TAR, CSV, Parquet or image; makes the dataset when it is new."""
    wanted = registry.DEFAULT if arguments.embed == "" else arguments.embed
    return _run(
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
        _local(arguments.address or arguments.workers)
        return _run(arguments, "embed", encoder=arguments.encoder)
    return _run(
        arguments, "embed_on_cluster", encoder=arguments.encoder, address=arguments.address, workers=arguments.workers
    )


def find_neighbours(arguments: Namespace) -> Result:
    """Find neighbours and duplicates on a Ray cluster, for sets that one machine cannot hold."""
    return _run(
        arguments,
        "neighbours_on_cluster",
        encoder=arguments.encoder,
        address=arguments.address,
        duplicates=arguments.duplicates,
    )


def draw_map(arguments: Namespace) -> Result:
    """Draw a map with its trust, and write it as CSV with --out."""
    result = _run(
        arguments,
        "map",
        encoder=arguments.encoder,
        method=arguments.method,
        dims=arguments.dims,
        seed=arguments.seed,
        parameters=_numbers(arguments.set),
        place=arguments.place,
    )
    if arguments.out:
        workspace = Workspace.open(arguments.workspace)
        _write_map(workspace, workspace.dataset(arguments.name), result["fingerprint"], Path(arguments.out))
        result["out"] = arguments.out
    return result


def similar(arguments: Namespace) -> Result:
    """Find the images most like one of the dataset, or like a file."""
    dataset = Workspace.open(arguments.workspace).dataset(arguments.name)
    ids = dataset.ids()
    if arguments.path in ids:
        query: Result = {"ids": [ids[arguments.path]]}
    elif Path(arguments.path).is_file():
        query = {"image": Path(arguments.path).read_bytes()}
    else:
        raise UnknownImage(arguments.path, ids)
    if arguments.k < 1:
        raise InvalidInput(f"Ask for at least 1 result, not {arguments.k}.")
    asked = {"encoder": arguments.encoder, "metric": arguments.metric, "k": arguments.k, "exact": arguments.exact}
    found = _run(arguments, "search", **asked, **query)
    results = [_without_id(row) for row in found["results"]]
    return {"metric": found["metric"], "recall": found["recall"], "results": results}


def build_index(arguments: Namespace) -> Result:
    """Build what makes searches quick among more than 100,000 images."""
    return _run(arguments, "index", encoder=arguments.encoder)


def find_clusters(arguments: Namespace) -> Result:
    """Group the images."""
    common = {"encoder": arguments.encoder, "k": arguments.k, "seed": arguments.seed}
    if arguments.engine == "ray":
        if arguments.method != "kmeans" or arguments.min_size is not None or arguments.k is None:
            raise InvalidInput("On a Ray cluster KMeans groups images, and --k says into how many.")
        return _run(arguments, "clusters_on_cluster", address=arguments.address, **common)
    _local(arguments.address)
    return _run(arguments, "clusters", method=arguments.method, min_size=arguments.min_size, **common)


def vectors(arguments: Namespace) -> Result:
    """Export vectors with their paths and labels."""
    dataset = Workspace.open(arguments.workspace).dataset(arguments.name)
    embedding = dataset.embedding(arguments.encoder or registry.DEFAULT)
    path = {image: one for one, image in dataset.ids().items()}
    out = Path(arguments.out)
    with _replacing(out).open("wb") as file:
        np.savez(
            file,
            allow_pickle=False,
            vectors=embedding.matrix(),
            labels=np.array([label or "" for label in derived.labels_of(dataset, embedding.ids)], dtype=np.str_),
            paths=np.array([path[image] for image in embedding.ids.tolist()], dtype=np.str_),
        )
    _replacing(out).replace(out)
    return {"out": str(out), "encoder": embedding.card.id, "count": len(embedding), "dim": embedding.card.dim}


def import_vectors(arguments: Namespace) -> Result:
    """Take vectors that you have already: npz or Parquet with a column of paths."""
    dataset = Workspace.open(arguments.workspace).dataset(arguments.name)
    return _run(arguments, "import_vectors", dataset=dataset.uuid, name=arguments.as_name, file=arguments.file)


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
    """List the encoders."""
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
            for card in registry.CARDS.values()
        ],
    }


def warm(arguments: Namespace) -> Result:
    """Compile, once per machine, what maps and clusters need."""
    import time

    from embedding_core.warm import compile_all

    begun = time.perf_counter()
    compile_all()
    return {"seconds": round(time.perf_counter() - begun, 1)}


def _local(given: object) -> None:
    if given:
        raise InvalidInput("--address and --workers are for --engine ray.")


def _run(arguments: Namespace, kind: str, **parameters: Any) -> Result:
    workspace = Workspace.open(arguments.workspace)
    return TASKS[kind](workspace, {"name": arguments.name, **parameters}, silent, LOCAL)


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


def _without_id(row: Result) -> Result:
    return {"path": row["path"], "similarity": row["similarity"], "label": row["label"]}


def _numbers(given: list[str]) -> dict[str, float]:
    numbers = {}
    for one in given:
        name, _, value = one.partition("=")
        try:
            numbers[name] = float(value)
        except ValueError:
            raise InvalidInput(f"--set wants NAME=NUMBER, and got {one!r}.") from None
    return numbers


def _replacing(out: Path) -> Path:
    """Beside `out`; moved over it when complete, so that no half file is ever there."""
    if not out.parent.is_dir():
        raise InvalidInput(f"The folder {out.parent} is not there. Make it first.")
    return out.with_name(out.name + ".part")


def _write_map(workspace: Workspace, dataset: Dataset, key: str, out: Path) -> None:
    drawn = derived.read_map(workspace, key)
    if drawn is None:  # deleted by someone in between
        raise InvalidInput("The map is gone. Draw it again.")
    path = {image: one for one, image in dataset.ids().items()}
    trust = drawn.projection.trust
    label = derived.labels_of(dataset, drawn.ids)
    with _replacing(out).open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["path", *"xyz"[: drawn.projection.dims], "trust", "label"])
        for row, image in enumerate(drawn.ids.tolist()):
            point = [f"{value:.6g}" for value in drawn.placed[row].tolist()]
            trusted = "" if trust is None else f"{trust[row]:.4f}"
            writer.writerow([path.get(image, ""), *point, trusted, label[row] or ""])
    _replacing(out).replace(out)
