"""The task that says how good an embedding is."""

from __future__ import annotations

import math
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Any

from embedding_core import derived
from embedding_core.deciding.versions import NOW
from embedding_core.derived import encoders
from embedding_core.encoders import registry
from embedding_core.evaluate.card.verdict import verdict
from embedding_core.records import silent
from embedding_core.tasks import shared

if TYPE_CHECKING:
    from embedding_core.evaluate.card.controls import Controls
    from embedding_core.evaluate.card.found import LabelFree, ReportCard, Scores
    from embedding_core.evaluate.card.intervals import Figure
    from embedding_core.records import Actor, Reporter
    from embedding_core.tasks.shared import Parameters, Result
    from embedding_core.workspace import Workspace

MOST_CLASSES = 100  # of which the confusion matrix is told whole
PAIRS = 30  # of classes that are told as the most confused


def report(workspace: Workspace, parameters: Parameters, progress: Reporter, actor: Actor) -> Result:
    """Score `version` of `dataset` under `encoder`, with all that is drawn drawn from `seed`; record a new card."""
    dataset = shared.dataset(workspace, parameters)
    encoder = parameters.get("encoder") or registry.DEFAULT
    version, seed = parameters.get("version") or NOW, parameters.get("seed") or 0
    kept, known = derived.report(
        workspace,
        dataset,
        dataset.embedding(encoder),
        version=version,
        seed=seed,
        encoder=partial(shared.encoder, workspace, encoder, silent) if encoders.runnable(workspace, encoder) else None,
        progress=progress,
    )
    if kept.new:
        derived.record(
            workspace,
            dataset,
            actor,
            kind="report",
            encoder=encoder,
            version=version,
            data=known.fingerprint,
            scores=_recorded(kept.found),
            parameters={},
            seconds=kept.seconds,
            seed=seed,
            result=kept.fingerprint,
        )
    return {
        "dataset": dataset.uuid,
        "encoder": encoder,
        "version": version,
        "fingerprint": kept.fingerprint,
        **told(kept.found),
        "crashed": shared.crashed(workspace, dataset, progress),
        "seconds": round(kept.seconds, 3),
    }


def told(card: ReportCard) -> Result:
    """A card as JSON. Without labels every figure that wants them is None."""
    said, shape = verdict(card), card.free.shape
    return {
        "images": len(card.ids),
        "labelled": card.labelled,
        **(_scored(card, card.scores) if card.scores is not None else dict.fromkeys(SCORED)),
        "intrinsic_dimension": _rounded(shape.dimension),
        "hubness": _rounded(shape.hubness),
        "anisotropy": _rounded(shape.anisotropy),
        "effective_rank": _rounded(shape.effective_rank),
        **_stable(card.free),
        "verdict": said.sentence,
        "level": said.level,
        "reasons": list(said.reasons),
        "seed": card.seed,
    }


SCORED = (
    *("knn", "knn_grouped", "knn_intervals", "probe", "controls", "control_details", "silhouette", "nmi", "ari"),
    *("map", "recall", "map_grouped", "recall_grouped", "leakage", "classes", "confusion"),
)


def _scored(card: ReportCard, scores: Scores) -> dict[str, Any]:
    return {
        "knn": {k: _rounded(one.value) for k, one in scores.knn.items()},
        "knn_grouped": {k: _rounded(one.value) for k, one in scores.knn_grouped.items()},
        "knn_intervals": {k: [_rounded(one.low), _rounded(one.high)] for k, one in scores.knn_grouped.items()},
        "probe": {
            **_figure(scores.probe),
            "balanced_accuracy": _rounded(scores.balanced),
            "evened": _figure(scores.evened),
        },
        **_controlled(scores.controls),
        "silhouette": _rounded(scores.silhouette),
        "nmi": _rounded(scores.nmi),
        "ari": _rounded(scores.ari),
        "map": _rounded(scores.map),
        "recall": {k: _rounded(one) for k, one in scores.recall.items()},
        "map_grouped": _rounded(scores.map_grouped),
        "recall_grouped": {k: _rounded(one) for k, one in scores.recall_grouped.items()},
        "leakage": {
            "knn": _rounded(scores.leakage.knn),
            "probe": _rounded(scores.leakage.probe),
            "interval": [_rounded(scores.leakage.low), _rounded(scores.leakage.high)],
            "copies": scores.leakage.copies,
        },
        "classes": [
            {("label" if name == "name" else name): _rounded(value) for name, value in asdict(row).items()}
            for row in card.table
        ],
        "confusion": _confused(card),
    }


def _controlled(known: Controls) -> dict[str, Any]:
    """Accuracies that stand beside the probe's, and apart from them all that is known of the controls."""
    return {
        "controls": {
            "chance": _rounded(known.majority),
            "shuffled": _rounded(known.shuffled.value),
            "pixels": None if known.pixels is None else _rounded(known.pixels.value),
            "metadata": None if known.metadata is None else _rounded(known.metadata.value),
        },
        "control_details": {
            "chance": {"majority": _rounded(known.majority), "proportional": _rounded(known.proportional)},
            "shuffled": {"probe": _figure(known.shuffled), "knn": _figure(known.shuffled_knn)},
            "pixels": {"probe": _figure(known.pixels), "knn": _figure(known.pixels_knn)},
            "metadata": {"trees": _figure(known.metadata), "columns": list(known.columns)},
        },
    }


def _confused(card: ReportCard) -> dict[str, Any]:
    names = card.classes
    return {
        "labels": list(names),
        "counts": card.confusion.counts.tolist() if len(names) <= MOST_CLASSES else None,
        "pairs": [
            {
                "label": names[one.actual],
                "taken_for": names[one.predicted],
                "images": one.images,
                "share": _rounded(one.share),
            }
            for one in card.confusion.pairs(PAIRS)
        ],
    }


def _stable(free: LabelFree) -> dict[str, Any]:
    return {
        "stability": {way.name: {**_figure(way.found), "cosine": _rounded(way.cosine)} for way in free.stability}
        or None,
        "cluster_stability": {"ari": _rounded(free.cluster_stability), "groups": free.groups},
    }


def _recorded(card: ReportCard) -> dict[str, derived.Score]:
    if card.scores is None:
        return {
            f"stability {way.name}": derived.Score(way.found.value, way.found.low, way.found.high)
            for way in card.free.stability
        }
    scores = card.scores
    near = scores.knn_grouped["5"]
    return {
        "accuracy": derived.Score(scores.probe.value, scores.probe.low, scores.probe.high),
        "balanced_accuracy": derived.Score(scores.balanced),
        "knn_grouped": derived.Score(near.value, near.low, near.high),
        "knn": derived.Score(scores.knn["5"].value, scores.knn["5"].low, scores.knn["5"].high),
        "map": derived.Score(scores.map),
        "map_grouped": derived.Score(scores.map_grouped),
        "silhouette": derived.Score(scores.silhouette),
    }


def _figure(one: Figure | None) -> Any:
    if one is None:
        return None
    return {"accuracy": _rounded(one.value), "interval": [_rounded(one.low), _rounded(one.high)]}


def _rounded(value: Any) -> Any:
    """Four digits behind the point, None for NaN, which JSON has none for."""
    if not isinstance(value, float):
        return value
    return round(value, 4) if math.isfinite(value) else None
