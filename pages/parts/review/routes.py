"""The review over HTTP: cases ahead, decisions back. Nothing here reruns a page.

    GET   next?key=…&tab=…&n=8&holding=…&first=…                             →  {"cases": […], "progress": {…}}
    POST  decide     {"id", "key", "tab", "case", "action", "ids", "value", "who"}  →  {"progress"}
    POST  undo       {"id", "key", "tab", "case", "decision", "who"}         →  {"progress"}
    POST  release    {"key", "tab", "cases": [key, …]}                       →  {}
    GET   calibrate?key=…                                                    →  {"cases": […]}
    POST  calibrate  {"key", "wanted", "answers": [{"case", "yes"}, …]}      →  {"said", "line"}

All of them lie below `review/{dataset}/{finding}/`: a UUID and the kind of a check. `key` names what it has found (see
`curate.reading.read`), `tab` is a mark that each tab of a browser gives itself, so that two of them are not handed the
same cases, `holding` the keys of the cases that the browser has already. `progress` counts "total",
"decided", and "held", those that someone has before their eyes. The `id` of a decision is made in the browser, so that
one that is sent again, since its answer was lost, is the same one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import anyio.to_thread
from starlette.responses import JSONResponse

from embedding_core.errors import InvalidInput
from pages.parts import answers, cached
from pages.parts.access import route
from pages.parts.review import calibrating, sending
from pages.parts.review.desk import Desk

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.responses import Response

    from embedding_core.records import Actor


async def next_cases(request: Request, actor: Actor) -> Response:
    query = request.query_params
    n = query.get("n", "8")
    if not n.isdecimal() or not 1 <= int(n) <= 10_000:
        raise InvalidInput(f"`n` must be a number of cases, 1 or more, not {n!r:.40}.")

    def found() -> dict[str, Any]:
        desk = _desk(request, query.get("key"), actor, tab=query.get("tab"))
        holding = [key for key in query.get("holding", "").split(",") if key]
        cases = desk.next(int(n), holding=holding, first=query.get("first", ""))
        return {"cases": sending.cases(cached.columns(desk.dataset), cases), "progress": desk.progress()}

    return await _answered(found)


async def decide(request: Request, actor: Actor) -> Response:
    return await _changed(request, actor, Desk.decide)


async def undo(request: Request, actor: Actor) -> Response:
    return await _changed(request, actor, Desk.undo)


async def release(request: Request, actor: Actor) -> Response:
    wanted = await answers.json_body(request)

    def done() -> dict[str, Any]:
        _desk(request, wanted.get("key"), actor, tab=wanted.get("tab")).release(wanted)
        return {}

    return await _answered(done)


async def calibration(request: Request, actor: Actor) -> Response:
    def found() -> dict[str, Any]:
        desk = _desk(request, request.query_params.get("key"), actor)
        return {"cases": sending.cases(cached.columns(desk.dataset), calibrating.ask(desk.read))}

    return await _answered(found)


async def calibrate(request: Request, actor: Actor) -> Response:
    wanted = await answers.json_body(request)
    return await _answered(lambda: calibrating.answer(_desk(request, wanted.get("key"), actor).read, wanted))


ROUTES = [
    route("review/{dataset}/{finding}/next", next_cases),
    route("review/{dataset}/{finding}/decide", decide, methods=["POST"]),
    route("review/{dataset}/{finding}/undo", undo, methods=["POST"]),
    route("review/{dataset}/{finding}/release", release, methods=["POST"]),
    route("review/{dataset}/{finding}/calibrate", calibration),
    route("review/{dataset}/{finding}/calibrate", calibrate, methods=["POST"]),
]


def _desk(request: Request, key: object, actor: Actor, *, who: object = None, tab: object = None) -> Desk:
    return Desk.of(request.path_params["dataset"], request.path_params["finding"], key, actor, who=who, tab=tab)


async def _changed(request: Request, actor: Actor, act: Callable[[Desk, dict[str, Any]], object]) -> Response:
    wanted = await answers.json_body(request)

    def done() -> dict[str, Any]:
        desk = _desk(request, wanted.get("key"), actor, who=wanted.get("who"), tab=wanted.get("tab"))
        act(desk, wanted)
        return {"progress": desk.progress()}

    return await _answered(done)


async def _answered(make: Callable[[], dict[str, Any]]) -> Response:
    return JSONResponse(await anyio.to_thread.run_sync(make))
