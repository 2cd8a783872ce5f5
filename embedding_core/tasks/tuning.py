"""The task that searches for better probes."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import TYPE_CHECKING

from embedding_core import derived
from embedding_core.derived.tuning import DRAFT
from embedding_core.tasks import probing, shared
from embedding_core.train.search.found import BEST, DEFAULTS

if TYPE_CHECKING:
    from embedding_core.records import Actor, Reporter
    from embedding_core.tasks.shared import Parameters, Result
    from embedding_core.train.search.found import Searched
    from embedding_core.workspace import Workspace

MINUTES = 10.0


def tune(workspace: Workspace, parameters: Parameters, progress: Reporter, actor: Actor) -> Result:
    """Search `minutes` among `families` for what learns `target` of `dataset` best under `encoder`.

    By `sampler` and `pruner`, at most `trials`. Under a `ticket` pages see how it stands and can stop it. With `as` the
    best is saved under that name.
    """
    begun = time.monotonic()
    dataset = shared.dataset(workspace, parameters)
    on = probing.asked(workspace, parameters, progress)
    minutes = parameters.get("minutes")
    kept = derived.tune_dataset(
        workspace,
        dataset,
        on,
        actor,
        minutes=MINUTES if minutes is None else float(minutes),
        begun=begun,
        families=parameters.get("families") or (),
        sampler=parameters.get("sampler") or "tpe",
        pruner=parameters.get("pruner") or "median",
        trials=parameters.get("trials"),
        ticket=str(parameters.get("ticket") or ""),
        progress=progress,
    )
    saved = derived.save_model(workspace, kept.fingerprint, DRAFT, parameters["as"]) if parameters.get("as") else None
    return {
        "fingerprint": kept.fingerprint,
        **told(kept.found),
        "encoder": on.embedding.card.id,
        "data": on.data,
        "test_fingerprint": on.judged_by,
        "saved": None if saved is None else saved.name,
    }


def told(found: Searched) -> Result:
    """A search, as JSON."""
    outer = found.outer
    best, defaults = (probing.told_of(outer.families[at]) for at in (BEST, DEFAULTS))
    return {
        "target": outer.target,
        "task": outer.task,
        "best": {**best, "trial": found.best.number},
        "defaults": {**defaults, "trial": 0},
        "gain": {name: round(value, 4) for name, value in asdict(found.gain).items()},
        "baseline": {name: round(one.value, 4) for name, one in outer.baseline.items()},
        "trials": [one.facts() for one in found.trials],
        "importance": {name: round(value, 4) for name, value in found.importance.items()},
        "importance_within": {name: round(value, 4) for name, value in found.importance_within.items()},
        "sampler": found.sampler,
        "pruner": found.pruner,
        "minutes": found.minutes,
        "ended": found.ended,
        "seed": found.seed,
        "trained": outer.trained,
        "tested": len(outer.ids),
        "test_part": outer.chosen,
        "seconds": found.seconds,
    }
