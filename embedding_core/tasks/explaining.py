"""The task that says why two images are similar."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from embedding_core import neighbours
from embedding_core.derived import encoders
from embedding_core.encoders import registry
from embedding_core.encoders.base import seen_part
from embedding_core.errors import ImageRefused, InvalidInput, InvalidQuery
from embedding_core.tasks import shared

if TYPE_CHECKING:
    from embedding_core.encoders.base import Encoder
    from embedding_core.records import Actor, Reporter
    from embedding_core.tasks.shared import Parameters, Result
    from embedding_core.workspace import Dataset, Workspace


def explain(workspace: Workspace, parameters: Parameters, progress: Reporter, actor: Actor) -> Result:
    """Why the images `first` and `second` of `dataset` are similar to `encoder`, and how near they are under `metric`.

    For each of them: `falls`, a grid by rows from the top of how much their cosine similarity falls when that part is
    covered; `seen`, the part of the picture under the grid, as left, top, right and bottom in shares of it; `rank`, the
    place of the other one among its neighbours.
    """
    from embedding_core.explain import explain as run

    dataset = shared.dataset(workspace, parameters)
    encoder_id = parameters.get("encoder") or registry.DEFAULT
    pair = [int(parameters[name]) for name in ("first", "second")]
    if pair[0] == pair[1]:
        raise InvalidQuery("An image is like itself. Choose two different ones.")
    kept = shared.kept_search(workspace, dataset, encoder_id)
    if not encoders.runnable(workspace, encoder_id):
        raise InvalidQuery(
            f"The vectors {kept.embedding.card.name!r} were brought along without the network that made them, so "
            "nobody can say what it has seen. Choose another encoder."
        )
    first, second = kept.embedding.positions(pair).tolist()
    ranks = kept.flat.ranks(first, second, parameters.get("metric") or "cosine")
    encoder = shared.encoder(workspace, encoder_id, progress)
    inputs, seen = zip(*(_prepared(dataset, image, encoder) for image in pair), strict=True)
    why = run(encoder, *inputs, progress=progress)
    return {
        "dataset": dataset.uuid,
        "encoder": encoder_id,
        "similarity": round(why.similarity, 6),
        "metric": ranks.metric,
        "words": neighbours.words(ranks.metric, ranks.similarity),
        "others": ranks.others,
        "images": [
            {"id": image, "falls": falls.round(6).tolist(), "seen": list(part), "rank": rank}
            for image, falls, part, rank in zip(
                pair, (why.first, why.second), seen, (ranks.second, ranks.first), strict=True
            )
        ],
    }


def _prepared(dataset: Dataset, image: int, encoder: Encoder) -> tuple[Any, tuple[float, float, float, float]]:
    """What the network sees of an image, and which part of it that is."""
    from embedding_core.images import decode

    steps = encoder.card.preprocessing
    try:
        picture = decode(dataset.content(image), side=steps.resize).image
    except ImageRefused as refusal:
        raise InvalidInput(refusal.detail) from refusal
    return encoder.prepare(picture), seen_part(picture.size, steps)
