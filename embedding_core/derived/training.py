"""What probes are trained on and judged by: a version's images with vectors, parted once for all that is ever tried."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from embedding_core.deciding.versions import NOW
from embedding_core.derived.encoders import is_fitted
from embedding_core.derived.labelled import held_out, labelled
from embedding_core.derived.targets import target_of
from embedding_core.errors import InvalidInput
from embedding_core.fingerprint import digest
from embedding_core.records import silent
from embedding_core.train.model import Material, material
from embedding_core.train.probes.judging import Judges
from embedding_core.train.saving import About

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embedding_core.derived.targets import Target
    from embedding_core.records import Reporter
    from embedding_core.train.probes.scores import Figure
    from embedding_core.workspace import Dataset, Embedding, Workspace

FEWEST = 20  # images to train on, below which nothing is learnt


@dataclass(frozen=True, eq=False, slots=True)
class Prepared:
    """A target, and the rows of it that train and judge."""

    dataset: str  # name
    embedding: Embedding
    target: Target
    train: NDArray[np.int64]  # rows of `target.known`
    test: NDArray[np.int64]  # likewise
    clusters: NDArray[np.int64]  # of the test rows
    chosen: str
    left_out: int
    seed: int
    seen: bool  # the encoder was fitted on images that are trained on

    @property
    def data(self) -> str:
        """Fingerprint of images, labels and splits."""
        return self.target.fingerprint

    @property
    def parts(self) -> str:
        """Fingerprint of which images train and which judge."""
        return digest(self.train.tobytes() + b"|" + self.test.tobytes())

    @property
    def judged_by(self) -> str:
        """Fingerprint of the images that judge."""
        return digest(np.sort(self.target.known.ids[self.test]).tobytes())

    def material(self) -> Material:
        known = self.target.known
        return material(
            self._vectors(self.train),
            self._answers(self.train),
            known.groups[self.train],
            task=self.target.task,
            classes=known.classes if self.target.task == "classification" else (),
            name=self.target.name,
            seed=self.seed,
            seen=self.seen,
        )

    def judges(self) -> Judges:
        return Judges(
            self.target.known.ids[self.test],
            self._vectors(self.test),
            self._answers(self.test),
            self.clusters,
            self.chosen,
            self.left_out,
        )

    def about(self, baseline: dict[str, Figure]) -> About:
        return About(
            self.embedding.card,
            self.dataset,
            self.target.known.version,
            self.data,
            self.judged_by,
            len(self.train),
            len(self.test),
            self.chosen,
            self.seed,
            baseline,
        )

    def _answers(self, rows: NDArray[np.int64]) -> NDArray[np.int64] | NDArray[np.float64]:
        of = self.target.numbers if self.target.task == "regression" else self.target.known.codes
        return of[rows]

    def _vectors(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        return self.embedding.matrix()[self.embedding.positions(self.target.known.ids[rows].tolist())]


def prepared(
    workspace: Workspace,
    dataset: Dataset,
    embedding: Embedding,
    *,
    target: str | None = None,
    version: str = NOW,
    seed: int = 0,
    progress: Reporter = silent,
) -> Prepared:
    """Raises `UnknownVersion`, and `InvalidInput` where there is too little to learn from or to judge by."""
    known = labelled(workspace, dataset, [embedding], version=version, progress=progress)
    wanted = target_of(dataset, known, target)
    held = held_out(workspace, dataset, wanted.known, of=wanted.name, encoder=embedding.card.id)
    if len(held.train) < FEWEST:
        raise InvalidInput(
            f"Besides the untouched part, {len(held.train):,} images are left to train on. It takes at least {FEWEST}."
        )
    return Prepared(
        dataset.name,
        embedding,
        wanted,
        held.train,
        held.test,
        held.clusters,
        held.chosen,
        held.left_out,
        seed,
        is_fitted(embedding.card.id),
    )
