"""Tasks that say what cleaning was worth: a version before and after, and each step at training."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from embedding_core import derived
from embedding_core.deciding.versions import NOW, ORIGINAL
from embedding_core.effect import SEEDS, Difference, Effect, Repairs, points, said, verdict
from embedding_core.effect.repair import NAMES
from embedding_core.encoders import registry
from embedding_core.errors import InvalidInput
from embedding_core.tasks import shared

if TYPE_CHECKING:
    from embedding_core.records import Actor, Reporter
    from embedding_core.tasks.shared import Parameters, Result
    from embedding_core.workspace import Workspace


def effect(workspace: Workspace, parameters: Parameters, progress: Reporter, actor: Actor) -> Result:
    """Compare version `to` of `dataset` with `from` under `encoder`, over `seeds` trainings each."""
    dataset = shared.dataset(workspace, parameters)
    kept = derived.measure_effect(
        workspace,
        dataset,
        dataset.embedding(parameters.get("encoder") or registry.DEFAULT),
        first=parameters.get("from") or ORIGINAL,
        second=parameters.get("to") or NOW,
        seeds=parameters.get("seeds") or SEEDS,
        progress=progress,
    )
    return {"fingerprint": kept.fingerprint, **told(kept.found), "seconds": round(kept.seconds, 3)}


def repair(workspace: Workspace, parameters: Parameters, progress: Reporter, actor: Actor) -> Result:
    """Try `steps` of cleaning on `version` of `dataset` under `encoder`, each alone and all together.

    Checks that a step goes by are run first. Without `steps` all are tried that can be.
    """
    dataset = shared.dataset(workspace, parameters)
    embedding = dataset.embedding(parameters.get("encoder") or registry.DEFAULT)
    steps = parameters.get("steps") or ()
    without = {}
    for check in derived.CHECKS:
        if steps and check not in steps:
            continue
        try:
            without[check] = derived.suggested(workspace, dataset, embedding, check, progress=progress)
        except InvalidInput:  # as of too few images
            if steps:
                raise
    kept = derived.measure_repairs(
        workspace,
        dataset,
        embedding,
        version=parameters.get("version") or NOW,
        steps=steps,
        without=without,
        seeds=parameters.get("seeds") or SEEDS,
        progress=progress,
    )
    return {"fingerprint": kept.fingerprint, **tabled(kept.found), "seconds": round(kept.seconds, 3)}


def told(found: Effect) -> Result:
    """An effect as JSON."""
    first, second = found.versions
    return {
        "from": first,
        "to": second,
        "verdict": verdict(found),
        "said": said(found),
        "accuracy": figures(found.differences.accuracy),
        "balanced_accuracy": figures(found.differences.balanced),
        "classes": [
            {"label": name, "tested": int((found.truth == code).sum()), **figures(one)}
            for code, (name, one) in enumerate(zip(found.classes, found.differences.classes, strict=True))
            if one is not None
        ],
        "tested": len(found.ids),
        "test_part": found.chosen,
        "left_out": found.left_out,
        "trained": list(found.trained),
        "changed": asdict(found.changed),
        "runs": len(found.before),
    }


def tabled(found: Repairs) -> Result:
    """Repairs as JSON, each against doing nothing."""
    return {
        "nothing": round(float(found.nothing.mean()), 4),
        "steps": [
            {
                "step": arm,
                "name": NAMES.get(arm, arm),
                "training_lost": round(lost, 4),
                "said": f"Accuracy {points(one.accuracy)}",
                **figures(one.accuracy),
                "balanced_accuracy": figures(one.balanced),
            }
            for arm, lost, one in zip(found.arms, found.lost, found.differences, strict=True)
        ],
        "tested": len(found.ids),
        "trained": found.trained,
        "runs": len(found.nothing),
    }


def figures(one: Difference) -> dict[str, Any]:
    """A difference with its 95 % interval, all from 0 to 1."""
    values = {"before": one.before, "after": one.after, "change": one.change, "low": one.low, "high": one.high}
    return {name: round(value, 4) for name, value in values.items()}
