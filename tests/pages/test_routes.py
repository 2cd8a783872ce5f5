"""Images and downloads: what the browser gets, under which headers, and what it never gets."""

from __future__ import annotations

import asyncio
import csv
import io
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest

from embedding_core.errors import InvalidInput, JobFailed
from embedding_core.export.names import NOTE
from embedding_core.fingerprint import digest
from embedding_core.records import Actor, ImageRecord
from embedding_core.review.decisions import Action, decided
from embedding_core.workspace import Dataset, Workspace
from pages.parts import download_routes, image_routes, server, urls
from tests.pages.serving import ADA, stranger, visitor

CONTENT = {"cat/a.jpg": b"original a" * 1000, "cat/ß.png": b"original b", "dog/c.webp": b"original c"}


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    monkeypatch.setenv("KINDRED_WORKSPACE", str(tmp_path / "workspace"))
    server.close()
    yield server.workspace()
    server.close()


@pytest.fixture
def pets(workspace: Workspace) -> Dataset:
    dataset = workspace.create("Pets")
    ids = dataset.image_ids(list(CONTENT))
    dataset.put_images(ids, [record(path, content) for path, content in CONTENT.items()])
    metadata = pa.table({"weight": [4.5, None, 20.0], "label": ["own", "words", "here"]})
    dataset.put_attributes(ids, labels=["cat", "cat", "dog"], splits=["train", None, "test"], metadata=metadata)
    dataset.tag("cute", ids[:2])
    dataset.tag("old", ids[:1])
    return dataset


class Worker:
    """Stands in for the job runner: remembers what it was asked, answers or fails as told."""

    def __init__(self, answer: dict[str, Any] | Exception) -> None:
        self.answer = answer
        self.asked: list[tuple[str, dict[str, Any], Actor]] = []

    def call(self, kind: str, parameters: dict[str, Any], *, actor: Actor) -> dict[str, Any]:
        self.asked.append((kind, parameters, actor))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def record(path: str, content: bytes | None, origin: str | None = None) -> ImageRecord:
    sha = digest(content or b"")
    return ImageRecord(path, sha, 10, 10, "JPEG", len(content or b""), f"thumbnail of {path}".encode(), content, origin)


def address(dataset: Dataset, path: str, make: Any = urls.thumbnail) -> str:
    row = dataset.image(dataset.ids()[path])
    found: str = make(dataset.uuid, row["id"], row["sha256"])
    return found


# -- images ----------------------------------------------------------------------------------------------------------


def test_a_thumbnail_is_the_stored_one_and_may_be_kept_for_good(pets: Dataset) -> None:
    answer = visitor().get(address(pets, "cat/ß.png"))
    assert answer.content == "thumbnail of cat/ß.png".encode()
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")


def test_a_browser_that_has_the_image_does_not_get_it_again(pets: Dataset) -> None:
    client, path = visitor(), address(pets, "dog/c.webp")
    etag = client.get(path).headers["etag"]
    for known in (etag, f'"other", W/{etag}'):
        again = client.get(path, headers={"If-None-Match": known})
        assert (again.status_code, again.content) == (304, b"")
    assert client.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


def test_an_address_that_does_not_fit_the_content_leads_nowhere(pets: Dataset, workspace: Workspace) -> None:
    other = workspace.create("Other")
    row = pets.image(pets.ids()["dog/c.webp"])
    image, sha = int(str(row["id"])), str(row["sha256"])
    wrong = [
        urls.thumbnail(pets.uuid, image, digest(b"something else")),
        urls.thumbnail(pets.uuid, image + 1, sha),
        urls.thumbnail(pets.uuid, 2**64, sha),
        urls.thumbnail(other.uuid, image, sha),
        urls.thumbnail("0" * 32, image, sha),
        urls.thumbnail("..%2f..%2fetc", image, sha),
        urls.thumbnail(pets.uuid, image, sha)[:-1],
        urls.thumbnail(pets.uuid, image, "") + "%",
    ]
    monster = Worker(AssertionError("the worker must not be asked"))
    for path in wrong:
        for one in (path, path.replace("thumbnail", "image")):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(server, "runner", lambda: monster)
                answer = visitor().get(one)
            assert answer.status_code == 404, one
            assert b"thumbnail of" not in answer.content
    assert not monster.asked


