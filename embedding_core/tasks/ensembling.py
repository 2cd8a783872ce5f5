"""The task that says what several encoders are worth together."""

from __future__ import annotations

from itertools import filterfalse
from typing import TYPE_CHECKING, Any

from embedding_core import derived
from embedding_core.deciding.versions import NOW
from embedding_core.derived import encoders
from embedding_core.derived.ensembles import embedded_by, keep_concatenated
from embedding_core.tasks import shared
from embedding_core.train.ensembles_words import headline, name_of, said, verdict

if TYPE_CHECKING:
    from embedding_core.records import Actor, Reporter
    from embedding_core.tasks.shared import Parameters, Result
    from embedding_core.train.ensembles_found import Ensembles
    from embedding_core.workspace import Workspace


def ensemble(workspace: Workspace, parameters: Parameters, progress: Reporter, actor: Actor) -> Result:
    """Compare ensembles of `encoders` of `dataset`, by default of all that it is embedded by; with `tta` also views.

    With `keep`, a name, or true for one that is made up, vectors side by side are stored as an encoder.
    """
    dataset = shared.dataset(workspace, parameters)
    asked = list(parameters.get("encoders") or filterfalse(encoders.is_fitted, embedded_by(dataset)))
    for one in asked:
        encoders.refuse_fitted(one, "choosing among ensembles by folds")
    kept = derived.measure_ensembles(
        workspace,
        dataset,
        asked,
        version=parameters.get("version") or NOW,
        views=bool(parameters.get("tta")),
        load=shared.kept_encoder,
        actor=actor,
        progress=progress,
    )
    wanted = parameters.get("keep")
    stored = keep_concatenated(dataset, asked, wanted if isinstance(wanted, str) else "") if wanted else None
    return {"fingerprint": kept.fingerprint, **told(kept.found), "kept": stored, "seconds": round(kept.seconds, 3)}


def keep_ensemble(workspace: Workspace, parameters: Parameters, progress: Reporter, actor: Actor) -> Result:
    """Store the vectors of `encoders` of `dataset` side by side, as an encoder of its own called `as`."""
    dataset = shared.dataset(workspace, parameters)
    progress("joining", 0, None)
    made = keep_concatenated(dataset, parameters["encoders"], str(parameters.get("as") or ""))
    return {"dataset": dataset.uuid, "encoder": made}


def told(found: Ensembles) -> dict[str, Any]:
    """Ensembles as JSON; accuracies and gains from 0 to 1."""
    ways = []
    for at, (way, gain) in enumerate(zip(found.ways, found.gains, strict=True)):
        seconds = found.seconds_per_image(at)
        ways.append(
            {
                "kind": way.kind,
                "name": name_of(found, at),
                "encoders": list(way.encoders),
                "validation": None if way.validation is None else round(way.validation, 4),
                "accuracy": round(way.accuracy, 4),
                "gain": round(gain.change, 4),
                "interval": [round(gain.low, 4), round(gain.high, 4)],
                "dim": found.dim(at),
                "size_mb": round(found.size_mb(at), 1),
                "looks": way.looks,
                "seconds_per_image": None if seconds is None else round(seconds, 5),
            }
        )
    return {
        "headline": headline(found),
        "said": said(found),
        "verdict": verdict(found),
        "best": found.ways[found.best].encoders[0],
        "chosen": found.ways[found.chosen].kind,
        "ways": ways,
        "trained": found.trained,
        "tested": len(found.truth),
    }
