"""A workspace in a bucket is like one in a folder, also for two at once; what goes wrong is said, secrets never are."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import shutil
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pyarrow as pa
import pytest

from embedding_core import places
from embedding_core.cli import main
from embedding_core.errors import ImageRefused, InvalidSource, WorkspaceError
from embedding_core.records import LOCAL, Reason, silent
from embedding_core.sources import open_source
from embedding_core.tasks import TASKS
from embedding_core.workspace import Workspace, catalogue
from embedding_core.workspace import bucket as bucket_module
from embedding_core.workspace.schema import JOBS
from embedding_core.workspace.store import Store
from tests.buckets import ENDPOINTS, KEY, SECRET, TOKEN, BucketServer
from tests.running import free_port


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data") / "two"
    for name in ("boat", "drink"):
        shutil.copytree(places.SAMPLE / name, folder / name)
    return folder


def run(*arguments: str, status: int = 0) -> dict[str, Any]:
    """One command with --json, in this process."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        assert main([*arguments, "--json"]) == status, out.getvalue()
    result: dict[str, Any] = json.loads(out.getvalue())
    return result


def name_of(uri: str) -> str:
    return urlsplit(uri).netloc


def test_every_command_works_and_deleting_leaves_nothing(
    bucket: str,
    bucket_server: BucketServer,
    images: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("KINDRED_WORKSPACE", bucket)
    count = len(list(images.rglob("*.webp")))
    added = run("add", "two", str(images))
    assert (added["added"], added["rejected"]) == (count, [])
    assert run("embed", "two", "--encoder", "pixels")["embedded"] == count
    again = run("add", "two", str(images), "--embed", "pixels")
    assert (again["added"], again["skipped"], again["embedded"]) == (0, count, 0)
    drawn = run("map", "two", "--encoder", "pixels", "--method", "pca", "--out", str(tmp_path / "map.csv"))
    assert drawn["images"] == count == len((tmp_path / "map.csv").read_text().splitlines()) - 1
    assert sum(one["size"] for one in run("clusters", "two", "--encoder", "pixels", "--k", "2")["clusters"]) == count
    first = next(path.relative_to(images).as_posix() for path in sorted(images.rglob("*.webp")))
    alike = run("similar", "two", first, "--encoder", "pixels", "-k", "3")["results"]
    assert len(alike) == 3
    assert first not in {one["path"] for one in alike}
    run("vectors", "two", "--encoder", "pixels", "--out", str(tmp_path / "own.npz"))
    with np.load(tmp_path / "own.npz") as saved:
        assert saved["vectors"].shape[0] == count
    assert run("import-vectors", "two", str(tmp_path / "own.npz"), "--as", "mine")["encoder"].endswith("mine")
    assert run("label", "two", "--labels", "folders")["labels"] == "folders"
    assert run("edit", "two", "--rename", "both", "--describe", "boats and drinks")["name"] == "both"
    shown = run("show", "both")
    assert shown["images"] == count
    assert set(shown["labels"]) == {"boat", "drink"}
    assert (len(shown["maps"]), len(shown["clusterings"])) == (1, 1)
    listed = run("list")
    assert listed["workspace"] == bucket
    assert [one["name"] for one in listed["datasets"]] == ["both"]

    told = caplog.text.encode() + "".join(capfd.readouterr()).encode()
    caplog.set_level(logging.WARNING)  # from here on it is the test's own client that talks
    held = bucket_server.objects(name_of(bucket))
    for secret in (SECRET, KEY, TOKEN):
        assert [key for key, content in held.items() if secret.encode() in content or secret in key] == []
        assert secret.encode() not in told

    uuid = added["dataset"]
    assert any(uuid in key for key in held)
    run("delete", "both")
    assert [key for key in bucket_server.objects(name_of(bucket)) if uuid in key] == []


def test_originals_thumbnails_tags_selections_and_jobs_come_back(bucket: str, images: Path) -> None:
    packed = shutil.make_archive(str(images.parent / "two"), "zip", images)
    TASKS["add"](Workspace.open(bucket), {"name": "two", "source": packed}, silent, LOCAL)
    workspace = Workspace.open(bucket)
    dataset = workspace.dataset("two")
    ids = dataset.ids()
    path, image = next(iter(ids.items()))
    assert dataset.content(image) == (images / path).read_bytes()
    assert dataset.thumbnails([image])[image]
    dataset.tag("seen", [image])
    dataset.untag("seen")
    dataset.tag("kept", [image])
    kept = workspace.selections.keep(dataset.uuid, [image], how="by hand")
    workspace.jobs.save({"id": "1", "kind": "add", "state": "done", "created": 1.0, "dataset": dataset.uuid})
    again = Workspace.open(bucket)
    assert again.dataset("two").tags() == {"kept": frozenset([image])}
    found = again.selections.get(kept.hash)
    assert found is not None
    assert found.ids.tolist() == [image]
    assert [one["id"] for one in again.jobs.load_all()] == ["1"]


def test_a_prefix_of_a_bucket_is_a_source_whose_files_stay(
    bucket: str, bucket_server: BucketServer, images: Path, tmp_path: Path
) -> None:
    client = bucket_server.client()
    files = {f"{file.parent.name}/{file.name}": file for file in sorted(images.rglob("*.webp"))}
    for path, file in files.items():
        client.put_object(Bucket=name_of(bucket), Key=f"photos/set one/{path}", Body=file.read_bytes())
    client.put_object(Bucket=name_of(bucket), Key="photos/set one/boat/broken.png", Body=b"no image")
    client.put_object(Bucket=name_of(bucket), Key="photos/set two/other.png", Body=b"elsewhere")
    prefix = f"s3://{name_of(bucket)}/photos/set one"
    local = str(tmp_path / "workspace")
    added = run("add", "two", prefix, "--embed", "pixels", "--workspace", local)
    assert (added["added"], added["embedded"]) == (len(files), len(files))
    assert [one["path"] for one in added["rejected"]] == ["boat/broken.png"]
    assert run("show", "two", "--workspace", local)["labels"].keys() == {"boat", "drink"}
    dataset = Workspace.open(local).dataset("two")
    path, image = next(iter(dataset.ids().items()))
    assert dataset.content(image) == files[path].read_bytes()
    assert dataset.image(image)["origin"] == f"{prefix}/{path}"
    client.put_object(Bucket=name_of(bucket), Key=f"photos/set one/{path}", Body=b"other bytes")
    with pytest.raises(ImageRefused) as changed:
        dataset.content(image)
    assert changed.value.reason is Reason.CHANGED
    client.delete_object(Bucket=name_of(bucket), Key=f"photos/set one/{path}")
    with pytest.raises(ImageRefused) as gone:
        dataset.content(image)
    assert gone.value.reason is Reason.MISSING


def test_a_prefix_that_cannot_be_listed_is_explained_and_closed_to_browsers(bucket: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidSource, match=r"s3://no-such-bucket/x cannot be listed\. Check its spelling, AWS_"):
        open_source("s3://no-such-bucket/x")
    with pytest.raises(InvalidSource) as raised:
        open_source(f"s3://{KEY}:{SECRET}@bucket/x")
    assert SECRET not in str(raised.value)
    with pytest.raises(InvalidSource, match="web address"):
        open_source("s3://bucket/x", roots=[tmp_path])


def test_a_sweep_removes_what_a_crash_left(
    bucket: str, bucket_server: BucketServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = Workspace.open(bucket)
    lost, kept = workspace.create("lost"), workspace.create("kept")
    workspace._store.delete("catalogue", f"uuid = '{lost.uuid}'")
    monkeypatch.setattr(catalogue, "ORPHAN_AGE", -1.0)
    assert Workspace.open(bucket).sweep() == [lost.uuid]
    held = bucket_server.objects(name_of(bucket))
    assert not any(lost.uuid in key for key in held)
    assert any(kept.uuid in key for key in held)


@pytest.mark.parametrize("name", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT"])
def test_one_variable_names_the_address(
    name: str, bucket: str, bucket_server: BucketServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for one in ENDPOINTS:
        monkeypatch.delenv(one, raising=False)
    monkeypatch.setenv(name, bucket_server.endpoint)
    assert run("list", "--workspace", bucket)["datasets"] == []


def test_two_commands_that_add_to_a_new_dataset_at_once_both_arrive(bucket: str, images: Path, tmp_path: Path) -> None:
    files = sorted(images.rglob("*.webp"))
    for number, file in enumerate(files):
        half = tmp_path / f"half-{number % 2}"
        half.mkdir(exist_ok=True)
        shutil.copy(file, half / file.name)
    for file in files[:6]:  # in both
        shutil.copy(file, tmp_path / "half-0" / file.name)
        shutil.copy(file, tmp_path / "half-1" / file.name)
    commands = [
        [sys.executable, "-m", "embedding_core", "add", "all", str(half), "--embed", "pixels", "--workspace", bucket]
        for half in sorted(tmp_path.glob("half-*"))
    ]
    running = [subprocess.Popen(command, stdout=subprocess.DEVNULL) for command in commands]
    assert [process.wait(120) for process in running] == [0, 0]
    workspace = Workspace.open(bucket)
    assert [dataset.name for dataset in workspace.datasets()] == ["all"]
    dataset = workspace.dataset("all")
    paths = dataset.images()["path"].to_pylist()
    assert sorted(paths) == sorted({file.name for file in files})
    assert len(dataset.embedding("pixels")) == len(files)
    stored = dataset._store.select(dataset.vectors.tables()[0], ["id"])["id"].to_pylist()
    assert sorted(stored) == sorted(dataset.ids().values()), "a vector is there twice"


@pytest.mark.parametrize("place", ["bucket", "folder"])
def test_writers_at_once_lose_nothing_and_double_nothing(
    place: str, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uri = bucket if place == "bucket" else str(tmp_path / "workspace")
    uuid = Workspace.open(uri).create("birds").uuid
    writers, rounds = 3, 4
    together = threading.Barrier(writers)
    raised: list[str] = []

    def write(who: int) -> None:
        try:
            workspace = Workspace.open(uri)
            dataset = workspace.dataset_by_uuid(uuid)
            for number in range(rounds):
                together.wait(60)
                mine = [1000 * who + number, 1000 * who + 500 + number]
                column = pa.table({f"of {who}": pa.array([number, number])})
                dataset.put_attributes(mine, labels=[f"label {who}"] * 2, metadata=column)
                dataset.tag("both", mine)
                workspace.jobs.save({"id": f"same {number}", "kind": "add", "state": "done", "created": 1.0})
                workspace.selections.keep(uuid, [number], how=f"by {who}")
        except Exception:  # noqa: BLE001 - a thread's failure is the test's
            raised.append(traceback.format_exc())
            together.abort()

    threads = [threading.Thread(target=write, args=(who,)) for who in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert raised == []
    workspace = Workspace.open(uri)
    dataset = workspace.dataset_by_uuid(uuid)
    expected = {1000 * who + half + number for who in range(writers) for half in (0, 500) for number in range(rounds)}
    rows = dataset._store.select(dataset.table("attributes"), ["id", "label"]).to_pylist()
    assert sorted(row["id"] for row in rows) == sorted(expected)
    assert all(row["label"] == f"label {row['id'] // 1000}" for row in rows)
    assert dataset.tags()["both"] == expected
    assert sorted(record["id"] for record in workspace.jobs.load_all()) == [f"same {one}" for one in range(rounds)]
    assert dataset._store.count("selections") == rounds
    assert dataset.metadata().column_names == ["id", "path", *(f"of {who}" for who in range(writers))]


def test_a_workspace_from_before_keys_were_marked_is_written_to(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "workspace"))
    store.create("jobs", pa.schema([("id", pa.string()), *list(JOBS)[1:]]))
    workspace = Workspace.open(str(tmp_path / "workspace"))
    for state in ("queued", "done"):
        workspace.jobs.save({"id": "1", "kind": "add", "state": state, "created": 1.0})
    assert [one["state"] for one in workspace.jobs.load_all()] == ["done"]


# -- what goes wrong ----------------------------------------------------------------------------------------------


class _Refusing(BaseHTTPRequestHandler):
    """A bucket that answers each request with one error, and in it, as some do, what it was sent."""

    status, code, wait = 403, "InvalidAccessKeyId", 0.0

    def _answer(self) -> None:
        time.sleep(self.wait)
        sent = f"{self.headers.get('authorization')} {self.headers.get('x-amz-security-token')}"
        content = f"<Error><Code>{self.code}</Code><Message>{sent} {SECRET}</Message></Error>".encode()
        with contextlib.suppress(OSError):
            self.send_response(self.status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(b"" if self.command == "HEAD" else content)

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def do_PUT(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def log_message(self, format: str, *arguments: object) -> None:
        pass


@contextlib.contextmanager
def refusing(status: int, code: str, wait: float = 0.0) -> Iterator[str]:
    handler = type("Handler", (_Refusing,), {"status": status, "code": code, "wait": wait})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def told(uri: str) -> str:
    """The one error that opening gives, with all that a traceback of it would print."""
    with pytest.raises(WorkspaceError) as raised:
        Workspace.open(uri)
    printed = "".join(traceback.format_exception(raised.value))
    for secret in (SECRET, KEY, TOKEN):
        assert secret not in printed
    return str(raised.value)


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (403, "InvalidAccessKeyId", "credentials were refused. Check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY"),
        (403, "SignatureDoesNotMatch", "credentials were refused"),
        (400, "ExpiredToken", "credentials were refused"),
        (403, "AccessDenied", "access was denied"),
        (301, "PermanentRedirect", "another region. Set AWS_REGION"),
        (503, "SlowDown", "does not answer as it should"),
    ],
)
def test_what_a_bucket_refuses_is_explained_without_its_words(
    status: int, code: str, expected: str, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with refusing(status, code) as address:
        monkeypatch.setenv("AWS_ENDPOINT_URL", address)
        message = told("s3://their-bucket/workspace")
        assert expected in message
        assert f"s3://their-bucket/workspace at {address}" in message


def test_a_bucket_that_is_not_there_is_named(bucket: str) -> None:
    assert "s3://no-such-bucket/w at http://127.0.0.1" in (message := told("s3://no-such-bucket/w"))
    assert "there is no such bucket. Make it first" in message


def test_an_address_where_nobody_is_or_nobody_answers(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://someone:{SECRET}@127.0.0.1:{free_port()}")
    assert "cannot be reached. Check the network and AWS_ENDPOINT_URL" in told("s3://some-bucket/w")
    assert bucket_module.PROBE["timeout"].endswith("s")
    monkeypatch.setitem(bucket_module.PROBE, "timeout", "200ms")
    with refusing(200, "", wait=120.0) as address:
        monkeypatch.setenv("AWS_ENDPOINT_URL", address)
        assert "cannot be reached" in told("s3://some-bucket/w")


def test_a_bucket_that_goes_away_is_explained_by_what_is_open_already(
    bucket: str, bucket_server: BucketServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = bucket_server.create("kindred-going")
    workspace = Workspace.open(gone)
    dataset = workspace.create("birds")
    bucket_server.remove("kindred-going")
    for act in (
        lambda: dataset.tag("seen", [1]),
        lambda: workspace.create("more"),
        lambda: workspace.jobs.save({"id": "1", "kind": "add", "state": "done", "created": 1.0}),
    ):
        with pytest.raises(WorkspaceError, match="s3://kindred-going") as raised:
            act()
        assert SECRET not in "".join(traceback.format_exception(raised.value))


@pytest.mark.parametrize(
    "uri", [f"s3://{KEY}:{SECRET}@bucket/w", f"s3://bucket/w?aws_secret_access_key={SECRET}", f"s3://{SECRET}@bucket"]
)
def test_a_uri_with_credentials_is_refused_and_not_repeated(uri: str) -> None:
    assert "The workspace's URI holds credentials" in told(uri)
    answer = run("list", "--workspace", uri, status=2)
    assert SECRET not in json.dumps(answer)


def test_a_mistake_of_our_own_is_not_taken_for_the_buckets() -> None:
    with pytest.raises(ValueError, match="seven"), bucket_module.explained("s3://bucket"):
        raise ValueError("Give three, not seven.")


def test_options_hold_no_secret_and_a_folder_has_none() -> None:
    environment = {"AWS_ENDPOINT_URL": "https://minio:9000", "AWS_SECRET_ACCESS_KEY": SECRET}
    assert SECRET not in str(found := bucket_module.options("s3://b/w", environment))
    assert found["aws_endpoint"] == "https://minio:9000"
    assert "allow_http" not in found
    assert bucket_module.options("./workspace", environment) == {}
