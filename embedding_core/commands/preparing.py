"""Commands that ready a dataset for training: leakage, a split, what to label next, labels spread, drift."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embedding_core import derived, splits
from embedding_core.commands.shared import run, still
from embedding_core.errors import InvalidInput
from embedding_core.records import LOCAL
from embedding_core.workspace import Workspace

if TYPE_CHECKING:
    from argparse import Namespace

    from embedding_core.commands.shared import Result


def leakage(arguments: Namespace) -> Result:
    """Find groups of images that lie across splits, and how much accuracy they feign."""
    done = run(arguments, "leakage", encoder=arguments.encoder, column=arguments.column, seed=arguments.seed)
    workspace, path = _read(arguments)
    kept = still(derived.read_leakage(workspace, done["fingerprint"]))
    found, feigned = kept.found, kept.found.feigned
    return {
        "groups": [
            {
                "paths": [path[int(found.ids[row])] for row in found.members(group)],
                "kind": found.kind(group),
                "splits": list(found.counts(group)),
                "score": round(float(found.scores[group]), 4),
            }
            for group in range(found.count)
        ],
        "accuracy_with": None if feigned is None else feigned.accuracy_with,
        "accuracy_without": None if feigned is None else feigned.accuracy_without,
        "feigned": None if feigned is None else {**feigned.facts(), "points": 100 * feigned.feigned},
        "train": found.train,
        "test": found.test,
        "said": found.said,
        "seconds": done["seconds"],
        "fingerprint": done["fingerprint"],
    }


def split(arguments: Namespace) -> Result:
    """Make a split without leakage: no group parted, every class in equal shares. Set with --apply."""
    from embedding_core.quality.leakage.splitting import shares_of

    if arguments.back:
        return _brought_back(arguments)
    return run(
        arguments,
        "split",
        encoder=arguments.encoder,
        shares=shares_of(arguments.shares),
        column=arguments.column,
        seed=arguments.seed,
        apply=arguments.apply,
    )


def _brought_back(arguments: Namespace) -> Result:
    workspace = Workspace.open(arguments.workspace)
    dataset = workspace.dataset(arguments.name)
    before = splits.replaced_splits(workspace, dataset)
    if not before:
        raise InvalidInput(f"No split of {dataset.name!r} was replaced, so there is none to bring back.")
    now = splits.bring_back(workspace, dataset, before[0].key, LOCAL)
    return {"split": now.split_source, "parts": [{"split": name, "images": n} for name, n in before[0].sizes.items()]}


def choose_next(arguments: Namespace) -> Result:
    """Choose the images that are most worth a label."""
    done = run(arguments, "next", encoder=arguments.encoder, count=arguments.n, by=arguments.by, seed=arguments.seed)
    workspace, path = _read(arguments)
    found = still(derived.read_next(workspace, done["fingerprint"])).found
    return {
        "results": [
            {"path": path[image], "score": round(float(found.scores[row]), 4), "reason": found.reason(row)}
            for row, image in enumerate(found.ids.tolist())
        ],
        "note": found.note,
        "seconds": done["seconds"],
        "fingerprint": done["fingerprint"],
    }


def propagate(arguments: Namespace) -> Result:
    """Spread the labels that are there to all other images, and say how often that is right."""
    done = run(arguments, "propagate", encoder=arguments.encoder, seed=arguments.seed)
    workspace, path = _read(arguments)
    found = still(derived.read_propagated(workspace, done["fingerprint"])).found
    rows = found.spread()
    return {
        "results": [
            {
                "path": path[int(found.ids[row])],
                "label": found.names[found.codes[row]],
                "confidence": round(float(found.confidence[row]), 4),
            }
            for row in rows
        ],
        "accuracy": found.accuracy,
        "interval": None if found.interval is None else list(found.interval),
        "labelled": int(found.given.sum()),
        "precision": arguments.precision,
        "line": found.line(arguments.precision),
        "confident": len(found.confident(arguments.precision)),
        "seconds": done["seconds"],
        "fingerprint": done["fingerprint"],
    }


def drift(arguments: Namespace) -> Result:
    """Say whether a second set of images is like the first, and what in it is unlike anything before."""
    done = run(
        arguments,
        "drift",
        encoder=arguments.encoder,
        other=arguments.other,
        by=arguments.by,
        since=arguments.since,
        prefix=arguments.prefix,
        splits=arguments.split,
        seed=arguments.seed,
    )
    workspace, path = _read(arguments)
    found = still(derived.read_drift(workspace, done["fingerprint"])).found
    second = path if arguments.other is None else workspace.dataset(arguments.other).paths()
    scores = found.scores()
    return {
        "auc": found.auc,
        "interval": list(found.interval),
        "mmd": found.mmd,
        "p": found.p,
        "drifted": found.drifted,
        "verdict": found.verdict,
        "new": [
            {
                "path": second[int(found.ids[row])],
                "score": round(float(scores[row]), 4),
                "nearest": path[int(found.nearest[row])],
                "similarity": round(found.similarity(int(row)), 4),
            }
            for row in found.new()
        ],
        "first": done["first"],
        "second": done["second"],
        "seen": found.facts()["seen"],
        "seconds": done["seconds"],
        "fingerprint": done["fingerprint"],
    }


def _read(arguments: Namespace) -> tuple[Workspace, dict[int, str]]:
    workspace = Workspace.open(arguments.workspace)
    return workspace, workspace.dataset(arguments.name).paths()
