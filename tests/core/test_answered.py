"""A model's answers as columns: what they may be called, and that nothing of another origin is lost."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
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


@pytest.mark.parametrize("name", ["id", "label", " split ", "wingspan"])
def test_whatever_it_is_called_it_is_known_as_predicted(workspace: Workspace, dataset: Dataset, name: str) -> None:
    before = dataset.metadata()
    keep_answers(workspace, dataset, said_by("one", dataset), name)
    called = f"predicted {name.strip()}"
    assert dataset.metadata()[called].to_pylist() == ["a"] * N
    assert dataset.metadata().drop([called, f"{called}, probability"]) == before


def test_a_column_without_a_name_is_none(workspace: Workspace, dataset: Dataset) -> None:
    with pytest.raises(InvalidInput, match="no name"):
        keep_answers(workspace, dataset, said_by("one", dataset), " ")


def test_a_column_that_came_with_the_images_is_never_overwritten(workspace: Workspace, dataset: Dataset) -> None:
    ids = dataset.images()["id"].to_pylist()
    dataset.put_attributes(ids, metadata=pa.table({"predicted price": [2.0] * N}))
    with pytest.raises(InvalidInput, match="'predicted price', which is there already, from another source"):
        keep_answers(workspace, dataset, said_by("one", dataset), "price")
    assert dataset.metadata()["predicted price"].to_pylist() == [2.0] * N


def test_only_the_model_that_wrote_a_column_writes_it_anew(workspace: Workspace, dataset: Dataset) -> None:
    assert keep_answers(workspace, dataset, said_by("one", dataset), "kind") == []
    assert answered(workspace, dataset) == {"predicted kind": "one", "predicted kind, probability": "one"}
    with pytest.raises(InvalidInput, match="from the model 'one'"):
        keep_answers(workspace, dataset, said_by("other", dataset, 1), "kind")
    assert dataset.metadata()["predicted kind"].to_pylist() == ["a"] * N
    again = keep_answers(workspace, dataset, said_by("one", dataset, 1), "kind")
    assert again == ["predicted kind", "predicted kind, probability"]
    assert dataset.metadata()["predicted kind"].to_pylist() == ["b"] * N, "without the image that is gone"
