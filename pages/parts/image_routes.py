"""Images for the browser, always as this program encoded them, never as they came.

Thumbnails were made when the image was added; previews are made by the worker, since the server decodes nothing that
a stranger sent. Their addresses hold the first digits of the content's SHA-256, so browsers may keep them for good.
"""

from __future__ import annotations

import asyncio
import re
from functools import cache
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
GATHERING = 0.003  # seconds in which requests for thumbnails are gathered into one read
_SHA = re.compile(rf"[0-9a-f]{{{urls.SHA_DIGITS}}}")
_UUID = re.compile(r"[0-9a-f]{32}")
_LARGEST_ID = 2**63 - 1


async def thumbnail(request: Request, actor: Actor) -> Response:
    dataset, image, sha = _named(request)
    sha256, content = (await _thumbnails.read(dataset, image)) or ("", b"")
    if not sha256.startswith(sha):
        raise UnknownImage(str(image))
    return answers.for_good(request, content, "image/jpeg", f"{sha}-thumbnail")


async def preview(request: Request, actor: Actor) -> Response:
    dataset, image, sha = _named(request)

    def made_by_worker() -> bytes:
        if not str(_dataset(dataset).image(image)["sha256"]).startswith(sha):
            raise UnknownImage(str(image))
        parameters = {"dataset": dataset, "id": image, "longest": LONGEST}
        content: bytes = server.runner().call("preview", parameters, actor=actor)["bytes"]
        return content

    # Threads of their own: the worker may take seconds to wake, and thumbnails must not wait for a thread meanwhile.
    content = await anyio.to_thread.run_sync(made_by_worker, limiter=_preview_threads(), abandon_on_cancel=True)
    return answers.for_good(request, content, "image/webp", f"{sha}-preview")


ROUTES = [
    route("thumbnail/{dataset}/{image:int}/{sha}", thumbnail),
    route("image/{dataset}/{image:int}/{sha}", preview),
]


class Thumbnails:
    """Reads thumbnails that are asked for at about the same time together: a hundred cost hardly more than one."""

    def __init__(self) -> None:
        self._gathering: dict[str, tuple[set[int], asyncio.Task[dict[int, tuple[str, bytes]]]]] = {}

    async def read(self, dataset: str, image: int) -> tuple[str, bytes] | None:
        """SHA-256 and WebP of one image; None when the dataset has none of that id. Raises `UnknownDataset`."""
        if dataset not in self._gathering:
            ids: set[int] = set()
            self._gathering[dataset] = ids, asyncio.create_task(self._batch(dataset, ids))
        ids, batch = self._gathering[dataset]
        ids.add(image)
        return (await asyncio.shield(batch)).get(image)  # one visitor who leaves must not take it from the others

    async def _batch(self, dataset: str, ids: set[int]) -> dict[int, tuple[str, bytes]]:
        try:
            await asyncio.sleep(GATHERING)
        finally:
            del self._gathering[dataset]  # whoever asks from now on is in the next one
        return await anyio.to_thread.run_sync(lambda: _dataset(dataset).pictures(ids))


_thumbnails = Thumbnails()


def _named(request: Request) -> tuple[str, int, str]:
    """The dataset's UUID, the image's id and the digits of its hash in the path. Raises `UnknownName`."""
    dataset, image, sha = (request.path_params[name] for name in ("dataset", "image", "sha"))
    if not _UUID.fullmatch(dataset):
        raise UnknownDataset(dataset)
    if image > _LARGEST_ID or not _SHA.fullmatch(sha):
        raise UnknownImage(str(image))
    return dataset, image, sha


def _dataset(uuid: str) -> Dataset:
    return server.workspace().dataset_by_uuid(uuid)


@cache
def _preview_threads() -> anyio.CapacityLimiter:
    return anyio.CapacityLimiter(PREVIEWS_AT_ONCE)
