"""What checks have found, what they would go by now, and what decisions made of a dataset."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from embedding_core import derived
from pages.parts import server
from pages.parts.cached.there import if_there

if TYPE_CHECKING:
    from collections.abc import Callable

    from embedding_core.derived import Present, Scores
    from embedding_core.derived.kept import Kept
    from embedding_core.workspace import Dataset, Embedding, Workspace
    from pages.parts.curate.finding import Read


@st.cache_resource(max_entries=16, show_spinner=False)
def finding(kind: str, key: str, token: str, *, _make: Callable[[], Read]) -> Read:
    """What a check has found, with its cases, for a dataset at `token`."""
    return _make()


def scores(fingerprint: str) -> Scores | None:
    """The numbers that a check has found; None when they are not there. A finding never changes."""
    return if_there(_scores, fingerprint)


@st.cache_resource(max_entries=16, show_spinner=False)
def _scores(fingerprint: str) -> Scores | None:
    return derived.read_scores(server.workspace(), fingerprint)


def present(dataset: Dataset, embedding: Embedding | None) -> Present:
    """What findings would go by now, see `derived.Present`."""
    vectors, copies = "", False
    if embedding is not None:
        vectors = embedding.fingerprint
        known = server.workspace().results.find(dataset.uuid, "duplicates", vectors)
        copies = derived.duplicates_key(vectors) in (one.fingerprint for one in known)
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
    return if_there(_proof, key, _read=read)


def newest(
    key: str,
    dataset: Dataset,
    kind: str,
    parent: str | None,
    read: Callable[[Workspace, str], Kept[Any] | None],
    **asked: Any,
) -> tuple[Kept[Any] | None, bool]:
    """The finding of now, stored under `key` ("" where there can be none), or else what there was `before`; and
    whether it is the one of now."""
    kept = proof(key, read) if key else None
    return (before(dataset, kind, parent, read, **asked), False) if kept is None else (kept, True)


def before(
    dataset: Dataset, kind: str, parent: str | None, read: Callable[[Workspace, str], Kept[Any] | None], **asked: Any
) -> Kept[Any] | None:
    """The newest finding of a kind that was asked for in this way, though images or labels have changed since."""
    for one in server.workspace().results.find(dataset.uuid, kind, parent):
        said = one.parameters.get("asked", {})
        if all(said.get(name) == value for name, value in asked.items()):
            return proof(one.fingerprint, read)
    return None


@st.cache_resource(max_entries=16, show_spinner=False)
def _proof(key: str, *, _read: Callable[[Workspace, str], Kept[Any] | None]) -> Kept[Any] | None:
    return _read(server.workspace(), key)
