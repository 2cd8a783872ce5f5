"""Tasks of the closed loop: where a dataset stands, what to do next, doing it, and what that was worth."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from embedding_core import derived
from embedding_core.deciding.versions import NOW
from embedding_core.derived import cleaning, encoders
from embedding_core.encoders import registry
from embedding_core.errors import InvalidInput
from embedding_core.evaluate.advice import points
from embedding_core.evaluate.judged import difference
from embedding_core.tasks import fill, finetuning, shared

if TYPE_CHECKING:
    from embedding_core.derived.kept import Kept
    from embedding_core.effect.intervals import Difference
    from embedding_core.evaluate.judged import Judged
    from embedding_core.records import Actor, Reporter
    from embedding_core.review.decisions import Decision
    from embedding_core.tasks.shared import Parameters, Result
    from embedding_core.workspace import Workspace


WHAT = {"duplicates": "duplicates", "outliers": "outliers", "photos": "bad photographs", "labels": "suspected labels"}


def measure(workspace: Workspace, parameters: Parameters, progress: Reporter, actor: Actor) -> Result:
    """Judge a linear probe on `encoder` by the untouched test part of `dataset`, of its `version` now or another."""
    dataset = shared.dataset(workspace, parameters)
    version = parameters.get("version") or NOW
    embedding = dataset.embedding(parameters.get("encoder") or registry.DEFAULT)
    kept = derived.measure(
        workspace,
        dataset,
        embedding,
        actor,
        version=version,
        after=str(parameters.get("after") or ""),
        progress=progress,
    )
    return {"encoder": embedding.card.id, "version": version, **_stands(kept)}


def advise(workspace: Workspace, parameters: Parameters, progress: Reporter, actor: Actor) -> Result:
    """Try what could be done with `dataset` under `encoder`, and say what to do next."""
    dataset = shared.dataset(workspace, parameters)
    embedding = dataset.embedding(parameters.get("encoder") or registry.DEFAULT)
    kept = derived.advise(workspace, dataset, embedding, actor, progress=progress)
    found = kept.found
    return {
        "fingerprint": kept.fingerprint,
        "encoder": embedding.card.id,
        "accuracy": round(found.accuracy, 4),
        "interval": [round(value, 4) for value in found.interval],
        "tested": found.tested,
        "trained": found.trained,
        "said": found.said,
        "steps": [
            {**asdict(one), "expected": points(one), "people_seconds": one.people_seconds, "told": one.told}
            for one in found.proposals
        ],
        "seconds": round(kept.seconds, 3),
    }


def improve(workspace: Workspace, parameters: Parameters, progress: Reporter, actor: Actor) -> Result:
    """Do one step, `step` and `target` as `advise` names them, and say what it was worth on the untouched test part.

    "clean" decides to remove what a check suspects among the images that are trained on, which can be undone;
    "encoder" embeds and looks through another encoder; "finetune" trains the encoder further. Raises `InvalidInput` for
    a step that only a person can do.
    """
    dataset = shared.dataset(workspace, parameters)
    encoder_id = parameters.get("encoder") or registry.DEFAULT
    embedding = dataset.embedding(encoder_id)
    step, target = str(parameters.get("step") or ""), str(parameters.get("target") or "")
    before = derived.measure(workspace, dataset, embedding, actor, progress=progress)
    made: tuple[Decision, ...] = ()
    if step == "clean":
        known = derived.labelled(workspace, dataset, [embedding], progress=progress)
        held = derived.held_out(workspace, dataset, known)
        steps = (target,) if target in cleaning.STEPS else cleaning.STEPS
        found = cleaning.suspects(workspace, dataset, embedding, known, held.train, steps=steps, progress=progress)
        made = dataset.decisions.add(cleaning.removals(found, target, actor))
        removed = sum(len(one.ids) for one in made)
        after = encoder_id
        did = remembered = f"{removed:,} removed: {', '.join(WHAT[one.finding] for one in made)}"
    elif step == "encoder":
        fill.embed(workspace, {**parameters, "encoder": target}, progress, actor)
        after, did, remembered = target, f"looked through {encoders.card(workspace, target).name}", ""
    elif step == "finetune":
        return _fine_tuned(workspace, {**parameters, "mode": target}, progress, actor, before.found)
    else:
        raise InvalidInput(f"A step that is done here is clean, encoder or finetune, not {step!r}.")
    now = derived.measure(workspace, dataset, dataset.embedding(after), actor, after=remembered, progress=progress)
    return {
        "did": did,
        "decisions": [one.id for one in made],
        "before": _stands(before),
        "after": {"encoder": after, **_stands(now)},
        "difference": told(difference(before.found, now.found)),
    }


def _fine_tuned(
    workspace: Workspace, parameters: Parameters, progress: Reporter, actor: Actor, before: Judged
) -> Result:
    made = finetuning.finetune(workspace, parameters, progress, actor)
    run = next(
        one for one in derived.runs(workspace, shared.dataset(workspace, parameters)) if one.result == made["model"]
    )
    after = derived.judged_by(workspace, run.id)
    if after is None:
        raise InvalidInput("What was found is gone: somebody has deleted the dataset meanwhile.")
    return {
        "did": f"fine-tuned {encoders.card(workspace, made['base']).name}",
        "decisions": [],
        "before": {"accuracy": round(before.accuracy, 4), "tested": len(before.ids)},
        "after": {"encoder": made["encoder"], "accuracy": round(after.accuracy, 4), "tested": len(after.ids)},
        "difference": told(difference(before, after)),
    }


def told(found: Difference) -> dict[str, Any]:
    """A difference as JSON, and what it comes to."""
    verdict = "better" if found.better else "worse" if found.worse else "unclear"
    return {**finetuning.measured(found), "verdict": verdict}


def _stands(kept: Kept[Judged]) -> Result:
    return {
        "fingerprint": kept.fingerprint,
        "accuracy": round(kept.found.accuracy, 4),
        "interval": [round(value, 4) for value in kept.found.interval],
        "tested": len(kept.found.ids),
    }


def send_runs(workspace: Workspace, parameters: Parameters, progress: Reporter, actor: Actor) -> Result:
    """Take the runs of `dataset` to MLflow: to the server or database at `uri`, or as a database in `bytes`."""
    from embedding_core.export import mlflow

    dataset = shared.dataset(workspace, parameters)
    tried = derived.runs(workspace, dataset)
    if parameters.get("uri"):
        return {"sent": mlflow.send(tried, dataset, str(parameters["uri"])), "runs": len(tried)}
    return {"bytes": mlflow.database(tried, dataset), "runs": len(tried)}
