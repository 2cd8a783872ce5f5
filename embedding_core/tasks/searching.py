"""Tasks that find look-alikes, and the one that makes finding them quick in a large set."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import numpy as np

from embedding_core import ids as many_ids
from embedding_core import indexes, neighbours
from embedding_core.encoders import registry
from embedding_core.errors import ImageRefused, InvalidQuery
from embedding_core.records import silent
from embedding_core.tasks import shared

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embedding_core.records import Actor, Reporter
    from embedding_core.tasks.shared import Parameters, Result
    from embedding_core.workspace import Dataset, Embedding, Workspace


def search(workspace: Workspace, parameters: Parameters, progress: Reporter, actor: Actor) -> Result:
    """The `k` images most like those in `ids`, or like the uploaded `image` (base64), under `metric`.

    `among` is the hash of a selection, outside of which nothing is looked for; `exact` asks for the true answer. In a
    large set it is found through the index once there is one, unless `exact`, and `recall` says how much of the true
    answer such a search finds. `index` is "missing" when one would have been used: it is for others to start the job.
    With `bare`, paths and labels are not looked up, for who has them.
    """
    dataset = shared.dataset(workspace, parameters)
    kept = shared.kept_search(workspace, dataset, parameters.get("encoder") or registry.DEFAULT)
    metric = parameters.get("metric") or "cosine"
    ids = parameters.get("ids") or []
    if parameters.get("image"):
        given = parameters["image"]
        query = _query_vector(workspace, kept.embedding, given if isinstance(given, bytes) else base64.b64decode(given))
        own = np.empty(0, np.int64)
    elif ids:
        own = many_ids.distinct(kept.embedding.positions(ids))
        query = neighbours.mean_query(kept.flat.of_rows(own), metric)
    else:
        raise InvalidQuery("A search wants an image: name one of the dataset, or give a file.")
    left_out: NDArray[Any] = own
    out = len(own)
    if parameters.get("among"):
        left_out = _outside(workspace, dataset, kept, str(parameters["among"]))
        left_out[own] = True
        out = int(np.count_nonzero(left_out))
    k = max(0, min(int(parameters.get("k") or 12), len(kept.embedding) - out))
    if not k:
        return {"dataset": dataset.uuid, "metric": metric, "recall": 1.0, "results": []}
    # The mean of several images lies elsewhere than images do, on which alone the index was measured.
    through = kept.flat if parameters.get("exact") or len(ids) > 1 else kept.quickest
    found = through.search(query, k, metric, exclude=left_out)
    images = kept.embedding.ids[found.rows[0]].tolist()
    results: list[Result] = [
        {"id": image, "similarity": round(similarity, 6), "words": neighbours.words(metric, similarity)}
        for image, similarity in zip(images, found.similarity[0].tolist(), strict=True)
    ]
    if not parameters.get("bare"):
        known = dataset.labelled(images)
        results = [
            {**one, "path": known[one["id"]][0], "label": known[one["id"]][1]}
            for one in results
            if one["id"] in known  # and not removed meanwhile
        ]
    answer = {"dataset": dataset.uuid, "metric": metric, "recall": _rounded(found.recall), "results": results}
    if kept.indexed is None and indexes.wanted(len(kept.embedding)):
        answer["index"] = "missing"
    return answer


def index(workspace: Workspace, parameters: Parameters, progress: Reporter, actor: Actor) -> Result:
    """Build the search index of `dataset` under `encoder`, if it has so many images that it wants one.

    `embedding`, the fingerprint, is there to tell jobs apart: after the images have changed the index is another one.
    """
    dataset = shared.dataset(workspace, parameters)
    embedding = dataset.embedding(parameters.get("encoder") or registry.DEFAULT)
    result: Result = {"dataset": dataset.uuid, "encoder": embedding.card.id, "images": len(embedding)}
    if not indexes.wanted(len(embedding)):
        return {**result, "partitions": 0, "recall": {}}
    built = indexes.build_index(workspace, dataset, embedding, progress=progress)
    return {**result, "partitions": built.cut.count, "recall": built.at_ten()}


def _rounded(recall: float) -> float:
    """To four digits; 1 is for exact answers alone."""
    return 1.0 if recall == 1 else min(round(recall, 4), 0.9999)


def _outside(workspace: Workspace, dataset: Dataset, kept: shared.Kept, among: str) -> NDArray[np.bool_]:
    """A mask (n,) that is true for the rows outside of a selection."""
    selection = workspace.selections.get(among)
    if selection is None or selection.dataset != dataset.uuid:
        raise InvalidQuery("The images to search among are not known here any more. Filter again.")
    rows = many_ids.find(selection.ids, kept.embedding.ids, kept.embedding.order)
    outside = np.ones(len(kept.embedding), bool)
    outside[rows[rows >= 0]] = False
    return outside


def _query_vector(workspace: Workspace, embedding: Embedding, data: bytes) -> Any:
    from embedding_core.images import decode

    encoder = shared.encoder(workspace, embedding.card.id, silent)
    try:
        image = decode(data, side=encoder.card.preprocessing.resize).image
    except ImageRefused as refusal:
        raise InvalidQuery(f"That file is not a usable image: {refusal.detail}") from refusal
    return encoder.encode(encoder.prepare(image)[None])
