"""Tasks that hold encoders, and ways to compare vectors, against each other."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from embedding_core import derived
from embedding_core.deciding.versions import NOW
from embedding_core.derived import standings
from embedding_core.encoders import registry
from embedding_core.errors import InvalidInput, NotEmbedded
from embedding_core.evaluate.compared import FOLDS, K
from embedding_core.evaluate.metrics import K as METRICS_K
from embedding_core.evaluate.metrics import sentences
from embedding_core.tasks import fill, proving, shared

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from embedding_core.derived.kept import Kept
    from embedding_core.derived.standings import Cost
    from embedding_core.effect import Difference
    from embedding_core.evaluate.compared import Comparison
    from embedding_core.evaluate.metrics import Metrics
    from embedding_core.records import Actor, Reporter
    from embedding_core.tasks.shared import Parameters, Result
    from embedding_core.workspace import Dataset, Workspace

    Differences = Mapping[tuple[int, int], Difference]


def compare(workspace: Workspace, parameters: Parameters, progress: Reporter, actor: Actor) -> Result:
    """Compare `encoders` on `dataset`, by default all that it has vectors from; `embed` what is missing.

    Speed is measured for those that can be run here without a download, anew with `remeasure`, else once. A run is
    recorded for each encoder.
    """
    dataset = shared.dataset(workspace, parameters)
    version, seed = parameters.get("version") or NOW, parameters.get("seed") or 0
    names = _wanted(dataset, parameters)
    _embed_missing(workspace, dataset, names, parameters, progress, actor)
    embeddings = [dataset.embedding(name) for name in names]
    kept = derived.compare_encoders(workspace, dataset, embeddings, version=version, seed=seed, progress=progress)
    for number, one in enumerate(embeddings):
        progress("measuring speed", number, len(embeddings))
        if registry.available_offline(one.card.id):
            load = partial(shared.kept_encoder, one.card.id)
            derived.measured_speed(workspace, dataset, one.card, load, again=bool(parameters.get("remeasure")))
    by_id = {one.card.id: one for one in embeddings}
    costs = [standings.cost(workspace, dataset, by_id[name].card, len(by_id[name])) for name in kept.found.encoders]
    found = told(kept.found, costs)
    if not _recorded(workspace, dataset, kept.fingerprint):
        data = derived.labelled(workspace, dataset, embeddings, version=version).fingerprint
        for row in found["encoders"]:
            _record(workspace, dataset, actor, kept, row, data=data, version=version, seed=seed)
    return {"dataset": dataset.uuid, "fingerprint": kept.fingerprint, **found, "seconds": round(kept.seconds, 3)}


def metrics(workspace: Workspace, parameters: Parameters, progress: Reporter, actor: Actor) -> Result:
    """Compare metrics over the vectors that `encoder` gives `dataset`, on its labels."""
    dataset = shared.dataset(workspace, parameters)
    version, seed = parameters.get("version") or NOW, parameters.get("seed") or 0
    embedding = dataset.embedding(parameters.get("encoder") or registry.DEFAULT)
    kept = derived.measure_metrics(workspace, dataset, embedding, version=version, seed=seed, progress=progress)
    found = tabled(kept.found)
    if not _recorded(workspace, dataset, kept.fingerprint):
        scores = {f"knn_{row['metric']}": _score(row["accuracy"], row["interval"]) for row in found["metrics"]}
        derived.record(
            workspace,
            dataset,
            actor,
            kind="metrics",
            encoder=embedding.card.id,
            version=version,
            data=derived.labelled(workspace, dataset, [embedding], version=version).fingerprint,
            scores=scores,
            parameters={"k": found["k"], "judged": found["judged"]},
            seconds=kept.seconds,
            seed=seed,
            result=kept.fingerprint,
        )
    return {
        "dataset": dataset.uuid,
        "encoder": embedding.card.id,
        "fingerprint": kept.fingerprint,
        **found,
        "seconds": round(kept.seconds, 3),
    }


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


def _wanted(dataset: Dataset, parameters: Parameters) -> list[str]:
    """The encoders that are asked for, each once. Raises `UnknownEncoder`, and `InvalidInput` for fewer than two."""
    there = {one.card.id for one in dataset.encodings()}
    names = list(dict.fromkeys(parameters.get("encoders") or sorted(there)))
    for name in names:
        if name not in there:
            registry.card(name)
    if len(names) < 2:
        raise InvalidInput(
            f"A comparison takes two encoders or more, and {dataset.name!r} has vectors from "
            f"{', '.join(sorted(there)) or 'none'}. Name others and add --embed; `encoders` lists them."
        )
    return names


def _embed_missing(
    workspace: Workspace,
    dataset: Dataset,
    names: Sequence[str],
    parameters: Parameters,
    progress: Reporter,
    actor: Actor,
) -> None:
    """Embed what is not there. Raises `NotEmbedded`, naming what to run, unless `embed` is asked for."""
    counts = {one.card.id: one.count for one in dataset.encodings()}
    missing = [name for name in names if not counts.get(name)]
    if missing and not parameters.get("embed"):
        raise NotEmbedded(
            f"The images of {dataset.name!r} have no vectors from {', '.join(missing)} yet. Run the same command with "
            f"--embed, or: python -m embedding_core embed {dataset.name!r} --encoder {missing[0]}"
        )
    if parameters.get("embed"):
        for name in names:
            if name in registry.CARDS and counts.get(name, 0) < dataset.count:
                wanted = {"dataset": dataset.uuid, "encoder": name, "suspects": parameters.get("suspects")}
                fill.embed(workspace, wanted, progress, actor)


def _recorded(workspace: Workspace, dataset: Dataset, result: str) -> bool:
    return any(run.result == result for run in derived.runs(workspace, dataset))


def _record(
    workspace: Workspace,
    dataset: Dataset,
    actor: Actor,
    kept: Kept[Comparison],
    row: Result,
    *,
    data: str,
    version: str,
    seed: int,
) -> None:
    """A run of one encoder. Its accuracy is that on the part set aside, where there is one."""
    found = kept.found
    judged = found.judged(found.encoders.index(row["encoder"]))
    scores = {}
    if found.labelled:
        crossed = _score(row["accuracy"], row["interval"])
        scores = {} if judged is not None else {"accuracy": crossed}
        scores |= {"cross_validated": crossed, "knn": _score(row["knn"], row["knn_interval"])}
    if row["images_per_second"] is not None:
        scores["images_per_second"] = derived.Score(row["images_per_second"])
    derived.record(
        workspace,
        dataset,
        actor,
        kind="compare",
        encoder=row["encoder"],
        version=version,
        data=data,
        scores=scores,
        parameters={
            "against": [one for one in found.encoders if one != row["encoder"]],
            "probe": "logistic",
            "k": K,
            "folds": FOLDS,
        },
        seconds=kept.seconds,
        seed=seed,
        result=kept.fingerprint,
        judged=judged,
    )


def _score(value: float, interval: Sequence[float]) -> derived.Score:
    return derived.Score(value, *interval)


def _ends(interval: Sequence[float]) -> list[float]:
    return [round(end, 4) for end in interval]


def _round(value: float) -> float | None:
    return round(value, 4) if np.isfinite(value) else None
