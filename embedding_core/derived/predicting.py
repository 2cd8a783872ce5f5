"""Saved models found, and what they say of a dataset's images or of images that are only passed through."""

from __future__ import annotations

import secrets
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from embedding_core.derived.kept import Kept, keep, read_kept
from embedding_core.derived.probing import MODEL
from embedding_core.errors import InvalidInput, UnknownName
from embedding_core.fingerprint import digest, fingerprint
from embedding_core.passing import Passed, passed
from embedding_core.records import silent
from embedding_core.train.loading import Loaded, load
from embedding_core.train.predicting import PICTURED, Answers, Predicted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from embedding_core.encoders.base import Encoder, EncoderCard
    from embedding_core.records import Reporter
    from embedding_core.sources import Source
    from embedding_core.workspace import Dataset, Embedding, Workspace
    from embedding_core.workspace.models import StoredModel

KIND = "predicted"
REVISION = 1

_BLOCK = 1_024  # vectors that are held before the model answers


class UnknownModel(UnknownName):
    noun = "model"


def saved_models(workspace: Workspace, dataset: Dataset | None = None) -> list[StoredModel]:
    """The models that have a name, newest first, without their content."""
    return workspace.models.find(kind=MODEL, dataset=dataset.uuid if dataset else None)


def open_model(workspace: Workspace, wanted: str, *, stored_only: bool = False) -> tuple[Loaded, str, str]:
    """A model by its id or name here, else, unless `stored_only`, by the path of its folder or ZIP.

    Returns it with its name and the uuid of the dataset that it belongs to, if any. Raises `UnknownModel`, and
    `InvalidInput` where what is there is refused.
    """
    models = saved_models(workspace)
    named = [one for one in models if wanted in (one.id, one.name)]
    path = Path(wanted).expanduser()
    if not stored_only and not (named and not path.exists()) and path.exists():
        return load(path), path.name or str(path), ""
    if not named:
        raise UnknownModel(wanted, [one.name for one in models])
    if len(named) > 1 and named[0].id != wanted:
        raise InvalidInput(f"{len(named)} models are called {wanted!r}, of different datasets. Name it by its id.")
    stored = workspace.models.get(named[0].id)
    if stored is None:
        raise UnknownModel(wanted)
    return load(stored.content), stored.name, stored.dataset


def predict_dataset(
    workspace: Workspace, dataset: Dataset, embedding: Embedding, loaded: Loaded, name: str
) -> Kept[Predicted]:
    """What a model says of all images of a dataset, kept. Raises `InvalidInput` for vectors of another encoder."""
    fits(loaded, embedding.card)
    facts = loaded.facts
    key = fingerprint(KIND, REVISION, embedding.fingerprint, *sorted(facts["files"].values()), name=name)

    def find_it() -> Predicted:
        paths = dataset.paths()
        kept = [paths[image] for image in embedding.ids.tolist()]
        return Answers(loaded, name, dataset.uuid).of(kept, [embedding.matrix()], ids=embedding.ids)

    return keep(
        workspace,
        dataset,
        key,
        kind=KIND,
        parent=embedding.fingerprint,
        of=Predicted,
        find=find_it,
        asked={"model": name},
    )


def predict_source(
    source: Source, encoder: Encoder, loaded: Loaded, name: str, *, progress: Reporter = silent
) -> Predicted:
    """What a model says of every image of a source, which is not kept. Raises `InvalidInput`, `InvalidSource`."""
    fits(loaded, encoder.card)
    paths: list[str] = []
    small: list[bytes] = []
    rejected: list[tuple[str, str]] = []

    def blocks() -> Iterator[NDArray[np.float32]]:
        held: list[NDArray[np.float32]] = []
        for one in passed(source, encoder, progress=progress):
            if not isinstance(one, Passed):
                rejected.append((one.path, f"{one.reason}: {one.detail}"))
                continue
            paths.append(one.path)
            if len(small) < PICTURED:
                small.append(one.thumbnail)
            held.append(one.vector)
            if len(held) == _BLOCK:
                yield np.stack(held)
                held = []
        if held:
            yield np.stack(held)

    return Answers(loaded, name).of(paths, blocks(), pictures=small, rejected=rejected)


def keep_predicted(workspace: Workspace, dataset: str, found: Predicted, seconds: float) -> str:
    """Keep what was said of images that were passed through, with the dataset of that uuid. Returns its fingerprint."""
    key = fingerprint(KIND, REVISION, dataset, digest(found.distances.tobytes()), secrets.token_hex(8))
    workspace.results.put(
        key,
        kind=KIND,
        dataset=dataset,
        parent="",
        arrays=found.arrays(),
        parameters={"asked": {"model": found.model, "at": time.time()}, "facts": found.facts()},
        seconds=seconds,
    )
    return key


def read_predicted(workspace: Workspace, key: str) -> Kept[Predicted] | None:
    """What a model has said; None where it is not there."""
    return read_kept(workspace, key, Predicted)


def fits(loaded: Loaded, card: EncoderCard) -> None:
    """Raises `InvalidInput` unless a model was trained over the vectors of this very encoder."""
    wanted = loaded.facts["encoder"]
    if wanted["fingerprint"] != card.fingerprint:
        raise InvalidInput(
            f"The model reads vectors of {wanted['name']} ({wanted['id']}) as they were when it was trained, and these "
            f"are of {card.name} ({card.id}). Train it again on the encoder that is here."
        )
