"""The sets that maps are drawn of: in a workspace for Kindred, as a file for its peers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.embed import add
from benchmarks.outside import checked
from benchmarks.report import data
from benchmarks.surroundings import BENCH
from benchmarks.synthetic import vectors as synthetic
from embedding_core import derived
from embedding_core.encoders import registry
from embedding_core.errors import UnknownDataset
from embedding_core.workspace import Dataset, Embedding, Workspace

PLACE = BENCH / "maps"


@dataclass(frozen=True, slots=True)
class Set:
    """A dataset with vectors in the workspace at `PLACE`."""

    title: str
    dataset: str
    encoder: str
    n: int

    def open(self) -> tuple[Workspace, Dataset, Embedding]:
        workspace = Workspace.open(str(PLACE))
        dataset = workspace.dataset(self.dataset)
        return workspace, dataset, dataset.embedding(self.encoder)

    def forget(self) -> None:
        """Delete what has been computed, so that the next command computes it again."""
        workspace, dataset, _ = self.open()
        workspace.results.forget(dataset.uuid)

    def matrix(self) -> NDArray[np.float32]:
        return self.open()[2].matrix()

    def points(self, fingerprint: str) -> NDArray[np.float32]:
        """The map that a command has stored, row by row with `matrix`."""
        drawn = derived.read_map(self.open()[0], fingerprint)
        if drawn is None:
            raise RuntimeError(f"There is no map {fingerprint}.")
        return drawn.projection.points

    def write(self, file: Path) -> None:
        """The vectors as a file for peers."""
        np.save(file, self.matrix())

    def write_graph(self, file: Path) -> None:
        """Kindred's graph, which is stored once a map has been drawn."""
        workspace, _, embedding = self.open()
        graph = derived.read_graph(workspace, embedding.fingerprint)
        if graph is None:
            raise RuntimeError(f"There is no graph of {self.dataset!r}.")
        np.savez(file, rows=graph.rows, similarity=graph.similarity)


def photographs() -> Set | None:
    """The clothing photographs, embedded when they are not yet; None where the data are not there."""
    source = data("clothing.tar")
    if source is None:
        print("  clothing.tar: not there (set KINDRED_BENCH_DATA), left out")
        return None
    try:
        there = Workspace.open(str(PLACE)).dataset("clothing")
        n = len(there.embedding(registry.DEFAULT)) if there.encodings() else 0
    except UnknownDataset:
        n = 0
    if not n:
        print("  embedding clothing.tar, once", flush=True)
        checked(add("clothing", source, PLACE))
        n = len(Workspace.open(str(PLACE)).dataset("clothing").embedding(registry.DEFAULT))
    return Set(f"{n:,} photographs", "clothing", registry.DEFAULT, n)


def clustered(n: int) -> Set:
    """Synthetic vectors."""
    return Set(f"{n:,} synthetic", synthetic.ensure(n, PLACE), synthetic.ENCODER, n)
