"""Dataset × encoder → vectors on many machines: Ray Data reads originals, workers decode and embed, one commit.

    ids of a block ─► reader: originals ─► worker with a model: decode, embed, write a piece ─► driver: remember, commit

Blocks, not images, travel through Ray: a few numbers on the way in and out, compressed originals in between; vectors go
straight to the workspace. A killed reader or worker is started again by Ray and its block done anew. A killed driver
leaves what is remembered (`workspace/staged.py`), and the same command goes on from there.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from embedding_core.embed import Embedded
from embedding_core.encoders import registry
from embedding_core.engines import cluster
from embedding_core.engines.cluster import Shape
from embedding_core.errors import ImageRefused
from embedding_core.records import Reason, Rejected, Reporter, silent
from embedding_core.workspace.pieces import Folder
from embedding_core.workspace.staged import Block, vector_rows

if TYPE_CHECKING:
    from embedding_core.workspace import Dataset, Workspace

BLOCK = 256  # images of a block at least,
LARGEST = 4096  # and at most; in between, about
BLOCKS = 1000  # of them

_ORIGINALS = pa.schema(
    [
        ("ids", pa.list_(pa.int64())),
        ("paths", pa.list_(pa.string())),
        ("shas", pa.list_(pa.string())),
        ("contents", pa.list_(pa.large_binary())),  # null where an original cannot be read
        ("refused", pa.string()),  # path → reason and detail, as JSON
    ]
)
_WRITTEN = pa.schema([("ids", pa.list_(pa.int64())), ("pieces", pa.list_(pa.string())), ("refused", pa.string())])


@dataclass(frozen=True, slots=True)
class Work:
    """What a process on another machine must know. Holds no secret."""

    workspace: str  # URI
    dataset: str  # uuid
    encoder: str
    threads: int
    folder: Folder


def embed(
    workspace: Workspace,
    dataset: Dataset,
    encoder_id: str,
    *,
    address: str | None = None,
    workers: int | None = None,
    cpus: int | None = None,
    block: int | None = None,
    progress: Reporter = silent,
) -> Embedded:
    """Embed the images that have no vector from that encoder yet, on the Ray cluster at `address`, or one made here.

    `workers` hold a model each; `block` images are written at once. Raises `InvalidInput` without Ray, and
    `UnknownEncoder`.
    """
    begun = time.perf_counter()
    card = registry.card(encoder_id)
    staged = dataset.vectors.staged(card)
    failed: dict[int, Rejected] = {}
    embedded = 0
    with cluster.cluster(address, cpus=cpus) as resources:
        layout = cluster.shape(resources, workers)
        total = len(dataset.vectors.missing(card))
        skipped = dataset.count - total
        # Once as a rule; again for what someone else stored or changed while this ran.
        while True:
            kept = {image for one in staged.kept() for image in one.ids.tolist()}
            missing = dataset.vectors.missing(card)
            todo = [image for image in missing if image not in kept and image not in failed]
            done = total - len(todo) - len(failed)
            progress("embedding", done, total)
            work = Work(workspace.uri, dataset.uuid, card.id, layout.threads, staged.folder())
            for written, refused in _blocks(work, layout, todo, block or _size(len(todo))):
                failed |= refused
                if len(written.ids):
                    staged.keep(written)
                done += len(written.ids) + len(refused)
                progress("embedding", done, total)
            if not todo and not kept:
                break
            embedded += staged.commit()
    return Embedded(embedded, skipped, tuple(failed.values()), time.perf_counter() - begun)


def _size(images: int) -> int:
    return min(LARGEST, max(BLOCK, images // BLOCKS))


def _blocks(work: Work, layout: Shape, ids: Sequence[int], size: int) -> Iterator[tuple[Block, dict[int, Rejected]]]:
    """Each block when it has been written, with what could not be."""
    if not ids:
        return
    import ray

    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    parts = [list(ids[start : start + size]) for start in range(0, len(ids), size)]
    flow = (
        ray.data.from_arrow([pa.table({"ids": pa.array([part], pa.list_(pa.int64()))}) for part in parts])
        .map_batches(read, batch_size=1, batch_format="pyarrow", fn_kwargs={"work": work}, num_cpus=layout.reader)
        .map_batches(
            Embedder,
            batch_size=1,
            batch_format="pyarrow",
            fn_constructor_kwargs={"work": work},
            compute=ray.data.ActorPoolStrategy(size=min(layout.workers, len(parts))),
            num_cpus=layout.cpus,
            num_gpus=layout.gpus,
            runtime_env={"env_vars": cluster.threads(layout.threads)},
        )
    )
    for row in flow.iter_rows():
        refused = {
            int(image): Rejected(told[0], Reason(told[1]), told[2])
            for image, told in json.loads(row["refused"]).items()
        }
        yield Block(np.array(row["ids"], np.int64), tuple(row["pieces"])), refused


def read(batch: pa.Table, work: Work) -> pa.Table:
    """The originals of one block of ids. Runs on the cluster."""
    dataset = _dataset(work)
    ids = batch["ids"][0].as_py()
    described = {row["id"]: row for row in dataset.described(ids).to_pylist()}
    contents = dataset.contents(ids)
    here = [image for image in ids if image in described and image in contents]
    refused = {}
    found: list[bytes | None] = []
    for image in here:
        data = contents[image]
        if isinstance(data, ImageRefused):
            refused[image] = (described[image]["path"], str(data.reason), data.detail)
            found.append(None)
        else:
            found.append(data)
    row = {
        "ids": [here],
        "paths": [[described[image]["path"] for image in here]],
        "shas": [[described[image]["sha256"] for image in here]],
        "contents": [found],
        "refused": [json.dumps(refused)],
    }
    return pa.table(row, schema=_ORIGINALS)


class Embedder:
    """A worker: one model, kept for all the blocks that it is given. Lives on the cluster."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._encoder = registry.load(work.encoder)

    def __call__(self, batch: pa.Table) -> pa.Table:
        """Decode, embed and write one block."""
        from embedding_core.batching import encoded
        from embedding_core.images import decode
        from embedding_core.parallel import in_order

        ids, paths, shas, contents = (batch[name][0].as_py() for name in ("ids", "paths", "shas", "contents"))
        refused = json.loads(batch["refused"][0].as_py())
        side = self._encoder.card.preprocessing.resize

        def prepare(at: int) -> tuple[int, Any]:
            if contents[at] is None:
                return at, None
            try:
                return at, self._encoder.prepare(decode(contents[at], side=side).image)
            except ImageRefused as refusal:
                refused[str(ids[at])] = (paths[at], str(refusal.reason), refusal.detail)
                return at, None

        prepared = in_order(prepare, range(len(ids)), workers=self._work.threads)
        done = [(at, vector) for at, vector in encoded(self._encoder, prepared) if vector is not None]
        pieces: tuple[str, ...] = ()
        if done:
            order = [at for at, _ in done]
            matrix = np.stack([vector for _, vector in done])
            rows = vector_rows([ids[at] for at in order], [shas[at] for at in order], matrix)
            pieces = (self._work.folder.write(rows),)
        row = {"ids": [[ids[at] for at, _ in done]], "pieces": [list(pieces)], "refused": [json.dumps(refused)]}
        return pa.table(row, schema=_WRITTEN)


@lru_cache(maxsize=4)
def _dataset(work: Work) -> Dataset:
    """Opened once a process."""
    from embedding_core.workspace import Workspace

    return Workspace.open(work.workspace).dataset_by_uuid(work.dataset)
