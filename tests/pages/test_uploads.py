"""Uploads: pieces arrive whole and in order whatever the connection does, and nothing lands where it should not."""

from __future__ import annotations

import json
import struct
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from embedding_core.errors import InvalidInput
from embedding_core.records import Actor
from embedding_core.sources.staging import Staging
from pages.parts import answers, server
from pages.parts.frames import HEADER, Frames, OutOfStep
from tests.pages.serving import ADA, visitor

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8cfc0000003010100c9fe92ef"
    "0000000049454e44ae426082"
)


class Jobs:
    """Stands in for the job runner: remembers what was submitted."""

    def __init__(self) -> None:
        self.submitted: list[tuple[str, dict[str, Any], str, Actor]] = []

    def submit(self, kind: str, parameters: dict[str, Any], *, dataset: str, actor: Actor) -> SimpleNamespace:
        self.submitted.append((kind, parameters, dataset, actor))
        return SimpleNamespace(id=f"job-{len(self.submitted)}")


@pytest.fixture
def jobs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Jobs]:
    monkeypatch.setenv("KINDRED_WORKSPACE", str(tmp_path / "workspace"))
    server.close()
    jobs = Jobs()
    monkeypatch.setattr(server, "runner", lambda: jobs)
    yield jobs
    server.close()


def begin(client: TestClient, files: dict[str, int], key: str = "these files") -> dict[str, Any]:
    body = {"key": key, "files": [{"path": path, "size": size} for path, size in files.items()]}
    answer = client.post("/api/upload", json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def frame(index: int, offset: int, piece: bytes) -> bytes:
    return struct.pack("<IId", index, len(piece), offset) + piece


def received(client: TestClient, upload: str) -> list[int]:
    found: list[int] = client.get(f"/api/upload/{upload}").json()["received"]
    return found


def test_files_in_pieces_become_a_job_of_the_visitor(jobs: Jobs) -> None:
    client = visitor()
    upload = begin(client, {"cat/a.png": len(PNG), "dog/b.png": len(PNG)})
    assert upload["received"] == [0, 0]
    first = frame(0, 0, PNG) + frame(1, 0, PNG[:10])
    assert client.put(f"/api/upload/{upload['id']}", content=first).json() == {"written": len(PNG) + 10}
    assert received(client, upload["id"]) == [len(PNG), 10]
    client.put(f"/api/upload/{upload['id']}", content=frame(1, 10, PNG[10:]))
    settings = {"name": " Pets ", "labels": "folders", "split": "none", "encoder": None}
    answer = client.post(f"/api/upload/{upload['id']}/finish", json=settings)
    assert answer.json() == {"job": "job-1", "dataset": "Pets"}
    parameters = {"source": f"upload:{upload['id']}", "name": "Pets", "labels": "folders", "split": "none"}
    assert jobs.submitted == [("prepare", parameters, "Pets", ADA)]
    candidates = server.staging().open(upload["id"]).source().listing().candidates
    assert {one.path: one.load() for one in candidates} == {"cat/a.png": PNG, "dog/b.png": PNG}


def test_files_for_a_dataset_that_is_there_go_to_it(jobs: Jobs) -> None:
    pets = server.workspace().create("Pets")
    client = visitor()
    upload = begin(client, {"a.png": len(PNG)})
    client.put(f"/api/upload/{upload['id']}", content=frame(0, 0, PNG))
    client.post(f"/api/upload/{upload['id']}/finish", json={"name": "Pets"})
    assert jobs.submitted == [("prepare", {"source": f"upload:{upload['id']}", "dataset": pets.uuid}, pets.uuid, ADA)]


def test_a_staged_upload_waits_without_a_job(jobs: Jobs) -> None:
    client = visitor()
    upload = begin(client, {"vectors.npz": 4})
    client.put(f"/api/upload/{upload['id']}", content=frame(0, 0, b"PK\3\4"))
    assert client.post(f"/api/upload/{upload['id']}/finish", json={"stage": True}).json() == {"upload": upload["id"]}
    assert not jobs.submitted


@pytest.mark.usefixtures("jobs")
def test_the_same_files_of_the_same_visitor_go_on_where_they_were() -> None:
    client = visitor()
    upload = begin(client, {"a.png": 100})
    client.put(f"/api/upload/{upload['id']}", content=frame(0, 0, bytes(40)))
    assert begin(client, {"a.png": 100}) == {"id": upload["id"], "received": [40]}
    other = begin(visitor(Actor("visitor-bob", "Bob")), {"a.png": 100})
    assert other["id"] != upload["id"]
    assert other["received"] == [0]


@pytest.mark.usefixtures("jobs")
def test_a_piece_in_the_wrong_place_is_refused_and_changes_nothing() -> None:
    client = visitor()
    upload = begin(client, {"a.png": 100})
    client.put(f"/api/upload/{upload['id']}", content=frame(0, 0, bytes(40)))
    for piece in (frame(0, 41, b"x"), frame(0, 0, b"x"), frame(0, 40, bytes(61)), frame(1, 0, b"x")):
        answer = client.put(f"/api/upload/{upload['id']}", content=piece)
        assert answer.status_code == 412, piece[:16]
        assert answer.json()["error"]
    assert received(client, upload["id"]) == [40]


@pytest.mark.usefixtures("jobs")
def test_what_came_before_a_connection_broke_is_kept() -> None:
    client = visitor()
    upload = begin(client, {"a.png": 3_000_000})
    answer = client.put(f"/api/upload/{upload['id']}", content=frame(0, 0, bytes(3_000_000))[:2_000_016])
    assert (answer.status_code, answer.json()["error"]) == (400, "The request ended 1000000 bytes too early.")
    assert received(client, upload["id"]) == [2_000_000]


@pytest.mark.usefixtures("jobs")
@pytest.mark.parametrize("offset", [-1.0, 0.5, float("nan"), float("inf"), 2.0**60])
def test_an_offset_that_is_no_place_in_a_file_is_refused(offset: float) -> None:
    client = visitor()
    upload = begin(client, {"a.png": 100})
    answer = client.put(f"/api/upload/{upload['id']}", content=struct.pack("<IId", 0, 1, offset) + b"x")
    assert answer.status_code == 400
    assert received(client, upload["id"]) == [0]


@pytest.mark.usefixtures("jobs")
def test_more_than_the_limit_is_refused_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KINDRED_MAX_UPLOAD_MB", "1")
    body = {"key": "k", "files": [{"path": "a.zip", "size": 600_000}, {"path": "b.zip", "size": 600_000}]}
    answer = visitor().post("/api/upload", json=body)
    assert answer.status_code == 413
    assert answer.json()["error"].endswith(".")
    assert "KINDRED_MAX_UPLOAD_MB" in answer.json()["error"]


@pytest.mark.usefixtures("jobs")
def test_a_manifest_that_is_too_long_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "LARGEST_BODY", 1000)
    sent = []

    def endless() -> Iterator[bytes]:
        for _ in range(100):
            sent.append(1)
            yield b" " * 900

    answer = visitor().post("/api/upload", content=endless())
    assert answer.status_code == 413
    assert answer.json()["error"].endswith("Send fewer files at a time.")


