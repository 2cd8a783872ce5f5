"""Embedding on Ray: every image once, whoever is killed on the way, and the vectors that one machine makes."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image

from embedding_core.encoders import registry
from embedding_core.errors import InvalidInput
from embedding_core.records import LOCAL, silent
from embedding_core.tasks import TASKS
from embedding_core.workspace import Dataset, Workspace
from tests.buckets import SECRET, TOKEN, BucketServer
from tests.running import free_port

pytestmark = [
    pytest.mark.filterwarnings("ignore"),  # Ray's own, of which there are many
    pytest.mark.xdist_group("ray"),
]
IMAGES = 240
BLOCK = 20
CARD = registry.card("pixels")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("data") / "noise"
    made.mkdir()
    pixels = np.random.default_rng(0).integers(0, 256, (IMAGES, 400, 400, 3), dtype=np.uint8)
    for number in range(IMAGES):
        Image.fromarray(pixels[number]).save(made / f"{number:04d}.png", compress_level=1)
    return made


@pytest.fixture(scope="module")
def ray_here() -> Iterator[None]:
    """One Ray for all tests of this module that run in this process: starting one takes seconds."""
    from embedding_core.engines.cluster import cluster

    with cluster(cpus=2):
        yield


@pytest.fixture
def noise(folder: Path, tmp_path: Path) -> tuple[Workspace, Dataset]:
    return added(str(tmp_path / "workspace"), folder)


def added(uri: str, folder: Path) -> tuple[Workspace, Dataset]:
    workspace = Workspace.open(uri)
    TASKS["add"](workspace, {"name": "noise", "source": str(folder)}, silent, LOCAL)
    return workspace, workspace.dataset("noise")


def stored(dataset: Dataset) -> list[int]:
    """The ids in the table of vectors, with what is there twice."""
    (table,) = dataset.vectors.tables()
    ids: list[int] = dataset._store.select(table, ["id"])["id"].to_pylist()
    return ids


def staged(dataset: Dataset) -> int:
    names = [name for name in dataset._store.names() if name.startswith(f"staged_{dataset.uuid}")]
    return sum(dataset._store.count(name) for name in names)


def as_one_machine_makes_them(dataset: Dataset) -> float:
    """The least cosine between stored vectors and those of the local engine."""
    from embedding_core.images import decode

    encoder = registry.load("pixels")
    embedding = dataset.embedding("pixels")
    least = 1.0
    for image, vector in zip(embedding.ids.tolist()[::7], embedding.matrix()[::7], strict=True):
        picture = decode(dataset.content(image), side=CARD.preprocessing.resize).image
        own = encoder.encode(encoder.prepare(picture)[None])[0]
        least = min(least, float(own @ vector / np.linalg.norm(own) / np.linalg.norm(vector)))
    return least


def workers() -> list[psutil.Process]:
    """The processes that hold a model."""
    found = []
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            if "Embedder" in " ".join(process.cmdline()) or "MapWorker" in " ".join(process.cmdline()):
                found.append(process)
    return found


class Killing:
    """A reporter that kills the workers once, when the first blocks are there."""

    def __init__(self) -> None:
        self.killed = 0

    def __call__(self, stage: str, done: int = 0, total: int | None = None, note: str = "") -> None:
        if not self.killed and 0 < done < IMAGES // 2:
            for process in workers():
                process.send_signal(signal.SIGKILL)
                self.killed += 1

    def reading(self, paths: object) -> None:
        pass


def test_a_killed_worker_costs_no_image_and_doubles_none(ray_here: None, noise: tuple[Workspace, Dataset]) -> None:
    from embedding_core.engines.ray import embed

    workspace, dataset = noise
    killing = Killing()
    before = dataset._store.names()
    done = embed(workspace, dataset, "pixels", block=BLOCK, progress=killing)
    assert killing.killed, "there was no worker to kill"
    assert (done.embedded, done.skipped, done.failed) == (IMAGES, 0, ())
    assert sorted(stored(dataset)) == sorted(dataset.ids().values())
    assert dataset.vectors.missing(CARD) == []
    assert staged(dataset) == 0
    assert as_one_machine_makes_them(dataset) >= 0.9999
    (table,) = dataset.vectors.tables()
    assert table not in before
    # Made, written to by one commit and read: not a commit a block.
    assert dataset._store.version(table) == 2
    again = embed(workspace, dataset, "pixels")
    assert (again.embedded, again.skipped) == (0, IMAGES)


def test_a_killed_driver_goes_on_where_it_was(ray_here: None, noise: tuple[Workspace, Dataset]) -> None:
    from embedding_core.engines import ray as engine

    workspace, dataset = noise
    script = (
        "import sys; from embedding_core.workspace import Workspace; from embedding_core.engines.ray import embed\n"
        "w = Workspace.open(sys.argv[1]); embed(w, w.dataset('noise'), 'pixels', cpus=2, block=int(sys.argv[2]))"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path.cwd())}
    driver = subprocess.Popen(
        [sys.executable, "-c", script, workspace.uri, str(BLOCK)],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    end = time.monotonic() + 180
    while time.monotonic() < end and staged(dataset) < 2 and driver.poll() is None:
        time.sleep(0.02)
    family = psutil.Process(driver.pid).children(recursive=True)
    driver.kill()
    driver.wait()
    left = BLOCK * staged(dataset)
    assert 0 < left < IMAGES, "it was killed in the middle"
    assert len(dataset.vectors.missing(CARD)) == IMAGES, "nothing is committed before all is there"
    _, alive = psutil.wait_procs(family, timeout=3)
    for process in alive:
        process.kill()

    told: list[int] = []

    class Listening:
        def __call__(self, stage: str, done: int = 0, total: int | None = None, note: str = "") -> None:
            told.append(done)

        def reading(self, paths: object) -> None:
            pass

    done = engine.embed(workspace, dataset, "pixels", block=BLOCK, progress=Listening())
    assert told[0] >= left, "what was written before is not written again"
    assert done.embedded == IMAGES
    assert sorted(stored(dataset)) == sorted(dataset.ids().values())
    assert as_one_machine_makes_them(dataset) >= 0.9999
    assert staged(dataset) == 0


def test_what_cannot_be_read_is_named_and_the_rest_embedded(
    ray_here: None, noise: tuple[Workspace, Dataset], folder: Path
) -> None:
    from embedding_core.engines.ray import embed

    workspace, dataset = noise
    gone = folder / "0003.png"
    content = gone.read_bytes()
    gone.unlink()
    try:
        done = embed(workspace, dataset, "pixels", block=60)
    finally:
        gone.write_bytes(content)
    assert [(one.path, str(one.reason)) for one in done.failed] == [("0003.png", "missing")]
    assert done.embedded == IMAGES - 1
    assert dataset.vectors.missing(CARD) == [dataset.ids()["0003.png"]]


def test_images_that_someone_else_embeds_meanwhile_are_there_once(
    ray_here: None, noise: tuple[Workspace, Dataset]
) -> None:
    from embedding_core.engines.ray import embed

    workspace, dataset = noise
    other = dataset.images().slice(0, 30).to_pylist()

    class Meddling:
        """Someone else, who stores other vectors for the first 30 images while blocks come in."""

        done = False

        def __call__(self, stage: str, done: int = 0, total: int | None = None, note: str = "") -> None:
            if done and not self.done:
                self.done = True
                matrix = np.ones((len(other), CARD.dim), np.float32)
                shas = [row["sha256"] for row in other]
                dataset.vectors.put(CARD, [row["id"] for row in other], shas, matrix)

        def reading(self, paths: object) -> None:
            pass

    embed(workspace, dataset, "pixels", block=BLOCK, progress=Meddling())
    assert sorted(stored(dataset)) == sorted(dataset.ids().values())
    assert (dataset.embedding("pixels").rows([row["id"] for row in other]) == 1).all(), "what was first stays"


def test_a_bucket_is_written_to_directly_and_keeps_no_secret(
    ray_here: None, folder: Path, bucket: str, bucket_server: BucketServer
) -> None:
    """The Ray of this module was started without the bucket's variables, as a cluster that has its own would be."""
    import ray

    from embedding_core.engines import cluster

    ray.shutdown()
    workspace, dataset = added(bucket, folder)
    with cluster.cluster(cpus=2):
        from embedding_core.engines.ray import embed

        session = Path(ray._private.worker.global_worker.node.get_session_dir_path())
        done = embed(workspace, dataset, "pixels", block=60)
    assert done.embedded == IMAGES
    assert sorted(stored(dataset)) == sorted(dataset.ids().values())
    files = [file for file in session.rglob("*") if file.is_file()]
    assert files
    for secret in (SECRET, TOKEN):
        assert [file for file in files if secret.encode() in file.read_bytes()] == []
        assert [
            key for key, content in bucket_server.objects(bucket.split("/")[2]).items() if secret.encode() in content
        ] == []


