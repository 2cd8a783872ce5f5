"""Maps of an embedding: drawn, turned towards the one before, kept and read."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from embedding_core import projection
from embedding_core.derived.facts import facts
from embedding_core.fingerprint import digest, fingerprint
from embedding_core.graphs import neighbour_graph
from embedding_core.projection import Projection, align
from embedding_core.records import silent
from embedding_core.vectors import read_only

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from embedding_core.records import Progress
    from embedding_core.workspace import Dataset, Embedding, StoredResult, Workspace

UNTURNED = read_only(np.eye(2))  # also what maps lie by that were stored before there were turns

REVISION = 4  # raised when the same settings draw another map


@dataclass(frozen=True, eq=False)
class MapResult:
    """A stored map. Row i of the projection is the image `ids[i]`."""

    fingerprint: str
    dataset: str  # uuid
    embedding: str  # fingerprint
    ids: NDArray[np.int64]  # (n,)
    projection: Projection
    encoder: str
    seconds: float  # from reading vectors to stored points
    turn: NDArray[np.float64]  # (2, 2) orthogonal, see `placed`; the identity in three dimensions

    @cached_property
    def placed(self) -> NDArray[np.float32]:
        """(n, 2 or 3) the points as they are shown: in two dimensions `points @ turn`"""
        points = self.projection.points
        if self.projection.dims != 2 or np.array_equal(self.turn, UNTURNED):
            return points
        return read_only((points.astype(np.float64) @ self.turn).astype(np.float32))

    def facing(self, other: MapResult) -> MapResult:
        """This map, turned towards another one in two dimensions, so that both can be looked at together."""
        turn = align.turn(self.projection.points, self.ids, other.placed, other.ids)
        return self if turn is None else replace(self, turn=read_only(turn))

    @property
    def turn_digest(self) -> str:
        """16 hex digits that stand for the turn."""
        return digest(self.turn.astype("<f8").tobytes())[:16]


def draw_map(
    workspace: Workspace,
    dataset: Dataset,
    embedding: Embedding,
    *,
    method: str = "umap",
    dims: int = 2,
    seed: int = 0,
    parameters: Mapping[str, float] | None = None,
    progress: Progress = silent,
) -> MapResult:
    """A map of an embedding, turned towards the one before it.

    That is the newest flat map of some of the same images, of those by this encoder and method, else by this encoder,
    else by this method, else of all. The turn is of the two-dimensional map as a whole and is stored beside the points,
    which the fingerprint names.
    Raises `InvalidInput` for what `projection.project` does not take.
    """
    asked = dict(parameters or {})
    key = fingerprint("map", REVISION, embedding.fingerprint, method=method, dims=dims, seed=seed, **asked)
    known = read_map(workspace, key)
    if known is not None:
        return known
    begun = time.perf_counter()
    vectors = embedding.matrix()
    graph = neighbour_graph(workspace, dataset, embedding, vectors=vectors, progress=progress)
    drawn = projection.project(method, vectors, graph, dims=dims, seed=seed, parameters=asked, progress=progress)
    arrays: dict[str, NDArray[Any]] = {"ids": embedding.ids, "points": drawn.points}
    if drawn.trust is not None:
        arrays["trust"] = drawn.trust
    turn = _turn(workspace, dataset, embedding, drawn)
    seconds = time.perf_counter() - begun
    workspace.results.put(
        key,
        kind="map",
        dataset=dataset.uuid,
        parent=embedding.fingerprint,
        arrays=arrays,
        parameters={
            "asked": {"method": method, "dims": dims, "seed": seed, **asked},
            "encoder": embedding.card.id,
            **facts(drawn, "points", "trust"),
            "dims": drawn.dims,
            "turn": turn.tolist(),
        },
        seconds=seconds,
    )
    return MapResult(key, dataset.uuid, embedding.fingerprint, embedding.ids, drawn, embedding.card.id, seconds, turn)


def _turn(workspace: Workspace, dataset: Dataset, embedding: Embedding, drawn: Projection) -> NDArray[np.float64]:
    """How to turn a new map (2, 2), so that whoever knows the one before it finds the way."""
    if drawn.dims != 2:
        return UNTURNED
    flat = [found for found in workspace.results.find(dataset.uuid, "map") if found.parameters["dims"] == 2]

    def strange(found: StoredResult) -> tuple[bool, bool]:
        return found.parameters["encoder"] != embedding.card.id, found.parameters["method"] != drawn.method

    for found in sorted(flat, key=strange):  # of equals the newest, which comes first
        last = read_map(workspace, found.fingerprint)
        turn = align.turn(drawn.points, embedding.ids, last.placed, last.ids) if last is not None else None
        if turn is not None:
            return read_only(turn)
    return UNTURNED


def maps(workspace: Workspace, dataset: Dataset, embedding: Embedding) -> list[StoredResult]:
    """The stored maps of an embedding, newest first, without their arrays."""
    return workspace.results.find(dataset.uuid, "map", embedding.fingerprint)


def read_map(workspace: Workspace, key: str) -> MapResult | None:
    stored = workspace.results.get(key)
    if stored is None or stored.kind != "map":
        return None
    kept = stored.parameters
    variance = kept["explained_variance"]
    drawn = Projection(
        points=stored.arrays["points"],
        method=kept["method"],
        parameters=kept["parameters"],
        seed=kept["seed"],
        trust=stored.arrays.get("trust"),
        trustworthiness=kept["trustworthiness"],
        trust_sample=kept["trust_sample"],
        explained_variance=None if variance is None else tuple(variance),
        note=kept["note"],
    )
    return MapResult(
        key,
        stored.dataset,
        stored.parent,
        stored.arrays["ids"],
        drawn,
        kept["encoder"],
        stored.seconds,
        read_only(np.array(kept["turn"])) if "turn" in kept else UNTURNED,
    )
