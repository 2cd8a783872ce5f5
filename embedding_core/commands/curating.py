"""Commands that find what is wrong with a dataset. What they print is listed worst first."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from embedding_core import derived
from embedding_core.commands.shared import run
from embedding_core.errors import InvalidInput
from embedding_core.workspace import Workspace

if TYPE_CHECKING:
    from argparse import Namespace

    from embedding_core.commands.shared import Result
    from embedding_core.quality.shortcuts import Shortcut


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


def balance(arguments: Namespace) -> Result:
    """Count classes and slices; find thin regions, what could go, and what goes together with the label."""
    done = run(arguments, "balance", encoder=arguments.encoder, radius=arguments.radius)
    workspace = Workspace.open(arguments.workspace)
    counted = derived.read_balance(workspace, done["fingerprint"])
    if counted is None:  # deleted by someone in between
        raise InvalidInput("What was found is gone. Ask again.")
    found = counted.found
    result: Result = {
        "classes": [{"label": name, "images": images} for name, images in found.classes],
        "unlabelled": found.unlabelled,
        "evenness": {name: round(value, 4) for name, value in asdict(found.evenness).items()},
        "words": found.words,
        "slices": [{**asdict(one), "expected": round(one.expected, 1)} for one in found.slices],
        **_covered(workspace, arguments, done["cover"]),
        "correlations": [],
    }
    related = None if done["shortcuts"] is None else derived.read_shortcuts(workspace, done["shortcuts"])
    if related is not None:
        result["correlations"] = [_related(one) for one in related.found.found]
    return {**result, "seconds": round(done["seconds"], 3)}


def _covered(workspace: Workspace, arguments: Namespace, key: str | None) -> Result:
    """What is thin and what could go; without vectors nothing is known of either."""
    kept = None if key is None else derived.read_cover(workspace, key)
    if kept is None:
        return {"sparse": [], "sparse_classes": [], "redundancy": None}
    cover, dataset = kept.found, workspace.dataset(arguments.name)
    paths, labels = _paths(workspace, arguments.name), derived.said_of(dataset, cover.ids).labels
    names = derived.labels_of(dataset, cover.ids)
    share = arguments.keep_covered
    return {
        "sparse": [
            {
                "path": paths.get(int(cover.ids[row]), ""),
                "distance": round(float(cover.distance[row]), 4),
                "label": names[row],
                "reason": cover.reason(row),
            }
            for row in cover.sparse().tolist()
        ],
        "sparse_classes": [asdict(one) for one in cover.by_class(labels)] if labels is not None else [],
        "redundancy": {
            "radius": round(cover.radius, 4),
            "covered": share,
            "kept": len(cover.kept(share)),
            "could_go": [paths.get(int(cover.ids[row]), "") for row in cover.redundant(share).tolist()],
            "curve": [[round(kept, 4), round(covered, 4)] for kept, covered in cover.curve()],
        },
    }


def _related(one: Shortcut) -> Result:
    figures = {name: round(value, 4) if isinstance(value, float) else value for name, value in asdict(one).items()}
    return {**figures, "suspect": one.suspect, "words": one.words}


def _paths(workspace: Workspace, name: str) -> dict[int, str]:
    return {image: path for path, image in workspace.dataset(name).ids().items()}
