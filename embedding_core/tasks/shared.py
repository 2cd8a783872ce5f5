"""What the tasks share: how parameters name a dataset, an encoder and a source."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from embedding_core import places
from embedding_core.encoders import registry
from embedding_core.errors import NameTaken, UnknownDataset

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from embedding_core.encoders.base import Encoder
    from embedding_core.records import Reporter
    from embedding_core.sources import Source, Upload
    from embedding_core.workspace import Dataset, Embedding, Workspace

Parameters = Mapping[str, Any]
Result = dict[str, Any]

UPLOAD = "upload:"  # begins the source of what a browser has sent


def encoder(encoder_id: str, progress: Reporter) -> Encoder:
    progress("loading", 0, None, registry.card(encoder_id).name)
    return kept_encoder(encoder_id)


@lru_cache(maxsize=2)
def kept_encoder(encoder_id: str) -> Encoder:
    return registry.load(encoder_id)


def kept_vectors(dataset: Dataset, encoder_id: str) -> tuple[Embedding, NDArray[np.float32]]:
    """An embedding with its matrix, kept for whoever asks about the same one next. Raises `NotEmbedded`."""
    embedding = dataset.embedding(encoder_id)
    if not _last or _last[0][0].fingerprint != embedding.fingerprint:
        _last[:] = [(embedding, embedding.matrix())]
    return _last[0]


_last: list[tuple[Embedding, NDArray[np.float32]]] = []  # the one that was asked about last


def namer(embedding: Embedding) -> Callable[[], Encoder] | None:
    """How to load the embedding's encoder when clusters want names; None when it knows no categories."""
    card = embedding.card
    if not card.has_categories or not registry.available_offline(card.id):
        return None
    return lambda: kept_encoder(card.id)


def dataset(workspace: Workspace, parameters: Parameters, *, create: bool = False) -> Dataset:
    if parameters.get("dataset"):
        return workspace.dataset_by_uuid(parameters["dataset"])
    try:
        return workspace.dataset(parameters["name"])
    except UnknownDataset:
        if not create:
            raise
    try:
        return workspace.create(parameters["name"])
    except NameTaken:  # another process has made it meanwhile
        return workspace.dataset(parameters["name"])


def source(workspace: Workspace, parameters: Parameters) -> Source:
    from embedding_core.sources import open_source

    wanted = str(parameters["source"])
    if wanted == "sample":
        return open_source(places.SAMPLE)
    sent = _upload(workspace, wanted)
    if sent is not None:
        return sent.source(places.data_roots())
    roots = places.data_roots() if parameters.get("from_browser") else None
    return open_source(wanted, roots=roots)


def file(workspace: Workspace, wanted: str) -> Path:
    sent = _upload(workspace, wanted)
    return Path(wanted) if sent is None else sent.only_file()


def discard_upload(workspace: Workspace, wanted: str) -> None:
    """Let go of what a browser has sent, if `wanted` names that."""
    sent = _upload(workspace, wanted)
    if sent is not None:
        sent.discard()


def _upload(workspace: Workspace, wanted: str) -> Upload | None:
    """The upload that `wanted` names; None when it names something else."""
    from embedding_core.sources import Staging

    if not wanted.startswith(UPLOAD):
        return None
    return Staging(places.uploads(workspace.uri)).open(wanted.removeprefix(UPLOAD))
