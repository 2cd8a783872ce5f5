"""A new map lies as the last one did; what is stored and named stays as it was computed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from embedding_core import derived
from embedding_core.derived import MapResult
from embedding_core.encoders import registry
from embedding_core.workspace import Dataset, Workspace
from tests.core.test_workspace import put, record

TURN = np.array([[0.0, 1.0], [1.0, 0.0]])


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.open(str(tmp_path / "workspace"))


@pytest.fixture
def dataset(workspace: Workspace) -> Dataset:
    dataset = workspace.create("birds")
    put(dataset, *(record(f"{number:02d}.png") for number in range(60)))
    embed(dataset, "pixels", 60)
    return dataset


def embed(dataset: Dataset, encoder: str, count: int) -> None:
    """Made-up vectors for the first `count` images."""
    card, images = registry.card(encoder), dataset.images().slice(0, count)
    matrix = np.random.default_rng(0).normal(size=(count, card.dim)).astype(np.float32)
    dataset.vectors.put(card, images["id"].to_pylist(), images["sha256"].to_pylist(), matrix)


def draw(workspace: Workspace, dataset: Dataset, encoder: str = "pixels", **asked: int) -> MapResult:
    return derived.draw_map(workspace, dataset, dataset.embedding(encoder), method="pca", **asked)  # type: ignore[arg-type]


def turn_by_hand(workspace: Workspace, one: MapResult, turn: np.ndarray | None) -> None:
    """Store a map again with another turn, or with none as it was once stored."""
    stored = workspace.results.get(one.fingerprint)
    assert stored is not None
    facts = {name: value for name, value in stored.parameters.items() if name != "turn"}
    workspace.results.put(
        one.fingerprint,
        kind="map",
        dataset=stored.dataset,
        parent=stored.parent,
        arrays=stored.arrays,
        parameters=facts if turn is None else {**facts, "turn": turn.tolist()},
        seconds=stored.seconds,
    )


def test_the_first_map_lies_as_it_was_computed(workspace: Workspace, dataset: Dataset) -> None:
    first = draw(workspace, dataset)
    np.testing.assert_array_equal(first.turn, np.eye(2))
    np.testing.assert_array_equal(first.placed, first.projection.points)


def test_the_next_map_is_turned_towards_the_last_as_that_is_shown(workspace: Workspace, dataset: Dataset) -> None:
    first = draw(workspace, dataset)
    turn_by_hand(workspace, first, TURN)
    again = draw(workspace, dataset, seed=1)  # of PCA another seed is the same picture
    np.testing.assert_allclose(again.turn, TURN, atol=1e-6)
    np.testing.assert_array_equal(again.projection.points, first.projection.points)
    np.testing.assert_allclose(again.placed, first.projection.points[:, ::-1], atol=1e-6)
    read = derived.read_map(workspace, again.fingerprint)
    assert read is not None
    np.testing.assert_array_equal(read.turn, again.turn)
    np.testing.assert_array_equal(read.placed, again.placed)
    assert read.turn_digest == again.turn_digest != first.turn_digest
    assert (read.dataset, read.embedding) == (dataset.uuid, dataset.embedding("pixels").fingerprint)


def test_a_map_through_another_encoder_lies_nearer_by_its_turn(workspace: Workspace, dataset: Dataset) -> None:
    embed(dataset, "efficientnet-lite0", 40)
    first = draw(workspace, dataset)
    other = draw(workspace, dataset, "efficientnet-lite0")
    shared = np.isin(first.ids, other.ids)
    centred = first.placed[shared] - first.placed[shared].mean(axis=0)

    def far(points: np.ndarray) -> float:
        return float(np.square(points - points.mean(axis=0) - centred).sum())

    assert far(other.placed) < far(other.projection.points)
    np.testing.assert_allclose(other.turn @ other.turn.T, np.eye(2), atol=1e-12)


def test_a_map_is_turned_to_one_of_its_own_encoder_rather_than_to_a_newer_one(
    workspace: Workspace, dataset: Dataset
) -> None:
    embed(dataset, "efficientnet-lite0", 40)
    turn_by_hand(workspace, draw(workspace, dataset), TURN)
    turn_by_hand(workspace, draw(workspace, dataset, "efficientnet-lite0"), -np.eye(2))
    np.testing.assert_allclose(draw(workspace, dataset, seed=1).turn, TURN, atol=1e-6)


def test_a_map_beside_another_faces_it_whatever_it_was_turned_to(workspace: Workspace, dataset: Dataset) -> None:
    first = draw(workspace, dataset)
    again = draw(workspace, dataset, seed=1)
    turn_by_hand(workspace, first, TURN)
    turned = derived.read_map(workspace, first.fingerprint)
    assert turned is not None
    assert not np.allclose(again.placed, turned.placed, atol=1e-3)
    np.testing.assert_allclose(again.facing(turned).placed, turned.placed, atol=1e-5)
    assert again.facing(turned).turn_digest != again.turn_digest


def test_a_map_in_space_neither_turns_nor_is_turned_to(workspace: Workspace, dataset: Dataset) -> None:
    first = draw(workspace, dataset)
    turn_by_hand(workspace, first, TURN)
    solid = draw(workspace, dataset, dims=3)
    np.testing.assert_array_equal(solid.turn, np.eye(2))
    np.testing.assert_array_equal(solid.placed, solid.projection.points)
    np.testing.assert_allclose(draw(workspace, dataset, seed=1).turn, TURN, atol=1e-6)


def test_a_map_of_before_there_were_turns_lies_as_it_did(workspace: Workspace, dataset: Dataset) -> None:
    first = draw(workspace, dataset)
    turn_by_hand(workspace, first, None)
    read = derived.read_map(workspace, first.fingerprint)
    assert read is not None
    np.testing.assert_array_equal(read.turn, np.eye(2))
    np.testing.assert_array_equal(read.placed, read.projection.points)


def test_points_that_are_shown_cannot_be_written(workspace: Workspace, dataset: Dataset) -> None:
    first = draw(workspace, dataset)
    turn_by_hand(workspace, first, TURN)
    for one in (first, draw(workspace, dataset, seed=1)):
        with pytest.raises(ValueError, match="read-only"):
            one.placed[0] = 0
        assert one.placed.dtype == np.float32
