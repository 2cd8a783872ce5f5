"""The real server on a bucket: a drop becomes a map, and the credentials are seen nowhere."""

from __future__ import annotations

import http.client
import json
import struct
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest

from embedding_core import places
from embedding_core.workspace import Workspace
from pages.parts import urls
from pages.parts.map import present
from tests.buckets import KEY, SECRET, TOKEN, BucketServer
from tests.running import RunningApp, running_app

pytestmark = pytest.mark.e2e


class Visitor:
    """Someone who has opened the app, without a browser."""

    def __init__(self, app: RunningApp) -> None:
        self._address = urlsplit(app.url).netloc
        self._cookie = ""
        self._cookie = self._answer("GET", "/", None)[2].split(";")[0]

    def ask(self, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        return self._answer(method, path, body)[:2]

    def _answer(self, method: str, path: str, body: bytes | None) -> tuple[int, bytes, str]:
        connection = http.client.HTTPConnection(self._address, timeout=60)
        connection.request(method, path, body, {"Cookie": self._cookie, "Sec-Fetch-Site": "same-origin"})
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, content, answer.headers.get("Set-Cookie", "")

    def tell(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        status, content = self.ask("POST", path, json.dumps(body).encode())
        assert status == 200, content
        found: dict[str, Any] = json.loads(content)
        return found


def test_a_drop_becomes_a_map_in_the_bucket_and_no_secret_is_seen(
    bucket: str, bucket_server: BucketServer, tmp_path: Path
) -> None:
    files = sorted((places.SAMPLE / "boat").glob("*.webp")) + sorted((places.SAMPLE / "fruit").glob("*.webp"))
    log = tmp_path / "workspace.log"
    environment = {"KINDRED_CACHE": str(tmp_path / "cache"), "XDG_DATA_HOME": str(tmp_path / "data")}
    with running_app(tmp_path / "workspace", uri=bucket, **environment) as app:
        visitor = Visitor(app)
        announced = [{"path": f"{file.parent.name}/{file.name}", "size": file.stat().st_size} for file in files]
        upload = visitor.tell("/api/upload", {"key": "a drop", "files": announced})
        frames = [
            struct.pack("<IId", number, file.stat().st_size, 0) + file.read_bytes() for number, file in enumerate(files)
        ]
        assert visitor.ask("PUT", f"/api/upload/{upload['id']}", b"".join(frames))[0] == 200
        settings = {"name": "dropped", "labels": "folders", "encoder": "pixels"}
        job = visitor.tell(f"/api/upload/{upload['id']}/finish", settings)["job"]
        workspace = Workspace.open(bucket)
        record = _ended(workspace, job)
        assert record["state"] == "done", record
        processes = psutil.Process(app.pid)
        command_lines = [" ".join(one.cmdline()) for one in (processes, *processes.children(recursive=True))]
        assert any(bucket in line for line in command_lines), "the worker works on the bucket"

        dataset = workspace.dataset("dropped")
        assert dataset.count == len(files)
        assert set(dataset.attributes()["label"].to_pylist()) == {"boat", "fruit"}
        image = dataset.images().slice(0, 1).to_pylist()[0]
        status, picture = visitor.ask("GET", urls.thumbnail(dataset.uuid, image["id"], image["sha256"]))
        assert (status, picture) == (200, dataset.thumbnails([image["id"]])[image["id"]])
        status, preview = visitor.ask("GET", urls.preview(dataset.uuid, image["id"], image["sha256"]))
        assert (status, preview[:4]) == (200, b"RIFF")

        drawn = record["result"]["map"]
        chosen = bytearray((len(files) + 7) // 8)
        chosen[0] = 0b111
        address = f"/api/map/{drawn}/selection"
        status, answer = visitor.ask("POST", address, bytes(chosen))
        assert status == 200, answer
        kept = Workspace.open(bucket)._store.select("selections", ["ids"])["ids"].to_pylist()
        assert [len(ids) for ids in kept] == [3]
        dataset.tag("seen", kept[0])
        version = present.version(dataset.token)
        assert visitor.ask("GET", f"/api/map/{drawn}/gone/{version}")[0] == 200
        for page in ("/", "/data?dataset=dropped", "/map?dataset=dropped"):
            assert visitor.ask("GET", page)[0] == 200

    assert not list((tmp_path / "cache" / "uploads").glob("*/*.part")), "the upload is let go of"
    told = log.read_text(errors="replace")
    assert "Traceback" not in told
    held = bucket_server.objects(urlsplit(bucket).netloc)
    for secret in (SECRET, TOKEN, KEY):
        assert secret not in told
        assert not any(secret in line for line in command_lines)
        assert [key for key, content in held.items() if secret.encode() in content] == []


def _ended(workspace: Workspace, job: str, timeout: float = 120) -> dict[str, Any]:
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        found = next((record for record in workspace.jobs.load_all() if record["id"] == job), {})
        if found.get("state") in ("done", "failed", "cancelled"):
            return found
        time.sleep(0.5)
    raise AssertionError(f"The job has not ended: {workspace.jobs.load_all()}")
