"""What a similarity hangs on, where it is known: on pixels, and on an encoder that looks at one corner."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from embedding_core import places
from embedding_core.encoders import registry
from embedding_core.encoders.base import EncoderCard, Preprocessing, network_input, seen_part
from embedding_core.errors import InvalidInput, InvalidQuery, UnknownImage
from embedding_core.explain import GRID, explain
from embedding_core.records import LOCAL, silent
from embedding_core.tasks import TASKS
from embedding_core.workspace import Dataset, Workspace

PIXELS = registry.load("pixels")
GREY = 128  # what pixels call nothing, nearly


def blank() -> np.ndarray:
    return np.full((3, 16, 16), GREY, np.uint8)


class Corner:
    """Sees the upper left quarter alone, by its colours, and counts how often it is run."""

    def __init__(self) -> None:
        self.card: EncoderCard = registry.card("pixels")
        self.device = "cpu"
        self.batches: list[int] = []

    def prepare(self, image: Image.Image) -> np.ndarray:
        return network_input(image, self.card.preprocessing)

    def encode(self, batch: np.ndarray) -> np.ndarray:
        self.batches.append(len(batch))
        return batch[:, :, :8, :8].reshape(len(batch), -1).astype(np.float32) - GREY + 0.01

    def categories(self, vectors: np.ndarray) -> None:
        return None


def test_what_both_share_is_found_in_each() -> None:
    first, second = blank(), blank()
    first[:, 2:6, 2:6] = second[:, 2:6, 2:6] = 255  # both have it above, on the left
    first[:, 10:14, 10:14] = 255  # this one alone has it below, on the right
    second[:, 2:6, 10:14] = 255  # and this one above, on the right
    found = explain(PIXELS, first, second)
    assert found.similarity == pytest.approx(0.5, abs=0.01)
    edges = np.arange(GRID + 1) * 16 / GRID
    for falls, own in ((found.first, (10, 10)), (found.second, (2, 10))):
        assert falls.shape == (GRID, GRID)
        line, column = np.unravel_index(falls.argmax(), falls.shape)
        assert 2 <= edges[line] < 6
        assert 2 <= edges[column] < 6
        assert falls.max() > 0.1
        own_cells = [int(np.searchsorted(edges, at + 2)) for at in own]
        assert falls[own_cells[0], own_cells[1]] < -0.01, "without what the other lacks they are more alike"
    assert abs(found.first[0, GRID - 1]) < 0.01, "where there is nothing, covering changes nothing"
    assert not np.allclose(found.first, found.second)


def test_what_a_network_does_not_see_does_not_count() -> None:
    random = np.random.default_rng(0)
    first, second = (random.integers(0, 255, (3, 16, 16), np.uint8) for _ in range(2))
    second[:, :8, :8] = first[:, :8, :8]
    found = explain(Corner(), first, second)
    assert found.similarity == pytest.approx(1)
    for falls in (found.first, found.second):
        assert falls[:6, :6].min() > 0
        assert not falls[10:, :].any()
        assert not falls[:, 10:].any()


def test_an_image_that_is_not_alike_anywhere_has_nothing_to_lose() -> None:
    first, second = blank(), blank()
    first[:, :8], second[:, 8:] = 255, 255
    found = explain(PIXELS, first, second)
    assert abs(found.similarity) < 0.02
    assert np.abs(found.first).max() < 0.02


def test_the_answer_repeats_and_comes_by_the_batch() -> None:
    random = np.random.default_rng(1)
    first, second = (random.integers(0, 255, (3, 16, 16), np.uint8) for _ in range(2))
    before = first.copy()
    encoder = Corner()
    one, two = (explain(encoder, first, second) for _ in range(2))
    np.testing.assert_array_equal(one.first, two.first)
    np.testing.assert_array_equal(one.second, two.second)
    np.testing.assert_array_equal(first, before)
    assert max(encoder.batches) == 32
    assert sum(encoder.batches) == 2 * 100
    swapped = explain(encoder, second, first)
    np.testing.assert_allclose(swapped.second, one.first, atol=1e-6)


@pytest.mark.parametrize("grid", [2, 3, 4, 7, 13, 14, 16])
def test_every_cell_of_any_grid_has_a_value(grid: int) -> None:
    random = np.random.default_rng(2)
    first, second = (random.integers(0, 255, (3, 16, 16), np.uint8) for _ in range(2))
    found = explain(PIXELS, first, second, grid=grid)
    assert found.first.shape == found.second.shape == (grid, grid)
    assert np.isfinite(found.first).all()
    with pytest.raises(ValueError, match="read-only"):
        found.first[0, 0] = 1


def test_a_grid_finer_than_the_input_is_refused() -> None:
    for grid in (1, 17):
        with pytest.raises(InvalidInput, match="2 to 16 cells"):
            explain(PIXELS, blank(), blank(), grid=grid)


@pytest.mark.parametrize("size", [(60, 40), (40, 60), (31, 31), (200, 50)])
def test_the_part_that_is_seen_is_the_one_that_is_cut_out(size: tuple[int, int]) -> None:
    steps = Preprocessing(36, 30, "box", (0.5,) * 3, (0.5,) * 3)
    left, top, right, bottom = seen_part(size, steps)
    width, height = size
    assert (right - left) * width == pytest.approx((bottom - top) * height, abs=1.5), "a square of the picture"
    across, down = np.meshgrid(np.linspace(0, 255, width), np.linspace(0, 255, height))
    picture = Image.fromarray(np.stack([across, down, down], axis=2).astype(np.uint8))
    seen = network_input(picture, steps).astype(float)
    step = 255 * 1.5 / 30
    np.testing.assert_allclose([seen[0, 0, 0], seen[0, 0, -1]], [left * 255, right * 255], atol=step)
    np.testing.assert_allclose([seen[1, 0, 0], seen[1, -1, 0]], [top * 255, bottom * 255], atol=step)
    squashed = Preprocessing(30, 30, "box", (0.5,) * 3, (0.5,) * 3, fit="squash")
    assert seen_part(size, squashed) == (0, 0, 1, 1)


# -- the task --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def bugs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Workspace, Dataset]]:
    workspace = Workspace.open(str(tmp_path_factory.mktemp("explain") / "workspace"))
    run(workspace, "add", name="bugs", source=str(places.SAMPLE / "bug"), encoder="pixels")
    yield workspace, workspace.dataset("bugs")


def run(workspace: Workspace, kind: str, **parameters: Any) -> dict[str, Any]:
    return TASKS[kind](workspace, parameters, silent, LOCAL)


def test_two_images_are_explained_with_their_ranks(bugs: tuple[Workspace, Dataset]) -> None:
    workspace, dataset = bugs
    ids = list(dataset.ids().values())
    found = run(workspace, "search", name="bugs", encoder="pixels", ids=ids[:1], k=len(ids) - 1)["results"]
    for place in (0, 4, len(found) - 1):
        other = found[place]["id"]
        why = run(workspace, "explain", name="bugs", encoder="pixels", first=ids[0], second=other)
        assert why["similarity"] == pytest.approx(found[place]["similarity"], abs=1e-5)
        assert why["words"] == found[place]["words"]
        assert why["others"] == len(ids) - 1
        one, two = why["images"]
        assert (one["id"], two["id"]) == (ids[0], other)
        assert one["rank"] == place + 1
        back = run(workspace, "search", name="bugs", encoder="pixels", ids=[other], k=len(ids) - 1)["results"]
        assert two["rank"] == 1 + [each["id"] for each in back].index(ids[0])
        assert np.shape(one["falls"]) == np.shape(two["falls"]) == (GRID, GRID)
        assert one["seen"] == [0, 0, 1, 1]
    swapped = run(workspace, "explain", name="bugs", encoder="pixels", first=other, second=ids[0])["images"]
    assert [each["rank"] for each in swapped] == [two["rank"], one["rank"]]
    np.testing.assert_allclose([each["falls"] for each in swapped], [two["falls"], one["falls"]], atol=1e-5)


def test_under_another_metric_the_ranks_are_those_of_it(bugs: tuple[Workspace, Dataset]) -> None:
    workspace, dataset = bugs
    ids = list(dataset.ids().values())
    asked = {"name": "bugs", "encoder": "pixels", "metric": "manhattan"}
    found = run(workspace, "search", **asked, ids=ids[:1], k=9)["results"]
    why = run(workspace, "explain", **asked, first=ids[0], second=found[8]["id"])
    assert (why["images"][0]["rank"], why["metric"], why["words"]) == (9, "manhattan", found[8]["words"])


def test_what_cannot_be_explained_says_why(bugs: tuple[Workspace, Dataset], tmp_path: Path) -> None:
    workspace, dataset = bugs
    paths, (one, two, *_) = list(dataset.ids()), dataset.ids().values()
    with pytest.raises(InvalidQuery, match="two different"):
        run(workspace, "explain", name="bugs", encoder="pixels", first=one, second=one)
    with pytest.raises(UnknownImage):
        run(workspace, "explain", name="bugs", encoder="pixels", first=one, second=12345)
    file = tmp_path / "own.npz"
    np.savez(file, vectors=np.random.default_rng(0).normal(size=(len(paths), 6)), paths=np.array(paths))
    own = run(workspace, "import_vectors", name="mine", dataset=dataset.uuid, file=str(file))["encoder"]
    with pytest.raises(InvalidQuery, match="'mine' were brought along without the network"):
        run(workspace, "explain", name="bugs", encoder=own, first=one, second=two)
