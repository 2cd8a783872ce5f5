"""The task that fine-tunes a network on the labels of a dataset, embeds with it, and says what it was worth."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from embedding_core import derived
from embedding_core.encoders import registry
from embedding_core.tasks import fill, shared

if TYPE_CHECKING:
    from embedding_core.derived.finetuning import Plan
    from embedding_core.effect.intervals import Difference
    from embedding_core.records import Actor, Reporter
    from embedding_core.tasks.shared import Parameters, Result
    from embedding_core.train.finetune.judging import Judged
    from embedding_core.workspace import Workspace
    from embedding_core.workspace.models import StoredModel


def finetune(workspace: Workspace, parameters: Parameters, progress: Reporter, actor: Actor) -> Result:
    """Fine-tune `encoder` on `dataset` by `mode` and `recipe` (settings that differ from the mode's), as `tuned`.

    `resume` goes on with a training of that name that was killed, "auto" where there is one. The dataset is embedded
    with the result, which gets a map and groups; its scores are on the untouched test part.
    """
    from embedding_core.derived import finetuning
    from embedding_core.embed import embed
    from embedding_core.train.finetune.recipe import recipe_for

    begun = time.perf_counter()
    dataset = shared.dataset(workspace, parameters)
    recipe = recipe_for(parameters.get("mode") or "last", parameters.get("recipe"))
    progress("neighbours", 0, None)
    wanted = finetuning.plan(
        workspace,
        dataset,
        parameters.get("encoder") or registry.DEFAULT,
        recipe,
        name=parameters.get("tuned") or "",
        version=parameters.get("version") or "now",
        resume=bool(parameters.get("resume")),
        progress=progress,
    )
    model = finetuning.train(workspace, wanted, resume=parameters.get("resume") or False, progress=progress)
    embed(dataset, shared.encoder(workspace, wanted.encoder, progress), progress=progress)
    dataset.tidy()
    progress("judging", 0, None)
    kept = finetuning.judged(workspace, wanted, model, actor, seconds=time.perf_counter() - begun)
    if parameters.get("map") is not False:
        # Both maps, so that how the images have moved can be seen.
        derived.draw_map(workspace, dataset, wanted.embedding, method="umap", place=True, progress=progress)
        fill.prepare(workspace, {"dataset": dataset.uuid, "encoder": wanted.encoder}, progress, actor)
    return told(wanted, model, kept.found) | {"seconds": round(time.perf_counter() - begun, 1)}


def told(wanted: Plan, model: StoredModel, found: Judged) -> Result:
    """What a command says of it."""
    facts = model.facts
    return {
        "dataset": wanted.dataset.uuid,
        "encoder": wanted.encoder,
        "base": facts["base"],
        "model": model.id,
        "mode": facts["recipe"]["mode"],
        "recipe": facts["recipe"],
        "images": facts["images"],
        "test_part": wanted.held.chosen,
        "left_out": wanted.held.left_out,
        "curves": [{name: round(value, 6) for name, value in one.items()} for one in facts["curves"]],
        "best_epoch": facts["best_epoch"],
        "ended": facts["ended"],
        "training_seconds": round(facts["seconds"], 1),
        "mb": round(model.nbytes / 1e6, 2),
        "scores": {
            "finetuned": round(found.differences.accuracy.after, 4),
            "probe": round(found.differences.accuracy.before, 4),
            "probe_on_tuned": round(found.probes.after, 4),
            "knn": round(found.neighbours.before, 4),
            "knn_on_tuned": round(found.neighbours.after, 4),
        },
        "difference": measured(found.differences.accuracy),
        "balanced": measured(found.differences.balanced),
        "knn_difference": measured(found.neighbours),
    }


def measured(one: Difference) -> dict[str, Any]:
    """A difference as JSON: shares of the images that judged both, and the 95 % interval of the change."""
    return {name: round(getattr(one, name), 6) for name in ("before", "after", "change", "low", "high")}
