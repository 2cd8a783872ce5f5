"""Everything that is kept between reruns and shared by all visitors. The only `st.cache_…`.

Entries are keyed by fingerprints and tokens, never by arrays, of which Streamlit hashes a sample. Arrays are read-only
and not copied (`cache_resource`), and every cache is bounded.
"""

from __future__ import annotations

import base64
import json
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.compute as pc
import streamlit as st

from embedding_core import derived, memory, spatial, trust
from embedding_core.errors import NotEmbedded
from embedding_core.fingerprint import digest
from embedding_core.vectors import read_only
from pages.parts import membership, server
from pages.parts.columns import Columns, says

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pyarrow as pa
    from numpy.typing import NDArray

    from embedding_core.derived import ClusterResult, MapResult, Present, Scores
    from embedding_core.derived.kept import Kept
    from embedding_core.neighbours import NeighbourGraph
    from embedding_core.records import Actor, Rejected
    from embedding_core.workspace import Dataset, Embedding, Selection, Workspace
    from pages.parts.curate.finding import Read
    from pages.parts.filters import Choices
    from pages.parts.membership import Grouped

FIRST = 6  # images on a dataset's card


def columns(dataset: Dataset) -> Columns:
    """The columns of a dataset as it is now."""
    token = dataset.token
    with _changing:
        past = _present.get(dataset.uuid, token)
        _present[dataset.uuid] = token
    if past != token:  # nobody asks for them any more, and of a million images they take 200 MB
        _columns.clear(past, _dataset=dataset)
    return _columns(token, _dataset=dataset)


_present: dict[str, str] = {}  # the last token of each dataset
_changing = threading.Lock()


@st.cache_resource(max_entries=8, show_spinner=False)
def _columns(token: str, *, _dataset: Dataset) -> Columns:
    images = _dataset.images()
    attributes, metadata = _dataset.said_of(images["id"].to_numpy())
    for source, known in ((_dataset.label_source, "label"), (_dataset.split_source, "split")):
        name = source.removeprefix("column:")
        # What has become the label or the split would otherwise be on every screen twice.
        if name in metadata.column_names and says(metadata[name], attributes[known]):
            metadata = metadata.drop_columns([name])
    found = Columns(
        dataset=_dataset.uuid,
        images=images,
        label=attributes["label"].combine_chunks(),
        split=attributes["split"].combine_chunks(),
        metadata=metadata,
        tags=_dataset.tags(),
    )
    memory.give_back()
    return found


@dataclass(frozen=True, eq=False, slots=True)
class Summary:
    """What a card says of a dataset."""

    count: int
    first: pa.Table  # id, path and sha256 of the first images
    labels: int  # different ones
    splits: tuple[str, ...]


def summary(dataset: Dataset) -> Summary:
    return _summary(dataset.token, _dataset=dataset)


@st.cache_resource(max_entries=256, show_spinner=False)
def _summary(token: str, *, _dataset: Dataset) -> Summary:
    attributes = _dataset.attributes()
    return Summary(
        count=len(attributes),
        first=_dataset.first(FIRST),
        labels=pc.count_distinct(attributes["label"]).as_py(),
        splits=tuple(sorted(name for name in attributes["split"].unique().to_pylist() if name is not None)),
    )


def rejected(dataset: Dataset) -> list[Rejected]:
    """The files that were refused, by path."""
    return _rejected(dataset.rejected_token, _dataset=dataset)


@st.cache_resource(max_entries=8, show_spinner=False)
def _rejected(token: str, *, _dataset: Dataset) -> list[Rejected]:
    return _dataset.rejected()


def embedding(dataset: Dataset, encoder: str) -> Embedding:
    """The handle on the vectors from one encoder. Raises `NotEmbedded`."""
    for encoding in dataset.encodings():
        if encoding.card.id == encoder:
            state = f"{dataset.images_token}:{encoding.card.fingerprint}:{encoding.count}"
            return _embedding(state, encoder, _dataset=dataset)
    raise NotEmbedded(f"The images of {dataset.name!r} have no vectors from {encoder!r} yet. Compute them on Encoders.")


