"""Reduced vectors and joined features as files, written as they are sent."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING
from urllib.parse import quote

import anyio.to_thread
from starlette.responses import StreamingResponse

from embedding_core.derived import matrices
from embedding_core.derived.feature_card import feature_card
from embedding_core.export.archive import Member, whole, zipped
from embedding_core.export.matrices import written
from pages.parts import server
from pages.parts.access import route

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.requests import Request
    from starlette.responses import Response

    from embedding_core.records import Actor

MEDIA = {"npz": "application/octet-stream", "parquet": "application/vnd.apache.parquet", "zip": "application/zip"}


async def reduced(request: Request, actor: Actor) -> Response:
    """`?numbers=` float32, float16 or int8."""
    form, numbers = request.path_params["form"], request.query_params.get("numbers") or "float32"
    made = await anyio.to_thread.run_sync(_reduced, request.path_params["fingerprint"], form, numbers)
    return await _sent(*made, form)


async def features(request: Request, actor: Actor) -> Response:
    made = await anyio.to_thread.run_sync(_features, request.path_params["fingerprint"], request.path_params["form"])
    return await _sent(*made, "zip")


ROUTES = [route("reduced/{fingerprint}/{form}", reduced), route("features/{fingerprint}/{form}", features)]


def _reduced(fingerprint: str, form: str, numbers: str) -> tuple[Iterator[bytes], str]:
    """Raises `UnknownName` and `InvalidInput`."""
    workspace = server.workspace()
    dataset, embedding, kept = matrices.reduced(workspace, fingerprint)
    matrix = matrices.reduced_matrix(workspace, dataset, embedding, kept, numbers=numbers)
    return written(matrix, form), f"{dataset.name}, {embedding.card.name}, {kept.found.treatment.words}"


def _features(fingerprint: str, form: str) -> tuple[Iterator[bytes], str]:
    workspace = server.workspace()
    dataset, embedding, kept = matrices.joined(workspace, fingerprint)
    matrix = matrices.features_matrix(workspace, dataset, embedding, kept)
    card = whole("README.md", feature_card(kept.found, matrix).encode())
    members = [Member(f"features.{form}", written(matrix, form)), card]
    return zipped(members), f"{dataset.name}, features"


async def _sent(body: Iterator[bytes], name: str, ending: str) -> Response:
    # What cannot be made at all says so before its first byte, while an answer can still be an error.
    first = await anyio.to_thread.run_sync(next, body, b"")
    plain = "".join(char if char.isascii() and char.isprintable() and char not in '"\\' else "_" for char in name)
    disposition = f"attachment; filename=\"{plain}.{ending}\"; filename*=UTF-8''{quote(name, safe='')}.{ending}"
    headers = {"Content-Disposition": disposition}
    return StreamingResponse(chain([first], body), media_type=MEDIA[ending], headers=headers)
