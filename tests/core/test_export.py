"""Exports, read back by the tools that they are for."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

from embedding_core import export
from embedding_core.deciding.versions import snapshot
from embedding_core.encoders import registry
from embedding_core.errors import InvalidInput
from embedding_core.export import huggingface
from embedding_core.export.names import NOTE
from embedding_core.export.taking import Taken
from embedding_core.records import LOCAL, Actor
from embedding_core.review.decisions import Action, decided
from embedding_core.workspace import Dataset, Workspace
from tests.core.exported import EVIL, GOOD, dataset, inside

FOLDERS = [card.id for card in export.FORMATS.values() if card.folder]
ADA = Actor("ada", "Ada")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.open(str(tmp_path / "workspace"))


@pytest.fixture
def good(workspace: Workspace) -> Dataset:
    return dataset(workspace, GOOD)


def written(form: str, taken: Taken, out: Path) -> export.Written:
    return export.write(export.format_card(form), taken, out)


def sizes(taken: Taken) -> dict[str, int]:
    """Height by path: each image of the set has its own."""
    return dict(zip(taken.column("path"), taken.rows["height"].to_pylist(), strict=True))


# -- formats ---------------------------------------------------------------------------------------------------------


def test_torchvision_reads_an_imagefolder(good: Dataset, tmp_path: Path) -> None:
    from torchvision.datasets import ImageFolder

    result = written("imagefolder", export.take(good), tmp_path / "out")
    train = ImageFolder(str(tmp_path / "out" / "train"))
    assert train.classes == ["cat", "dog"]
    assert [train.classes[code] for _, code in train.samples] == ["cat", "cat", "cat", "dog"]
    test = ImageFolder(str(tmp_path / "out" / "test"))
    assert len(test.classes) == 3, "labels that only a disk takes for one are folders of their own"
    assert {image.size[1] for image, _ in test} == {14, 15, 16}
    assert [one.path for one in result.missing] == ["plain/five.png"]
    assert "plain/five.png" in (tmp_path / "out" / NOTE).read_text()
    with (tmp_path / "out" / "files.csv").open(newline="") as file:
        rows = {row["path"]: row for row in csv.DictReader(file)}
    assert rows.keys() == {path for path, label, _ in GOOD if label}
    assert rows["birds/three.jfif"]["label"] == "a/b"
    for row in rows.values():
        with Image.open(tmp_path / "out" / row["file"]) as image:
            assert image.size[1] == sizes(export.take(good))[row["path"]]


def test_without_splits_labels_are_the_top_folders(workspace: Workspace, tmp_path: Path) -> None:
    plain = dataset(workspace, [(path, label, None) for path, label, _ in GOOD[:5]])
    written("imagefolder", export.take(plain), tmp_path / "out")
    assert {path.split("/")[0] for path in inside(tmp_path / "out")} == {"cat", "dog", "files.csv"}


@pytest.mark.parametrize("shard", [huggingface.SHARD, 300])
def test_datasets_loads_the_parquet_offline(
    good: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shard: int
) -> None:
    monkeypatch.setattr(huggingface, "SHARD", shard)
    monkeypatch.setattr(huggingface, "ROWS", 2)
    written("parquet", export.take(good), tmp_path / "out")
    files = sorted(path for path in inside(tmp_path / "out") if path.startswith("data/train"))
    assert files[0] == f"data/train-00000-of-{len(files):05d}.parquet"
    assert (len(files) > 1) == (shard == 300)
    loaded = load(tmp_path / "out", tmp_path / "cache", monkeypatch)
    assert set(loaded) == {"train", "test"}
    known = sizes(export.take(good))
    for split, rows in loaded.items():
        assert type(rows.features["image"]).__name__ == "Image"
        assert rows.features["label"].names == ["A_B", "a/b", "cat", "dog"]
        for row in rows:
            label = None if row["label"] is None else rows.features["label"].int2str(row["label"])
            assert (row["path"], label, split) in GOOD
            assert row["image"].size == (20, known[row["path"]])
            assert row["metadata.label"] == "own"
    tagged = {row["path"] for rows in loaded.values() for row in rows if row["tags"] == ["cute"]}
    assert tagged == {"cats/one.png", "cats/ONE.png"}


def load(folder: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> dict:  # type: ignore[type-arg]
    """What `datasets` makes of a folder, without a network."""
    pytest.importorskip("datasets", reason="datasets is not installed")
    import datasets

    monkeypatch.setattr(datasets.config, "HF_DATASETS_OFFLINE", True)
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    datasets.disable_progress_bars()
    return dict(datasets.load_dataset(str(folder), cache_dir=str(cache)))


def test_an_exported_parquet_comes_back_as_it_was(good: Dataset, workspace: Workspace, tmp_path: Path) -> None:
    from embedding_core.records import silent
    from embedding_core.tasks import TASKS

    written("parquet", export.take(good), tmp_path / "out")
    file = tmp_path / "out" / "data" / "train-00000-of-00001.parquet"
    TASKS["add"](workspace, {"name": "back", "source": str(file)}, silent, LOCAL)
    again = workspace.dataset("back")
    found = {row["path"]: row["label"] for row in again.attributes().to_pylist()}
    assert found == {path: label for path, label, split in GOOD if split == "train"}
    assert again.content(again.ids()["cats/one.png"]) == good.content(good.ids()["cats/one.png"])


def test_coco_has_a_box_over_each_labelled_image(good: Dataset, tmp_path: Path) -> None:
    written("coco", export.take(good), tmp_path / "out")
    categories = []
    for split in ("train", "test"):
        found = json.loads((tmp_path / "out" / "annotations" / f"{split}.json").read_text())
        categories.append(found["categories"])
        names = {one["id"]: one["name"] for one in found["categories"]}
        images = {one["id"]: one for one in found["images"]}
        labels = dict.fromkeys(images)
        for one in found["annotations"]:
            image = images[one["image_id"]]
            assert one["bbox"] == [0, 0, image["width"], image["height"]]
            assert one["area"] == image["width"] * image["height"]
            labels[one["image_id"]] = names[one["category_id"]]
        assert {(images[key]["path"], label, split) for key, label in labels.items()} == {
            row for row in GOOD if row[2] == split
        }
        for one in images.values():
            with Image.open(tmp_path / "out" / "images" / one["file_name"]) as image:
                assert image.size == (one["width"], one["height"])
    assert categories[0] == categories[1], "a class has one number in all splits"


def test_fiftyone_finds_the_label_of_each_file_by_its_stem(good: Dataset, tmp_path: Path) -> None:
    written("fiftyone", export.take(good), tmp_path / "out")
    seen = []
    for split in ("train", "test"):
        found = json.loads((tmp_path / "out" / split / "labels.json").read_text())
        files = list((tmp_path / "out" / split / "data").iterdir())
        assert {file.stem for file in files} == found["labels"].keys()
        assert len({file.stem.lower() for file in files}) == len(files)
        for file in files:
            target = found["labels"][file.stem]
            with Image.open(file) as image:
                seen.append((image.size[1], None if target is None else found["classes"][target], split))
    known = sizes(export.take(good))
    assert sorted(seen, key=str) == sorted(((known[path], label, split) for path, label, split in GOOD), key=str)


def test_a_table_holds_what_is_known(good: Dataset, tmp_path: Path) -> None:
    written("csv", export.take(good), tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["path", "label", "split", "tags", "metadata.label", "weight", "id"]
    assert {(row["path"], row["label"] or None, row["split"]) for row in rows} == set(GOOD)
    assert {row["path"] for row in rows if row["tags"] == "cute"} == {"cats/one.png", "cats/ONE.png"}


def test_vectors_stand_beside_their_paths(good: Dataset, tmp_path: Path) -> None:
    card = registry.card("pixels")
    images = good.images()
    rng = np.random.default_rng(0)
    matrix = rng.normal(size=(len(images), card.dim)).astype(np.float32)
    vector = dict(zip(images["path"].to_pylist(), matrix, strict=True))
    some = rng.permutation(len(images))[:-1]  # stored in another order, and one has none
    lacking = (set(vector) - {images["path"][int(row)].as_py() for row in some}).pop()
    for part in np.array_split(some, 2):
        rows = images.take(part)
        good.vectors.put(card, rows["id"].to_pylist(), rows["sha256"].to_pylist(), matrix[part])
    taken = export.take(good, embedding=good.embedding("pixels"))
    result = written("npz", taken, tmp_path / "v.npz")
    assert [one.path for one in result.missing] == [lacking]
    with np.load(tmp_path / "v.npz", allow_pickle=False) as archive:
        assert archive["paths"].tolist() == sorted(set(vector) - {lacking})
        for path, found, label in zip(archive["paths"], archive["vectors"], archive["labels"], strict=True):
            np.testing.assert_array_equal(found, vector[str(path)])
            assert (str(path), str(label) or None) in {row[:2] for row in GOOD}
    written("embeddings-parquet", export.take(good, embedding=good.embedding("pixels")), tmp_path / "v.parquet")
    for row in pq.read_table(tmp_path / "v.parquet").to_pylist():
        np.testing.assert_array_equal(np.float32(row["vector"]), vector[row["path"]])


def test_many_vectors_are_put_in_order_in_a_file(good: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    from embedding_core.export import embeddings

    card, images = registry.card("pixels"), good.images()
    matrix = np.arange(len(images) * card.dim, dtype=np.float32).reshape(len(images), -1)
    good.vectors.put(card, images["id"].to_pylist()[::-1], images["sha256"].to_pylist()[::-1], matrix[::-1])
    monkeypatch.setattr(embeddings, "BATCH", 3)
    for held in (2**30, 0):
        monkeypatch.setattr(embeddings, "HELD", held)
        blocks = list(embeddings.ordered(good.embedding("pixels"), images["id"].to_numpy()))
        assert max(map(len, blocks)) == 3
        np.testing.assert_array_equal(np.concatenate(blocks), matrix)


# -- versions ---------------------------------------------------------------------------------------------------------


def test_a_version_leaves_out_what_was_removed_and_says_why(
    good: Dataset, workspace: Workspace, tmp_path: Path
) -> None:
    ids = good.ids()
    removal = decided(ADA, Action.REMOVE, [ids["dogs/two.jpg"]], reason="a copy of dogs/two.png")
    log = [
        removal,
        decided(ADA, Action.RELABEL, [ids["plain/five.png"]], value="dog"),
        decided(ADA, Action.REMOVE, [ids["cats/one.png"]], reason="a mistake"),
    ]
    good.decisions.add(log)
    good.decisions.add([decided(ADA, Action.UNDO, [], value=log[2].id)])
    taken = export.take(good, snapshot(workspace, good, "now"), decisions=good.decisions.all())
    result = written("imagefolder", taken, tmp_path / "out")
    assert (result.images, result.missing) == (7, ())
    assert "test/dog/five.png" in inside(tmp_path / "out")
    assert not any("two.jpg" in path for path in inside(tmp_path / "out"))
    written("removal", taken, tmp_path / "gone.csv")
    with (tmp_path / "gone.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["path"], row["reason"], row["who"]) == ("dogs/two.jpg", "a copy of dogs/two.png", "Ada")
    written("removal-paths", taken, tmp_path / "gone.txt")
    assert (tmp_path / "gone.txt").read_text() == "dogs/two.jpg\n"
    everything = export.take(good, snapshot(workspace, good, "original"), decisions=good.decisions.all())
    assert len(everything) == len(GOOD)
    assert everything.removed == ()


def test_what_is_gone_or_changed_is_listed(good: Dataset, tmp_path: Path) -> None:
    from dataclasses import replace

    from embedding_core.records import ImageRecord

    stayed = tmp_path / "stayed.png"
    stayed.write_bytes(b"other bytes")
    (image,) = good.image_ids(["x/stayed.png"])
    record = ImageRecord("x/stayed.png", "0" * 64, 5, 5, "PNG", 11, b"", None, str(stayed))
    good.put_images([image], [record])
    gone = replace(record, path="x/gone.png", origin=str(tmp_path / "gone.png"))
    good.put_images(good.image_ids(["x/gone.png"]), [gone])
    for form in FOLDERS:
        taken = export.take(good)
        result = written(form, taken, tmp_path / form)
        assert {"x/gone.png", "x/stayed.png"} <= {one.path for one in result.missing}
        assert result.images == len(taken) - len(result.missing)
        files = inside(tmp_path / form)
        assert "x/gone.png: " in files[NOTE].decode()
        assert not any("stayed" in path for path in files)
        assert all(b"stayed" not in content for path, content in files.items() if path.endswith(".json"))


# -- names and places ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", FOLDERS)
def test_no_name_leads_out_of_the_folder_or_over_another_file(workspace: Workspace, tmp_path: Path, form: str) -> None:
    hostile = dataset(workspace, EVIL + GOOD)
    before = set(tmp_path.iterdir())
    card = export.format_card(form)
    written(form, export.take(hostile), tmp_path / "deep")
    assert set(tmp_path.iterdir()) - before == {tmp_path / "deep"}
    files = inside(tmp_path / "deep")
    for path in files:
        for part in path.split("/"):
            assert part.isprintable()
            assert len(part.encode()) <= 255
            assert not set(part) & set('<>:"\\|?*')
            assert part.split(".")[0].lower() not in {"con", "nul", "", ".."}
            assert part == part.strip(" ") and not part.endswith(".")
    assert len({path.casefold() for path in files}) == len(files)
    archive = zipfile.ZipFile(io.BytesIO(b"".join(export.streamed(card, export.take(hostile)))))
    assert archive.testzip() is None
    stable = {path for path in files if not path.endswith((".md", ".json"))}
    assert {name: archive.read(name) for name in archive.namelist() if name in stable} == {
        path: files[path] for path in stable
    }
    if form in ("originals", "coco", "fiftyone"):
        endings = (".png", ".jpg", ".jfif", "_", ".txt")
        assert sum(path.endswith(endings) and path != NOTE for path in files) == len(EVIL + GOOD)


def test_datasets_loads_hostile_names_too(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written("parquet", export.take(dataset(workspace, EVIL + GOOD, "evil: 'x'")), tmp_path / "out")
    loaded = load(tmp_path / "out", tmp_path / "cache", monkeypatch)
    assert sum(map(len, loaded.values())) == len(EVIL + GOOD)


def test_nothing_is_overwritten_and_nothing_half_is_left(
    good: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = export.take(good)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    (tmp_path / "mine.zip").write_text("mine")
    for out, words in ((tmp_path / "full", "something in it"), (tmp_path / "mine.zip", "there already")):
        with pytest.raises(InvalidInput, match=words):
            written("originals", taken, out)
    with pytest.raises(InvalidInput, match="is not there"):
        written("originals", taken, tmp_path / "no" / "out")
    (tmp_path / "empty").mkdir()
    assert written("originals", taken, tmp_path / "empty").images == len(GOOD)
    reading = Dataset.contents

    def failing(self: Dataset, ids: list[int]) -> object:
        if len(inside(tmp_path / "half.part")) > 1:
            raise OSError("the disk is full")
        return reading(self, ids)

    monkeypatch.setattr("embedding_core.export.taking.GROUP", 1)
    monkeypatch.setattr(Dataset, "contents", failing)
    with pytest.raises(OSError, match="full"):
        written("originals", taken, tmp_path / "half")
    assert not list(tmp_path.glob("half*"))
    assert (tmp_path / "full" / "mine.txt").read_text() == (tmp_path / "mine.zip").read_text() == "mine"


def test_without_labels_an_imagefolder_says_what_to_do(workspace: Workspace, tmp_path: Path) -> None:
    bare = dataset(workspace, [(path, None, None) for path, _, _ in GOOD])
    with pytest.raises(InvalidInput, match="No image has a label"):
        written("imagefolder", export.take(bare), tmp_path / "out")
    assert not list(tmp_path.glob("out*"))
    for form in ("parquet", "coco", "fiftyone"):
        assert written(form, export.take(bare), tmp_path / form).images == len(GOOD)
