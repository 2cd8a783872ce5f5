"""Ensembles of the encoders that a dataset is embedded by: compared, kept, recorded; and one kept as an encoder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from embedding_core.deciding.versions import NOW, snapshot
from embedding_core.derived.encoders import refuse_fitted
from embedding_core.derived.kept import Kept, keep, read_kept
from embedding_core.derived.labelled import held_out, labelled
from embedding_core.derived.runs import record
from embedding_core.derived.speeds import measured_speed
from embedding_core.encoders import registry
from embedding_core.encoders.imported import PREFIX, card_for_imported
from embedding_core.errors import ImageRefused, InvalidInput
from embedding_core.evaluate.judged import Judged
from embedding_core.evaluate.runs import Score
from embedding_core.fingerprint import digest, fingerprint
from embedding_core.ids import find
from embedding_core.records import LOCAL, silent
from embedding_core.train.ensembles_found import Cost, Ensembles

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL import Image

    from embedding_core.encoders.base import Encoder, EncoderCard
    from embedding_core.records import Actor, Reporter
    from embedding_core.workspace import Dataset, Embedding, Workspace

REVISION = 1  # raised when the same images come out otherwise
KIND = "ensemble"
MOST = 6  # encoders that are joined at once
CONTROL = "pixels"  # no encoder that anybody would join with another one
_TOLD = "An ensemble:"  # begins what is said of one that is kept
ZOOM = 0.8  # share of width and height that a cropped view shows

Load = Callable[[str], "Encoder"]


def embedded_by(dataset: Dataset) -> list[str]:
    """The encoders that are joined where none are named: all that the dataset has vectors of, but for the control and
    for those that are ensembles themselves."""
    cards = [encoding.card for encoding in dataset.encodings()]
    return [card.id for card in cards if card.id != CONTROL and not is_ensemble(card)]


def is_ensemble(card: EncoderCard) -> bool:
    """Whether an encoder is vectors of others side by side, see `keep_concatenated`."""
    return card.id.startswith(PREFIX) and card.good_for.startswith(_TOLD)


def measure_ensembles(
    workspace: Workspace,
    dataset: Dataset,
    encoders: Sequence[str],
    *,
    version: str = NOW,
    views: bool = False,
    load: Load | None = None,
    actor: Actor = LOCAL,
    progress: Reporter = silent,
) -> Kept[Ensembles]:
    """All ways of joining `encoders` against the best of them, judged by the part that is set aside. Recorded as a run.

    With `views` each test image is also looked at mirrored and cropped by those encoders that run here. `load` gives an
    encoder, for that and for its speed. Raises `UnknownVersion`, `NotEmbedded`, and `InvalidInput`.
    """
    names = list(dict.fromkeys(encoders))
    if not 1 <= len(names) <= MOST:
        raise InvalidInput(f"An ensemble is of 2 to {MOST} encoders, not {len(names)}.")
    if len(names) < 2 and not views:
        raise InvalidInput(
            "An ensemble is of two encoders at least. Embed the images with another one, see `encoders`."
        )
    if views and (load is None or not any(map(_runs_here, names))):
        raise InvalidInput("Views of the images can be embedded only by encoders that run here.")
    embeddings = [dataset.embedding(name) for name in names]
    known = labelled(workspace, dataset, embeddings, version=version, progress=progress)
    known.need_classes()
    held = held_out(workspace, dataset, known)
    parts = digest(held.train.tobytes() + held.test.tobytes())
    prints = [one.fingerprint for one in embeddings]
    key = fingerprint(KIND, REVISION, *prints, known.fingerprint, parts, views=views)
    there = read_kept(workspace, key, Ensembles)
    if there is not None:
        return there

    def find_it() -> Ensembles:
        from embedding_core.train.ensembles import Block, compare_ensembles

        blocks = []
        for one in embeddings:
            matrix, at = one.matrix(), one.positions(known.ids)
            name = one.card.id
            runs = load is not None and _runs_here(name)
            cost = _cost(workspace, dataset, one, load if runs else None)
            seen = _views(dataset, known.ids[held.test], load(name), progress) if views and runs and load else None
            blocks.append(Block(matrix[at[held.train]], matrix[at[held.test]], cost, seen))
        return compare_ensembles(
            blocks,
            known.codes[held.train],
            known.codes[held.test],
            classes=known.classes,
            clusters=held.clusters,
            groups=known.groups[held.train],
            progress=progress,
        )

    kept = keep(
        workspace,
        dataset,
        key,
        kind=KIND,
        parent=dataset.fingerprint,
        of=Ensembles,
        find=find_it,
        asked={
            "version": version,
            "state": snapshot(workspace, dataset, version).fingerprint,
            "encoders": names,
            "embeddings": prints,
            "views": views,
        },
    )
    found = kept.found
    chosen, gain = found.ways[found.chosen], found.gains[found.chosen]
    record(
        workspace,
        dataset,
        actor,
        kind=KIND,
        encoder=" + ".join(chosen.encoders),
        version=version,
        data=known.fingerprint,
        scores={"gain": Score(gain.change, gain.low, gain.high)},
        parameters={"encoders": names, "views": views, "chosen": chosen.kind},
        seconds=kept.seconds,
        result=key,
        judged=Judged(known.ids[held.test], found.truth, found.clusters, chosen.right, found.classes),
    )
    return kept


def read_ensembles(workspace: Workspace, key: str) -> Kept[Ensembles] | None:
    """What ensembles came to; None where they have not been tried."""
    return read_kept(workspace, key, Ensembles)


def keep_concatenated(dataset: Dataset, encoders: Sequence[str], name: str = "") -> str:
    """Store vectors side by side as an encoder of one's own, for maps and searches; returns its id.

    It holds the images that all of `encoders` have vectors of. Raises `NotEmbedded`, and `InvalidInput` with fewer than
    two encoders or for a name that is taken by other vectors.
    """
    from embedding_core.train.ensembles import concatenated

    names = list(dict.fromkeys(encoders))
    for encoder in names:
        refuse_fitted(encoder, "what they come to together")
    if not 2 <= len(names) <= MOST:
        raise InvalidInput(f"Vectors of 2 to {MOST} encoders are put side by side, not of {len(names)}.")
    embeddings = [dataset.embedding(one) for one in names]
    ids = embeddings[0].ids
    for one in embeddings[1:]:
        ids = ids[find(ids, one.ids) >= 0]
    if not len(ids):
        raise InvalidInput("No image has vectors from all of these encoders. Embed them first.")
    whole = concatenated([one.matrix()[one.positions(ids)] for one in embeddings])
    content = fingerprint("concatenated", 1, *(one.fingerprint for one in embeddings))
    card = card_for_imported((name or " + ".join(names))[:60], whole.shape[1], content)
    told = f"{_TOLD} the vectors of {', '.join(names)} side by side."
    card = replace(card, good_for=told)
    taken = next((one.card for one in dataset.encodings() if one.card.id == card.id), None)
    if taken is not None and taken.good_for != told:
        raise InvalidInput(f"There are other vectors under the name {card.name!r}. Choose another name.")
    images = dataset.images()
    shas = dict(zip(images["id"].to_pylist(), images["sha256"].to_pylist(), strict=True))
    wanted = ids.tolist()
    dataset.vectors.put(card, wanted, [shas[one] for one in wanted], whole)
    return card.id


def _runs_here(encoder: str) -> bool:
    return not encoder.startswith(PREFIX) and registry.available_offline(encoder)


def _cost(workspace: Workspace, dataset: Dataset, embedding: Embedding, load: Load | None) -> Cost:
    card = embedding.card
    speed = None if load is None else measured_speed(workspace, dataset, card, lambda: load(card.id))
    seconds = None if speed is None or not speed.images_per_second else 1 / speed.images_per_second
    return Cost(card.id, card.dim, seconds, card.size_mb)


def _views(dataset: Dataset, ids: NDArray[np.int64], encoder: Encoder, progress: Reporter) -> NDArray[np.float32]:
    """(3, k, d): each image mirrored, cropped, and both. Raises `InvalidInput` where one cannot be read any more."""
    from embedding_core.images import decode
    from embedding_core.parallel import in_order

    side = encoder.card.preprocessing.resize

    def prepare(data: bytes | ImageRefused) -> list[NDArray[Any]]:
        if isinstance(data, ImageRefused):
            raise InvalidInput(f"A test image cannot be looked at again: {data}")
        return [encoder.prepare(one) for one in seen_otherwise(decode(data, side=round(side / ZOOM)).image)]

    found = np.empty((3, len(ids), encoder.card.dim), np.float32)
    step = max(1, encoder.batch)
    for start in range(0, len(ids), step):
        progress("embedding views", start, len(ids))
        some = ids[start : start + step].tolist()
        contents = dataset.contents(some)
        inputs = list(in_order(prepare, [contents[one] for one in some]))
        for view in range(3):
            found[view, start : start + len(some)] = encoder.encode(np.stack([one[view] for one in inputs]))
    return found


def seen_otherwise(image: Image.Image) -> list[Image.Image]:
    """An image mirrored, its middle, and that mirrored."""
    from PIL import ImageOps

    width, height = image.size
    left, top = round(width * (1 - ZOOM) / 2), round(height * (1 - ZOOM) / 2)
    middle = image.crop((left, top, max(left + 1, width - left), max(top + 1, height - top)))
    return [ImageOps.mirror(image), middle, ImageOps.mirror(middle)]