@st.cache_resource(max_entries=16, show_spinner=False)
def _embedding(state: str, encoder: str, *, _dataset: Dataset) -> Embedding:
    return _dataset.embedding(encoder)


def read_map(fingerprint: str) -> MapResult | None:
    """A stored map. Row i is the image `ids[i]`."""
    found = _map(fingerprint)
    if found is None:
        _map.clear(fingerprint)  # it may be on its way
    return found


@st.cache_resource(max_entries=16, show_spinner=False)
def _map(fingerprint: str) -> MapResult | None:
    return derived.read_map(server.workspace(), fingerprint)


@st.cache_resource(max_entries=8, show_spinner=False)
def rows_on_map(fingerprint: str, token: str, *, _drawn: MapResult, _columns: Columns) -> NDArray[np.int32]:
    """The row in `_columns`, those of the dataset at `token`, of each image on a map (n,); −1 for one that is gone."""
    return read_only(_columns.find(_drawn.ids).astype(np.int32))


@dataclass(frozen=True, eq=False, slots=True)
class Honesty:
    """How far a map can be believed, image by image."""

    agreement: float  # see `trust.agreement`
    misplaced: NDArray[np.int64] | None  # (m,) rows of the map, see `trust.misplaced`; None where nobody has judged


@st.cache_resource(max_entries=16, show_spinner=False)
def honesty(fingerprint: str, *, _trust: NDArray[np.float32], _misplaced: NDArray[np.bool_] | None) -> Honesty:
    """What the trust of a map (n,) comes to, and who is misplaced on it (n,)."""
    rows = None if _misplaced is None else read_only(np.flatnonzero(_misplaced))
    return Honesty(trust.agreement(_trust), rows)


@st.cache_resource(max_entries=16, show_spinner=False)
def rows_name(fingerprint: str, *, _drawn: MapResult) -> str:
    """Names the images of a map in their order: maps with the same name have the same rows."""
    return digest(_drawn.ids.tobytes())[:16]


@st.cache_resource(max_entries=16, show_spinner=False)
def exemplars_on_map(
    fingerprint: str, clusters: str, each: int, *, _drawn: MapResult, _clusters: ClusterResult
) -> tuple[int, ...]:
    """The rows of a map with up to `each` typical images of each group."""
    ids = [int(_clusters.ids[row]) for rows in _clusters.clustering.exemplars for row in rows[:each]]
    return tuple(np.flatnonzero(np.isin(_drawn.ids, ids)).tolist())


@st.cache_resource(max_entries=8, show_spinner=False)
def spatial_order(fingerprint: str, *, _drawn: MapResult) -> NDArray[np.int32]:
    """The rows of a map in two dimensions (n,) by their place on it."""
    return read_only(spatial.order(_drawn.placed))


def read_clusters(dataset: Dataset, fingerprint: str, seen: tuple[Columns, str] | None = None) -> ClusterResult | None:
    """A stored clustering, judged by the labels of now, or by those of other columns and what names their state."""
    known, state = seen or (columns(dataset), dataset.token)
    found = _clusters(fingerprint, state, _columns=known)
    if found is not None and not found.current:
        _clusters.clear(fingerprint, state, _columns=known)  # the verdict may be on its way
    return found


@st.cache_resource(max_entries=8, show_spinner=False)
def _clusters(fingerprint: str, state: str, *, _columns: Columns) -> ClusterResult | None:
    return derived.read_clusters(server.workspace(), fingerprint, _columns.labels_of)


@st.cache_resource(max_entries=16, show_spinner=False)
def passing(token: str, of: str, wanted: str, *, _make: Callable[[], NDArray[np.bool_]]) -> NDArray[np.bool_]:
    """Which images pass the filters `wanted`: those of a dataset at `token`, or those of a map, as `of` says (n,)."""
    return _make()