@pytest.mark.usefixtures("jobs")
def test_paths_in_the_manifest_are_never_places_on_the_disk(tmp_path: Path) -> None:
    evil = ["../../escaped.png", "/tmp/kindred-escaped.png", "a/../../../escaped.png", "..\\escaped.png", "C:\\x.png"]
    client = visitor()
    before = {path for path in tmp_path.rglob("*") if "workspace" not in path.parts}
    answer = client.post("/api/upload", json={"key": "k", "files": [{"path": path, "size": 4} for path in evil]})
    if answer.status_code == 200:
        pieces = b"".join(frame(index, 0, b"evil") for index in range(len(evil)))
        client.put(f"/api/upload/{answer.json()['id']}", content=pieces)
        client.post(f"/api/upload/{answer.json()['id']}/finish", json={"name": "Evil"})
    assert {path for path in tmp_path.rglob("*") if "workspace" not in path.parts} == before
    assert not Path("/tmp/kindred-escaped.png").exists()
    assert not [path for path in tmp_path.rglob("*") if "escaped" in path.name]


@pytest.mark.usefixtures("jobs")
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"[]",
        json.dumps({"key": "k"}),
        json.dumps({"key": "k", "files": []}),
        json.dumps({"key": "", "files": [{"path": "a", "size": 1}]}),
        json.dumps({"key": "k", "files": [{"path": "a", "size": -1}]}),
        json.dumps({"key": "k", "files": [{"path": "a", "size": True}]}),
        json.dumps({"key": "k", "files": [{"path": "", "size": 1}]}),
        json.dumps({"key": "k", "files": ["a"]}),
        json.dumps({"key": "k" * 201, "files": [{"path": "a", "size": 1}]}),
    ],
)
def test_a_senseless_manifest_is_refused_in_a_sentence(body: bytes) -> None:
    answer = visitor().post("/api/upload", content=body)
    assert answer.status_code == 400
    assert answer.json()["error"].endswith(".")


