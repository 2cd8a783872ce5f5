"""Commands that find what is wrong with a dataset. What they print is listed worst first."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from embedding_core import derived
from embedding_core.commands import moving
from embedding_core.commands.shared import run, still
from embedding_core.workspace import Workspace

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterable

    from embedding_core.commands.shared import Result
    from embedding_core.quality.composition.shortcuts import Shortcut
    from embedding_core.quality.duplicates import DuplicatesFound
    from embedding_core.quality.labels.found import LabelIssues
    from embedding_core.quality.outliers.found import Outliers


def check(arguments: Namespace) -> Result:
    """Run every check at once, and say how much each has found."""
    return run(arguments, "check", encoder=arguments.encoder)


def duplicates(arguments: Namespace) -> Result:
    """Find the same pixels, altered copies and bursts, verified on the pixels."""
    result = run(arguments, "duplicates", encoder=arguments.encoder)
    workspace = Workspace.open(arguments.workspace)
    dataset = workspace.dataset(arguments.name)
    kept = still(derived.read_duplicates(workspace, result["fingerprint"]))
    return {
        **_duplicates(kept.found, dataset.paths()),
        "crashed": list(derived.crashed_files(workspace, dataset)),
        "images": result["images"],
        "seconds": result["seconds"],
    }


def label_issues(arguments: Namespace) -> Result:
    """List labelled images by how likely their label is wrong, worst first, with the label they rather are."""
    workspace = moving.moved(arguments, "labels")
    answer = run(arguments, "label_issues", encoder=arguments.encoder, seed=arguments.seed)
    dataset = workspace.dataset(arguments.name)
    kept = still(derived.read_label_issues(workspace, answer["fingerprint"]))
    found, paths = derived.at_moved_lines(workspace, dataset, "labels", kept).found, dataset.paths()
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
    return {"issues": issues, **answer, **_line(found, kept.found), "said": found.said}


def outliers(arguments: Namespace) -> Result:
    """List images by how unlike all others they are, worst first, each with the reason."""
    workspace = moving.moved(arguments, "outliers")
    answer = run(arguments, "outliers", encoder=arguments.encoder)
    dataset = workspace.dataset(arguments.name)
    kept = still(derived.read_outliers(workspace, answer["fingerprint"]))
    found, paths = derived.at_moved_lines(workspace, dataset, "outliers", kept).found, dataset.paths()
    results = [
        {
            "path": paths.get(int(found.ids[row]), ""),
            "score": round(float(found.score[row]), 6),
            "reason": found.reason(row, paths),
        }
        for row in found.ranked[: arguments.n].tolist()
    ]
    return {"results": results, **answer, **_line(found, kept.found)}


def photos(arguments: Namespace) -> Result:
    """List the bad photographs: dark, bright, blurred, near-empty and so on, against the rest of the set."""
    workspace = moving.moved_of_photos(arguments)
    found = run(arguments, "photos", encoder=arguments.encoder, turned=arguments.turned)
    dataset = workspace.dataset(arguments.name)
    kept = still(derived.read_photos(workspace, found["fingerprint"], found.get("turned")))
    judged, paths = derived.at_moved_lines(workspace, dataset, "photos", kept).found, dataset.paths()
    lists = {}
    for kind in judged.kinds:
        rows = judged.flagged(kind)
        lists[kind] = [
            {
                "path": paths.get(int(judged.ids[row]), ""),
                "value": round(float(judged.of(kind)[row]), 4),
                "reason": reason,
            }
            for row, reason in zip(rows.tolist(), judged.reasons(kind, rows), strict=True)
        ]
    told = [kind for kind in judged.kinds if judged.line(kind) == judged.line(kind)]
    return {
        **lists,
        "lines": {kind: _round(judged.line(kind)) for kind in told},
        "by_the_set": {kind: _round(judged.drawn(kind)) for kind in told if kind in judged.moved},
        "crashed": list(derived.crashed_files(workspace, dataset)),
        "images": len(judged.ids),
        "seconds": found["seconds"],
    }


def _line(found: LabelIssues | Outliers, calibrated: LabelIssues | Outliers) -> Result:
    """Where the line is, and where it is by itself."""
    return {"line": found.line, "own_line": calibrated.line}


def balance(arguments: Namespace) -> Result:
    """Count classes and slices; find thin regions, what could go, and what goes together with the label."""
    done = run(arguments, "balance", encoder=arguments.encoder, radius=arguments.radius)
    workspace = Workspace.open(arguments.workspace)
    counted = still(derived.read_balance(workspace, done["fingerprint"]))
    found = counted.found
    result: Result = {
        "classes": [{"label": name, "images": images} for name, images in found.classes],
        "unlabelled": found.unlabelled,
        "evenness": _rounded(asdict(found.evenness)),
        "words": found.words,
        "left_out": list(found.left_out),
        "slices": [_rounded(asdict(one)) for one in found.slices],
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
    paths, labels = dataset.paths(), derived.said_of(dataset, cover.ids).labels
    names = derived.labels_of(dataset, cover.ids)
    share = arguments.keep_covered
    return {
        "sparse": [
            {
                "path": paths.get(int(cover.ids[row]), ""),
                "distance": _round(cover.distance[row]),
                "label": names[row],
                "reason": cover.reason(row),
            }
            for row in cover.sparse().tolist()
        ],
        "sparse_classes": [_rounded(asdict(one)) for one in cover.by_class(labels)] if labels is not None else [],
        "redundancy": {
            "radius": _round(cover.radius),
            "covered": share,
            "kept": len(cover.kept(share)),
            "could_go": [paths.get(int(cover.ids[row]), "") for row in cover.redundant(share).tolist()],
            "curve": [[_round(kept), _round(covered)] for kept, covered in cover.curve()],
        },
    }


def _related(one: Shortcut) -> Result:
    return {**_rounded(asdict(one)), "suspect": one.suspect, "words": one.words}


def _rounded(figures: Result) -> Result:
    return {name: _round(value) if isinstance(value, float) else value for name, value in figures.items()}


def _round(value: float) -> float:
    return round(float(value), 4)


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
