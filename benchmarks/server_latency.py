"""Does a visitor notice that someone else's job runs? The real app, asked by a visitor all the while."""

from __future__ import annotations

import http.client
import io
import json
import statistics
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect

from benchmarks.report import Figure, Headline, Report, Table, data
from embedding_core import places
from embedding_core.jobs import ENDED, JobRunner, Work
from embedding_core.records import LOCAL
from embedding_core.workspace import Workspace
from pages.parts import urls
from pages.parts.frames import HEADER
from tests.running import RunningApp, running_app

IDLE = 20.0  # seconds that the app is watched with nothing running
LIMIT = 600.0  # seconds for a job
PAUSE = 0.2  # seconds between two requests: a visitor, not a load test
PIECE = 8 * 2**20  # bytes of one request of an upload

Seconds = dict[str, list[float]]  # by kind of request


class Visitor:
    """Someone with a browser's cookie: asks for pages and images, draws pages over the WebSocket, sends an upload."""

    def __init__(self, app: RunningApp) -> None:
        self._host = urlsplit(app.url).netloc
        self._cookie = ""
        page = self._answer("GET", "/")
        self._cookie = page.headers["Set-Cookie"].split(";")[0]

    def ask(self, path: str, method: str = "GET", body: bytes | None = None) -> bytes:
        """The body of an answer. Raises `RuntimeError` for any that is not good."""
        answer = self._answer(method, path, body)
        content = answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path} was answered with {answer.status}: {content[:500]!r}")
        return content

    def _answer(self, method: str, path: str, body: bytes | None = None) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection(self._host, timeout=60)
        connection.request(method, path, body, {"Cookie": self._cookie} if self._cookie else {})
        return connection.getresponse()

    def draw(self, page: str = "") -> None:
        """Open a session and wait until its first run of the page has ended, as a browser does."""
        wanted = BackMsg()
        wanted.rerun_script.page_name = page
        with connect(
            f"ws://{self._host}/_stcore/stream",
            subprotocols=["streamlit"],  # type: ignore[list-item]
            additional_headers={"Cookie": self._cookie},
            max_size=None,
        ) as socket:
            socket.send(wanted.SerializeToString())
            for message in socket:
                if ForwardMsg.FromString(message).WhichOneof("type") == "script_finished":
                    return

    def upload(self, name: str, content: bytes, dataset: str) -> str:
        """Send one file, start the job that makes a dataset of it, and return the job's id."""
        manifest = {"key": name, "files": [{"path": name, "size": len(content)}]}
        upload = json.loads(self.ask(f"{urls.api()}upload", "POST", json.dumps(manifest).encode()))["id"]
        for offset in range(0, len(content), PIECE):
            piece = content[offset : offset + PIECE]
            self.ask(f"{urls.api()}upload/{upload}", "PUT", HEADER.pack(0, len(piece), offset) + piece)
        wanted = json.dumps({"name": dataset}).encode()
        job: str = json.loads(self.ask(f"{urls.api()}upload/{upload}/finish", "POST", wanted))["job"]
        return job


def run() -> Report:
    table = Table(
        "What a visitor waits while someone else's job runs, in ms",
        ("request", "nothing runs: median / p95 / max", "a job runs: median / p95 / max", "requests"),
        note="The job is a whole one, from an upload to the clusters; one visitor asks all the while, from the same "
        "machine. A page is drawn when its script has ended, its WebSocket's opening included.",
    )
    clothing = data("clothing.tar")
    if clothing is None:
        print("  clothing.tar: not there (set KINDRED_BENCH_DATA), the sample instead")
    with tempfile.TemporaryDirectory() as folder:
        with running_app(Path(folder) / "workspace") as app:
            workspace = Workspace.open(str(app.workspace))
            visitor = Visitor(app)
            _finish(workspace, visitor.upload("sample.zip", _sample(), "sample"))
            requests = _requests(workspace, visitor)
            for ask in requests.values():
                ask()  # what is slow only once is not what this is about
            idle = _watch(requests, _until(time.monotonic() + IDLE))
            name, content = ("clothing.tar", clothing.read_bytes()) if clothing else ("again.zip", _sample())
            busy = _watch(requests, _while_running(workspace, visitor.upload(name, content, "another")))
        for request in requests:
            table.add(request, _spread(idle[request]), _spread(busy[request]), len(busy[request]))
        table.add("*a trivial request to a warm worker*", _spread(_round_trips(folder)), None, None)
    still, beside = (statistics.median(found["*Start*, drawn"]) * 1000 for found in (idle, busy))
    said = (f"{beside:.0f} ms", f"{still:.0f} ms with nothing running")
    return Report([table], [], [Headline("another visitor draws *Start* while a job runs, the median", {}, said)])


def _requests(workspace: Workspace, visitor: Visitor) -> dict[str, Callable[[], object]]:
    dataset = workspace.dataset("sample")
    first = dataset.images().slice(0, 1).to_pylist()[0]
    named = dataset.uuid, first["id"], first["sha256"]
    return {
        "health": lambda: visitor.ask("/_stcore/health"),
        "a thumbnail": lambda: visitor.ask(urls.thumbnail(*named)),
        "a large image, made by a worker": lambda: visitor.ask(urls.preview(*named)),
        "*Start*, drawn": visitor.draw,
        "*Data*, drawn": lambda: visitor.draw("data"),
    }


def _watch(requests: Mapping[str, Callable[[], object]], going_on: Iterator[None]) -> Seconds:
    """Make all requests in turn as long as something goes on."""
    seconds: Seconds = {name: [] for name in requests}
    for _ in going_on:
        for name, ask in requests.items():
            begun = time.perf_counter()
            ask()
            seconds[name].append(time.perf_counter() - begun)
            time.sleep(PAUSE)
    return seconds


def _until(end: float) -> Iterator[None]:
    while time.monotonic() < end:
        yield


def _while_running(workspace: Workspace, job_id: str) -> Iterator[None]:
    """As long as a job runs. Raises `RuntimeError` when it does not end well."""
    end = time.monotonic() + LIMIT
    while time.monotonic() < end:
        job = next(record for record in workspace.jobs.load_all() if record["id"] == job_id)
        if job["state"] == "done":
            return
        if job["state"] in ENDED:
            raise RuntimeError(f"The job {job['state']}: {job['error']}")
        yield
    raise RuntimeError(f"The job did not end within {LIMIT:.0f} s.")


def _finish(workspace: Workspace, job_id: str) -> None:
    for _ in _while_running(workspace, job_id):
        time.sleep(0.5)


def _round_trips(folder: str) -> list[float]:
    """From the runner to its interactive worker and back, with nothing to do there."""
    runner = JobRunner(Work(folder, "tests.core.fake_tasks:TASKS", "tests.core.fake_tasks:NoWorkspace"))
    try:
        seconds = []
        for _ in range(201):
            begun = time.perf_counter()
            runner.call("echo", {}, actor=LOCAL)
            seconds.append(time.perf_counter() - begun)
        return seconds[1:]
    finally:
        runner.shutdown()


def _sample() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for file in sorted(places.SAMPLE.rglob("*.webp")):
            archive.write(file, str(file.relative_to(places.SAMPLE)))
    return packed.getvalue()


def _spread(seconds: list[float]) -> tuple[Figure, ...]:
    """Median, 95th percentile and maximum in milliseconds."""
    ordered = sorted(one * 1000 for one in seconds)
    p95 = ordered[min(len(ordered) - 1, round(0.95 * (len(ordered) - 1)))]
    return tuple(Figure(one, "{:.1f}") for one in (statistics.median(ordered), p95, ordered[-1]))