def grouped(found: ClusterResult, known: Columns, token: str, ids: NDArray[np.int64] | None = None) -> Grouped:
    """A grouping with its images sorted; of those among `ids` (m,) alone, where they are given.

    `token` names the state of the dataset that the columns are of.
    """
    state = f"{token}:{found.current}"  # a grouping gets its names a moment after it was found
    among = "" if ids is None else digest(ids.tobytes())
    return _grouped(found.fingerprint, state, among, _found=found, _columns=known, _ids=ids)


@st.cache_resource(max_entries=16, show_spinner=False)
def _grouped(
    fingerprint: str,
    state: str,
    among: str,
    *,
    _found: ClusterResult,
    _columns: Columns,
    _ids: NDArray[np.int64] | None,
) -> Grouped:
    return membership.grouped(_found if _ids is None else membership.narrowed(_found, _ids), _columns)


@st.cache_resource(max_entries=128, show_spinner=False)
def choices(token: str, of: str, key: str, *, _make: Callable[[], Choices]) -> Choices:
    """What can be chosen from the column `key`, likewise."""
    return _make()


@st.cache_resource(max_entries=16, show_spinner=False)
def finding(kind: str, key: str, token: str, *, _make: Callable[[], Read]) -> Read:
    """What a check has found, with its cases, for a dataset at `token`."""
    return _make()


def scores(fingerprint: str) -> Scores | None:
    """The numbers that a check has found; None when they are not there. A finding never changes."""
    found = _scores(fingerprint)
    if found is None:
        _scores.clear(fingerprint)
    return found


@st.cache_resource(max_entries=16, show_spinner=False)
def _scores(fingerprint: str) -> Scores | None:
    return derived.read_scores(server.workspace(), fingerprint)


def present(dataset: Dataset, embedding: Embedding | None) -> Present:
    """What findings would go by now, see `derived.Present`."""
    vectors, copies = "", False
    if embedding is not None:
        vectors = embedding.fingerprint
        copies = bool(server.workspace().results.find(dataset.uuid, "duplicates", vectors))
    return _present_of(dataset.token, vectors, copies, _dataset=dataset, _embedding=embedding)


@st.cache_resource(max_entries=16, show_spinner=False)
def _present_of(token: str, vectors: str, copies: bool, *, _dataset: Dataset, _embedding: Embedding | None) -> Present:
    return derived.Present(server.workspace(), _dataset, _embedding)


def of_versions(dataset: Dataset, what: str, make: Callable[[], Any]) -> Any:
    """What follows from images and decisions as they are now, such as a version or a difference. `what` names it."""
    state = ":".join([dataset.token, dataset.decisions.token, dataset.versions.token])
    return _of_versions(what, state, _make=make)


@st.cache_resource(max_entries=16, show_spinner=False)
def _of_versions(what: str, state: str, *, _make: Callable[[], Any]) -> Any:
    return _make()


def proof(key: str, read: Callable[[Workspace, str], Kept[Any] | None]) -> Kept[Any] | None:
    """A stored effect or repair, whose intervals take a moment; None until it has been worked out."""
    kept = _proof(key, _read=read)
    if kept is None:
        _proof.clear(key)
    return kept


@st.cache_resource(max_entries=16, show_spinner=False)
def _proof(key: str, *, _read: Callable[[Workspace, str], Kept[Any] | None]) -> Kept[Any] | None:
    return _read(server.workspace(), key)


def read_graph(embedding: str) -> NeighbourGraph | None:
    """The neighbour graph of the embedding with that fingerprint, rows as in its `ids`; None until it is computed.

    Of many images it is the nearest neighbours of each alone, see `derived.read_nearest`.
    """
    graph = _graph(embedding)
    if graph is None:
        _graph.clear(embedding)
    return graph


