"""Reduced vectors and joined features of a dataset, to be written; reduced vectors kept as an encoder of their own."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from embedding_core.deciding.versions import snapshot
from embedding_core.derived import encoders
from embedding_core.derived.components import TRIAL, read_trial
from embedding_core.derived.features import KIND as FEATURES
from embedding_core.derived.features import read_features
from embedding_core.encoders.imported import card_for_imported
from embedding_core.errors import UnknownName
from embedding_core.evaluate.axes.storing import packed
from embedding_core.evaluate.joined.features import EMBEDDING
from embedding_core.export.embeddings import ordered
from embedding_core.export.matrices import Matrix
from embedding_core.ids import find
from embedding_core.vectors import unit_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embedding_core.derived.kept import Kept
    from embedding_core.encoders.base import EncoderCard
    from embedding_core.evaluate.axes.trial import Trial
    from embedding_core.evaluate.joined.features import Features
    from embedding_core.workspace import Dataset, Embedding, Workspace

HOW = "unit = v / ‖v‖; reduced = (unit − mean) @ axes"
BACK = f"{HOW}; denoised = reduced @ axes.T + mean"
JOINED = "[(v / ‖v‖ − mean) · scale, other blocks]; names are those of the other blocks' columns"


class UnknownFinding(UnknownName):
    noun = "stored finding"


def reduced_matrix(
    workspace: Workspace, dataset: Dataset, embedding: Embedding, kept: Kept[Trial], *, numbers: str = "float32"
) -> Matrix:
    """The vectors of a version's images under the map of a trial, as `numbers`: float32, float16 or int8.

    Raises `InvalidInput`.
    """
    trial, asked = kept.found, _asked(workspace, kept.fingerprint)
    ids, said = _images(workspace, dataset, embedding, str(asked["version"]))
    widths = trial.widths
    packed(np.zeros((0, trial.reduction.dim), np.float32), numbers, widths)

    def blocks() -> Iterator[NDArray[Any]]:
        for vectors in ordered(embedding, ids):
            yield packed(trial.reduction(vectors), numbers, widths)

    about = {
        "made_by": "Kindred: principal axes",
        "how": BACK if trial.reduction.back else HOW,
        "treatment": asdict(trial.treatment),
        "said": trial.treatment.words,
        "numbers": numbers,
        **({"read": "vectors · steps"} if numbers == "int8" else {}),
        **_origin(dataset, embedding, asked),
        "accuracy": None if trial.probe is None else asdict(trial.probe),
        "accuracy_test": None if trial.test is None else asdict(trial.test),
    }
    extras = {"mean": trial.reduction.mean, "axes": np.ascontiguousarray(trial.reduction.axes)}
    extras |= {"steps": widths} if numbers == "int8" else {}
    return Matrix("vectors", ids, *said, trial.reduction.dim, numbers, blocks, extras, about)


def features_matrix(workspace: Workspace, dataset: Dataset, embedding: Embedding, kept: Kept[Features]) -> Matrix:
    """Embedding and other blocks of a version's images as one matrix of float32."""
    found, asked = kept.found, _asked(workspace, kept.fingerprint)
    ids, said = _images(workspace, dataset, embedding, str(asked["version"]))
    rows = find(ids, found.ids)

    def blocks() -> Iterator[NDArray[Any]]:
        start = 0
        for vectors in ordered(embedding, ids):
            yield found.joined(unit_rows(vectors), rows[start : start + len(vectors)])
            start += len(vectors)

    names = [f"{EMBEDDING} {number}" for number in range(embedding.card.dim)] + list(found.names)
    about = {
        "made_by": "Kindred: feature vectors",
        "how": JOINED,
        "names": names,
        "scale": found.scale,
        "blocks": [asdict(one) for one in found.blocks],
        **_origin(dataset, embedding, asked),
    }
    extras = {"mean": found.mean}
    return Matrix("features", ids, *said, len(names), "float32", blocks, extras, about)


