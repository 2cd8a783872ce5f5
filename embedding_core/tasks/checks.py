"""Tasks that find what is wrong with a dataset. Each answers with the fingerprint of what it has kept and counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embedding_core import derived
from embedding_core.encoders import registry
from embedding_core.tasks import shared

if TYPE_CHECKING:
    from embedding_core.records import Actor, Reporter
    from embedding_core.tasks.shared import Parameters, Result
    from embedding_core.workspace import Workspace


def duplicates(workspace: Workspace, parameters: Parameters, progress: Reporter, actor: Actor) -> Result:
    """Find the duplicates of `dataset`, with candidates from the vectors of `encoder`."""
    dataset = shared.dataset(workspace, parameters)
    embedding = dataset.embedding(parameters.get("encoder") or registry.DEFAULT)
    kept = derived.find_duplicates(workspace, dataset, embedding, progress=progress)
    return {
        "fingerprint": kept.fingerprint,
        "encoder": embedding.card.id,
        "images": len(kept.found.ids),
        "exact_groups": len(kept.found.exact_sets),
        "near_groups": len(kept.found.near),
        "burst_groups": len(kept.found.bursts),
        "seconds": round(kept.seconds, 3),
    }
