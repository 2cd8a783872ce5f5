"""Tasks that say how far labels carry: the learning curve, against training from nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from embedding_core import derived
from embedding_core.deciding.versions import NOW
from embedding_core.derived import encoders
from embedding_core.derived.curve import MINUTES
from embedding_core.encoders import registry
from embedding_core.evaluate.curve.measuring import SEEDS
from embedding_core.evaluate.curve.words import beside, headline, said
from embedding_core.tasks import shared

if TYPE_CHECKING:
    from embedding_core.evaluate.curve.found import Curve
    from embedding_core.evaluate.curve.scratch_found import Scratch
    from embedding_core.records import Actor, Reporter
    from embedding_core.tasks.shared import Parameters, Result
    from embedding_core.workspace import Workspace


def learning_curve(workspace: Workspace, parameters: Parameters, progress: Reporter, actor: Actor) -> Result:
    """Draw the learning curve of `dataset` under `encoder` over `seeds` draws, and train from nothing for
    `scratch_minutes` (0 leaves that out)."""
    dataset = shared.dataset(workspace, parameters)
    embedding = dataset.embedding(parameters.get("encoder") or registry.DEFAULT)
    encoders.refuse_fitted(embedding.card.id, "a learning curve")
    version = parameters.get("version") or NOW
    kept = derived.draw_curve(
        workspace,
        dataset,
        embedding,
        version=version,
        seeds=parameters.get("seeds") or SEEDS,
        actor=actor,
        progress=progress,
    )
    asked = parameters.get("scratch_minutes")
    minutes = MINUTES if asked is None else float(asked)
    result = {"fingerprint": kept.fingerprint, **told(kept.found), "scratch": None, "seconds": round(kept.seconds, 3)}
    if minutes:
        card = embedding.card
        runs_here = card.id in registry.CARDS and registry.available_offline(card.id)
        tried = derived.train_scratch(
            workspace,
            dataset,
            embedding,
            version=version,
            minutes=minutes,
            load=(lambda: shared.kept_encoder(card.id)) if runs_here else None,
            actor=actor,
            progress=progress,
        )
        result["scratch"] = compared(kept.found, tried.found)
        result["seconds"] = round(kept.seconds + tried.seconds, 3)
    return result


def told(found: Curve) -> dict[str, Any]:
    """A learning curve as JSON; accuracies from 0 to 1."""
    a, b, c = found.law.best.tolist()
    more = {"+100": 100, "+1000": 1000, "x2": found.total, "x10": 9 * found.total}
    return {
        "headline": headline(found),
        "said": said(found),
        "labels": found.total,
        "tested": len(found.truth),
        "runs": len(found.right),
        "probe": [
            _point(n, at, seconds) for n, at, seconds in zip(found.sizes, found.accuracy.T, found.seconds, strict=True)
        ],
        "knn": [_point(n, at) for n, at in zip(found.sizes, found.near_accuracy.T, strict=True)],
        "chance": round(found.chance, 4),
        "law": {"a": round(a, 5), "b": round(b, 5), "c": round(c, 5)},
        "outlook": {name: _outlook(found, labels) for name, labels in more.items()},
        "flat": found.flat,
        "enough": found.enough,
        "backtest": None
        if found.backtest is None
        else {
            "labels": found.backtest.labels,
            "foretold": round(found.backtest.foretold, 4),
            "interval": _rounded(found.backtest.interval),
            "came": round(found.backtest.came, 4),
        },
        "classes": [
            {
                "label": found.classes[one.code],
                "labels": one.labels,
                "tested": one.tested,
                "accuracy": round(one.accuracy, 4),
                "gain": round(one.gain, 4),
                "interval": _rounded(one.gain_interval),
            }
            for one in found.by_class
        ],
    }


def compared(found: Curve, scratch: Scratch) -> dict[str, Any]:
    """Training from nothing as JSON, beside the curve."""
    return {
        "said": beside(found, scratch),
        "side": scratch.side,
        "minutes": scratch.minutes,
        "embedding_seconds_per_image": scratch.seconds_per_image and round(scratch.seconds_per_image, 5),
        "runs": [
            {
                "labels": run.labels,
                "accuracy": round(run.accuracy, 4),
                "interval": _rounded(run.interval),
                "seconds": round(run.seconds, 2),
                "passes": run.passes,
                "ended": run.ended,
            }
            for run in scratch.runs
        ],
    }


def _point(labels: float, at: Any, seconds: float | None = None) -> dict[str, Any]:
    value, low, high = (round(float(one), 4) for one in at)
    found = {"labels": round(float(labels)), "accuracy": value, "interval": [low, high]}
    return found if seconds is None else {**found, "seconds": round(float(seconds), 4)}


def _outlook(found: Curve, more: int) -> dict[str, Any]:
    one = found.outlook(more)
    return {
        "labels": found.total + more,
        "accuracy": round(one.accuracy, 4),
        "interval": _rounded(one.interval),
        "gain": round(one.gain, 4),
        "gain_interval": _rounded(one.gain_interval),
        "far": one.far,
    }


def _rounded(interval: tuple[float, float]) -> list[float]:
    return [round(interval[0], 4), round(interval[1], 4)]
