"""Tasks that fill a dataset: add, embed, import vectors, relabel, and the whole way from a drop to the map."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import TYPE_CHECKING

import numpy as np

from embedding_core import derived, graphs, indexes
from embedding_core.derived import encoders
from embedding_core.encoders import registry
from embedding_core.memory import peak_rss_mb
from embedding_core.tasks import shared

if TYPE_CHECKING:
    from embedding_core.embed import Embedded
    from embedding_core.encoders.base import Encoder
    from embedding_core.ingest import Added
    from embedding_core.records import Actor, Reporter
    from embedding_core.tasks.shared import Parameters, Result
    from embedding_core.workspace import Dataset, Workspace


def add(workspace: Workspace, parameters: Parameters, progress: Reporter, actor: Actor) -> Result:
    """Add the images of `source` to the dataset `dataset` (uuid), or `name`, made when new; embed with `encoder`."""
    result = _add(workspace, parameters, progress)
    shared.discard_upload(workspace, str(parameters.get("source") or ""))
    return result


def _add(workspace: Workspace, parameters: Parameters, progress: Reporter) -> Result:
    from embedding_core import ingest

    startup = time.perf_counter()
    encoder = shared.encoder(workspace, parameters["encoder"], progress) if parameters.get("encoder") else None
    startup = time.perf_counter() - startup
    source = shared.source(workspace, parameters)
    try:
        dataset = shared.dataset(workspace, parameters, create=True)
        done = ingest.add(
            workspace,
            dataset,
            source,
            labels=parameters.get("labels") or "auto",
            split=parameters.get("split") or "none",
            encoder=encoder,
            suspects=parameters.get("suspects"),
            progress=progress,
        )
    finally:
        source.close()
    dataset.tidy()
    return _added(dataset, done, encoder, startup)


def embed(workspace: Workspace, parameters: Parameters, progress: Reporter, actor: Actor) -> Result:
    """Embed what `dataset` lacks from `encoder`, or what its version `version` does."""
    from embedding_core.embed import embed as run

    dataset = shared.dataset(workspace, parameters)
    startup = time.perf_counter()
    encoder = shared.encoder(workspace, parameters.get("encoder") or registry.DEFAULT, progress)
    startup = time.perf_counter() - startup
    taken = shared.version(workspace, dataset, parameters)
    among = None if taken is None else taken.ids
    done = run(dataset, encoder, among=among, suspects=parameters.get("suspects"), progress=progress)
    if done.embedded:
        dataset.tidy()
    return embedded(dataset, encoder.card.id, done, startup=startup, device=encoder.device)


def embedded(dataset: Dataset, encoder_id: str, done: Embedded, *, startup: float, device: str) -> Result:
    """What a command that embeds says of it."""
    return {
        "dataset": dataset.uuid,
        "encoder": encoder_id,
        "embedded": done.embedded,
        "skipped": done.skipped,
        "failed": [{"path": one.path, "reason": f"{one.reason}: {one.detail}"} for one in done.failed],
        "seconds": round(done.seconds, 3),
        "images_per_second": round(done.images_per_second, 1),
        "startup_seconds": round(startup, 3),
        "device": device,
        "peak_rss_mb": peak_rss_mb(),
    }


def prepare(workspace: Workspace, parameters: Parameters, progress: Reporter, actor: Actor) -> Result:
    """Everything from a drop to the map: add and embed, neighbours, a PCA map at once, UMAP, clusters.

    New images of a known dataset are placed on its map. Of many images the index for searches follows.
    """
    parameters = {**parameters, "encoder": parameters.get("encoder") or registry.DEFAULT}
    if parameters.get("source"):
        result = _add(workspace, parameters, progress)
    elif encoders.runnable(workspace, parameters["encoder"]):
        result = embed(workspace, parameters, progress, actor)
    else:  # vectors that someone brought: there is nothing to run
        result = {"dataset": shared.dataset(workspace, parameters).uuid, "encoder": parameters["encoder"]}
    dataset = workspace.dataset_by_uuid(result["dataset"])
    if not dataset.count:
        shared.discard_upload(workspace, str(parameters.get("source") or ""))
        return result
    embedding = dataset.embedding(parameters["encoder"])
    progress("neighbours", 0, None)
    derived.draw_map(workspace, dataset, embedding, method="pca", progress=progress)
    progress("map", 0, None, "The PCA map is ready; UMAP follows.")
    drawn = derived.draw_map(workspace, dataset, embedding, method="umap", place=True, progress=progress)
    if len(embedding) > graphs.SKETCHED:  # the map was drawn of a sketch; who looks wants the neighbours of all
        progress("neighbours", 0, None)
        derived.neighbour_graph(workspace, dataset, embedding, progress=progress)
    progress("clusters", 0, None)
    found = derived.find_clusters(
        workspace, dataset, embedding, encoder=shared.namer(workspace, embedding), progress=progress
    )
    if indexes.wanted(len(embedding)):  # last, so that nobody waits: until it is there, searches are exact
        indexes.build_index(workspace, dataset, embedding, progress=progress)
    # Only now: a server that dies on the way leaves the upload for the next one.
    shared.discard_upload(workspace, str(parameters.get("source") or ""))
    return {**result, "map": drawn.fingerprint, "clusters": found.fingerprint}


def import_vectors(workspace: Workspace, parameters: Parameters, progress: Reporter, actor: Actor) -> Result:
    """Take vectors that someone has already, from `file` (npz or Parquet, or an upload), as an encoder `name`."""
    from embedding_core.encoders import imported

    dataset = shared.dataset(workspace, parameters)
    file = shared.file(workspace, parameters["file"])
    images = dataset.images()
    read = imported.read(file, images["path"].to_pylist())
    card = imported.card_for_imported(parameters["name"], read.vectors.shape[1], read.digest)
    rows = {path: row for row, path in enumerate(images["path"].to_pylist())}
    at = [rows[path] for path in read.paths]
    dataset.vectors.put(
        card,
        [images["id"][row].as_py() for row in at],
        [images["sha256"][row].as_py() for row in at],
        np.ascontiguousarray(read.vectors),
    )
    shared.discard_upload(workspace, parameters["file"])
    return {"dataset": dataset.uuid, "encoder": card.id, **asdict(read.report)}


def relabel(workspace: Workspace, parameters: Parameters, progress: Reporter, actor: Actor) -> Result:
    """Take labels or splits of `dataset` from elsewhere."""
    from embedding_core import labels

    dataset = shared.dataset(workspace, parameters)
    changed = labels.relabel(workspace, dataset, labels=parameters.get("labels"), split=parameters.get("split"))
    return {"dataset": changed.uuid, "label_source": changed.label_source, "split_source": changed.split_source}


def _added(dataset: Dataset, done: Added, encoder: Encoder | None, startup: float) -> Result:
    result: Result = {
        "dataset": dataset.uuid,
        "name": dataset.name,
        "added": done.added,
        "updated": done.updated,
        "skipped": done.skipped,
        "rejected": [{"path": one.path, "reason": f"{one.reason}: {one.detail}"} for one in done.rejected],
        "labels": done.label_source,
        "split": done.split_source,
        "seconds": round(done.seconds, 3),
    }
    if encoder is not None:
        result |= {
            "encoder": encoder.card.id,
            "embedded": done.embedded,
            "images_per_second": round(done.images_per_second, 1),
            "startup_seconds": round(startup, 3),
            "device": encoder.device,
            "peak_rss_mb": peak_rss_mb(),
        }
    return result
