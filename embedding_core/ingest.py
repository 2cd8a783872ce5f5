"""Bring images into a dataset: one read and one decode verify a file, make its thumbnail and embed it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from embedding_core.batching import encoded
from embedding_core.embed import CRASHED_TWICE, CRASHES, TELL, Checkpoints, VectorWriter
from embedding_core.encoders.base import Encoder
from embedding_core.errors import ImageRefused
from embedding_core.fingerprint import digest
from embedding_core.images import THUMBNAIL, decode, thumbnail
from embedding_core.parallel import in_order
from embedding_core.records import Candidate, ImageRecord, Reason, Rejected, Reporter, silent
from embedding_core.sources import Source
from embedding_core.sources.labelling import assign
from embedding_core.workspace import Dataset, Workspace


@dataclass(frozen=True, slots=True)
class Added:
    """What one run of `add` did."""

    added: int
    updated: int  # known path, new bytes: the old vectors are gone
    skipped: int  # known path, same bytes
    embedded: int
    rejected: tuple[Rejected, ...]
    label_source: str
    split_source: str
    seconds: float  # from the first byte read to the last commit

    @property
    def images_per_second(self) -> float:
        return (self.added + self.updated) / self.seconds if self.seconds > 0 else 0.0


@dataclass(frozen=True, slots=True)
class _Examined:
    """One candidate after reading: unchanged, or with its record."""

    path: str
    image_id: int
    sha256: str
    record: ImageRecord | None  # None when the dataset has exactly this already


_Outcome = tuple[_Examined | Rejected, NDArray[Any] | None]  # and its network input, when a vector is wanted


def add(
    workspace: Workspace,
    dataset: Dataset,
    source: Source,
    *,
    labels: str = "auto",
    split: str = "none",
    encoder: Encoder | None = None,
    suspects: Mapping[str, int] | None = None,
    progress: Reporter = silent,
) -> Added:
    """Add the images of `source` to `dataset`, with labels and splits, and embed them when an encoder is given.

    An image's identity is its path. Commits batch by batch: what a crash leaves is whole, and the same call finishes
    it. `suspects` as in `embed`. Raises `InvalidInput` for labels or a split that the source does not have.
    """
    begun = time.perf_counter()
    progress("reading", 0, None)
    listing = source.listing()
    ids = dataset.image_ids([one.path for one in listing.candidates])
    assigned = _describe(workspace, dataset, listing.candidates, listing.columns, ids, labels=labels, split=split)
    work = _Work(dataset, ids, listing.candidates, encoder, dict(suspects or {}), progress)
    work.run(len(listing.rejected))
    rejected = (*listing.rejected, *work.rejected)
    dataset.put_rejected(rejected)
    dataset.forgive(list(work.kept))
    return Added(
        work.added, work.updated, work.skipped, work.embedded, rejected, *assigned, time.perf_counter() - begun
    )


class _Work:
    """The loop of one `add`: examine and encode in threads, commit here."""

    def __init__(
        self,
        dataset: Dataset,
        ids: list[int],
        candidates: tuple[Candidate, ...],
        encoder: Encoder | None,
        suspects: dict[str, int],
        progress: Reporter,
    ) -> None:
        self.added = self.updated = self.skipped = self.embedded = 0
        self.rejected: list[Rejected] = []
        self.kept: list[str] = []
        self._dataset = dataset
        self._encoder = encoder
        self._suspects = suspects
        self._progress = progress
        self._candidates = list(zip(ids, candidates, strict=True))
        images = dataset.images()
        self._known = dict(zip(images["id"].to_pylist(), images["sha256"].to_pylist(), strict=True))
        self._unembedded = set(dataset.vectors.missing(encoder.card)) if encoder else set()
        self._writer = VectorWriter(dataset, encoder.card) if encoder else None
        self._checkpoints = Checkpoints(soon=not self._known)
        self._held = 0  # bytes of originals
        self._records: list[ImageRecord] = []
        self._record_ids: list[int] = []

    def run(self, refused: int) -> None:
        total = len(self._candidates) + refused
        self._progress("reading", refused, total)
        for done, (outcome, vector) in enumerate(encoded(self._encoder, self._outcomes()), start=refused + 1):
            if isinstance(outcome, Rejected):
                self.rejected.append(outcome)
            else:
                self.kept.append(outcome.path)
                self._take(outcome, vector)
            if done % TELL == 0:
                self._progress("reading", done, total)
        self._commit()
        self._progress("reading", total, total)

    def _outcomes(self) -> Iterator[_Outcome]:
        """Suspects first and each alone, so that a crash names its file; then the rest, in threads."""
        rest = []
        for image_id, candidate in self._candidates:
            crashes = self._suspects.get(candidate.path, 0)
            if crashes >= CRASHES:
                yield Rejected(candidate.path, Reason.CRASHED, CRASHED_TWICE), None
            elif crashes:
                self._progress.reading([candidate.path])
                yield self._examine((image_id, candidate))
            else:
                rest.append((image_id, candidate))
        yield from in_order(
            self._examine, rest, announce=lambda window: self._progress.reading([one.path for _, one in window])
        )
        self._progress.reading([])

    def _examine(self, task: tuple[int, Candidate]) -> _Outcome:
        image_id, candidate = task
        try:
            data = candidate.load()
            sha = digest(data)
            same = self._known.get(image_id) == sha
            wanted = self._encoder if not same or image_id in self._unembedded else None
            if same and wanted is None:
                return _Examined(candidate.path, image_id, sha, None), None
            side = max(THUMBNAIL, wanted.card.preprocessing.resize if wanted else 0)
            decoded = decode(data, side=side)
            record = (
                None
                if same
                else ImageRecord(
                    path=candidate.path,
                    sha256=sha,
                    width=decoded.width,
                    height=decoded.height,
                    format=decoded.format,
                    nbytes=len(data),
                    thumbnail=thumbnail(decoded.image),
                    content=None if candidate.origin else data,
                    origin=candidate.origin,
                )
            )
            examined = _Examined(candidate.path, image_id, sha, record)
            return examined, wanted.prepare(decoded.image) if wanted else None
        except ImageRefused as refusal:
            return Rejected(candidate.path, refusal.reason, refusal.detail), None

    def _take(self, outcome: _Examined, vector: NDArray[np.float32] | None) -> None:
        if outcome.record is None:
            self.skipped += 1
        else:
            if outcome.image_id in self._known:
                self.updated += 1
            else:
                self.added += 1
            self._record_ids.append(outcome.image_id)
            self._records.append(outcome.record)
            self._held += len(outcome.record.content or b"")
        if self._writer is not None and vector is not None:
            self._writer.add(outcome.image_id, outcome.sha256, vector)
        if self._checkpoints.due(max(len(self._records), len(self._writer or ())), self._held):
            self._commit()

    def _commit(self) -> None:
        # Images before vectors: after a crash between the two, `missing` names what to embed.
        self._dataset.put_images(self._record_ids, self._records)
        self._record_ids, self._records, self._held = [], [], 0
        if self._writer is not None:
            self.embedded += self._writer.commit()


def _describe(
    workspace: Workspace,
    dataset: Dataset,
    candidates: tuple[Candidate, ...],
    columns: pa.Table,
    ids: list[int],
    *,
    labels: str,
    split: str,
) -> tuple[str, str]:
    """Store labels, splits and metadata ahead of the images; rows of files that are then refused are never read."""
    paths = [one.path for one in candidates]
    at = {path: row for row, path in enumerate(columns["path"].to_pylist())}
    rows = np.array([at.get(path, -1) for path in paths], dtype=np.int64)
    described = columns.take(pa.array(rows, mask=rows < 0))
    described = described.set_column(described.column_names.index("path"), "path", pa.array(paths, pa.string()))
    assigned = assign(paths, described, labels, split)
    if paths:
        dataset.put_attributes(
            ids, labels=assigned.labels, splits=assigned.splits, metadata=described.drop_columns(["path"])
        )
        # Growing a labelled dataset by unlabelled images leaves what it says of its labels alone.
        workspace.update(
            dataset,
            label_source=assigned.label_source if assigned.label_source != "none" else None,
            split_source=assigned.split_source if assigned.split_source != "none" else None,
        )
    return assigned.label_source, assigned.split_source
