"""The stages, each run by a process of its own so that its memory is its own (`one.py`).

Their folder holds what stages leave for each other. The clock runs while a stage works,
not while it is given its input.
"""

from __future__ import annotations

import json
import shutil
import statistics
import tarfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import psutil
from numpy.typing import NDArray

from benchmarks.surroundings import data
from benchmarks.synthetic import vectors as synthetic
from embedding_core import places

if TYPE_CHECKING:
    from PIL import Image

    from embedding_core.neighbours import NeighbourGraph

ORIGINALS = 500  # different images, taken again and again
QUERIES = 5


@dataclass(frozen=True, slots=True)
class Took:
    """What a stage took."""

    seconds: float
    before_mb: float  # that the process held when the stage began


Run = Callable[[int, Path], Took]  # of images or vectors, with the folder


@dataclass(frozen=True, slots=True)
class Stage:
    """What is measured."""

    title: str
    run: Run
    most: int | None = None  # images above which it is worked out, not measured: each costs the same


class Clock:
    """Runs from when it is made."""

    def __init__(self) -> None:
        self._before = psutil.Process().memory_info().rss / 2**20
        self._begun = time.perf_counter()

    def took(self) -> Took:
        return Took(time.perf_counter() - self._begun, self._before)


def decode(n: int, folder: Path) -> Took:
    from embedding_core.images import decode, thumbnail
    from embedding_core.parallel import in_order

    originals = _originals()
    clock = Clock()
    for _ in in_order(lambda one: thumbnail(decode(one, side=256).image), islice(cycle(originals), n)):
        pass
    return clock.took()


def embed(encoder_id: str) -> Run:
    def run(n: int, folder: Path) -> Took:
        from embedding_core.batching import encoded
        from embedding_core.encoders import registry
        from embedding_core.images import decode
        from embedding_core.parallel import in_order

        encoder = registry.load(encoder_id)
        images = [decode(one, side=256).image for one in _originals()]
        clock = Clock()

        def prepared() -> Iterator[tuple[None, NDArray[np.uint8]]]:
            def prepare(image: Image.Image) -> tuple[None, NDArray[np.uint8]]:
                return None, encoder.prepare(image)

            yield from in_order(prepare, islice(cycle(images), n))

        for _ in encoded(encoder, prepared()):
            pass
        return clock.took()

    return run


def store(n: int, folder: Path) -> Took:
    from embedding_core.embed import COMMIT
    from embedding_core.workspace import Workspace

    vectors = _vectors(n, folder)
    shutil.rmtree(folder / f"workspace-{n}", ignore_errors=True)
    clock = Clock()
    synthetic.write(Workspace.open(str(folder / f"workspace-{n}")).create("scale"), vectors, COMMIT)
    return clock.took()


def read(n: int, folder: Path) -> Took:
    from embedding_core.workspace import Workspace

    clock = Clock()
    found = Workspace.open(str(folder / f"workspace-{n}")).dataset("scale").embedding(synthetic.ENCODER).matrix()
    took = clock.took()
    if len(found) != n:
        raise RuntimeError(f"{n:,} vectors were stored and {len(found):,} read.")
    return took


def graph(n: int, folder: Path) -> Took:
    from embedding_core import neighbours
    from embedding_core.graphs import NEIGHBOURS

    vectors = _vectors(n, folder)
    clock = Clock()
    found = neighbours.graph(vectors, NEIGHBOURS)
    took = clock.took()
    np.savez(folder / f"graph-{n}.npz", rows=found.rows, similarity=found.similarity, recall=found.recall)
    return took


def draw(n: int, folder: Path) -> Took:
    from embedding_core import projection

    vectors, graph = _vectors(n, folder), _graph(n, folder)
    clock = Clock()
    drawn = projection.project("umap", vectors, graph)
    took = clock.took()
    (folder / f"trust-{n}.json").write_text(json.dumps(drawn.trustworthiness), encoding="utf-8")
    return took


def group(n: int, folder: Path) -> Took:
    from embedding_core import clusters

    vectors = _vectors(n, folder)
    clock = Clock()
    clusters.cluster("kmeans", vectors)
    return clock.took()


def search(n: int, folder: Path) -> Took:
    from embedding_core import neighbours

    vectors = _vectors(n, folder)
    neighbours.search(vectors, vectors[0], 12)  # what is slow only once is not what this is about
    clock = Clock()
    seconds = []
    for query in vectors[1 : 1 + QUERIES]:
        begun = time.perf_counter()
        neighbours.search(vectors, query, 12)
        seconds.append(time.perf_counter() - begun)
    return replace(clock.took(), seconds=statistics.median(seconds))


STAGES = {  # a stage may read what the ones before it have left
    "decode": Stage("decode and thumbnail", decode, most=10_000),
    "pixels": Stage("embed by 16×16 pixels", embed("pixels"), most=10_000),
    "efficientnet": Stage("embed by EfficientNet-Lite0", embed("efficientnet-lite0"), most=10_000),
    "store": Stage("store images and vectors", store),
    "read": Stage("read the vectors", read),
    "graph": Stage("neighbour graph", graph),
    "map": Stage("map by UMAP, with its trust", draw),
    "clusters": Stage("clusters by KMeans", group),
    "search": Stage("search, one query", search),
}


def prepare(n: int, folder: Path) -> None:
    """Make the vectors that the stages start from."""
    file = folder / f"vectors-{n}.npy"
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        making = file.with_suffix(".making.npy")
        np.save(making, synthetic.clustered(n))
        making.rename(file)


def _vectors(n: int, folder: Path) -> NDArray[np.float32]:
    found: NDArray[np.float32] = np.load(folder / f"vectors-{n}.npy")
    return found


def _graph(n: int, folder: Path) -> NeighbourGraph:
    from embedding_core.neighbours import NeighbourGraph

    with np.load(folder / f"graph-{n}.npz") as kept:
        return NeighbourGraph(kept["rows"], kept["similarity"], float(kept["recall"]))


def _originals() -> list[bytes]:
    """Photographs, else the sample's drawings where there are none."""
    clothing = data("clothing.tar")
    if clothing is None:
        return [file.read_bytes() for file in sorted(places.SAMPLE.rglob("*.webp"))[:ORIGINALS]]
    found: list[bytes] = []
    with tarfile.open(clothing) as archive:
        for member in archive:
            content = archive.extractfile(member) if member.isfile() else None
            if content is not None and len(found) < ORIGINALS:
                found.append(content.read())
    return found
