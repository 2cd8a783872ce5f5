"""Tasks for a Ray cluster: embed there, and find neighbours, duplicates and groups there."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from embedding_core import derived
from embedding_core.derived import encoders
from embedding_core.encoders import registry
from embedding_core.errors import InvalidInput
from embedding_core.tasks import explore, shared

if TYPE_CHECKING:
    from embedding_core.records import Actor, Reporter
    from embedding_core.tasks.shared import Parameters, Result
    from embedding_core.workspace import Workspace

GROUPS = 1000  # of duplicates that are named


def embed_on_cluster(workspace: Workspace, parameters: Parameters, progress: Reporter, actor: Actor) -> Result:
    """Embed what `dataset` lacks from `encoder`, on the Ray cluster at `address`, or on one that is started here."""
    from embedding_core.engines.ray import embed
    from embedding_core.tasks.fill import embedded

    dataset = shared.dataset(workspace, parameters)
    encoder_id = parameters.get("encoder") or registry.DEFAULT
    if encoder_id not in registry.CARDS and encoders.runnable(workspace, encoder_id):
        raise InvalidInput(
            f"{encoder_id} was fine-tuned here, and a cluster loads encoders that every machine has. Embed with it on "
            "this one: --engine local."
        )
    address, workers = parameters.get("address"), parameters.get("workers")
    done = embed(workspace, dataset, encoder_id, address=address, workers=workers, progress=progress)
    return embedded(dataset, encoder_id, done, startup=0.0, device="ray")


def neighbours_on_cluster(workspace: Workspace, parameters: Parameters, progress: Reporter, actor: Actor) -> Result:
    """The neighbour graph of `dataset` on a cluster, and its duplicates above the similarity `duplicates`.

    Up to two million images the graph is kept as any other and maps are drawn from it.
    """
    from embedding_core.engines import graph
    from embedding_core.engines.cluster import cluster
    from embedding_core.graphs import NEIGHBOURS, keep_graph

    begun = time.perf_counter()
    dataset = shared.dataset(workspace, parameters)
    embedding = dataset.embedding(parameters.get("encoder") or registry.DEFAULT)
    spread = embedding.spread()
    above = parameters.get("duplicates")
    with cluster(parameters.get("address")):
        found = graph.graph(spread, min(NEIGHBOURS, len(embedding) - 1), progress=progress)
        groups = graph.duplicates(spread, above) if above is not None else []
    kept = graph.gathered(found, spread, embedding)
    if kept is not None:
        keep_graph(workspace, dataset, embedding, kept, seconds=time.perf_counter() - begun)
    paths = dataset.labelled([image for group in groups[:GROUPS] for image in group.tolist()])
    return {
        "dataset": dataset.uuid,
        "encoder": embedding.card.id,
        "images": found.count,
        "k": found.k,
        "partitions": found.partitions,
        "probes": found.probes,
        "recall": round(found.recall, 4),
        "kept_for_maps": kept is not None,
        "duplicate_groups": len(groups),
        "duplicates": [[paths[image][0] for image in group.tolist()] for group in groups[:GROUPS]],
        "seconds": round(time.perf_counter() - begun, 3),
    }


def clusters_on_cluster(workspace: Workspace, parameters: Parameters, progress: Reporter, actor: Actor) -> Result:
    """`k` groups of `dataset` by KMeans on a cluster, kept as any others. They are named by labels, else numbered."""
    from embedding_core.engines import kmeans
    from embedding_core.engines.cluster import cluster

    begun = time.perf_counter()
    dataset = shared.dataset(workspace, parameters)
    embedding = dataset.embedding(parameters.get("encoder") or registry.DEFAULT)
    k, seed = parameters["k"], parameters.get("seed") or 0
    with cluster(parameters.get("address")):
        found = kmeans.kmeans(embedding.spread().rows(), k, seed=seed, progress=progress)
    kept = derived.keep_clusters(
        workspace,
        dataset,
        embedding,
        kmeans.clustering(found, embedding.ids, seed=seed),
        derived.labels_of(dataset, embedding.ids),
        asked={"method": "kmeans", "k": k, "min_size": None, "seed": seed, "engine": "ray"},
        seconds=time.perf_counter() - begun,
    )
    return explore.clustered(dataset, kept)
