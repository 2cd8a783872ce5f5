"""A part of an embedding, such as a version: graph, maps and groups of its own, which do not confuse the whole."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from embedding_core import derived, graphs, neighbours
from embedding_core.deciding.versions import make_version
from embedding_core.encoders import registry
from embedding_core.errors import InvalidInput, NotEmbedded
from embedding_core.records import LOCAL, Actor, silent
from embedding_core.review.decisions import Action, decided
from embedding_core.tasks import TASKS
from embedding_core.workspace import Dataset, Embedding, Workspace
from tests.core.test_workspace import put, record

ANNA = Actor("a", "Anna")
COUNT = 120
CARD = registry.card("pixels")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.open(str(tmp_path / "workspace"))


@pytest.fixture
def dataset(workspace: Workspace) -> Dataset:
    dataset = workspace.create("birds")
    ids = put(dataset, *(record(f"{number:03d}.png", b"%d" % number) for number in range(COUNT)))
    embed(dataset)
    dataset.put_attributes(ids, labels=["owl" if number % 2 else "tit" for number in range(COUNT)])
    return dataset


def embed(dataset: Dataset) -> None:
    """Made-up vectors, each a function of the image's path, in two heaps."""
    images = dataset.images()
    matrix = np.stack(
        [
            np.random.default_rng(int(path[:3])).normal(size=CARD.dim) + 3 * (int(path[:3]) % 2)
            for path in images["path"].to_pylist()
        ]
    ).astype(np.float32)
    dataset.vectors.put(CARD, images["id"].to_pylist(), images["sha256"].to_pylist(), matrix)


def whole(dataset: Dataset) -> Embedding:
    return dataset.embedding("pixels")


def test_a_part_has_the_same_vectors_in_the_order_of_the_whole(dataset: Dataset) -> None:
    every = whole(dataset)
    some = np.random.default_rng(0).permutation(every.ids[10:50])
    part = every.of(some)
    assert part.ids.tolist() == every.ids[10:50].tolist()
    np.testing.assert_array_equal(part.matrix(), every.matrix()[10:50])
    np.testing.assert_array_equal(part.rows(part.ids[:3]), every.matrix()[10:13])
    assert part.positions(part.ids[5:7].tolist()).tolist() == [5, 6]
    assert part.contents.tolist() == every.contents[10:50].tolist()
    assert part.part_of == every.fingerprint
    assert part.of(some[:5]).part_of == every.fingerprint


def test_a_part_is_named_by_what_it_holds_also_when_the_dataset_grows(dataset: Dataset) -> None:
    every = whole(dataset)
    part = every.of(every.ids[:50])
    assert part.fingerprint != every.fingerprint
    assert part.fingerprint == every.of(every.ids[:50][::-1]).fingerprint
    assert part.fingerprint != every.of(every.ids[:49]).fingerprint
    put(dataset, record("500.png", b"more"))
    embed(dataset)
    grown = whole(dataset)
    assert grown.fingerprint != every.fingerprint
    assert grown.of(every.ids[:50]).fingerprint == part.fingerprint
    put(dataset, record("000.png", b"another content"))
    embed(dataset)
    assert whole(dataset).of(every.ids[:50]).fingerprint != part.fingerprint


def test_all_images_are_the_whole_and_none_are_refused(dataset: Dataset) -> None:
    every = whole(dataset)
    assert every.of(np.append(every.ids[::-1], 7)) is every
    with pytest.raises(NotEmbedded, match="None of the 2 images has a vector"):
        every.of(np.array([1, 2]))
    with pytest.raises(InvalidInput, match="this machine"):
        every.of(every.ids[:9]).spread()


def test_the_graph_of_a_part_is_what_it_is_alone(workspace: Workspace, dataset: Dataset) -> None:
    every = whole(dataset)
    derived.neighbour_graph(workspace, dataset, every)
    for some in (every.ids[2:], every.ids[:40]):  # few have gone, and so many that it is computed anew
        part = every.of(some)
        found = derived.neighbour_graph(workspace, dataset, part)
        np.testing.assert_array_equal(found.rows, neighbours.graph(part.matrix(), graphs.NEIGHBOURS).rows)


def test_the_whole_goes_on_from_the_last_whole_not_from_a_version(
    workspace: Workspace, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = whole(dataset)
    derived.neighbour_graph(workspace, dataset, every)
    drawn = derived.draw_map(workspace, dataset, every, place=True)
    part = every.of(every.ids[:100])
    derived.neighbour_graph(workspace, dataset, part)
    of_part = derived.draw_map(workspace, dataset, part)
    put(dataset, record("500.png", b"more"))
    embed(dataset)
    grown = whole(dataset)
    extended: list[int] = []
    genuine = graphs.neighbours.extended

    def seen(vectors: np.ndarray, known: neighbours.NeighbourGraph, *rest: object, **named: object) -> object:
        extended.append(known.n)
        return genuine(vectors, known, *rest, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(graphs.neighbours, "extended", seen)
    placed = derived.draw_map(workspace, dataset, grown, place=True)
    assert extended == [COUNT]
    assert placed.onto == drawn.fingerprint != of_part.fingerprint
    rows = [grown.ids.tolist().index(image) for image in every.ids.tolist()]
    np.testing.assert_array_equal(placed.projection.points[rows], drawn.projection.points)
    assert [one.fingerprint for one in derived.maps(workspace, dataset, grown)] == [placed.fingerprint]
    assert [one.fingerprint for one in derived.maps(workspace, dataset, part)] == [of_part.fingerprint]


def test_a_small_version_does_not_keep_the_graph_of_the_whole_from_being_extended(
    workspace: Workspace, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = whole(dataset)
    derived.neighbour_graph(workspace, dataset, every)
    derived.neighbour_graph(workspace, dataset, every.of(every.ids[:40]))
    put(dataset, record("500.png", b"more"))
    embed(dataset)

    def refused(*arguments: object, **named: object) -> None:
        raise AssertionError("The graph was computed anew.")

    monkeypatch.setattr(graphs.neighbours, "graph", refused)
    assert derived.neighbour_graph(workspace, dataset, whole(dataset)).n == COUNT + 1


def test_a_map_of_a_version_can_be_that_of_the_whole_without_what_went(workspace: Workspace, dataset: Dataset) -> None:
    every = whole(dataset)
    drawn = derived.draw_map(workspace, dataset, every)
    placed = derived.draw_map(workspace, dataset, every.of(every.ids[5:]), place=True)
    np.testing.assert_array_equal(placed.projection.points, drawn.projection.points[5:])


def test_groups_of_a_version_are_named_and_judged_by_its_labels(workspace: Workspace, dataset: Dataset) -> None:
    every = whole(dataset)
    dataset.decisions.add(
        [
            decided(ANNA, Action.REMOVE, every.ids[:4].tolist()),
            decided(ANNA, Action.RELABEL, every.ids[5::2].tolist(), value="eagle"),
        ]
    )
    make_version(workspace, dataset, "cleaned", ANNA)

    def names(version: str | None) -> tuple[list[str], int]:
        asked = {"name": "birds", "encoder": "pixels", "k": 2, "version": version}
        found = TASKS["clusters"](workspace, asked, silent, LOCAL)
        return sorted(one["name"] for one in found["clusters"]), sum(one["size"] for one in found["clusters"])

    assert names("cleaned") == (["eagle", "tit"], COUNT - 4)
    assert names(None) == (["owl", "tit"], COUNT)
    assert names("original") == (["owl", "tit"], COUNT)
