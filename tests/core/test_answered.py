"""A model's answers as columns: what they may be called, and that nothing of another origin is lost."""

from __future__ import annotations

import numpy as np
import pytest

from embedding_core.derived.answered import answered, keep_answers
from embedding_core.errors import InvalidInput
from embedding_core.train.predicting import Predicted
from embedding_core.workspace import Dataset, Workspace
from tests.pages import small

N = 6


@pytest.fixture
def workspace(tmp_path: object) -> Workspace:
    return Workspace.open(str(tmp_path))


@pytest.fixture
def dataset(workspace: Workspace) -> Dataset:
    return small.birds(workspace, count=N, encoder=None)


def said_by(model: str, dataset: Dataset, first: int = 0) -> Predicted:
    """That all images are of one class; with an image besides that has been deleted."""
    ids = np.append(dataset.images()["id"].to_numpy(), 5)
    count = len(ids)
    return Predicted(
        "classification",
        "label",
        ("a", "b"),
        model,
        0.0,
        dataset.uuid,
        np.array([str(one) for one in ids]),
        ids,
        np.tile(np.array([first, 1 - first], np.int32), (count, 1)),
        np.tile(np.array([0.9, 0.1], np.float32), (count, 1)),
        np.empty(0),
        np.zeros(count, np.float32),
        np.zeros(count, bool),
        np.empty(0, np.uint8),
        np.empty(0, np.int64),
        (),
    )


@pytest.mark.parametrize("name", ["id", "path", "label", "split", "Split", " label ", "tags", "width", ""])
def test_what_every_image_has_is_no_name(workspace: Workspace, dataset: Dataset, name: str) -> None:
    before = dataset.metadata().column_names
    with pytest.raises(InvalidInput):
        keep_answers(workspace, dataset, said_by("one", dataset), name)
    assert dataset.metadata().column_names == before


def test_a_column_that_came_with_the_images_is_never_overwritten(workspace: Workspace, dataset: Dataset) -> None:
    before = dataset.metadata()["wingspan"].to_pylist()
    with pytest.raises(InvalidInput, match="'wingspan', which is there already, from another source"):
        keep_answers(workspace, dataset, said_by("one", dataset), "wingspan")
    assert dataset.metadata()["wingspan"].to_pylist() == before


def test_only_the_model_that_wrote_a_column_writes_it_anew(workspace: Workspace, dataset: Dataset) -> None:
    assert keep_answers(workspace, dataset, said_by("one", dataset), "said") == []
    assert answered(workspace, dataset) == {"said": "one", "said, probability": "one"}
    with pytest.raises(InvalidInput, match="from the model 'one'"):
        keep_answers(workspace, dataset, said_by("other", dataset, 1), "said")
    assert dataset.metadata()["said"].to_pylist() == ["a"] * N
    again = keep_answers(workspace, dataset, said_by("one", dataset, 1), "said")
    assert again == ["said", "said, probability"]
    assert dataset.metadata()["said"].to_pylist() == ["b"] * N, "without the image that is gone"
