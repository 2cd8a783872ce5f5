"""The graph as it is stored: whole for who computes, and of many images the nearest alone for who looks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from embedding_core import graphs
from embedding_core.encoders import registry
from embedding_core.workspace import Dataset, Workspace
from tests.core.test_workspace import put, record

N = 60


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.open(str(tmp_path / "workspace"))


@pytest.fixture
def dataset(workspace: Workspace) -> Dataset:
    dataset, card = workspace.create("birds"), registry.card("pixels")
    put(dataset, *(record(f"{number:02d}.png") for number in range(N)))
    images = dataset.images()
    matrix = np.random.default_rng(0).normal(size=(N, card.dim)).astype(np.float32)
    dataset.vectors.put(card, images["id"].to_pylist(), images["sha256"].to_pylist(), matrix)
    return dataset


def widths(workspace: Workspace, dataset: Dataset) -> list[int]:
    return sorted(one.parameters["k"] for one in workspace.results.find(dataset.uuid, "graph"))


def test_of_few_images_there_is_one_graph(workspace: Workspace, dataset: Dataset) -> None:
    embedding = dataset.embedding("pixels")
    assert graphs.read_nearest(workspace, embedding.fingerprint) is None
    graphs.neighbour_graph(workspace, dataset, embedding)
    assert widths(workspace, dataset) == [30]
    near = graphs.read_nearest(workspace, embedding.fingerprint)
    assert near is not None
    assert near.k == 30


@pytest.mark.parametrize("apart", [True, False], ids=["stored apart", "stored whole alone"])
def test_of_many_images_the_nearest_are_those_of_the_whole(
    monkeypatch: pytest.MonkeyPatch, workspace: Workspace, dataset: Dataset, apart: bool
) -> None:
    embedding = dataset.embedding("pixels")
    if apart:
        monkeypatch.setattr(graphs, "MANY", N - 1)
    whole = graphs.neighbour_graph(workspace, dataset, embedding)
    assert widths(workspace, dataset) == ([15, 30] if apart else [30])
    monkeypatch.setattr(graphs, "MANY", N - 1)
    near = graphs.read_nearest(workspace, embedding.fingerprint)
    assert near is not None
    np.testing.assert_array_equal(near.rows, whole.rows[:, :15])
    np.testing.assert_array_equal(near.similarity, whole.similarity[:, :15])
    again = graphs.neighbour_graph(workspace, dataset, embedding)
    np.testing.assert_array_equal(again.rows, whole.rows)
