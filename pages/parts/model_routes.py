"""Models and predictions, taken away.

GET model/{id}.zip          a saved model, or a draft of one, as `train.saving` writes it
GET predictions/{key}.csv   what a model has said of images
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import quote

import anyio.to_thread
from starlette.responses import Response, StreamingResponse

from embedding_core import derived
from embedding_core.errors import UnknownName
from pages.parts import server
from pages.parts.access import route

if TYPE_CHECKING:
    from starlette.requests import Request

    from embedding_core.records import Actor
    from embedding_core.train.predicting import Predicted


class UnknownPredictions(UnknownName):
    noun = "set of predictions"


async def model(request: Request, actor: Actor) -> Response:
    wanted = request.path_params["id"]
    found = await anyio.to_thread.run_sync(server.workspace().models.get, wanted)
    if found is None:
        raise derived.UnknownModel(wanted)
    return Response(found.content, media_type="application/zip", headers=_named(f"{found.name}.zip"))


async def predictions(request: Request, actor: Actor) -> Response:
    wanted = request.path_params["key"]
    kept = await anyio.to_thread.run_sync(derived.read_predicted, server.workspace(), wanted)
    if kept is None:
        raise UnknownPredictions(wanted)
    name = f"predicted by {kept.found.model}.csv"
    return StreamingResponse(_table(kept.found), media_type="text/csv; charset=utf-8", headers=_named(name))


ROUTES = [route("model/{id}.zip", model), route("predictions/{key}.csv", predictions)]


def _table(found: Predicted) -> Iterator[str]:
    numbers = ["value", "low", "high"] if found.task == "regression" else ["label", "probability"]
    text = io.StringIO()
    writer = csv.DictWriter(text, ["path", *numbers, "unlike"])
    writer.writeheader()
    for row in found.rows():
        # A cell that begins like a formula would be one to a spreadsheet.
        writer.writerow({name: _cell(value) for name, value in row.items()})
        if text.tell() > 2**16:
            yield text.getvalue()
            text.seek(0)
            text.truncate()
    yield text.getvalue()


def _cell(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@") else value


def _named(name: str) -> dict[str, str]:
    """Both forms: the plain one for old clients, the other for names beyond ASCII."""
    plain = "".join(char if char.isascii() and char.isprintable() and char not in '"\\/' else "_" for char in name)
    return {"Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"}
