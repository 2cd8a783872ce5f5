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
from embedding_core.graphs import kept_rows, map_graph, of_another_part
from embedding_core.projection import Placement, Projection, align
from embedding_core.records import silent
from embedding_core.vectors import read_only, unit_rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from embedding_core.records import Progress
    from embedding_core.workspace import Dataset, Embedding, StoredResult, Workspace

UNTURNED = read_only(np.eye(2))  # also what maps lie by that were stored before there were turns

REVISION = 5  # raised when the same settings draw another map
MOST_NEW = 0.25  # share of the images that may have been placed; with more of them a map is drawn anew


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
    onto: str = ""  # fingerprint of the map that its newest images were placed on

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
    place: bool = False,
    progress: Progress = silent,
) -> MapResult:
    """A map of an embedding, turned towards the one before it.

    That is the newest flat map of some of the same images, of those by this encoder and method, else by this encoder,
    else by this method, else of all. The turn is of the two-dimensional map as a whole and is stored beside the points,
    which the fingerprint names. With `place`, where UMAP has drawn most of the images before in the same way, the new
    ones are placed on that map and no other one moves.
    Maps of another part of the images, such as a version, do not count as one before it.
    Raises `InvalidInput` for what `projection.project` does not take.
    """
    asked: dict[str, str | float] = {"method": method, "dims": dims, "seed": seed, **(parameters or {})}
    base = _base(workspace, dataset, embedding, asked) if place else None
    if base is not None and base.parent == embedding.fingerprint:
        return _map(base)
    onto = {} if base is None else {"onto": base.fingerprint}
    key = fingerprint("map", REVISION, embedding.fingerprint, **asked, **onto)
    known = read_map(workspace, key)
    if known is not None:
        return known
    begun = time.perf_counter()
    vectors = unit_rows(embedding.matrix())
    graph = map_graph(workspace, dataset, embedding, vectors=vectors, progress=progress)
    if base is None:
        drawn = projection.project(
            method, vectors, graph, dims=dims, seed=seed, parameters=parameters, progress=progress
        )
        turn = _turn(workspace, dataset, embedding, drawn)
    else:
        kept = kept_rows(embedding, base.arrays)
        last = _map(base)
        drawn = projection.grown(last.projection, kept, vectors, graph, progress=progress)
        turn = last.turn
    seconds = time.perf_counter() - begun
    workspace.results.put(
        key,
        kind="map",
        dataset=dataset.uuid,
        parent=embedding.fingerprint,
        arrays=_arrays(embedding, drawn),
        parameters={
            "asked": asked,
            **onto,
            "encoder": embedding.card.id,
            "part_of": embedding.part_of,
            **facts(drawn, "points", "trust", "placement", "misplaced"),
            "dims": drawn.dims,
            "turn": turn.tolist(),
        },
        seconds=seconds,
    )
    return MapResult(
        key, dataset.uuid, embedding.fingerprint, embedding.ids, drawn, embedding.card.id, seconds, turn, **onto
    )


def _base(
    workspace: Workspace, dataset: Dataset, embedding: Embedding, asked: Mapping[str, Any]
) -> StoredResult | None:
    """The newest map that was drawn as `asked`, by UMAP, if it shows most of these images."""
    for found in workspace.results.find(dataset.uuid, "map"):
        how = found.parameters
        if how["encoder"] != embedding.card.id or how["asked"] != asked or how["method"] != "umap":
            continue
        if of_another_part(found, embedding):
            continue
        whole = workspace.results.get(found.fingerprint)
        if whole is None or "contents" not in whole.arrays:
            continue
        kept = kept_rows(embedding, whole.arrays)
        guests = kept < 0
        if "placed" in whole.arrays and "landmarks" not in how["parameters"]:
            guests |= whole.arrays["placed"][kept]
        return whole if guests.sum() <= MOST_NEW * len(embedding) else None
    return None


def _arrays(embedding: Embedding, drawn: Projection) -> dict[str, NDArray[Any]]:
    arrays: dict[str, NDArray[Any]] = {"ids": embedding.ids, "contents": embedding.contents, "points": drawn.points}
    if drawn.trust is not None:
        arrays["trust"] = drawn.trust
    if drawn.misplaced is not None:
        arrays["misplaced"] = drawn.misplaced
    if drawn.placement is not None:
        arrays |= {"placed": drawn.placement.placed, "outside": drawn.placement.outside}
    return arrays


def _turn(workspace: Workspace, dataset: Dataset, embedding: Embedding, drawn: Projection) -> NDArray[np.float64]:
    """How to turn a new map (2, 2), so that whoever knows the one before it finds the way."""
    if drawn.dims != 2:
        return UNTURNED
    flat = [
        found
        for found in workspace.results.find(dataset.uuid, "map")
        if found.parameters["dims"] == 2 and not of_another_part(found, embedding)
    ]

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
    return None if stored is None or stored.kind != "map" else _map(stored)


def _map(stored: StoredResult) -> MapResult:
    kept, arrays = stored.parameters, stored.arrays
    variance = kept["explained_variance"]
    drawn = Projection(
        points=arrays["points"],
        method=kept["method"],
        parameters=kept["parameters"],
        seed=kept["seed"],
        trust=arrays.get("trust"),
        trustworthiness=kept["trustworthiness"],
        trust_sample=kept["trust_sample"],
        explained_variance=None if variance is None else tuple(variance),
        note=kept["note"],
        placement=Placement(arrays["placed"], arrays["outside"]) if "placed" in arrays else None,
        misplaced=arrays.get("misplaced"),
    )
    return MapResult(
        stored.fingerprint,
        stored.dataset,
        stored.parent,
        arrays["ids"],
        drawn,
        kept["encoder"],
        stored.seconds,
        read_only(np.array(kept["turn"])) if "turn" in kept else UNTURNED,
        onto=kept.get("onto", ""),
    )
