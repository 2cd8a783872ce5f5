"""Comparisons of encoders and of metrics as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from embedding_core.derived import standings
from embedding_core.evaluate.comparison.found import K
from embedding_core.evaluate.comparison.metrics import K as METRICS_K
from embedding_core.evaluate.comparison.metrics import sentences
from embedding_core.tasks import proving

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from embedding_core.derived.standings import Cost
    from embedding_core.effect import Difference
    from embedding_core.evaluate.comparison.found import Comparison
    from embedding_core.evaluate.comparison.metrics import Metrics
    from embedding_core.tasks.shared import Result

    Differences = Mapping[tuple[int, int], Difference]


def told(found: Comparison, costs: Sequence[Cost]) -> Result:
    """A comparison as JSON, the encoder that is right most often first."""
    names = [one.name for one in costs]
    verdict = standings.verdict(found, costs)
    order = list(range(len(costs)))
    if found.labelled:
        order.sort(key=lambda at: (at != found.best, -found.accuracy(at)))
    differences = found.differences() if found.labelled else {}
    return {
        "encoders": [_row(found, differences, costs[at], at, unbeaten=at in verdict.unbeaten) for at in order],
        "best": found.encoders[found.best] if found.labelled else None,
        "take": None if verdict.take is None else found.encoders[verdict.take],
        "said": [one for one in (verdict.said, standings.alike(found, names)) if one],
        "pairs": [_pair(found, differences, one, other) for at, one in enumerate(order) for other in order[at + 1 :]],
        "images": found.images,
        "judged": len(found.ids),
        "tested": len(found.test_ids),
        "labels": len(found.classes),
        "k": K,
    }


def tabled(found: Metrics) -> Result:
    """Metrics as JSON, cosine first."""
    differences, retrieval = found.differences(), found.retrieval_differences()
    return {
        "metrics": [
            {
                "metric": way,
                "accuracy": _round(found.accuracy(way)),
                "interval": _ends(found.interval(way)),
                "map": _round(found.retrieval(way)),
                "map_interval": _ends(found.retrieval_interval(way)),
                "difference": proving.figures(differences[way]) if way in differences else None,
                "map_difference": proving.figures(retrieval[way]) if way in retrieval else None,
                "same_as_cosine": found.same(way),
                "bytes_per_image": found.bytes_of(way),
                "megabytes": _round(found.bytes_of(way) * found.images / 1e6),
            }
            for way in found.ways
        ],
        "said": sentences(found),
        "k": METRICS_K,
        "judged": len(found.ids),
        "among": found.among,
        "images": found.images,
    }


def _row(found: Comparison, differences: Differences, cost: Cost, at: int, *, unbeaten: bool) -> Result:
    row: Result = {"encoder": cost.encoder, "name": cost.name}
    if found.labelled:
        test = found.test_accuracy(at)
        row |= {
            "accuracy": _round(found.accuracy(at)),
            "interval": _ends(found.interval(at)),
            "knn": _round(found.knn(at)),
            "knn_interval": _ends(found.knn_interval(at)),
            "difference": None if at == found.best else proving.figures(differences[found.best, at]),
            "test": None if test is None else {"accuracy": _round(test), "interval": _ends(found.test_interval(at))},
            "unbeaten": unbeaten,
        }
    return row | {
        "images_per_second": None if cost.images_per_second is None else round(cost.images_per_second, 1),
        "device": cost.device,
        "dimensions": cost.dim,
        "size_mb": cost.size_mb,
        "memory_mb": _round(cost.memory_mb),
        "needs_download": cost.needs_download,
        "offline": cost.offline,
        "licence": cost.licence,
    }


def _pair(found: Comparison, differences: Differences, one: int, other: int) -> Result:
    pair: Result = {
        "first": found.encoders[one],
        "second": found.encoders[other],
        "cka": _round(float(found.cka[one, other])),
        "overlap": _round(float(found.overlap[one, other])),
    }
    if found.labelled:
        both, neither = found.both(one, other)
        pair |= {
            "difference": proving.figures(differences[one, other]),
            "only_first": len(found.only(one, other)),
            "only_second": len(found.only(other, one)),
            "both_right": both,
            "both_wrong": neither,
        }
    return pair


def _ends(interval: Sequence[float]) -> list[float]:
    return [round(end, 4) for end in interval]


def _round(value: float) -> float | None:
    return round(value, 4) if np.isfinite(value) else None
