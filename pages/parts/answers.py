"""How our routes answer: errors in words under a fitting status, and bytes that a browser may keep for good."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response

from embedding_core.errors import (
    AccessDenied,
    InvalidInput,
    JobFailed,
    KindredError,
    NameTaken,
    NotEmbedded,
    TooLarge,
    UnknownName,
)
from pages.parts.frames import OutOfStep
from pages.parts.paper.printing import CannotPrint

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request


class OutOfDate(KindredError):
    """A request is about a state of things that is past, or not reached yet."""


# The first that an error is one of, decides.
STATUS: dict[type[KindredError], int] = {
    UnknownName: 404,
    NameTaken: 409,
    NotEmbedded: 409,
    OutOfDate: 409,
    OutOfStep: 412,
    TooLarge: 413,
    InvalidInput: 400,
    AccessDenied: 403,
    JobFailed: 502,
    CannotPrint: 503,
    KindredError: 500,
}
FOR_GOOD = "private, max-age=31536000, immutable"
LARGEST_BODY = 64 * 2**20  # bytes of JSON: a manifest of some hundred thousand files


def explain(_request: Request, error: Exception) -> Response:
    """An error that is meant for the user, as `{"error": sentence}`."""
    status = next(status for kind, status in STATUS.items() if isinstance(error, kind))
    return JSONResponse({"error": str(error)}, status_code=status)


def has(request: Request, etag: str) -> bool:
    """Whether the browser says that it has the content of that tag."""
    known = {tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")}
    return f'"{etag}"' in known


def for_good(
    request: Request, content: bytes, media_type: str, etag: str, headers: Mapping[str, str] | None = None
) -> Response:
    """Bytes whose address names their content: kept by the browser, or not sent again when it has them.

    `headers` are further ones that go with the bytes.
    """
    kept = {"Cache-Control": FOR_GOOD, "ETag": f'"{etag}"'}
    if has(request, etag):
        return Response(status_code=304, headers=kept)
    return Response(content, media_type=media_type, headers={**kept, **(headers or {})})


async def json_body(request: Request) -> dict[str, Any]:
    """The object in a request's body. Raises `InvalidInput`, and `TooLarge` before more than the limit is read."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY:
            raise TooLarge(f"That request is larger than {LARGEST_BODY >> 20} MB. Send fewer files at a time.")
    try:
        found = json.loads(body)
    except ValueError as error:
        raise InvalidInput("The request's body must be JSON.") from error
    if not isinstance(found, dict):
        raise InvalidInput(f"The request's body must be a JSON object, not {type(found).__name__}.")
    return found
