"""Embedding with Ray into a bucket, by 1 and 2 workers of one thread on this machine: what it costs over doing without.

On two cores this measures overhead, not scaling. The unit costs that come out of it feed `scale_simulation.py`.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path

import psutil

from benchmarks.report import Bar, Headline, Report, Table
from benchmarks.scale_simulation import UNITS
from embedding_core.records import LOCAL, silent
from embedding_core.tasks import TASKS
from embedding_core.workspace import Dataset, Workspace

ENCODER = "efficientnet-lite0"
BLOCK = 64
ROUNDS = 2  # of one and two workers in turn; the faster run counts, as what disturbs one only makes it slower


@dataclass(frozen=True)
class Run:
    """One run, by the clock of the driver."""

    workers: int
    images: int
    block: int
    total: float  # seconds, all in
    start: float  # until Ray is there and knows what to do
    first: float  # from there to the first block: processes start, and load libraries and the model
    rest: float  # from the first block to the last
    commit: float  # from the last block to the end
    killed: int  # workers
    cpu: tuple[float, float]  # CPU seconds of workers, and of readers, driver, Ray itself and the bucket's server

    @property
    def rate(self) -> float:
        """Images per second between the first block and the last."""
        return (self.images - self.block) / self.rest if self.rest > 0 else 0.0


class Watch:
    """The reporter that looks at the clock, and kills the workers once if that is wanted."""

    def __init__(self, images: int, *, kill: bool = False) -> None:
        self.marks: list[tuple[float, int]] = []
        self.killed = 0
        self.cpu = (0.0, 0.0)
        self._before = _spent()[1]
        self._images = images
        self._kill = kill

    def __call__(self, stage: str, done: int = 0, total: int | None = None, note: str = "") -> None:
        self.marks.append((time.perf_counter(), done))
        if self._kill and not self.killed and done > self._images // 3:
            for process in _family():
                if "Embedder" in _name(process):
                    process.send_signal(signal.SIGKILL)
                    self.killed += 1
        if done == self._images:
            workers, others = _spent()
            self.cpu = workers, others - self._before

    def reading(self, paths: object) -> None:
        pass


def run() -> Report:
    if find_spec("ray") is None:
        return Report([Table("Embedding with Ray", (), note="Left out: pip install -r requirements-cluster.txt")])
    speed = Table(
        "Embedding with Ray into a bucket on this machine",
        ("engine", "all in, s", "Ray starts, s", "first block, s", "images/s after it", "commit, s"),
        note=(
            f"The sample, {ENCODER}, moto's server as the bucket, blocks of {BLOCK}, one thread a worker. Workers, "
            "readers, driver and the bucket's server share two cores, with whatever else ran: overhead, not scaling."
        ),
    )
    whole = Table("Killed workers", ("workers killed", "images", "of them stored", "rows stored"))
    cost = Table("What is stored for each image", ("what", "bytes"))
    serial = Table("What the driver does alone, and what a comparison takes", ("what", "ms"))
    with tempfile.TemporaryDirectory() as folder, _bucket(Path(folder)) as uri:
        workspace = Workspace.open(uri)
        TASKS["add"](workspace, {"name": "sample", "source": "sample"}, silent, LOCAL)
        dataset = workspace.dataset("sample")
        local = _local(workspace, dataset)
        speed.add("local, all threads", local[0], None, None, local[1], None)
        runs: dict[tuple[int, bool], Run] = {}
        for workers, kill in [(1, False), (2, False)] * ROUNDS + [(1, True)]:
            dataset.vectors.drop(ENCODER)
            found = measured(workspace, dataset, workers, kill=kill)
            if (workers, kill) not in runs or found.total < runs[workers, kill].total:
                runs[workers, kill] = found
        for (workers, kill), found in runs.items():
            title = f"ray, {workers} worker{'s' * (workers > 1)}" + (", killed once" if kill else "")
            speed.add(title, found.total, found.start, found.first, found.rate, found.commit)
        table = dataset.vectors.tables()[0]
        ids = dataset._store.select(table, ["id"])["id"].to_pylist()
        killed, wanted = runs[1, True].killed, set(dataset.ids().values())
        whole.add(killed, len(wanted), len(wanted & set(ids)), len(ids))
        sizes = _sizes(uri, dataset.uuid, dataset.count)
        cost.add("row of images with thumbnail; the file stays where it is", sizes["row"])
        cost.add("vector with id and SHA-256", sizes["vector"])
        driver = _driver(dataset)
        serial.add("a finished block is remembered", 1000 * driver["keep"])
        serial.add("a piece in the one commit", 1000 * driver["piece"])
        serial.add("a million pairs of 1,280 numbers compared, one thread", 1e9 * driver["pair"])
    chosen = [asdict(runs[workers, False]) for workers in (1, 2)]
    (workers_cpu, others_cpu), _ = (one.pop("cpu") for one in chosen)
    units = {
        "runs": chosen,
        "sizes": sizes,
        "driver": driver,
        "cores": os.cpu_count(),
        "cpu": {"workers": workers_cpu, "others": others_cpu},
    }
    UNITS.parent.mkdir(exist_ok=True)
    UNITS.write_text(json.dumps(units, indent=1) + "\n", encoding="utf-8")
    bars = [
        Bar("workers killed", killed, 1, least=True),
        Bar("images not stored once after a kill", len(wanted ^ set(ids)) + len(ids) - len(set(ids)), 0),
    ]
    figures = [f"{runs[workers, False].total:.0f} s with {workers} worker{'s' * (workers > 1)}" for workers in (1, 2)]
    what = "cluster: the sample into a bucket by Ray on two cores: overhead, not scaling"
    return Report([speed, whole, cost, serial], bars, [Headline(what, {}, figures)])


def measured(workspace: Workspace, dataset: Dataset, workers: int, *, kill: bool = False) -> Run:
    """One run of `workers` on a Ray of this machine's processors."""
    from embedding_core.engines.ray import embed

    watch = Watch(dataset.count, kill=kill)
    begun = time.perf_counter()
    embed(workspace, dataset, ENCODER, workers=workers, block=BLOCK, progress=watch)
    ended = time.perf_counter()
    ready = watch.marks[0][0]
    first = next(at for at, done in watch.marks if done)
    last = next(at for at, done in watch.marks if done == dataset.count)
    return Run(
        workers, dataset.count, BLOCK, ended - begun, ready - begun, first - ready, last - first, ended - last,
        watch.killed, watch.cpu,
    )  # fmt: skip


