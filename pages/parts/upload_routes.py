"""Uploads: a manifest opens one, pieces of files fill it, and finishing it submits the job that makes the dataset.

    POST   upload              {"key", "files": [{"path", "size"}]}  →  {"id", "received": [bytes of each file]}
    GET    upload/{id}                                              →  {"received"}
    PUT    upload/{id}         pieces (see `frames.py`)             →  {"written": bytes}
    POST   upload/{id}/finish  {"name", "labels", "split", "encoder"}  →  {"job", "dataset"}
                               {"stage": true}                         →  {"upload"}: someone else takes it from there
    DELETE upload/{id}

The same key of the same visitor is the same upload, so one goes on after a dropped connection or a reload. Bodies go
to disk as they arrive; what had arrived when a connection broke counts.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import anyio.to_thread
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response

from embedding_core.errors import InvalidInput
from pages.parts import answers, server
from pages.parts.access import route
from pages.parts.frames import LARGEST_FILE, Frames

if TYPE_CHECKING:
    from starlette.requests import Request

    from embedding_core.records import Actor
    from embedding_core.sources.staging import Upload

BUFFER = 2**20  # bytes gathered before a thread writes them


async def create(request: Request, actor: Actor) -> Response:
    wanted = await answers.json_body(request)
    manifest, key = _manifest(wanted.get("files")), wanted.get("key")
    if not isinstance(key, str) or not 1 <= len(key) <= 200:
        raise InvalidInput("An upload wants a `key` of 1 to 200 characters that names these files.")
    upload = await anyio.to_thread.run_sync(lambda: server.staging().create(manifest, key=f"{actor.id}/{key}"))
    return JSONResponse({"id": upload.id, **await _received(upload)})


async def status(request: Request, actor: Actor) -> Response:
    return JSONResponse(await _received(await _upload(request)))


async def write(request: Request, actor: Actor) -> Response:
    frames = Frames(await _upload(request))
    gathered = bytearray()
    with suppress(ClientDisconnect):  # what came through need not come again
        async for chunk in request.stream():
            gathered += chunk
            if len(gathered) >= BUFFER:
                ready, gathered = bytes(gathered), bytearray()
                await anyio.to_thread.run_sync(frames.feed, ready)
    await anyio.to_thread.run_sync(frames.feed, bytes(gathered))
    frames.close()
    return JSONResponse({"written": frames.written})


async def finish(request: Request, actor: Actor) -> Response:
    upload = await _upload(request)
    wanted = await answers.json_body(request)
    if wanted.get("stage") is True:
        await anyio.to_thread.run_sync(upload.finish)
        return JSONResponse({"upload": upload.id})
    job, name = await anyio.to_thread.run_sync(_submit, upload, wanted, actor)
    return JSONResponse({"job": job, "dataset": name})


async def discard(request: Request, actor: Actor) -> Response:
    upload = await _upload(request)
    await anyio.to_thread.run_sync(upload.discard)
    return Response(status_code=204)


ROUTES = [
    route("upload", create, methods=["POST"]),
    route("upload/{id}", status),
    route("upload/{id}", write, methods=["PUT"]),
    route("upload/{id}", discard, methods=["DELETE"]),
    route("upload/{id}/finish", finish, methods=["POST"]),
]


async def _upload(request: Request) -> Upload:
    return await anyio.to_thread.run_sync(server.staging().open, request.path_params["id"])


async def _received(upload: Upload) -> dict[str, list[int]]:
    return {"received": await anyio.to_thread.run_sync(upload.status)}


def _manifest(files: object) -> list[dict[str, Any]]:
    if not isinstance(files, list) or not files:
        raise InvalidInput("An upload wants `files`, a list of at least one {path, size}.")
    for one in files:
        if not (isinstance(one, dict) and isinstance(one.get("path"), str) and one["path"]):
            raise InvalidInput(f"Each file of an upload has a path, and one came as {one!r:.80}.")
        size = one.get("size")
        if not (isinstance(size, int) and not isinstance(size, bool) and 0 <= size < LARGEST_FILE):
            raise InvalidInput(f"Each file of an upload has a size in bytes, and {one['path']!r:.80} has {size!r:.20}.")
    return [{"path": one["path"], "size": one["size"]} for one in files]


def _submit(upload: Upload, wanted: dict[str, Any], actor: Actor) -> tuple[str, str]:
    """Close the upload and submit the job that makes a dataset of it. Returns the job's id and the dataset's name."""
    from embedding_core.workspace.catalogue import valid_name

    for option in ("name", "labels", "split", "encoder"):
        if not isinstance(wanted.get(option), str | None):
            raise InvalidInput(f"{option} must be text, not {wanted[option]!r:.40}.")
    name = valid_name(wanted.get("name") or "")
    upload.finish()
    known = next((one.uuid for one in server.workspace().datasets() if one.name == name), None)
    whither = {"dataset": known} if known else {"name": name}
    options = {option: wanted[option] for option in ("labels", "split", "encoder") if wanted.get(option)}
    parameters = {"source": f"upload:{upload.id}", **whither, **options}
    return server.runner().submit("prepare", parameters, dataset=known or name, actor=actor).id, name
