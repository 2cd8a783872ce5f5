"""What the tasks share: how parameters name a dataset, an encoder and a source."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from embedding_core import indexes, places
from embedding_core.encoders import registry
from embedding_core.errors import NameTaken, UnknownDataset
from embedding_core.neighbours import Flat

if TYPE_CHECKING:
    from embedding_core.encoders.base import Encoder
    from embedding_core.neighbours.inverted import Index, Indexed
    from embedding_core.records import Reporter
    from embedding_core.review.snapshots import Snapshot
    from embedding_core.sources import Source, Upload
    from embedding_core.workspace import Dataset, Embedding, Workspace

Parameters = Mapping[str, Any]
Result = dict[str, Any]

UPLOAD = "upload:"  # begins the source of what a browser has sent


def encoder(workspace: Workspace, encoder_id: str, progress: Reporter) -> Encoder:
    """One that everybody has, kept once loaded, or one that was fine-tuned here. Raises `UnknownEncoder`."""
    from embedding_core.derived import encoders

    progress("loading", 0, None, encoders.card(workspace, encoder_id).name)
    return kept_encoder(encoder_id) if encoder_id in registry.CARDS else encoders.load(workspace, encoder_id)


@lru_cache(maxsize=2)
def kept_encoder(encoder_id: str) -> Encoder:
    return registry.load(encoder_id)


@dataclass(frozen=True, eq=False)
class Kept:
    """An embedding made ready to be searched."""

    embedding: Embedding
    flat: Flat
    indexed: Indexed | None  # of a large set, once its index is built; its vectors are those of `flat`
    state: str  # of the dataset's images and vectors when they were read

    @property
    def quickest(self) -> Flat | Indexed:
        return self.flat if self.indexed is None else self.indexed


def kept_search(workspace: Workspace, dataset: Dataset, encoder_id: str) -> Kept:
    """An embedding ready to be searched, kept for whoever asks about the same one next. Raises `NotEmbedded`.

    Of one at a time the vectors are in memory, once: where an index has been built meanwhile they are read anew, into
    its order.
    """
    state = _state(dataset, encoder_id)
    last = _last[0] if _last else None
    if last is None or last.state != state:
        embedding = dataset.embedding(encoder_id)
        same = last is not None and last.embedding.fingerprint == embedding.fingerprint
        last = replace(last, state=state) if last is not None and same else None
    else:
        embedding = last.embedding
    if last is None or (last.indexed is None and indexes.wanted(len(embedding))):
        index = indexes.read_index(workspace, embedding.fingerprint) if indexes.wanted(len(embedding)) else None
        if last is None or index is not None:
            _last.clear()  # before others are read, so that there are never two
            del last
            last = _made_ready(embedding, index, state)
    _last[:] = [last]
    return last


def _made_ready(embedding: Embedding, index: Index | None, state: str) -> Kept:
    if index is None:
        return Kept(embedding, Flat(embedding.matrix()), None, state)
    indexed = indexes.read_indexed(embedding, index)
    return Kept(embedding, indexed.flat, indexed, state)


_last: list[Kept] = []  # the one that was asked about last


def _state(dataset: Dataset, encoder_id: str) -> str:
    """Changes whenever the embedding does: finding its fingerprint takes a look at every image."""
    for encoding in dataset.encodings():
        if encoding.card.id == encoder_id:
            return f"{dataset.images_token}:{encoding.card.fingerprint}:{encoding.count}"
    return ""


def namer(workspace: Workspace, embedding: Embedding) -> Callable[[], Encoder] | None:
    """How to load the embedding's encoder when clusters want names; None when it knows no categories."""
    from embedding_core.derived import encoders
    from embedding_core.records import silent

    card = embedding.card
    if not card.has_categories or not encoders.available_offline(workspace, card.id):
        return None
    return lambda: encoder(workspace, card.id, silent)


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


def version(workspace: Workspace, dataset: Dataset, parameters: Parameters) -> Snapshot | None:
    """The version of the dataset that is asked about; None for the dataset as it is. Raises `UnknownVersion`."""
    from embedding_core.deciding.versions import snapshot

    name = parameters.get("version")
    return snapshot(workspace, dataset, name) if name else None


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


def crashed(workspace: Workspace, dataset: Dataset, progress: Reporter) -> list[str]:
    """The files that were left out, since each has killed a process twice. They are remembered with the dataset."""
    from embedding_core import derived
    from embedding_core.embed import CRASHES

    found = sorted(path for path, crashes in progress.suspects.items() if crashes >= CRASHES)
    derived.remember_crashed(workspace, dataset, found)
    return found