def test_the_images_of_a_deleted_dataset_are_gone_also_for_who_has_them(pets: Dataset, workspace: Workspace) -> None:
    client, path = visitor(), address(pets, "cat/a.jpg")
    etag = client.get(path).headers["etag"]
    workspace.delete(pets)
    assert client.get(path, headers={"If-None-Match": etag}).status_code == 404


def test_a_preview_is_made_by_the_worker_for_the_visitor(pets: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    worker = Worker({"bytes": b"made anew"})
    monkeypatch.setattr(server, "runner", lambda: worker)
    answer = visitor().get(address(pets, "cat/a.jpg", urls.preview))
    assert (answer.content, answer.headers["content-type"]) == (b"made anew", "image/webp")
    assert "immutable" in answer.headers["cache-control"]
    assert worker.asked == [
        ("preview", {"dataset": pets.uuid, "id": pets.ids()["cat/a.jpg"], "longest": 1600}, ADA),
    ]


@pytest.mark.parametrize(
    ("error", "status"), [(InvalidInput("It has changed on disk."), 400), (JobFailed("The worker crashed."), 502)]
)
def test_a_preview_that_fails_says_why_and_is_not_kept(
    pets: Dataset, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int
) -> None:
    monkeypatch.setattr(server, "runner", lambda: Worker(error))
    answer = visitor().get(address(pets, "cat/a.jpg", urls.preview))
    assert (answer.status_code, answer.json()) == (status, {"error": str(error)})
    assert answer.headers["cache-control"] == "no-store"


def test_thumbnails_asked_for_together_are_read_together(monkeypatch: pytest.MonkeyPatch) -> None:
    reads = []

    def pictures(ids: set[int]) -> dict[int, tuple[str, bytes]]:
        reads.append(set(ids))
        return {image: ("sha", b"%d" % image) for image in ids if image != 7}

    monkeypatch.setattr(image_routes, "_dataset", lambda uuid: SimpleNamespace(pictures=pictures))

    async def scenario() -> None:
        thumbnails = image_routes.Thumbnails()
        leaver = asyncio.create_task(thumbnails.read("d", 0))
        await asyncio.sleep(0)
        others = [asyncio.create_task(thumbnails.read("d", image)) for image in range(50)]
        await asyncio.sleep(0)
        leaver.cancel()
        found = await asyncio.gather(*others)
        assert [one and one[1] for one in found] == [None if image == 7 else b"%d" % image for image in range(50)]
        assert await thumbnails.read("d", 3) == ("sha", b"3")

    asyncio.run(scenario())
    assert reads == [set(range(50)), {3}]


def test_the_server_starts_without_the_heavy_libraries() -> None:
    code = (
        "import sys, app; "
        "print([name for name in ('torch', 'timm', 'torchvision', 'umap', 'numba', 'evoc', 'sklearn', 'lancedb') "
        "if name in sys.modules])"
    )
    root = Path(__file__).parents[2]
    found = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


# -- downloads -------------------------------------------------------------------------------------------------------


def test_a_zip_holds_exactly_the_originals_of_the_selection(pets: Dataset, workspace: Workspace) -> None:
    chosen = workspace.selections.keep(pets.uuid, [pets.ids()["cat/ß.png"], pets.ids()["dog/c.webp"]], how="a test")
    answer = visitor().get(urls.originals(pets.uuid, chosen.hash))
    assert answer.headers["content-type"] == "application/zip"
    assert "content-encoding" not in answer.headers
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == {
            path: CONTENT[path] for path in ("cat/ß.png", "dog/c.webp")
        }
    everything = visitor().get(urls.originals(pets.uuid, download_routes.EVERYTHING))
    assert zipfile.ZipFile(io.BytesIO(everything.content)).namelist() == sorted(CONTENT)


def test_a_version_comes_in_any_format(pets: Dataset, workspace: Workspace) -> None:
    ids = pets.ids()
    pets.decisions.add(
        [
            decided(ADA, Action.REMOVE, [ids["cat/a.jpg"]], reason="blurred"),
            decided(ADA, Action.RELABEL, [ids["cat/ß.png"]], value="dog"),
        ]
    )
    answer = visitor().get(urls.export(pets.uuid, "originals", "now"))
    assert answer.headers["content-type"] == "application/zip"
    assert "Pets, now, originals.zip" in answer.headers["content-disposition"]
    assert zipfile.ZipFile(io.BytesIO(answer.content)).namelist() == ["cat/ß.png", "dog/c.webp"]
    before = visitor().get(urls.export(pets.uuid, "imagefolder", "original"))
    names = zipfile.ZipFile(io.BytesIO(before.content)).namelist()
    assert names == ["train/cat/a.jpg", "unsplit/cat/ß.png.jpg", "test/dog/c.webp.jpg", "files.csv"]
    removed = visitor().get(urls.export(pets.uuid, "removal", "now"))
    assert removed.headers["content-type"] == "text/csv; charset=utf-8"
    (row,) = csv.DictReader(io.StringIO(removed.text))
    assert (row["path"], row["reason"], row["who"]) == ("cat/a.jpg", "blurred", "Ada")
    report = visitor().get(urls.export(pets.uuid, "report", "now"))
    assert report.headers["content-disposition"].startswith("attachment"), "never shown as a page of this server"
    assert "default-src 'none'" in report.headers["content-security-policy"]


def test_what_cannot_be_exported_is_said_in_words(pets: Dataset, workspace: Workspace) -> None:
    asked = {
        urls.export(pets.uuid, "xml", "now"): 404,
        urls.export(pets.uuid, "csv", "best"): 404,
        urls.export("0" * 32, "csv", "now"): 404,
        urls.export(pets.uuid, "npz", "now"): 409,
    }
    pets.put_attributes(list(pets.ids().values()), labels=[None] * 3)
    asked[urls.export(pets.uuid, "imagefolder", "now")] = 400
    for address, status in asked.items():
        answer = visitor().get(address)
        assert answer.status_code == status, address
        assert answer.json()["error"]
    assert stranger().get(urls.export(pets.uuid, "csv", "now")).status_code == 403


def test_a_zip_lists_the_files_that_could_not_be_sent(pets: Dataset, tmp_path: Path) -> None:
    stayed = tmp_path / "stayed.jpg"
    ids = pets.image_ids(["x/stayed.jpg", "x/gone.jpg"])
    stayed.write_bytes(b"changed")
    records = [
        record("x/stayed.jpg", b"as it was", str(stayed)),
        record("x/gone.jpg", b"lost", str(tmp_path / "gone.jpg")),
    ]
    pets.put_images(ids, records)
    answer = visitor().get(urls.originals(pets.uuid, download_routes.EVERYTHING))
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.namelist() == [*sorted(CONTENT), NOTE]
        note = archive.read(NOTE).decode()
    assert "x/gone.jpg: " in note
    assert "x/stayed.jpg: " in note


def test_a_table_holds_all_that_is_known(pets: Dataset, workspace: Workspace) -> None:
    chosen = workspace.selections.keep(pets.uuid, [pets.ids()["cat/a.jpg"], pets.ids()["dog/c.webp"]], how="a test")
    answer = visitor().get(urls.table(pets.uuid, chosen.hash))
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert list(csv.DictReader(io.StringIO(answer.text))) == [
        {
            "path": "cat/a.jpg",
            "label": "cat",
            "split": "train",
            "tags": "cute; old",
            "weight": "4.5",
            "metadata.label": "own",
            "id": str(pets.ids()["cat/a.jpg"]),
        },
        {
            "path": "dog/c.webp",
            "label": "dog",
            "split": "test",
            "tags": "",
            "weight": "20.0",
            "metadata.label": "here",
            "id": str(pets.ids()["dog/c.webp"]),
        },
    ]


def test_a_selection_of_another_dataset_or_of_none_is_not_found(pets: Dataset, workspace: Workspace) -> None:
    other = workspace.create("Other")
    foreign = workspace.selections.keep(other.uuid, [1], how="a test")
    for key in (foreign.hash, "0" * 16, "' OR true --"):
        for make in (urls.originals, urls.table):
            assert visitor().get(make(pets.uuid, key)).status_code == 404


@pytest.mark.parametrize("name", ['My "pets"; rm', "Häschen 🐰", "a\\b"])
def test_any_name_of_a_dataset_makes_a_sound_file_name(pets: Dataset, workspace: Workspace, name: str) -> None:
    workspace.update(pets, name=name)
    header = visitor().get(urls.table(pets.uuid, download_routes.EVERYTHING)).headers["content-disposition"]
    plain, _, encoded = header.removeprefix('attachment; filename="').partition("\"; filename*=UTF-8''")
    assert not set(plain) & set('"\\')
    assert encoded.isascii()
    assert not set(encoded) & set('"; ')
