"""What the worker was asked and has answered: searches, explanations, uploaded pictures."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import streamlit as st

from embedding_core.fingerprint import digest
from pages.parts import server

if TYPE_CHECKING:
    from collections.abc import Mapping

    from embedding_core.records import Actor
    from embedding_core.workspace import Embedding


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
