"""Labels change without anything being embedded again."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from embedding_core.errors import InvalidInput
from embedding_core.labels import join_labels, relabel
from embedding_core.records import LOCAL, Actor, silent
from embedding_core.splits import UnknownSplit, bring_back, replaced_splits, set_split
from embedding_core.tasks import TASKS
from embedding_core.workspace import Dataset, Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    folder = tmp_path / "pets"
    for part, kind, name in (("train", "cat", "1"), ("train", "dog", "2"), ("test", "cat", "3"), ("test", "dog", "4")):
        (folder / part / kind).mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (20, 20), (int(name) * 40, 0, 0)).save(folder / part / kind / f"{name}.png")
    workspace = Workspace.open(str(tmp_path / "workspace"))
    TASKS["add"](workspace, {"name": "pets", "source": str(folder), "encoder": "pixels"}, silent, LOCAL)
    return workspace


def labels(dataset: Dataset) -> list[str | None]:
    found: list[str | None] = dataset.attributes()["label"].to_pylist()
    return found


def test_labels_and_splits_come_from_folders_and_can_be_taken_away(workspace: Workspace) -> None:
    dataset = workspace.dataset("pets")
    before = dataset.embedding("pixels").fingerprint
    assert labels(dataset) == ["cat", "dog", "cat", "dog"]
    dataset = relabel(workspace, dataset, split="folders")
    assert dataset.attributes()["split"].to_pylist() == ["test", "test", "train", "train"]
    assert labels(dataset) == ["cat", "dog", "cat", "dog"], "labels stay when the split alone changes"
    assert not replaced_splits(workspace, dataset), "there was none before"
    dataset = relabel(workspace, dataset, labels="none")
    assert labels(dataset) == [None] * 4
    assert (dataset.label_source, dataset.split_source) == ("none", "folders")
    assert dataset.embedding("pixels").fingerprint == before


def test_a_table_joins_by_path_or_by_file_name(workspace: Workspace, tmp_path: Path) -> None:
    table = tmp_path / "more.csv"
    table.write_text("file,label,age\ntrain/cat/1.png,tabby,3\n4.png,poodle,7\nnowhere.png,ghost,0\n")
    done = join_labels(workspace, workspace.dataset("pets"), table)
    dataset = workspace.dataset("pets")
    assert (done.matched, done.unmatched) == (2, ("nowhere.png",))
    assert labels(dataset) == ["cat", "poodle", "tabby", "dog"]
    assert dataset.metadata()["age"].to_pylist() == [None, 7, 3, None]
    assert dataset.label_source == "column:label"


def test_a_table_without_labels_adds_columns_alone(workspace: Workspace, tmp_path: Path) -> None:
    table = tmp_path / "ages.csv"
    table.write_text("path,age\n1.png,3\n2.png,5\n")
    join_labels(workspace, workspace.dataset("pets"), table)
    dataset = workspace.dataset("pets")
    assert labels(dataset) == ["cat", "dog", "cat", "dog"]
    assert dataset.label_source == "folders"
    relabelled = relabel(workspace, dataset, labels="column:age")
    assert labels(relabelled) == [None, None, "3", "5"]


def test_a_column_that_is_not_there_is_named_with_those_that_are(workspace: Workspace) -> None:
    with pytest.raises(InvalidInput, match="colour"):
        relabel(workspace, workspace.dataset("pets"), labels="column:colour")
    assert labels(workspace.dataset("pets")) == ["cat", "dog", "cat", "dog"]


def test_a_split_that_is_replaced_is_kept_and_can_be_brought_back_and_that_taken_back(workspace: Workspace) -> None:
    dataset, ada = relabel(workspace, workspace.dataset("pets"), split="folders"), Actor("visitor-ada", "Ada")
    ids, came = dataset.attributes()["id"].to_pylist(), dataset.attributes()["split"].to_pylist()
    drawn = ["a", "b", "a", None]
    dataset = set_split(workspace, dataset, ids, drawn, source="made without leakage", actor=ada)
    (before,) = replaced_splits(workspace, dataset)
    assert (before.sizes, before.source, before.by) == ({"test": 2, "train": 2}, "folders", "made without leakage")
    assert before.who == "Ada"
    dataset = bring_back(workspace, dataset, before.key, LOCAL)
    assert (dataset.attributes()["split"].to_pylist(), dataset.split_source) == (came, "folders")
    last, _ = replaced_splits(workspace, dataset)
    dataset = bring_back(workspace, dataset, last.key, LOCAL)
    assert dataset.attributes()["split"].to_pylist() == drawn
    with pytest.raises(UnknownSplit):
        bring_back(workspace, dataset, "0" * 64, LOCAL)
