"""Images for the browser, always as this program encoded them, never as they came.

Thumbnails were made when the image was added; previews are made by the worker, since the server decodes nothing that
a stranger sent. Their addresses hold the first digits of the content's SHA-256, so browsers may keep them for good.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, partial
from typing import TYPE_CHECKING

import anyio
import anyio.to_thread

from embedding_core.errors import UnknownDataset, UnknownImage
from pages.parts import answers, server, urls
from pages.parts.access import route

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from embedding_core.records import Actor
    from embedding_core.workspace import Dataset

LONGEST = 1600  # pixels of a preview
PREVIEWS_AT_ONCE = 4
_SHA = re.compile(rf"[0-9a-f]{{{urls.SHA_DIGITS}}}")
_UUID = re.compile(r"[0-9a-f]{32}")
_LARGEST_ID = 2**63 - 1


async def thumbnail(request: Request, actor: Actor) -> Response:
    return await _image(request, "thumbnail", _thumbnail)


async def preview(request: Request, actor: Actor) -> Response:
    # Threads of their own: the worker may take seconds to wake, and thumbnails must not wait for a thread meanwhile.
    return await _image(request, "preview", partial(_preview, actor=actor), _preview_threads())


ROUTES = [
    route("thumbnail/{dataset}/{image:int}/{sha}", thumbnail),
    route("image/{dataset}/{image:int}/{sha}", preview),
]


async def _image(
    request: Request, kind: str, fetch: Callable[[Dataset, int], bytes], limiter: anyio.CapacityLimiter | None = None
) -> Response:
    dataset, image, sha = (request.path_params[name] for name in ("dataset", "image", "sha"))
    found = await anyio.to_thread.run_sync(_known, dataset, image, sha)
    content = await anyio.to_thread.run_sync(fetch, found, image, limiter=limiter, abandon_on_cancel=True)
    return answers.for_good(request, content, "image/webp", f"{sha}-{kind}")


def _known(dataset: str, image: int, sha: str) -> Dataset:
    """The dataset, once it is sure that its image of that id has that content. Raises `UnknownName`."""
    if not _UUID.fullmatch(dataset):
        raise UnknownDataset(dataset)
    found = server.workspace().dataset_by_uuid(dataset)
    if image > _LARGEST_ID or not _SHA.fullmatch(sha) or not str(found.image(image)["sha256"]).startswith(sha):
        raise UnknownImage(str(image))
    return found


def _thumbnail(dataset: Dataset, image: int) -> bytes:
    return dataset.thumbnails([image])[image]


def _preview(dataset: Dataset, image: int, actor: Actor) -> bytes:
    parameters = {"dataset": dataset.uuid, "id": image, "longest": LONGEST}
    content: bytes = server.runner().call("preview", parameters, actor=actor)["bytes"]
    return content


@cache
def _preview_threads() -> anyio.CapacityLimiter:
    return anyio.CapacityLimiter(PREVIEWS_AT_ONCE)
