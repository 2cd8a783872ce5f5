"""The datasets that benchmarks measure with: complete, readable as if computed, the same every time."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks.synthetic import workspace as synthetic
from benchmarks.synthetic.points import CLASSES, neighbours, scatter
from embedding_core import derived
from embedding_core.fingerprint import digest
from embedding_core.workspace import Dataset, Workspace

N = 600


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, Dataset]:
    place = tmp_path_factory.mktemp("synthetic")
    name = synthetic.ensure(N, place)
    workspace = Workspace.open(str(place))
    return workspace, workspace.dataset(name)


def test_results_are_read_as_if_they_had_been_computed(written: tuple[Workspace, Dataset]) -> None:
    workspace, dataset = written
    embedding = dataset.embedding("own:synthetic")
    assert len(embedding) == dataset.count == N
    drawn = derived.read_map(workspace, derived.maps(workspace, dataset, embedding)[0].fingerprint)
    assert drawn is not None
    assert np.array_equal(drawn.ids, embedding.ids)
    again = derived.draw_map(workspace, dataset, embedding)  # computes nothing: the key is that of the default map
    assert again.fingerprint == drawn.fingerprint
    assert derived.neighbour_graph(workspace, dataset, embedding).k == 15
    stored = derived.clusterings(workspace, dataset, embedding)[0]
    groups = derived.find_clusters(workspace, dataset, embedding, method="hdbscan")
    assert groups.fingerprint == stored.fingerprint
    found = groups.clustering
    assert [found.labels[rows[0]] for rows in found.exemplars] == list(range(found.count))
    assert groups.names.source == "labels"


def test_points_follow_their_images(written: tuple[Workspace, Dataset]) -> None:
    workspace, dataset = written
    embedding = dataset.embedding("own:synthetic")
    one = scatter(N)
    number = {f"{row:07}": row for row in range(N)}
    paths = dataset.paths()
    rows = [number[Path(paths[image]).stem] for image in embedding.ids.tolist()]
    drawn = derived.read_map(workspace, derived.maps(workspace, dataset, embedding)[0].fingerprint)
    assert drawn is not None
    assert np.array_equal(drawn.projection.points, one.points[rows])
    assert np.array_equal(embedding.matrix(), one.vectors[rows])
    assert derived.labels_of(dataset, embedding.ids) == [f"class {one.codes[row]:02}" for row in rows]


def test_every_image_is_one_of_its_kind(written: tuple[Workspace, Dataset]) -> None:
    _, dataset = written
    rows = dataset.images().to_pylist()
    assert len({row["sha256"] for row in rows}) == N
    content = dataset.content(rows[7]["id"])
    assert digest(content) == rows[7]["sha256"]
    with Image.open(io.BytesIO(content)) as image:
        image.load()
        assert image.size == (rows[7]["width"], rows[7]["height"])


def test_a_complete_dataset_is_not_written_again(written: tuple[Workspace, Dataset]) -> None:
    workspace, dataset = written
    synthetic.ensure(N, Path(workspace.uri))
    assert [one.uuid for one in workspace.datasets()] == [dataset.uuid]


def test_classes_are_unequal_and_neighbours_are_near() -> None:
    one = scatter(5_000)
    sizes = np.bincount(one.codes, minlength=CLASSES)
    assert (sizes > 0).all()
    assert (np.diff(sizes) <= 0).all()
    assert sizes[0] > 10 * sizes[-1]
    rows, similarity = neighbours(one, k=5)
    assert not (rows == np.arange(len(rows))[:, None]).any()
    assert (np.diff(similarity, axis=1) <= 0).all()
    away = np.linalg.norm(one.points[:, None] - one.points[rows], axis=2)
    assert np.median(away) < 0.2
