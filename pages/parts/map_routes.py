"""What the map in the browser asks for: points, columns, pages of images, selections, and its own JavaScript.

`map/{fingerprint}/…` is about a stored map; row i is its image `ids[i]`. What depends on the dataset has its version in
the address, and an address whose version is past gets 409. Sets of rows travel as bits, see `map.bits`, everything else
as containers, see `map.planes`.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import anyio
import anyio.to_thread
import numpy as np
import pyarrow.compute as pc
from starlette.responses import JSONResponse, Response

from embedding_core import spatial
from embedding_core.errors import InvalidInput, TooLarge, UnknownName
from embedding_core.ids import find
from pages.parts import cached, server
from pages.parts.access import route
from pages.parts.answers import OutOfDate
from pages.parts.download_routes import UnknownSelection
from pages.parts.map import album, columns, modules, planes, rows, sending
from pages.parts.map.present import Present, UnknownMap, present

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from starlette.requests import Request

    from embedding_core.records import Actor
    from pages.parts.access import Handler

AT_ONCE = 4  # answers that are made at the same time: each may hold a column of a million rows
LARGEST_SET = 2**22  # bytes of a set of rows
LONGEST_TEXT = 200  # characters that say how a selection was made, or that a path is to contain
GROWN_BY = 5  # neighbours of each image


class UnknownPoints(UnknownName):
    noun = "layout"


def points(request: Request) -> Response:
    now = _now(request)
    placed = _placed(now, request.path_params["turn"])
    return sending.for_good(request, lambda: _points(placed, placed))


def points_as(request: Request) -> Response:
    """The points turned towards another map, in the order of its rows, NaN for images that are not on this one."""
    now, other = _now(request), present(request.path_params["other"])
    _placed(now, request.path_params["turn"])
    _placed(other, request.path_params["other_turn"])
    if other.dataset.uuid != now.dataset.uuid:
        raise UnknownMap(other.drawn.fingerprint)

    def aligned() -> bytes:
        placed = now.drawn.facing(other.drawn).placed
        at = find(other.drawn.ids, now.drawn.ids)
        return _points(np.where((at >= 0)[:, None], placed[at], np.float32(np.nan)), placed)

    return sending.for_good(request, aligned)


def column(request: Request) -> Response:
    now, key = _of_version(request), request.path_params["key"]
    if not columns.settled(now, key):
        return Response(columns.column(now, key), media_type=sending.BINARY)
    return sending.for_good(request, lambda: _unchanged(now, columns.column(now, key)))


def gone(request: Request) -> Response:
    now = _of_version(request)
    return sending.for_good(request, lambda: _unchanged(now, rows.pack(now.gone)))


def page(request: Request) -> Response:
    now, number = _of_version(request), request.path_params["page"]
    _in_plane(now)
    return sending.for_good(request, lambda: _unchanged(now, album.page(now, number)))


def match(request: Request) -> Response:
    """Rows whose path contains a text."""
    now, text = _of_version(request), request.query_params.get("text", "")
    _short(text)

    def found() -> bytes:
        matched = pc.match_substring(now.columns.paths, text, ignore_case=True).to_numpy(zero_copy_only=False)
        return _unchanged(now, rows.pack(np.append(matched, False)[now.rows]))  # row −1, gone, is the last

    return sending.for_good(request, found)


def selection(request: Request) -> Response:
    now, key = _now(request), request.path_params["hash"]
    kept = cached.selection(key)
    if kept is None or kept.dataset != now.dataset.uuid:
        raise UnknownSelection(key)
    return sending.for_good(request, lambda: rows.pack(find(now.drawn.ids, kept.ids) >= 0))


def select(request: Request, content: bytes) -> Response:
    """Keep a set of rows as a selection. Images that are gone are left out of it."""
    now, how = _now(request), request.query_params.get("how", "")
    _short(how)
    ids = now.drawn.ids[rows.unpack(content, len(now.drawn.ids)) & ~now.gone]
    if not len(ids):
        raise InvalidInput("A selection wants at least one image that is still there.")
    kept = server.workspace().selections.keep(
        now.dataset.uuid, ids, how=how or "on the map", projection=now.drawn.fingerprint
    )
    return JSONResponse({"hash": kept.hash, "count": len(kept)})


def grow(request: Request, content: bytes) -> Response:
    """A set of rows and its members' nearest neighbours in the full space, but for images that are gone."""
    now = _now(request)
    chosen = rows.unpack(content, len(now.drawn.ids))
    graph = cached.read_graph(now.drawn.embedding)
    if graph is None:
        raise OutOfDate("The neighbours of these images have not been computed yet. Draw the map again.")
    grown = chosen.copy()
    grown[graph.rows[chosen, :GROWN_BY]] = True
    return Response(rows.pack(grown & ~now.gone), media_type=sending.BINARY)


