"""New images on a map that stays, and maps of which some images alone are drawn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from embedding_core import derived, graphs, neighbours, trust
from embedding_core.encoders import registry
from embedding_core.errors import InvalidInput
from embedding_core.neighbours import graph
from embedding_core.projection import METHODS, grown, placing, project
from embedding_core.workspace import Dataset, Workspace
from tests.core.test_workspace import put, record

GROUPS = 5


def grouped(n: int, *, groups: int = GROUPS, seed: int = 0) -> np.ndarray:
    """Vectors around the corners of a cube, row i of group i % groups."""
    random = np.random.default_rng(seed)
    centres = np.eye(8, 32) * 6
    return (centres[np.arange(n) % groups] + random.normal(size=(n, 32))).astype(np.float32)


def nearest(points: np.ndarray, among: np.ndarray) -> np.ndarray:
    return np.argmin(((points[:, None] - among[None]) ** 2).sum(2), axis=1)


@pytest.fixture(scope="module")
def before() -> np.ndarray:
    return grouped(400)


@pytest.mark.parametrize("method", ["umap", "tsne"])
@pytest.mark.parametrize("dims", [2, 3])
def test_new_images_come_to_their_kind_and_nobody_else_moves(method: str, dims: int, before: np.ndarray) -> None:
    drawn = project(method, before, graph(before), dims=dims)
    new = grouped(50, seed=9)
    vectors = np.concatenate([new, before])
    kept = np.concatenate([np.full(50, -1), np.arange(400)])
    after = grown(drawn, kept, vectors, graph(vectors))
    np.testing.assert_array_equal(after.points[50:], drawn.points)
    assert (nearest(after.points[:50], drawn.points) % GROUPS == np.arange(50) % GROUPS).mean() > 0.95
    assert (after.method, after.parameters) == (drawn.method, drawn.parameters)
    assert after.placement is not None
    assert after.placement.placed.tolist() == [True] * 50 + [False] * 400
    assert after.fit is not None
    assert after.fit.placed == 50
    assert after.fit.trust > 0.7 * after.fit.trust_drawn, "put down at random, it would be a tenth"
    assert after.fit.outside <= 5


def test_images_unlike_all_that_was_there_are_told(before: np.ndarray) -> None:
    drawn = project("umap", before, graph(before))
    strange = grouped(12, groups=8)[[5, 6, 7]]  # of groups that nobody has seen
    vectors = np.concatenate([before, grouped(20, seed=4), strange])
    kept = np.concatenate([np.arange(400), np.full(23, -1)])
    placement = grown(drawn, kept, vectors, graph(vectors)).placement
    assert placement is not None
    assert placement.outside[420:].all()
    assert placement.outside[:420].sum() <= 3


def test_where_an_image_goes_does_not_depend_on_who_comes_with_it() -> None:
    points = np.random.default_rng(0).normal(size=(60, 2)).astype(np.float32) * 5
    rows = np.array([[1, 2, 3], [40, 41, 42]], np.int32)
    likeness = np.array([[0.9, 0.8, 0.7]] * 2, np.float32)
    alone = placing.place(points, rows[:1], likeness[:1])
    together = placing.place(points, rows, likeness)
    assert np.linalg.norm(alone[0] - together[0]) < 1, "but for chance"


def test_without_anyone_on_the_map_nobody_is_placed(before: np.ndarray) -> None:
    drawn = project("umap", before, graph(before))
    with pytest.raises(InvalidInput, match="Draw a new one"):
        grown(drawn, np.full(400, -1), before, graph(before))
    with pytest.raises(InvalidInput, match="none on it"):
        placing.place(drawn.points, np.zeros((1, 0), np.int32), np.zeros((1, 0), np.float32))


@pytest.mark.parametrize("method", METHODS)
def test_a_map_of_a_sketch_shows_everyone_among_their_kind(method: str) -> None:
    vectors = grouped(1_000)
    sketch = neighbours.sketch(vectors, 30, landmarks=200)
    drawn = project(method, vectors, sketch)
    assert drawn.points.shape == (1_000, 2)
    assert np.isfinite(drawn.points).all()
    assert (drawn.placement is None) == (method == "pca"), "components are of all"
    if drawn.placement is not None and sketch.among is not None and drawn.trust is not None:
        np.testing.assert_array_equal(np.flatnonzero(~drawn.placement.placed), sketch.among)
        assert drawn.parameters["landmarks"] == 200
        others = np.flatnonzero(drawn.placement.placed)
        at = nearest(drawn.points[others], drawn.points[sketch.among])
        assert (sketch.among[at] % GROUPS == others % GROUPS).mean() > 0.95
        assert drawn.trustworthiness is not None
        assert drawn.trustworthiness > 0.7
        assert drawn.trust[others].mean() > 0.6 * drawn.trust[sketch.among].mean()


def test_trust_of_a_sketch_is_the_share_of_true_landmarks_among_those_near_on_the_map() -> None:
    random = np.random.default_rng(0)
    vectors, points = grouped(120), random.normal(size=(120, 2)).astype(np.float32)
    sketch = neighbours.sketch(vectors, 12, landmarks=40)
    assert sketch.among is not None
    found = trust.per_point(points, sketch, 10)
    for row in (0, 17, 77, int(sketch.among[3])):
        others = sketch.among[sketch.among != row]
        on_map = others[np.argsort(((points[others] - points[row]) ** 2).sum(1))[:10]]
        assert found[row] == pytest.approx(np.isin(on_map, sketch.rows[row, :10]).mean()), row


# -- as it is stored ----------------------------------------------------------------------------------------------


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.open(str(tmp_path / "workspace"))


@pytest.fixture
def dataset(workspace: Workspace) -> Dataset:
    return grow(workspace.create("growing"), 0, 200)


def grow(dataset: Dataset, first: int, last: int) -> Dataset:
    """Images of these numbers, with vectors."""
    put(dataset, *(record(f"{number:04d}.png") for number in range(first, last)))
    rows = {row["path"]: row for row in dataset.images().to_pylist()}
    some = [rows[f"{number:04d}.png"] for number in range(first, last)]
    dim = registry.card("pixels").dim
    vectors = np.zeros((last, dim), np.float32)
    vectors[:, :32] = grouped(last)
    ids, shas = [row["id"] for row in some], [row["sha256"] for row in some]
    dataset.vectors.put(registry.card("pixels"), ids, shas, vectors[first:])
    return dataset


def test_a_dataset_that_grows_keeps_its_map_and_extends_its_graph(workspace: Workspace, dataset: Dataset) -> None:
    first = derived.draw_map(workspace, dataset, dataset.embedding("pixels"), place=True)
    assert first.projection.placement is None
    grow(dataset, 200, 230)
    embedding = dataset.embedding("pixels")
    second = derived.draw_map(workspace, dataset, embedding, place=True)
    assert second.onto == first.fingerprint
    stayed = np.flatnonzero(np.isin(second.ids, first.ids))
    where = dict(zip(first.ids.tolist(), first.placed.tolist(), strict=True))
    assert second.placed[stayed].tolist() == [where[image] for image in second.ids[stayed].tolist()]
    assert second.projection.fit is not None
    assert second.projection.fit.placed == 30
    again = derived.read_map(workspace, second.fingerprint)
    assert again is not None
    assert again.onto == first.fingerprint
    assert again.projection.fit == second.projection.fit
    assert derived.draw_map(workspace, dataset, embedding, place=True).fingerprint == second.fingerprint, "it is there"
    anew = derived.draw_map(workspace, dataset, embedding)
    assert anew.projection.placement is None
    assert anew.fingerprint != second.fingerprint
    known = graphs.read_graph(workspace, embedding.fingerprint)
    assert known is not None
    fresh = graph(embedding.matrix())
    np.testing.assert_allclose(known.similarity, fresh.similarity, atol=1e-6)


def test_an_image_with_another_content_is_placed_anew(workspace: Workspace, dataset: Dataset) -> None:
    first = derived.draw_map(workspace, dataset, dataset.embedding("pixels"), place=True)
    changed = dataset.ids()["0007.png"]
    put(dataset, record("0007.png", b"another content"))
    card = registry.card("pixels")
    sha = str(dataset.image(changed)["sha256"])
    dataset.vectors.put(card, [changed], [sha], np.roll(np.eye(1, card.dim, dtype=np.float32), 3))
    second = derived.draw_map(workspace, dataset, dataset.embedding("pixels"), place=True)
    assert second.onto == first.fingerprint
    assert second.projection.placement is not None
    assert second.ids[second.projection.placement.placed].tolist() == [changed]


def test_a_map_is_drawn_anew_once_a_quarter_would_be_guests(workspace: Workspace, dataset: Dataset) -> None:
    drawn = derived.draw_map(workspace, dataset, dataset.embedding("pixels"), place=True)
    guests = []
    for last in (230, 260, 300):
        grow(dataset, last - (40 if last == 300 else 30), last)
        drawn = derived.draw_map(workspace, dataset, dataset.embedding("pixels"), place=True)
        placement = drawn.projection.placement
        guests.append(0 if placement is None else int(placement.placed.sum()))
    assert guests == [30, 60, 0], "100 of 300 are more than a quarter"
    assert drawn.onto == ""


def test_of_very_many_images_a_map_is_drawn_of_landmarks(
    monkeypatch: pytest.MonkeyPatch, workspace: Workspace, dataset: Dataset
) -> None:
    monkeypatch.setattr(graphs, "SKETCHED", 199)
    monkeypatch.setattr(graphs, "LANDMARKS", 80)
    embedding = dataset.embedding("pixels")
    drawn = derived.draw_map(workspace, dataset, embedding)
    assert drawn.projection.parameters["landmarks"] == 80
    assert drawn.projection.fit is not None
    assert drawn.projection.fit.placed == 120
    assert graphs.read_graph(workspace, embedding.fingerprint) is None, "nobody waits for the whole"
    found = workspace.results.find(dataset.uuid, "sketch")
    derived.draw_map(workspace, dataset, embedding, seed=1)
    assert [one.created for one in workspace.results.find(dataset.uuid, "sketch")] == [one.created for one in found]
