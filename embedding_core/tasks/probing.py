"""Tasks that train probes, search for better ones, and predict with those that were saved."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from embedding_core import derived
from embedding_core.deciding.versions import NOW
from embedding_core.derived.training import Prepared, prepared
from embedding_core.encoders import registry
from embedding_core.tasks import shared

if TYPE_CHECKING:
    from embedding_core.records import Actor, Reporter
    from embedding_core.tasks.shared import Parameters, Result
    from embedding_core.train.probes.found import Judged, Probed
    from embedding_core.workspace import Workspace


def probe(workspace: Workspace, parameters: Parameters, progress: Reporter, actor: Actor) -> Result:
    """Train `families` (a list, by default all) on `target` of `dataset` under `encoder`, and judge each once.

    `given` are parameters by family, where they are not to be chosen. With `as`, the one that is best by
    cross-validation is saved under that name.
    """
    dataset = shared.dataset(workspace, parameters)
    on = asked(workspace, parameters, progress)
    kept = derived.probe_dataset(
        workspace,
        dataset,
        on,
        actor,
        families=parameters.get("families") or (),
        given=parameters.get("given"),
        progress=progress,
    )
    best = kept.found.families[kept.found.best].family
    saved = derived.save_model(workspace, kept.fingerprint, best, parameters["as"]) if parameters.get("as") else None
    return {
        "fingerprint": kept.fingerprint,
        **told(kept.found),
        "encoder": on.embedding.card.id,
        "data": on.data,
        "test_fingerprint": on.judged_by,
        "saved": None if saved is None else saved.name,
        "seconds": round(kept.seconds, 3),
    }


def asked(workspace: Workspace, parameters: Parameters, progress: Reporter) -> Prepared:
    """What `target`, `version` and `seed` of `dataset` under `encoder` come to."""
    dataset = shared.dataset(workspace, parameters)
    return prepared(
        workspace,
        dataset,
        dataset.embedding(parameters.get("encoder") or registry.DEFAULT),
        target=parameters.get("target"),
        version=parameters.get("version") or NOW,
        seed=parameters.get("seed") or 0,
        progress=progress,
    )


def told(found: Probed) -> Result:
    """What was found, as JSON."""
    best = found.families[found.best]
    headline = "accuracy" if found.task == "classification" else "r2"
    score = best.scores[headline]
    return {
        "target": found.target,
        "task": found.task,
        "chosen": best.family,
        headline: round(score.value, 4),
        "interval": [round(score.low, 4), round(score.high, 4)],
        "baseline": {name: round(one.value, 4) for name, one in found.baseline.items()},
        "families": [told_of(one) for one in found.families],
        "classes": [asdict(one) for one in found.table(found.best)] if found.task == "classification" else [],
        "trained": found.trained,
        "tested": len(found.ids),
        "test_part": found.chosen,
        "left_out": found.left_out,
        "version": found.version,
    }


def told_of(one: Judged) -> Result:
    """A family, as JSON."""
    return {
        "family": one.family,
        "name": one.name,
        "parameters": dict(one.parameters),
        "inner": round(one.inner, 4),
        "scores": {
            name: {"value": round(score.value, 4), "interval": [round(score.low, 4), round(score.high, 4)]}
            for name, score in one.scores.items()
        },
        "calibration": one.calibration,
        "seconds": one.seconds,
    }