@pytest.mark.parametrize(
    ("resources", "workers", "expected"),
    [
        ({"CPU": 2}, None, (1, 1.0, 0.0)),
        ({"CPU": 1}, None, (1, 0.5, 0.0)),
        ({"CPU": 2}, 2, (2, 0.667, 0.0)),
        ({"CPU": 64}, None, (56, 1.0, 0.0)),
        ({"CPU": 16, "GPU": 1}, None, (2, 7, 0.5)),
        ({"CPU": 64, "GPU": 8}, None, (16, 3, 0.5)),
    ],
)
def test_readers_always_have_a_part_of_a_cpu(
    resources: dict[str, float], workers: int | None, expected: tuple[float, ...]
) -> None:
    from embedding_core.engines.cluster import shape

    found = shape(resources, workers)
    assert (found.workers, pytest.approx(found.cpus, abs=0.002), found.gpus) == expected
    assert found.workers * found.cpus + found.reader <= resources["CPU"]
    assert found.workers * found.gpus <= resources.get("GPU", 0)
    assert found.reader > 0


def test_a_cluster_that_is_not_there_is_said_at_once() -> None:
    from embedding_core.engines.cluster import cluster

    address = f"127.0.0.1:{free_port()}"
    with pytest.raises(InvalidInput, match=f"No Ray cluster answers at {address}"), cluster(address):
        pass


def test_no_workers_are_refused() -> None:
    from embedding_core.engines.cluster import shape

    with pytest.raises(InvalidInput, match="at least 1 worker, not 0"):
        shape({"CPU": 4}, 0)