def keep_as_encoder(
    workspace: Workspace, dataset: Dataset, embedding: Embedding, kept: Kept[Trial], name: str
) -> EncoderCard:
    """Store the reduced vectors as an encoder `own:name`, so that map, search and scores work on them.

    Those of a fine-tuned encoder stay known as such, as `own:tuned:name`. Raises `InvalidInput` for a name that is
    empty or too long.
    """
    trial = kept.found
    card = card_for_imported(name, trial.reduction.dim, kept.fingerprint)
    card = replace(
        card,
        family="principal axes",
        licence=embedding.card.licence,
        good_for=f"Vectors of {embedding.card.name}: {trial.treatment.words}.",
    )
    seen = encoders.fitted_on(workspace, dataset, embedding.card.id)
    if seen is not None:
        card = encoders.made_from(embedding.card.id, card)
        encoders.note_fitted(workspace, dataset, card.id, seen)
    images = dataset.described(embedding.ids.tolist())
    ids = images["id"].to_numpy()
    dataset.vectors.put(card, ids.tolist(), images["sha256"].to_pylist(), _all(embedding, trial, ids))
    return card


def reduced(workspace: Workspace, fingerprint: str) -> tuple[Dataset, Embedding, Kept[Trial]]:
    """A stored trial with what it was made of. Raises `UnknownFinding`."""
    dataset, embedding = _source(workspace, fingerprint, TRIAL)
    kept = read_trial(workspace, fingerprint)
    if kept is None:
        raise UnknownFinding(fingerprint[:12])
    return dataset, embedding, kept


def joined(workspace: Workspace, fingerprint: str) -> tuple[Dataset, Embedding, Kept[Features]]:
    """Stored features with what they were made of. Raises `UnknownFinding`."""
    dataset, embedding = _source(workspace, fingerprint, FEATURES)
    kept = read_features(workspace, fingerprint)
    if kept is None:
        raise UnknownFinding(fingerprint[:12])
    return dataset, embedding, kept


def _source(workspace: Workspace, fingerprint: str, kind: str) -> tuple[Dataset, Embedding]:
    stored = workspace.results.get(fingerprint)
    if stored is None or stored.kind != kind:
        raise UnknownFinding(fingerprint[:12])
    dataset = workspace.dataset_by_uuid(stored.dataset)
    for one in dataset.encodings():
        embedding = dataset.embedding(one.card.id)
        if embedding.fingerprint == stored.parent:
            return dataset, embedding
    raise UnknownFinding(fingerprint[:12])


def _asked(workspace: Workspace, fingerprint: str) -> dict[str, Any]:
    stored = workspace.results.get(fingerprint)
    if stored is None:
        raise UnknownFinding(fingerprint[:12])
    asked: dict[str, Any] = stored.parameters["asked"]
    return {**asked, "fingerprint": fingerprint}


def _images(
    workspace: Workspace, dataset: Dataset, embedding: Embedding, version: str
) -> tuple[NDArray[np.int64], tuple[list[str], list[str], list[str]]]:
    """The images of a version that have vectors, in the order of their paths; path, label, split of each."""
    state = snapshot(workspace, dataset, version)
    there = find(state.ids, embedding.ids) >= 0
    ids = state.ids[there]
    paths = dataset.paths()
    labels, splits = ([text or "" for text in column[there].tolist()] for column in (state.labels, state.splits))
    return ids, ([paths[image] for image in ids.tolist()], labels, splits)


def _origin(dataset: Dataset, embedding: Embedding, asked: dict[str, Any]) -> dict[str, Any]:
    return {
        "dataset": dataset.name,
        "data": dataset.fingerprint,
        "version": asked["version"],
        "encoder": embedding.card.id,
        "encoder_licence": embedding.card.licence,
        "embedding": embedding.fingerprint,
        "finding": asked["fingerprint"],
        "seed": asked["seed"],
        "made": time.strftime("%Y-%m-%d", time.gmtime()),
    }


def _all(embedding: Embedding, trial: Trial, ids: NDArray[np.int64]) -> NDArray[np.float32]:
    made = np.empty((len(ids), trial.reduction.dim), np.float32)
    order = np.argsort(ids)
    for some, vectors in embedding.batches():
        at = find(some, ids, order)
        made[at[at >= 0]] = trial.reduction(vectors[at >= 0])
    return made