def _local(workspace: Workspace, dataset: Dataset) -> tuple[float, float]:
    begun = time.perf_counter()
    told = TASKS["embed"](workspace, {"dataset": dataset.uuid, "encoder": ENCODER}, silent, LOCAL)
    return time.perf_counter() - begun, float(told["images_per_second"])


@contextmanager
def _bucket(folder: Path) -> Iterator[str]:
    """A workspace in a bucket of moto's server, which the environment names within the `with`."""
    from tests.buckets import bucket_server

    with bucket_server(folder) as server:
        before = dict(os.environ)
        os.environ.update(server.environment)
        try:
            yield server.create("kindred-bench") + "/workspace"
        finally:
            os.environ.clear()
            os.environ.update(before)


def _sizes(uri: str, uuid: str, count: int) -> dict[str, int]:
    """Bytes an image in the bucket's files."""
    from pyarrow import fs

    address = os.environ["AWS_ENDPOINT_URL"].partition("://")[2]
    store = fs.S3FileSystem(endpoint_override=address, scheme="http", region="us-east-1")
    found = store.get_file_info(fs.FileSelector(uri.removeprefix("s3://"), recursive=True))

    def of(kind: str) -> int:
        return sum(one.size or 0 for one in found if f"/{kind}_{uuid}" in one.path and "/data/" in one.path)

    # The files of earlier runs have gone with their tables: what is left is one set of vectors.
    return {"row": of("images") // count, "vector": of("vectors") // count}


def _driver(dataset: Dataset) -> dict[str, float]:
    """Seconds to remember a block, for a piece in a commit of 1,000, and for a pair of 1,280 numbers compared."""
    import numpy as np
    from threadpoolctl import threadpool_limits

    from embedding_core.encoders import registry
    from embedding_core.engines.graph import _merged
    from embedding_core.workspace.spread import nearest_rows
    from embedding_core.workspace.staged import Block

    staged = dataset.vectors.staged(registry.card(ENCODER))
    begun = time.perf_counter()
    for number in range(10):
        staged.keep(Block(np.arange(1000) - 10**9 * (number + 1), ("{}",)))
    keep = (time.perf_counter() - begun) / 10
    staged._forget(staged.kept())

    spread = dataset.embedding(ENCODER).spread()
    folder = spread.begin_nearest(1)
    piece = folder.write(nearest_rows(np.zeros(1, np.int64), np.zeros((1, 1), np.int64), np.zeros((1, 1), np.float32)))
    begun = time.perf_counter()
    spread.end_nearest(folder, [piece] * 1000)
    commit = (time.perf_counter() - begun) / 1000

    random = np.random.default_rng(0)
    queries, rows = (random.normal(size=(2000, 1280)).astype(np.float32) for _ in range(2))
    ids, others, similarity = np.arange(2000), np.full((2000, 30), -1), np.full((2000, 30), -np.inf, np.float32)
    with threadpool_limits(1):
        begun = time.thread_time()
        for _ in range(3):
            others, similarity = _merged(ids, queries @ rows.T, ids + 2000, others, similarity)
        pair = (time.thread_time() - begun) / 3 / 2000**2
    return {"keep": keep, "piece": commit, "pair": pair}


def _family() -> list[psutil.Process]:
    return psutil.Process().children(recursive=True)


def _name(process: psutil.Process) -> str:
    with suppress(psutil.Error):
        return " ".join(process.cmdline())
    return ""


def _spent() -> tuple[float, float]:
    """CPU seconds so far of the workers, and of everything else."""
    workers = others = 0.0
    for process in (psutil.Process(), *_family()):
        with suppress(psutil.Error):
            times = process.cpu_times()
            if "Embedder" in _name(process):
                workers += times.user + times.system
            else:
                others += times.user + times.system
    return workers, others


if __name__ == "__main__":
    print(run().markdown(), file=sys.stdout)
