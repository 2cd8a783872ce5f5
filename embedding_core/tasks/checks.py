"""Tasks that find what is wrong with a dataset. Each answers with the fingerprint of what it has kept and counts."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from embedding_core import derived
from embedding_core.derived import encoders
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
        "crashed": shared.crashed(workspace, dataset, progress),
        "seconds": round(kept.seconds, 3),
    }


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
        "flagged": int(derived.at_moved_lines(workspace, dataset, "labels", kept).found.flagged.sum()),
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
        "flagged": int(derived.at_moved_lines(workspace, dataset, "outliers", kept).found.flagged.sum()),
    }


def photos(workspace: Workspace, parameters: Parameters, progress: Reporter, actor: Actor) -> Result:
    """Find the bad photographs of `dataset`; with `turned`, those that lie turned as well, by `encoder`.

    Raises `NotEmbedded` with `turned`, and `InvalidInput` where the vectors came without their network.
    """
    from embedding_core.errors import InvalidInput

    dataset = shared.dataset(workspace, parameters)
    found = derived.photos(workspace, dataset, progress)
    result = {
        "dataset": dataset.uuid,
        "fingerprint": found.fingerprint,
        "seconds": round(found.seconds, 3),
        "counts": derived.at_moved_lines(workspace, dataset, "photos", found).found.counts(),
        "crashed": shared.crashed(workspace, dataset, progress),
    }
    if parameters.get("turned"):
        encoder_id = parameters.get("encoder") or registry.DEFAULT
        embedding = dataset.embedding(encoder_id)
        if not encoders.runnable(workspace, encoder_id):
            raise InvalidInput(
                f"The vectors {embedding.card.name!r} were brought along without the network that made them, so no "
                "turned copy can be compared. Choose another encoder."
            )
        network = shared.encoder(workspace, encoder_id, progress)
        turned = derived.turned(workspace, dataset, embedding, network, progress)
        result |= {"turned": turned.fingerprint, "seconds": round(found.seconds + turned.seconds, 3)}
    return result


def balance(workspace: Workspace, parameters: Parameters, progress: Reporter, actor: Actor) -> Result:
    """Count classes and slices of `dataset`; where it is embedded, find what is thin or too much, and shortcuts.

    `radius` is the similarity from which one image stands for another. Without vectors from `encoder`, or without
    labels, the fingerprints of `cover` and `shortcuts` are None.
    """
    from embedding_core.errors import NotEmbedded

    dataset = shared.dataset(workspace, parameters)
    counted = derived.balance(workspace, dataset)
    result: Result = {
        "dataset": dataset.uuid,
        "fingerprint": counted.fingerprint,
        "cover": None,
        "shortcuts": None,
        "seconds": counted.seconds,
    }
    try:
        embedding = dataset.embedding(parameters.get("encoder") or registry.DEFAULT)
    except NotEmbedded:
        if parameters.get("encoder") or parameters.get("radius") is not None:
            raise
        return result
    covered = derived.cover(workspace, dataset, embedding, radius=parameters.get("radius"), progress=progress)
    result |= {"cover": covered.fingerprint, "seconds": result["seconds"] + covered.seconds}
    if counted.found.evenness.classes > 1:
        found = derived.shortcuts(workspace, dataset, embedding, progress)
        result |= {"shortcuts": found.fingerprint, "seconds": result["seconds"] + found.seconds}
    return result | {"crashed": shared.crashed(workspace, dataset, progress)}
