"""What is taken away: a selection's original files as ZIP or its table as CSV, and a version in any format of exports.

Everything is written as it is sent.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING
from urllib.parse import quote

import anyio.to_thread
from starlette.responses import StreamingResponse

from embedding_core import derived, export
from embedding_core.deciding.versions import NOW, snapshot
from embedding_core.encoders import registry
from embedding_core.errors import UnknownName
from pages.parts import server
from pages.parts.access import route

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from embedding_core.export import Card, Taken
    from embedding_core.records import Actor

EVERYTHING = "all"  # in place of a selection's hash
MEDIA = {
    ".csv": "text/csv; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".npz": "application/octet-stream",
    ".parquet": "application/vnd.apache.parquet",
}


class UnknownSelection(UnknownName):
    noun = "selection"


async def originals(request: Request, actor: Actor) -> Response:
    taken, name = await anyio.to_thread.run_sync(_chosen, *_asked(request, "dataset", "selection"))
    return await _download(export.format_card("originals"), taken, name)


async def table(request: Request, actor: Actor) -> Response:
    taken, name = await anyio.to_thread.run_sync(_chosen, *_asked(request, "dataset", "selection"))
    return await _download(export.format_card("csv"), taken, name)


async def version(request: Request, actor: Actor) -> Response:
    """A version of a dataset: a format of one file as that, every other as a ZIP of its folder.

    `?version=` names it, by default what all decisions make of it now; `?encoder=` whose vectors, where there are any.
    """
    given = (*_asked(request, "dataset", "format"), request.query_params.get("version") or NOW)
    card, taken, name = await anyio.to_thread.run_sync(_exported, *given, request.query_params.get("encoder"))
    return await _download(card, taken, name)


ROUTES = [
    route("download/{dataset}/{selection}.zip", originals),
    route("download/{dataset}/{selection}.csv", table),
    route("export/{dataset}/{format}", version),
]


def _asked(request: Request, *names: str) -> tuple[str, ...]:
    return tuple(request.path_params[name] for name in names)


def _chosen(uuid: str, selection: str) -> tuple[Taken, str]:
    """The chosen images of a dataset as they are known now, and what to call them. Raises `UnknownName`."""
    workspace = server.workspace()
    dataset = workspace.dataset_by_uuid(uuid)
    if selection == EVERYTHING:
        return export.take(dataset), dataset.name
    kept = workspace.selections.get(selection)
    if kept is None or kept.dataset != uuid:
        raise UnknownSelection(selection)
    name = f"{dataset.name}, {kept.name}" if kept.name else f"{dataset.name}, {len(kept)} selected"
    return export.take(dataset, only=kept.ids.tolist()), name


def _exported(uuid: str, form: str, version: str, encoder: str | None) -> tuple[Card, Taken, str]:
    """The format, a version of a dataset, and what to call it. Raises `UnknownName`, `NotEmbedded`, `InvalidInput`."""
    workspace = server.workspace()
    dataset = workspace.dataset_by_uuid(uuid)
    card = export.format_card(form)
    taken = export.take(
        dataset,
        snapshot(workspace, dataset, version),
        decisions=dataset.decisions.all(),
        embedding=dataset.embedding(encoder or registry.DEFAULT) if card.vectors else None,
        sections=derived.story(workspace, dataset, version, encoder) if card.id == "report" else (),
    )
    return card, taken, f"{dataset.name}, {version}, {card.id}"


async def _download(card: Card, taken: Taken, name: str) -> Response:
    body = export.streamed(card, taken) if card.folder else _file(card, taken)
    # What cannot be exported at all says so before its first byte, while an answer can still be an error.
    first = await anyio.to_thread.run_sync(next, body, b"")
    ending, media = (".zip", "application/zip") if card.folder else (card.ending, MEDIA[card.ending])
    # Both forms: the plain one for old clients, the other for names beyond ASCII.
    name = name + ending
    plain = "".join(char if char.isascii() and char.isprintable() and char not in '"\\' else "_" for char in name)
    disposition = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
    return StreamingResponse(chain([first], body), media_type=media, headers={"Content-Disposition": disposition})


def _file(card: Card, taken: Taken) -> Iterator[bytes]:
    for member in export.members(card, taken):
        yield from member.pieces
