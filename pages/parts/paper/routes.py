"""The report of a dataset under an encoder.

GET paper/{dataset}.html   one file that needs nothing else
GET paper/{dataset}.pdf    the same, printed by a browser of this machine
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import anyio.to_thread
from starlette.responses import Response

from embedding_core.encoders import registry
from pages.parts import server
from pages.parts.access import route
from pages.parts.paper import printing

if TYPE_CHECKING:
    from starlette.requests import Request

    from embedding_core.records import Actor


async def html(request: Request, actor: Actor) -> Response:
    """`?encoder=` says which; by default the one that everybody has."""
    content, name = await anyio.to_thread.run_sync(_written, *_asked(request))
    return Response(content, media_type="text/html; charset=utf-8", headers=_named(f"{name}.html"))


async def pdf(request: Request, actor: Actor) -> Response:
    content, name = await anyio.to_thread.run_sync(_printed, *_asked(request))
    return Response(content, media_type="application/pdf", headers=_named(f"{name}.pdf"))


ROUTES = [route("paper/{dataset}.html", html), route("paper/{dataset}.pdf", pdf)]


def _asked(request: Request) -> tuple[str, str]:
    return request.path_params["dataset"], request.query_params.get("encoder") or registry.DEFAULT


def _written(uuid: str, encoder: str) -> tuple[str, str]:
    """The file and what to call it. Raises `UnknownName` and `NotEmbedded`."""
    from pages.parts.paper import whole  # with it come all charts, which the server's start need not wait for

    workspace = server.workspace()
    dataset = workspace.dataset_by_uuid(uuid)
    return whole.html(workspace, dataset, encoder), f"{dataset.name}, report"


def _printed(uuid: str, encoder: str) -> tuple[bytes, str]:
    content, name = _written(uuid, encoder)
    return printing.printed(content), name


def _named(name: str) -> dict[str, str]:
    """Both forms: the plain one for old clients, the other for names beyond ASCII."""
    plain = "".join(char if char.isascii() and char.isprintable() and char not in '"\\/' else "_" for char in name)
    return {"Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"}
