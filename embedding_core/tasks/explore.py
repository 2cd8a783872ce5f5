"""Tasks that look at a dataset: maps, clusters, one image large."""

from __future__ import annotations

import base64
from dataclasses import asdict
from typing import TYPE_CHECKING

from embedding_core import derived
from embedding_core.encoders import registry
from embedding_core.errors import ImageRefused, InvalidInput
from embedding_core.tasks import shared

if TYPE_CHECKING:
    from embedding_core.records import Actor, Reporter
    from embedding_core.tasks.shared import Parameters, Result
    from embedding_core.workspace import Dataset, Workspace


def draw_map(workspace: Workspace, parameters: Parameters, progress: Reporter, actor: Actor) -> Result:
    """Draw a map of `dataset` under `encoder` with `method`, `dims`, `seed` and `parameters`.

    With `place`, new images are placed on the last map that was drawn so, if there is one. Of a `version` only the
    images that it holds are drawn.
    """
    dataset = shared.dataset(workspace, parameters)
    embedding = dataset.embedding(parameters.get("encoder") or registry.DEFAULT)
    taken = shared.version(workspace, dataset, parameters)
    drawn = derived.draw_map(
        workspace,
        dataset,
        embedding if taken is None else embedding.of(taken.ids),
        method=parameters.get("method") or "umap",
        dims=parameters.get("dims") or 2,
        seed=parameters.get("seed") or 0,
        parameters=parameters.get("parameters"),
        place=bool(parameters.get("place")),
        progress=progress,
    )
    return _drawn(drawn)


def find_clusters(workspace: Workspace, parameters: Parameters, progress: Reporter, actor: Actor) -> Result:
    """Group the images of `dataset` under `encoder` with `method`, `k` and `min_size`.

    Of a `version` those that it holds, named and judged by the labels that they have in it.
    """
    dataset = shared.dataset(workspace, parameters)
    embedding = dataset.embedding(parameters.get("encoder") or registry.DEFAULT)
    taken = shared.version(workspace, dataset, parameters)
    if taken is not None:
        embedding = embedding.of(taken.ids)
    found = derived.find_clusters(
        workspace,
        dataset,
        embedding,
        method=parameters.get("method") or "kmeans",
        k=parameters.get("k"),
        min_size=parameters.get("min_size"),
        seed=parameters.get("seed") or 0,
        encoder=shared.namer(workspace, embedding),
        labels=None if taken is None else taken.labels_of(embedding.ids),
        progress=progress,
    )
    return clustered(dataset, found)


def preview(workspace: Workspace, parameters: Parameters, progress: Reporter, actor: Actor) -> Result:
    """One image, decoded and encoded anew as WebP with at most `longest` pixels on its longer side.

    It is the image `id` of `dataset`, or the uploaded `image` (base64).
    """
    from embedding_core.images import decode, preview

    longest = int(parameters.get("longest") or 1600)
    try:
        if parameters.get("image"):
            content = base64.b64decode(parameters["image"])
        else:
            content = shared.dataset(workspace, parameters).content(parameters["id"])
        return {"bytes": preview(decode(content).image, longest)}
    except ImageRefused as refusal:
        raise InvalidInput(refusal.detail) from refusal


def _drawn(drawn: derived.MapResult) -> Result:
    return {
        "fingerprint": drawn.fingerprint,
        "encoder": drawn.encoder,
        "method": drawn.projection.method,
        "dims": drawn.projection.dims,
        "images": drawn.projection.n,
        "trustworthiness": drawn.projection.trustworthiness,
        "trust_sample": drawn.projection.trust_sample,
        "explained_variance": drawn.projection.explained_variance,
        "seconds": round(drawn.seconds, 3),
        "parameters": dict(drawn.projection.parameters),
        "placed": None if drawn.projection.fit is None else asdict(drawn.projection.fit),
        "note": drawn.projection.note,
    }


def clustered(dataset: Dataset, found: derived.ClusterResult) -> Result:
    """What a command that groups says of it."""
    paths = dict(zip(*(dataset.images()[name].to_pylist() for name in ("id", "path")), strict=True))
    grouping = found.clustering
    return {
        "fingerprint": found.fingerprint,
        "encoder": found.encoder,
        "method": grouping.method,
        "clusters": [
            {
                "cluster": number,
                "name": found.names.names[number],
                "share": found.names.shares[number],
                "size": grouping.sizes[number],
                "exemplars": [paths[int(found.ids[row])] for row in grouping.exemplars[number]],
            }
            for number in range(grouping.count)
        ],
        "noise": grouping.noise,
        "silhouette": grouping.silhouette,
        "nmi": grouping.nmi,
        "purity": grouping.purity,
        "seconds": round(found.seconds, 3),
        "parameters": dict(grouping.parameters),
        "note": grouping.note,
    }
