"""Commands that look at a dataset: neighbours, maps, look-alikes, groups."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

from embedding_core import derived
from embedding_core.commands.shared import local, replacing, run, whole
from embedding_core.deciding.versions import snapshot
from embedding_core.errors import InvalidInput, UnknownImage
from embedding_core.workspace import Workspace

if TYPE_CHECKING:
    from argparse import Namespace

    from embedding_core.commands.shared import Result
    from embedding_core.workspace import Dataset


def find_neighbours(arguments: Namespace) -> Result:
    """Find neighbours and duplicates on a Ray cluster, for sets that one machine cannot hold."""
    return run(
        arguments,
        "neighbours_on_cluster",
        encoder=arguments.encoder,
        address=arguments.address,
        duplicates=arguments.duplicates,
    )


def draw_map(arguments: Namespace) -> Result:
    """Draw a map with its trust, and write it as CSV with --out."""
    result = run(
        arguments,
        "map",
        encoder=arguments.encoder,
        method=arguments.method,
        dims=arguments.dims,
        seed=arguments.seed,
        parameters=_numbers(arguments.set),
        place=arguments.place,
        version=arguments.version,
    )
    if arguments.out:
        workspace = Workspace.open(arguments.workspace)
        _write_map(
            workspace, workspace.dataset(arguments.name), result["fingerprint"], Path(arguments.out), arguments.version
        )
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
    found = run(arguments, "search", **asked, **query)
    results = [_without_id(row) for row in found["results"]]
    return {"metric": found["metric"], "recall": found["recall"], "results": results}


def build_index(arguments: Namespace) -> Result:
    """Build what makes searches quick among more than 100,000 images."""
    return run(arguments, "index", encoder=arguments.encoder)


def find_clusters(arguments: Namespace) -> Result:
    """Group the images."""
    common = {"encoder": arguments.encoder, "k": arguments.k, "seed": arguments.seed}
    if arguments.engine == "ray":
        if arguments.method != "kmeans" or arguments.min_size is not None or arguments.k is None:
            raise InvalidInput("On a Ray cluster KMeans groups images, and --k says into how many.")
        whole(arguments.version)
        return run(arguments, "clusters_on_cluster", address=arguments.address, **common)
    local(arguments.address)
    return run(
        arguments,
        "clusters",
        method=arguments.method,
        min_size=arguments.min_size,
        version=arguments.version,
        **common,
    )


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


def _write_map(workspace: Workspace, dataset: Dataset, key: str, out: Path, version: str | None) -> None:
    drawn = derived.read_map(workspace, key)
    if drawn is None:  # deleted by someone in between
        raise InvalidInput("The map is gone. Draw it again.")
    path = dataset.paths()
    trust = drawn.projection.trust
    if version:
        label = snapshot(workspace, dataset, version).labels_of(drawn.ids)
    else:
        label = derived.labels_of(dataset, drawn.ids)
    with replacing(out).open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["path", *"xyz"[: drawn.projection.dims], "trust", "label"])
        for row, image in enumerate(drawn.ids.tolist()):
            point = [f"{value:.6g}" for value in drawn.placed[row].tolist()]
            trusted = "" if trust is None else f"{trust[row]:.4f}"
            writer.writerow([path.get(image, ""), *point, trusted, label[row] or ""])
    replacing(out).replace(out)
