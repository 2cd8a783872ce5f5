"""A selection of images to take away: a ZIP of the original files, written as it is sent, or a table as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING
from urllib.parse import quote
from zipfile import ZIP_STORED, ZipFile, ZipInfo

import anyio.to_thread
from starlette.responses import StreamingResponse

from embedding_core.errors import UnknownName
from pages.parts import server
from pages.parts.access import route

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from embedding_core.records import Actor
    from embedding_core.workspace import Dataset

EVERYTHING = "all"  # in place of a selection's hash
PIECE = 2**20  # bytes sent at a time
GROUP = 16 * 2**20  # bytes of originals read at a time
MISSING_NOTE = "NOT-INCLUDED.txt"


class UnknownSelection(UnknownName):
    noun = "selection"


async def originals(request: Request, actor: Actor) -> Response:
    dataset, rows, name = await anyio.to_thread.run_sync(
        _chosen, request.path_params["dataset"], request.path_params["selection"]
    )
    return _download(zipped(dataset, [row["id"] for row in rows]), "application/zip", f"{name}.zip")


async def table(request: Request, actor: Actor) -> Response:
    _, rows, name = await anyio.to_thread.run_sync(
        _chosen, request.path_params["dataset"], request.path_params["selection"]
    )
    return _download(as_csv(rows), "text/csv; charset=utf-8", f"{name}.csv")


ROUTES = [
    route("download/{dataset}/{selection}.zip", originals),
    route("download/{dataset}/{selection}.csv", table),
]


def zipped(dataset: Dataset, ids: Iterable[int]) -> Iterator[bytes]:
    """A ZIP of the originals, sorted by path, a piece at a time; a group of images is in memory at once.

    A file that stayed where it was and is gone or changed cannot be sent: a note in the archive lists those.
    """
    sink = _Sink()
    missing = []
    with ZipFile(sink, "w", ZIP_STORED) as archive:  # images are compressed already
        for group in _groups(dataset, set(ids)):
            contents = dataset.contents(list(group))
            for image, path in group.items():
                content = contents.get(image)
                if isinstance(content, bytes):
                    entry = ZipInfo(path)
                    entry.external_attr = 0o644 << 16
                    with archive.open(entry, "w") as member:
                        for start in range(0, len(content), PIECE):
                            member.write(content[start : start + PIECE])
                            yield sink.take()
                else:
                    missing.append(f"{path}: {content.detail if content else 'no longer in the dataset.'}")
        if missing:
            archive.writestr(MISSING_NOTE, "\n".join([*missing, ""]))
    yield sink.take()


def _groups(dataset: Dataset, wanted: set[int]) -> Iterator[dict[int, str]]:
    """Path by id, in groups that are read at once: as many images as `GROUP` holds, and at least one."""
    group: dict[int, str] = {}
    size = 0
    for row in dataset.images().select(["id", "path", "nbytes"]).to_pylist():
        if row["id"] not in wanted:
            continue
        if group and size + row["nbytes"] > GROUP:
            yield group
            group, size = {}, 0
        group[row["id"]] = row["path"]
        size += row["nbytes"]
    if group:
        yield group


def as_csv(rows: list[dict[str, object]]) -> Iterator[str]:
    """The rows as CSV with a header, some hundred at a time."""
    page = io.StringIO()
    writer = csv.DictWriter(page, list(rows[0]) if rows else ["path"], extrasaction="ignore")
    writer.writeheader()
    for start in range(0, len(rows), 500):
        writer.writerows(rows[start : start + 500])
        yield page.getvalue()
        page.seek(0)
        page.truncate()
    yield page.getvalue()


def _chosen(uuid: str, selection: str) -> tuple[Dataset, list[dict[str, object]], str]:
    """The dataset, a row for each chosen image, by path, and what to call them. Raises `UnknownName`."""
    workspace = server.workspace()
    dataset = workspace.dataset_by_uuid(uuid)
    rows = _rows(dataset)
    if selection == EVERYTHING:
        return dataset, rows, dataset.name
    kept = workspace.selections.get(selection)
    if kept is None or kept.dataset != uuid:
        raise UnknownSelection(selection)
    wanted = set(kept.ids.tolist())
    name = f"{dataset.name}, {kept.name}" if kept.name else f"{dataset.name}, {len(wanted)} selected"
    return dataset, [row for row in rows if row["id"] in wanted], name


def _rows(dataset: Dataset) -> list[dict[str, object]]:
    """path, label, split, tags, all metadata (under `metadata.…` where a name is taken), and id."""
    tags: dict[int, list[str]] = {}
    for tag, ids in dataset.tags().items():
        for image in ids:
            tags.setdefault(image, []).append(tag)
    rows = []
    for known, more in zip(dataset.attributes().to_pylist(), dataset.metadata().to_pylist(), strict=True):
        row = {name: known[name] for name in ("path", "label", "split")}
        row["tags"] = "; ".join(tags.get(known["id"], []))
        for name, value in more.items():
            if name not in ("id", "path"):
                row[f"metadata.{name}" if name in row or name == "id" else name] = value
        rows.append({**row, "id": known["id"]})
    return rows


def _download(body: Iterator[bytes] | Iterator[str], media_type: str, name: str) -> Response:
    # Both forms: the plain one for old clients, the other for names beyond ASCII.
    plain = "".join(char if char.isascii() and char.isprintable() and char not in '"\\' else "_" for char in name)
    disposition = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
    return StreamingResponse(body, media_type=media_type, headers={"Content-Disposition": disposition})


class _Sink(io.RawIOBase):
    """What the ZIP writer writes to: no seeking, no end; `take` empties it."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        part = bytes(data)  # type: ignore[call-overload]
        self._parts.append(part)
        return len(part)

    def take(self) -> bytes:
        taken = b"".join(self._parts)
        self._parts.clear()
        return taken
