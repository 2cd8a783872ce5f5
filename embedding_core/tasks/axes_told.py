"""Axes, trials and features as JSON: what the command line prints, see docs/cli.md."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from embedding_core.evaluate.axes.storing import BYTES
from embedding_core.tasks.proving import figures

if TYPE_CHECKING:
    from embedding_core.evaluate.axes.dimensions import Curve
    from embedding_core.evaluate.axes.laboratory import Laboratory
    from embedding_core.evaluate.axes.trial import Trial
    from embedding_core.evaluate.joined.features import Features
    from embedding_core.tasks.shared import Result

SHARES = 64  # axes whose variance is told


def axes(found: Laboratory) -> Result:
    """What is known of the axes of an embedding."""
    shares = found.space.shares
    return {
        "images": len(found.ids),
        "dimensions": found.d,
        "variance": [round(float(one), 6) for one in shares[:SHARES]],
        "cumulative": [round(float(one), 6) for one in shares.cumsum()[:SHARES]],
        "more_than_noise": {"parallel_analysis": found.by_noise, "broken_stick": found.by_stick},
        "axes": [
            {
                "axis": axis,
                "said": found.said(axis),
                "variance": round(float(shares[axis - 1]), 6),
                "goes_with": [
                    {
                        "name": one.name,
                        "kind": one.kind,
                        "measure": one.measure,
                        "value": round(one.value, 4),
                        "sure": one.sure,
                        "low": one.low,
                        "high": one.high,
                    }
                    for one in found.goes[axis - 1][:5]
                ],
            }
            for axis in range(1, found.shown + 1)
        ],
        "quality": None if found.quality is None else _quality(found.quality.probe, found.quality.near),
        "why_not": found.why_not,
        "storage": {"float32": found.d * BYTES["float32"] * len(found.ids)},
    }


def trial(found: Trial, n: int) -> Result:
    """What a treatment does."""
    dim = found.reduction.dim
    return {
        "said": found.treatment.words,
        "treatment": asdict(found.treatment),
        "dimensions": dim,
        "probe": None if found.probe is None else figures(found.probe),
        "knn": None if found.near is None else figures(found.near),
        "test": None if found.test is None else figures(found.test),
        "tested": found.tested,
        "precision": {name: figures(one) for name, one in found.precision.items()},
        "seen": [asdict(one) for one in found.seen],
        "bytes_per_image": {name: size * dim for name, size in BYTES.items()},
        "storage": {"before": found.d * BYTES["float32"] * n, **{name: size * dim * n for name, size in BYTES.items()}},
    }


def features(found: Features) -> Result:
    """What blocks are worth."""
    return {
        "images": len(found.ids),
        "columns": len(found.mean) + len(found.names),
        "blocks": [
            {
                "block": one.name,
                "kind": one.kind,
                "columns": one.made,
                "missing": round(one.missing, 4),
                "alone": None if one.alone is None else round(one.alone, 4),
                "interval": None if one.interval is None else [round(end, 4) for end in one.interval],
                "adds": None if one.adds is None else figures(one.adds),
                "outright": one.outright,
            }
            for one in found.blocks
        ],
        "gain": None if found.gain is None else figures(found.gain),
        "test": None if found.test is None else figures(found.test),
        "judged": found.judged,
        "tested": found.tested,
        "guessing": round(found.commonest, 4),
        "warnings": found.warnings,
    }


def _quality(probe: Curve, near: Curve) -> dict[str, Any]:
    return {
        "judged": probe.right.shape[1],
        "enough": probe.enough,
        "enough_surely": probe.surely,
        "enough_knn": near.enough,
        "curve": [
            {
                "axes": count,
                "probe": round(probe.accuracy[at], 4),
                "interval": [round(end, 4) for end in probe.intervals[at]],
                "against_all": figures(probe.against_all[at]),
                "knn": round(near.accuracy[at], 4),
                "knn_interval": [round(end, 4) for end in near.intervals[at]],
                "knn_against_all": figures(near.against_all[at]),
            }
            for at, count in enumerate(probe.counts)
        ],
    }