@st.cache_resource(max_entries=4, show_spinner=False)
def _graph(embedding: str) -> NeighbourGraph | None:
    graph = derived.read_nearest(server.workspace(), embedding)
    memory.give_back()
    return graph


def selection(hash_: str) -> Selection | None:
    """A selection by its hash. Call `forget_selection` after naming it."""
    found = _selection(hash_)
    if found is None:
        _selection.clear(hash_)
    return found


@st.cache_resource(max_entries=16, show_spinner=False)
def _selection(hash_: str) -> Selection | None:
    return server.workspace().selections.get(hash_)


def named_selections(dataset: Dataset) -> list[Selection]:
    """Those with a name, newest first."""
    return _named_selections(dataset.uuid, server.workspace().selections.token)


@st.cache_resource(max_entries=16, show_spinner=False)
def _named_selections(dataset: str, token: str) -> list[Selection]:
    return server.workspace().selections.named(dataset)


@st.cache_resource(max_entries=64, show_spinner=False)
def kept_selection(dataset: str, content: str, *, _ids: NDArray[np.int64], _how: str) -> str:
    """The hash of the selection of these images (m,), which `content` names; it is written when it is not there yet."""
    return server.workspace().selections.keep(dataset, _ids, how=_how).hash


def forget_selection(hash_: str) -> None:
    _selection.clear(hash_)


def search(embedding: Embedding, wanted: Mapping[str, Any], *, actor: Actor) -> dict[str, Any]:
    """What the task "search" answers. `wanted` is its parameters; an image in it is base64 text.

    Where it lacks an index, one is built while others search. Raises `KindredError`.
    """
    key = digest(json.dumps(wanted, sort_keys=True).encode())
    return _search(embedding.fingerprint, key, _wanted=wanted, _actor=actor)


def explanation(embedding: Embedding, wanted: Mapping[str, Any], *, actor: Actor) -> dict[str, Any]:
    """What the task "explain" finds; `wanted` is its parameters. Raises `KindredError`."""
    key = digest(json.dumps(wanted, sort_keys=True).encode())
    return _explanation(embedding.fingerprint, key, _wanted=wanted, _actor=actor)


@st.cache_data(max_entries=64, show_spinner=False)
def _explanation(embedding: str, key: str, *, _wanted: Mapping[str, Any], _actor: Actor) -> dict[str, Any]:
    return server.runner().call("explain", _wanted, actor=_actor)


def picture(image: bytes, *, actor: Actor) -> bytes:
    """An uploaded image as WebP, decoded and encoded anew by the worker. Raises `KindredError`."""
    return _picture(digest(image), _image=image, _actor=actor)


@st.cache_data(max_entries=16, show_spinner=False)
def _picture(key: str, *, _image: bytes, _actor: Actor) -> bytes:
    wanted = {"image": base64.b64encode(_image).decode(), "longest": 480}
    made: bytes = server.runner().call("preview", wanted, actor=_actor)["bytes"]
    return made


@st.cache_data(max_entries=256, show_spinner=False)
def _search(embedding: str, key: str, *, _wanted: Mapping[str, Any], _actor: Actor) -> dict[str, Any]:
    answer: dict[str, Any] = server.runner().call("search", _wanted, actor=_actor)
    if answer.get("index") == "missing":
        _index(embedding, _wanted, _actor)
    return answer


def _index(embedding: str, wanted: Mapping[str, Any], actor: Actor) -> None:
    """Have the search index of an embedding built, unless that has failed or was cancelled before."""
    job = {"dataset": wanted["dataset"], "encoder": wanted["encoder"], "embedding": embedding}
    before = [one for one in server.runner().list(wanted["dataset"]) if one.kind == "index" and one.parameters == job]
    if not any(one.state in ("failed", "cancelled") for one in before):
        server.runner().submit("index", job, dataset=wanted["dataset"], actor=actor)