def module(request: Request) -> Response:
    content = modules.read(request.path_params["revision"], request.path_params["name"])
    return sending.for_good(request, lambda: content, "text/javascript")


def _now(request: Request) -> Present:
    return present(request.path_params["fingerprint"])


def _of_version(request: Request) -> Present:
    now = _now(request)
    now.require(request.path_params["version"])
    return now


def _unchanged(now: Present, content: bytes) -> bytes:
    """What was read for an address that names a version, if it is still that one. Raises `OutOfDate`."""
    now.require(now.version)
    return content


def _in_plane(now: Present) -> None:
    """Raises `UnknownPoints` for a map in three dimensions."""
    if now.drawn.projection.dims != 2:
        raise UnknownPoints("2-D")


def _placed(now: Present, turn: str) -> NDArray[np.float32]:
    """(n, 2) the points of the map, turned like that."""
    _in_plane(now)
    if turn != now.drawn.turn_digest:
        raise UnknownPoints(turn, [now.drawn.turn_digest])
    return now.drawn.placed


def _points(shown: NDArray[np.float32], whole: NDArray[np.float32]) -> bytes:
    """A container of the points `shown`, with the box that the `whole` map lies in."""
    return planes.pack(len(shown), {"x": shown[:, 0], "y": shown[:, 1]}, box=spatial.box(whole))


def _short(text: str) -> None:
    if len(text) > LONGEST_TEXT:
        raise InvalidInput(f"That text has {len(text):,} characters and at most {LONGEST_TEXT} are taken. Shorten it.")


def _in_thread(make: Callable[[Request], Response]) -> Handler:
    """`make` where it does not keep others waiting."""

    async def handler(request: Request, actor: Actor) -> Response:
        return await anyio.to_thread.run_sync(make, request, limiter=_threads())

    handler.__name__ = make.__name__
    return handler


def _with_set(make: Callable[[Request, bytes], Response]) -> Handler:
    """Likewise, with the body of the request, a set of rows. Raises `TooLarge`."""

    async def handler(request: Request, actor: Actor) -> Response:
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > LARGEST_SET:
                raise TooLarge(f"A set of rows takes at most {LARGEST_SET >> 20} MB.")
        return await anyio.to_thread.run_sync(make, request, bytes(body), limiter=_threads())

    handler.__name__ = make.__name__
    return handler


@cache
def _threads() -> anyio.CapacityLimiter:
    return anyio.CapacityLimiter(AT_ONCE)


ROUTES = [
    route("map/{fingerprint}/points/{turn}", _in_thread(points)),
    route("map/{fingerprint}/points/{turn}/as/{other}/{other_turn}", _in_thread(points_as)),
    route("map/{fingerprint}/column/{version}/{key:path}", _in_thread(column)),
    route("map/{fingerprint}/gone/{version}", _in_thread(gone)),
    route("map/{fingerprint}/page/{version}/{page:int}", _in_thread(page)),
    route("map/{fingerprint}/match/{version}", _in_thread(match)),
    route("map/{fingerprint}/selection/{hash}", _in_thread(selection)),
    route("map/{fingerprint}/selection", _with_set(select), methods=["POST"]),
    route("map/{fingerprint}/grow", _with_set(grow), methods=["POST"]),
    route("module/{revision}/{name}.js", _in_thread(module)),
]
