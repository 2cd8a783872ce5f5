"""Dataset × encoder → vectors, batch by batch. What is stored stays stored; a second run does only what is missing."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from embedding_core.batching import encoded
from embedding_core.encoders.base import Encoder, EncoderCard
from embedding_core.errors import ImageRefused
from embedding_core.images import decode
from embedding_core.parallel import in_order
from embedding_core.records import Reason, Rejected, Reporter, silent

if TYPE_CHECKING:
    from embedding_core.workspace import Dataset

FIRST_COMMIT = 32  # images: the first ones are soon on the screen
COMMIT = 1024  # images a commit, and
COMMIT_SECONDS = 10.0  # between two at most: what a crash may cost
COMMIT_BYTES = 64 * 2**20  # originals held in memory before a commit
TELL = 16  # images between two reports of progress
READ = 64  # originals read from the workspace at once
CRASHES = 2  # of a process over one file, before that file is left out
CRASHED_TWICE = (
    "Decoding this file ended the worker process twice, so it is left out. Convert it to PNG and add it again."
)

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Embedded:
    """What one run of `embed` did."""

    embedded: int
    skipped: int  # had vectors already
    failed: tuple[Rejected, ...]  # in the dataset, but not readable any more
    seconds: float  # from the first byte read to the last commit

    @property
    def images_per_second(self) -> float:
        return self.embedded / self.seconds if self.seconds > 0 else 0.0


class VectorWriter:
    """Collects vectors and stores them in one commit when told to."""

    def __init__(self, dataset: Dataset, card: EncoderCard) -> None:
        self._dataset = dataset
        self._card = card
        self._vectors: list[NDArray[np.float32]] = []
        self._ids: list[int] = []
        self._shas: list[str] = []

    def __len__(self) -> int:
        return len(self._ids)

    def add(self, image_id: int, sha256: str, vector: NDArray[np.float32]) -> None:
        self._ids.append(image_id)
        self._shas.append(sha256)
        self._vectors.append(vector)

    def commit(self) -> int:
        """Store all that was added since the last commit; returns how many."""
        count = len(self._ids)
        if count:
            self._dataset.vectors.put(self._card, self._ids, self._shas, np.stack(self._vectors))
        self._ids, self._shas, self._vectors = [], [], []
        return count


class Checkpoints:
    """When to commit: the first images soon, then so many that commits stay few, and never long apart."""

    def __init__(self, *, soon: bool) -> None:
        self._soon = soon
        self._last = time.monotonic()

    def due(self, images: int, held: int = 0) -> bool:
        """Whether so many images, holding so many bytes in memory, are to be committed; the caller then does."""
        wanted = FIRST_COMMIT if self._soon else COMMIT
        late = images > 0 and time.monotonic() - self._last >= COMMIT_SECONDS
        if images < wanted and held < COMMIT_BYTES and not late:
            return False
        self._soon = False
        self._last = time.monotonic()
        return True


def embed(
    dataset: Dataset,
    encoder: Encoder,
    *,
    among: NDArray[np.int64] | None = None,
    suspects: Mapping[str, int] | None = None,
    progress: Reporter = silent,
) -> Embedded:
    """Embed the images that have no vector from `encoder` yet, of these ids (m,) where they are given.

    `suspects` counts, by path, how often decoding that file has crashed a process; after the second time it is left
    out. Images whose file has gone or changed are reported in `failed`.
    """
    begun = time.perf_counter()
    missing = set(dataset.vectors.missing(encoder.card))
    wanted = dataset.count
    if among is not None:
        wanted, missing = len(among), missing.intersection(among.tolist())
    rows = [row for row in dataset.images().select(["id", "path", "sha256"]).to_pylist() if row["id"] in missing]
    skipped = wanted - len(rows)
    writer = VectorWriter(dataset, encoder.card)
    checkpoints = Checkpoints(soon=False)
    failed: list[Rejected] = []
    embedded = 0
    progress("embedding", 0, len(rows))
    prepared = _prepared(dataset, encoder, rows, suspects or {}, progress)
    for done, (outcome, vector) in enumerate(encoded(encoder, prepared), start=1):
        if isinstance(outcome, Rejected):
            failed.append(outcome)
        elif vector is not None:
            writer.add(outcome["id"], outcome["sha256"], vector)
        if checkpoints.due(len(writer)):
            embedded += writer.commit()
        if done % TELL == 0:
            progress("embedding", done, len(rows))
    embedded += writer.commit()
    progress("embedding", len(rows), len(rows))
    return Embedded(embedded, skipped, tuple(failed), time.perf_counter() - begun)


def read_inputs(dataset: Dataset, encoder: Encoder, ids: Sequence[int]) -> Iterator[tuple[int, NDArray[Any] | None]]:
    """These images with their network inputs (3, s, s); those that cannot be read are left out.

    For looking at some of them without storing anything.
    """
    rows = dataset.described(ids).select(["id", "path"]).to_pylist()
    for outcome, network_input in _prepared(dataset, encoder, rows, {}, silent):
        if not isinstance(outcome, Rejected):
            yield outcome["id"], network_input


def _prepared(
    dataset: Dataset, encoder: Encoder, rows: list[Row], suspects: Mapping[str, int], progress: Reporter
) -> Iterator[tuple[Row | Rejected, NDArray[Any] | None]]:
    """Rows with their inputs: suspects first and each alone, so that a crash names its file; the rest in threads."""

    def prepare(task: tuple[Row, bytes | ImageRefused]) -> tuple[Row | Rejected, NDArray[Any] | None]:
        row, data = task
        try:
            if isinstance(data, ImageRefused):
                raise data
            return row, encoder.prepare(decode(data, side=encoder.card.preprocessing.resize).image)
        except ImageRefused as refusal:
            return Rejected(row["path"], refusal.reason, refusal.detail), None

    def originals(wanted: list[Row]) -> Iterator[tuple[Row, bytes | ImageRefused]]:
        for start in range(0, len(wanted), READ):
            group = wanted[start : start + READ]
            contents = dataset.contents([row["id"] for row in group])
            yield from ((row, contents[row["id"]]) for row in group if row["id"] in contents)

    for row in rows:
        crashes = suspects.get(row["path"], 0)
        if crashes >= CRASHES:
            yield Rejected(row["path"], Reason.CRASHED, CRASHED_TWICE), None
        elif crashes:
            progress.reading([row["path"]])
            yield from map(prepare, originals([row]))
    rest = [row for row in rows if row["path"] not in suspects]
    yield from in_order(
        prepare, originals(rest), announce=lambda window: progress.reading([row["path"] for row, _ in window])
    )
    progress.reading([])
