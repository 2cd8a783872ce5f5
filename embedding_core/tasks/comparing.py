"""Tasks that hold encoders, and ways to compare vectors, against each other."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from embedding_core import derived
from embedding_core.deciding.versions import NOW
from embedding_core.derived import encoders, standings
from embedding_core.encoders import registry
from embedding_core.errors import InvalidInput, NotEmbedded
from embedding_core.evaluate.comparison.found import FOLDS, K
from embedding_core.tasks import compared, fill, shared

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embedding_core.derived.kept import Kept
    from embedding_core.evaluate.comparison.found import Comparison
    from embedding_core.records import Actor, Reporter
    from embedding_core.tasks.shared import Parameters, Result
    from embedding_core.workspace import Dataset, Workspace


def compare(workspace: Workspace, parameters: Parameters, progress: Reporter, actor: Actor) -> Result:
    """Compare `encoders` on `dataset`, by default all that it has vectors from; `embed` what is missing.

    Speed is measured for those that can be run here without a download, anew with `remeasure`, else once. A run is
    recorded for each encoder.
    """
    dataset = shared.dataset(workspace, parameters)
    version, seed = parameters.get("version") or NOW, parameters.get("seed") or 0
    names = _wanted(workspace, dataset, parameters)
    _embed_missing(workspace, dataset, names, parameters, progress, actor)
    embeddings = [dataset.embedding(name) for name in names]
    ordered = sorted(embeddings, key=lambda one: one.card.id)
    known = derived.labelled(workspace, dataset, ordered, version=version, progress=progress)
    kept = derived.compare_encoders(
        workspace, dataset, ordered, known=known, version=version, seed=seed, progress=progress
    )
    for number, one in enumerate(embeddings):
        progress("measuring speed", number, len(embeddings))
        if registry.available_offline(one.card.id):
            load = partial(shared.kept_encoder, one.card.id)
            derived.measured_speed(workspace, dataset, one.card, load, again=bool(parameters.get("remeasure")))
    by_id = {one.card.id: one for one in embeddings}
    costs = [standings.cost(workspace, dataset, by_id[name].card, len(by_id[name])) for name in kept.found.encoders]
    found = compared.told(kept.found, costs)
    if not _recorded(workspace, dataset, kept.fingerprint):
        for row in found["encoders"]:
            _record(workspace, dataset, actor, kept, row, data=known.fingerprint, version=version, seed=seed)
    return {"dataset": dataset.uuid, "fingerprint": kept.fingerprint, **found, "seconds": round(kept.seconds, 3)}


def metrics(workspace: Workspace, parameters: Parameters, progress: Reporter, actor: Actor) -> Result:
    """Compare metrics over the vectors that `encoder` gives `dataset`, on its labels."""
    dataset = shared.dataset(workspace, parameters)
    version, seed = parameters.get("version") or NOW, parameters.get("seed") or 0
    embedding = dataset.embedding(parameters.get("encoder") or registry.DEFAULT)
    encoders.refuse_fitted(embedding.card.id, "a comparison of metrics")
    known = derived.labelled(workspace, dataset, [embedding], version=version, progress=progress)
    kept = derived.measure_metrics(
        workspace, dataset, embedding, known=known, version=version, seed=seed, progress=progress
    )
    found = compared.tabled(kept.found)
    if not _recorded(workspace, dataset, kept.fingerprint):
        scores = {f"knn_{row['metric']}": _score(row["accuracy"], row["interval"]) for row in found["metrics"]}
        derived.record(
            workspace,
            dataset,
            actor,
            kind="metrics",
            encoder=embedding.card.id,
            version=version,
            data=known.fingerprint,
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


def _wanted(workspace: Workspace, dataset: Dataset, parameters: Parameters) -> list[str]:
    """The encoders that are asked for, each once. Raises `UnknownEncoder`, and `InvalidInput` for fewer than two."""
    there = {one.card.id for one in dataset.encodings()}
    fair = sorted(name for name in there if not encoders.is_fitted(name))
    names = list(dict.fromkeys(parameters.get("encoders") or fair))
    for name in names:
        encoders.refuse_fitted(name, "a comparison by folds")
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