@pytest.mark.parametrize(
    "settings", [{}, {"name": ""}, {"name": "a/b"}, {"name": 7}, {"name": "ok", "labels": ["x"]}, {"name": "x" * 101}]
)
def test_senseless_settings_submit_nothing(jobs: Jobs, settings: dict[str, Any]) -> None:
    client = visitor()
    upload = begin(client, {"a.png": 1})
    client.put(f"/api/upload/{upload['id']}", content=frame(0, 0, b"x"))
    answer = client.post(f"/api/upload/{upload['id']}/finish", json=settings)
    assert answer.status_code == 400
    assert not jobs.submitted


def test_an_upload_with_missing_bytes_cannot_be_finished(jobs: Jobs) -> None:
    client = visitor()
    upload = begin(client, {"a.png": 10})
    client.put(f"/api/upload/{upload['id']}", content=frame(0, 0, b"x"))
    assert client.post(f"/api/upload/{upload['id']}/finish", json={"name": "Pets"}).status_code == 400
    assert not jobs.submitted


@pytest.mark.usefixtures("jobs")
def test_a_cancelled_upload_is_gone() -> None:
    client = visitor()
    upload = begin(client, {"a.png": 10})
    client.put(f"/api/upload/{upload['id']}", content=frame(0, 0, b"secret byt"))
    assert client.delete(f"/api/upload/{upload['id']}").status_code == 204
    for method in ("GET", "PUT", "DELETE"):
        assert client.request(method, f"/api/upload/{upload['id']}").status_code == 404
    assert begin(client, {"a.png": 10})["received"] == [0]


@pytest.mark.usefixtures("jobs")
def test_an_id_that_is_a_path_opens_nothing() -> None:
    for strange in ("..", "..%2f..", "%2e%2e", "a" * 500, "*"):
        assert visitor().get(f"/api/upload/{strange}").status_code in (400, 404, 405)


@pytest.mark.usefixtures("jobs")
def test_a_zip_in_pieces_is_a_zip_again() -> None:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("cat/a.png", PNG)
    data = packed.getvalue()
    client = visitor()
    upload = begin(client, {"pets.zip": len(data)})
    for start in range(0, len(data), 50):
        client.put(f"/api/upload/{upload['id']}", content=frame(0, start, data[start : start + 50]))
    client.post(f"/api/upload/{upload['id']}/finish", json={"name": "Pets"})
    listing = server.staging().open(upload["id"]).source().listing()
    assert [(one.path, one.load()) for one in listing.candidates] == [("cat/a.png", PNG)]


@given(
    files=st.lists(st.binary(max_size=300), min_size=1, max_size=8), cut=st.integers(1, 97), piece=st.integers(1, 120)
)
def test_pieces_come_together_however_the_stream_is_cut(files: list[bytes], cut: int, piece: int) -> None:
    written = dict.fromkeys(range(len(files)), b"")

    def write(index: int, offset: int, chunk: bytes) -> None:
        assert offset == len(written[index])
        written[index] += chunk

    stream = b"".join(
        frame(index, start, content[start : start + piece])
        for index, content in enumerate(files)
        for start in range(0, len(content), piece)
    )
    frames = Frames(SimpleNamespace(write=write))  # type: ignore[arg-type]
    for start in range(0, len(stream), cut):
        frames.feed(stream[start : start + cut])
    frames.close()
    assert list(written.values()) == files
    assert frames.written == sum(map(len, files))


def test_a_refused_piece_says_so_once() -> None:
    def write(index: int, offset: int, chunk: bytes) -> None:
        raise InvalidInput("It ends at 3.")

    with pytest.raises(OutOfStep, match="It ends at 3"):
        Frames(SimpleNamespace(write=write)).feed(HEADER.pack(0, 1, 0.0) + b"x")  # type: ignore[arg-type]


def test_uploads_wait_where_the_worker_looks_for_them(jobs: Jobs, tmp_path: Path) -> None:
    client = visitor()
    upload = begin(client, {"a.png": 1})
    assert Staging(tmp_path / "workspace" / "uploads").open(upload["id"]).id == upload["id"]
