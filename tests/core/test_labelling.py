"""Labels and splits: from columns, folders and file names, by the rules that the user is told."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedding_core.errors import InvalidInput, InvalidSource
from embedding_core.sources import Assigned, assign, join
from embedding_core.sources.columns import NO_COLUMNS
from embedding_core.sources.labelling import SPLITS

PETS = ["train/cat/1.png", "train/cat/2.png", "test/dog/1.png", "test/dog/2.png", "val/rat/1.png", "loose.png"]


def columns(**values: list[object]) -> pa.Table:
    return pa.table({"path": PETS[: len(next(iter(values.values())))], **values})


# -- labels ------------------------------------------------------------------------------------------------------


def test_folders_label_and_splits_do_not() -> None:
    found = assign(PETS, NO_COLUMNS)
    assert found.labels == ("cat", "cat", "dog", "dog", "rat", None)
    assert found.label_source == "folders"
    assert found.splits == (None,) * 6
    assert found.split_source == "none"


@pytest.mark.parametrize(
    ("path", "label"),
    [
        ("cat/train/1.png", "cat"),
        ("a/b/c/1.png", "c"),
        ("Train/1.png", None),
        ("animals/TEST/cat/1.png", "cat"),
        ("1.png", None),
        ("latest/1.png", "latest"),
    ],
)
def test_the_nearest_folder_that_is_no_split_is_the_label(path: str, label: str | None) -> None:
    assert assign([path], NO_COLUMNS, "folders").labels == (label,)


@pytest.mark.parametrize(
    ("paths", "source"),
    [
        (["a/1", "a/2", "b/1", "b/2"], "folders"),
        (["a/1", "a/2", "b/1"], "none"),  # only one of them repeats
        (["a/1", "a/2", "a/3"], "none"),  # one folder says nothing
        (["a/1", "b/1", "c/1"], "none"),  # a folder an image is no class
        (["train/1", "train/2", "test/1", "test/2"], "none"),
        (["1", "2", "3", "4"], "none"),
        ([], "none"),
    ],
)
def test_folders_count_when_two_of_them_repeat(paths: list[str], source: str) -> None:
    found = assign(paths, NO_COLUMNS)
    assert found.label_source == source
    assert (set(found.labels) <= {None}) == (source == "none")


@pytest.mark.parametrize("name", ["label", "Class", "CATEGORY", "target"])
def test_a_column_of_labels_wins_over_folders(name: str) -> None:
    found = assign(PETS, columns(**{name: ["x", None, "y"]}))
    assert found.labels == ("x", None, "y", None, None, None)
    assert found.label_source == f"column:{name}"


def test_label_is_asked_before_target_and_an_empty_column_not_at_all() -> None:
    assert assign(PETS, columns(target=["t"], label=["l"])).label_source == "column:label"
    nothing = pa.table({"path": PETS[:1], "label": pa.nulls(1, pa.string()), "target": ["t"]})
    assert assign(PETS, nothing).label_source == "column:target"
    assert assign(PETS, columns(colour=["red"])).label_source == "folders"


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        (pa.array([1, 20, None]), ("1", "20", None)),
        (pa.array([1.0, 2.5, None]), ("1", "2.5", None)),
        (pa.array([True, False, None]), ("true", "false", None)),
        (pa.array(["a", "", None]), ("a", None, None)),
    ],
)
def test_labels_are_text(values: pa.Array, labels: tuple[str | None, ...]) -> None:
    table = pa.table({"path": PETS[:3], "kind": values})
    assert assign(PETS[:3], table, "column:kind").labels == labels


def test_labels_can_be_left_out_or_taken_from_metadata_alone() -> None:
    table = columns(label=["x"] * 6)
    assert assign(PETS, table, "none") == Assigned((None,) * 6, (None,) * 6, "none", "none")
    assert assign(PETS, table, "metadata").labels == ("x",) * 6
    with pytest.raises(InvalidInput, match=r"No column is named label.*Columns: colour"):
        assign(PETS, columns(colour=["red"]), "metadata")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"labels": "column:kind"}, "no column 'kind'. Columns: colour, size"),
        ({"labels": "column:path"}, "no column 'path'"),
        ({"split": "column:kind"}, "no column 'kind'. Columns: colour, size"),
        ({"labels": "guess"}, "not 'guess'"),
        ({"split": "random"}, "not 'random'"),
    ],
)
def test_what_is_not_there_is_named_with_what_is(options: dict[str, str], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        assign(PETS, columns(colour=["red"], size=[1]), **options)


def test_without_columns_the_message_says_so() -> None:
    with pytest.raises(InvalidInput, match="No columns came with these images"):
        assign(PETS, NO_COLUMNS, "column:kind")


# -- splits ------------------------------------------------------------------------------------------------------


def test_splits_from_folders() -> None:
    found = assign([*PETS, "VALIDATION/a/1.png", "x/dev/1.png", "contest/1.png"], NO_COLUMNS, split="folders")
    assert found.splits == ("train", "train", "test", "test", "val", None, "val", "val", None)
    assert found.split_source == "folders"


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("train_1.jpg", "train"),
        ("validation_1.jpg", "val"),
        ("val-1.jpg", "val"),
        ("Test 1.jpg", "test"),
        ("training.1.jpg", "train"),
        ("trainer_1.jpg", None),
        ("testament.jpg", None),
        ("my_train_1.jpg", None),
        ("train", None),
    ],
)
def test_splits_from_prefixes(name: str, split: str | None) -> None:
    assert assign([f"test_folder/{name}"], NO_COLUMNS, split="prefix").splits == (split,)


def test_splits_from_a_column_in_the_usual_words() -> None:
    table = columns(part=["Training", "valid", "TEST", "fold 3", None])
    found = assign(PETS, table, split="column:part")
    assert found.splits == ("train", "val", "test", "fold 3", None, None)
    assert found.split_source == "column:part"


NAMES = st.lists(st.sampled_from([*SPLITS, "cat", "dog", "Train", "a"]), min_size=1, max_size=4).map("/".join)


@given(st.lists(NAMES, max_size=8), st.sampled_from(["auto", "folders", "none"]))
@settings(deadline=None)
def test_there_is_a_label_and_a_split_for_each_path_in_order(paths: list[str], labels: str) -> None:
    found = assign(paths, NO_COLUMNS, labels, "folders")
    assert len(found.labels) == len(found.splits) == len(paths)
    for path, label, split in zip(paths, found.labels, found.splits, strict=True):
        folders = path.split("/")[:-1]
        assert label is None or (label in folders and label.lower() not in SPLITS)
        assert split in (None, "train", "val", "test")
        assert (split is None) == (not {folder.lower() for folder in folders} & set(SPLITS))
        alone = assign([path], NO_COLUMNS, found.label_source, "folders")
        assert (alone.labels[0], alone.splits[0]) == (label, split)


# -- joining a table ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_table_joins_by_path_then_by_file_name(tmp_path: Path, form: str) -> None:
    file = tmp_path / f"labels.{form}"
    table = {"image": ["train/cat/1.png", "loose.png", "x/2.png", "nowhere.png"], "label": ["a", "b", "c", "d"]}
    if form == "parquet":
        pq.write_table(pa.table(table), file)
    else:
        lines = ["image,label", *map(",".join, zip(table["image"], table["label"], strict=True))]
        file.write_text("\n".join(lines))
    found, unmatched = join([*PETS[:1], *PETS[5:], "b/2.png"], file)
    assert found.to_pylist() == [
        {"path": "train/cat/1.png", "label": "a"},
        {"path": "loose.png", "label": "b"},
        {"path": "b/2.png", "label": "c"},
    ]
    assert unmatched == ["nowhere.png"]


def test_a_table_that_cannot_join_is_explained(tmp_path: Path) -> None:
    with pytest.raises(InvalidSource, match="There is no file"):
        join(PETS, tmp_path / "none.csv")
    (tmp_path / "a.csv").write_text("label,score\nx,1\n")
    with pytest.raises(InvalidSource, match=r"No column of a.csv names image files \(label, score\)"):
        join(PETS, tmp_path / "a.csv")
