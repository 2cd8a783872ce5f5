"""Tasks that find what is wrong with a dataset. Each answers with the fingerprint of what it has kept and counts."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from embedding_core import derived
from embedding_core.encoders import registry
from embedding_core.tasks import shared

if TYPE_CHECKING:
    from embedding_core.records import Actor, Reporter
    from embedding_core.tasks.shared import Parameters, Result
    from embedding_core.workspace import Workspace


def label_issues(workspace: Workspace, parameters: Parameters, progress: Reporter, actor: Actor) -> Result:
    """Find the wrong labels of `dataset` by the vectors of `encoder`.

    `share` estimates how many labels are wrong. Raises `InvalidInput` when there are too few labels to compare.
    """
    dataset = shared.dataset(workspace, parameters)
    embedding = dataset.embedding(parameters.get("encoder") or registry.DEFAULT)
    kept = derived.label_issues(workspace, dataset, embedding, seed=parameters.get("seed") or 0, progress=progress)
    return {
        "dataset": dataset.uuid,
        "encoder": embedding.card.id,
        "fingerprint": kept.fingerprint,
        "seconds": round(kept.seconds, 3),
        "labelled": int((kept.found.codes >= 0).sum()),
        "flagged": int(kept.found.flagged.sum()),
        "share": asdict(kept.found.share),
    }


def outliers(workspace: Workspace, parameters: Parameters, progress: Reporter, actor: Actor) -> Result:
    """Find the images of `dataset` that are unlike all others, by the vectors of `encoder`."""
    dataset = shared.dataset(workspace, parameters)
    embedding = dataset.embedding(parameters.get("encoder") or registry.DEFAULT)
    kept = derived.outliers(workspace, dataset, embedding, progress=progress)
    return {
        "dataset": dataset.uuid,
        "encoder": embedding.card.id,
        "fingerprint": kept.fingerprint,
        "seconds": round(kept.seconds, 3),
        "images": len(kept.found.ids),
        "flagged": int(kept.found.flagged.sum()),
    }
