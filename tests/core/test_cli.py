"""The JSON contract of docs/cli.md, on real images and the real default encoder."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from embedding_core import derived, indexes, places
from embedding_core.cli import main
from embedding_core.neighbours import inverted
from embedding_core.neighbours.inverted import Index
from embedding_core.neighbours.partitions import Partitions
from embedding_core.tasks import shared
from embedding_core.workspace import Workspace

CLASSES = ("bird", "clock", "fruit")


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three classes of the sample, and one file that is no image."""
    folder = tmp_path_factory.mktemp("data") / "three"
    for name in CLASSES:
        shutil.copytree(places.SAMPLE / name, folder / name)
    (folder / "bird" / "broken.png").write_bytes(b"not an image at all")
    return folder


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory, images: Path) -> str:
    uri = str(tmp_path_factory.mktemp("cli") / "workspace")
    assert run(uri, "add", "three", str(images), "--embed")["added"] == count(images)
    return uri


def count(images: Path) -> int:
    return len(list(images.rglob("*.webp")))


def run(workspace: str, *arguments: str, status: int = 0) -> dict[str, Any]:
    """One command with --json, in this process; its output must be one JSON object."""
    import contextlib
    import io

    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        assert main([*arguments, "--json", "--workspace", workspace]) == status
    result: dict[str, Any] = json.loads(out.getvalue())
    return result


def test_add_counts_and_names_what_it_refused(tmp_path: Path, images: Path) -> None:
    uri = str(tmp_path / "workspace")
    first = run(uri, "add", "three", str(images))
    assert (first["added"], first["updated"], first["skipped"]) == (count(images), 0, 0)
    assert [one["path"] for one in first["rejected"]] == ["bird/broken.png"]
    assert "text" in first["rejected"][0]["reason"]
    again = run(uri, "add", "three", str(images))
    assert (again["added"], again["updated"], again["skipped"]) == (0, 0, count(images))
    assert run(uri, "show", "three")["labels"] == {name: len(list((images / name).glob("*.webp"))) for name in CLASSES}


def test_changed_bytes_are_updated_and_embedded_again(tmp_path: Path) -> None:
    folder, uri = tmp_path / "two", str(tmp_path / "workspace")
    folder.mkdir()
    for name, colour in (("a", "red"), ("b", "blue")):
        Image.new("RGB", (40, 30), colour).save(folder / f"{name}.png")
    assert run(uri, "add", "two", str(folder), "--embed", "pixels")["embedded"] == 2
    Image.new("RGB", (30, 40), "green").save(folder / "a.png")
    changed = run(uri, "add", "two", str(folder))
    assert (changed["added"], changed["updated"], changed["skipped"]) == (0, 1, 1)
    done = run(uri, "embed", "two", "--encoder", "pixels")
    assert (done["embedded"], done["skipped"]) == (1, 1)
    assert {"images_per_second", "peak_rss_mb", "seconds", "startup_seconds"} <= done.keys()


def test_embedding_with_add_and_alone_gives_the_same_vectors(workspace: str, images: Path, tmp_path: Path) -> None:
    other = str(tmp_path / "workspace")
    run(other, "add", "three", str(images))
    assert run(other, "embed", "three")["embedded"] == count(images)
    matrices = []
    for number, uri in enumerate((workspace, other)):
        file = tmp_path / f"{number}.npz"
        assert run(uri, "vectors", "three", "--out", str(file))["dim"] == 1280
        with np.load(file, allow_pickle=False) as archive:
            matrices.append(archive["vectors"])
            assert archive["labels"].tolist() == [path.split("/")[0] for path in archive["paths"].tolist()]
    cosine = (
        (matrices[0] * matrices[1]).sum(1) / np.linalg.norm(matrices[0], axis=1) / np.linalg.norm(matrices[1], axis=1)
    )
    assert cosine.min() > 0.999


def test_map_writes_every_image_once(workspace: str, images: Path, tmp_path: Path) -> None:
    out = tmp_path / "map.csv"
    result = run(workspace, "map", "three", "--out", str(out))
    assert 0.5 < result["trustworthiness"] <= 1
    assert result["seconds"] > 0
    with out.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["path", "x", "y", "trust", "label"]
    assert len({row["path"] for row in rows}) == len(rows) == count(images)
    assert all(0 <= float(row["trust"]) <= 1 for row in rows)
    spatial = run(workspace, "map", "three", "--method", "pca", "--dims", "3", "--out", str(out))
    assert len(spatial["explained_variance"]) == 3
    assert out.read_text().startswith("path,x,y,z,trust,label")


def test_a_written_map_lies_as_it_is_shown(workspace: str, tmp_path: Path) -> None:
    out = tmp_path / "map.csv"
    for seed in ("7", "8"):
        drawn = run(workspace, "map", "three", "--method", "umap", "--seed", seed, "--out", str(out))
    stored = derived.read_map(Workspace.open(workspace), drawn["fingerprint"])
    assert stored is not None
    assert not np.allclose(stored.placed, stored.projection.points, atol=0.01), "it is turned towards the one before"
    with out.open(newline="") as file:
        written = [[float(row["x"]), float(row["y"])] for row in csv.DictReader(file)]
    np.testing.assert_allclose(written, stored.placed, rtol=1e-4)


def test_similar_finds_its_own_class_and_never_itself(workspace: str) -> None:
    found = run(workspace, "similar", "three", "clock/mantelpiece_clock.webp", "-k", "5")["results"]
    assert len(found) == 5
    assert "clock/mantelpiece_clock.webp" not in [one["path"] for one in found]
    assert found[0]["label"] == "clock"
    values = [one["similarity"] for one in found]
    assert values == sorted(values, reverse=True)


def test_similar_says_how_much_it_finds_and_is_exact_on_demand(workspace: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = ("similar", "three", "clock/mantelpiece_clock.webp", "-k", "5")
    whole = run(workspace, *asked)
    assert whole["recall"] == 1
    assert run(workspace, "index", "three")["partitions"] == 0
    monkeypatch.setattr(indexes, "LIMIT", 10)
    monkeypatch.setattr(indexes, "read_index", lambda *_: stub_index(workspace))
    shared._last.clear()
    through = run(workspace, *asked)
    assert through["recall"] == 0.97
    assert through["results"] != whole["results"]
    assert run(workspace, *asked, "--exact") == whole
    shared._last.clear()


def stub_index(workspace: str) -> Index:
    """Two halves by chance, of which one is looked into."""
    n = Workspace.open(workspace).dataset("three").count
    shape = (len(inverted.SERVED), len(inverted.DEPTHS))
    random = np.random.default_rng(0)
    centres = random.normal(size=(2, 1280)).astype(np.float32)
    cut = Partitions(centres, random.integers(2, size=n).astype(np.int32))
    return Index(cut, np.ones(shape, np.int32), np.full(shape, 0.97, np.float32))


def test_similar_takes_a_file_from_outside(workspace: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.webp"
    shutil.copy(places.SAMPLE / "bird" / "owl.webp", file)
    found = run(workspace, "similar", "three", str(file), "-k", "1")["results"]
    assert found[0]["path"] == "bird/owl.webp"
    assert found[0]["similarity"] > 0.99


def test_clusters_agree_with_labels_where_there_are(workspace: str, images: Path) -> None:
    result = run(workspace, "clusters", "three", "--k", "3")
    assert sum(one["size"] for one in result["clusters"]) + result["noise"] == count(images)
    assert result["nmi"] > 0.5
    assert all(one["exemplars"] for one in result["clusters"])
    run(workspace, "label", "three", "--labels", "none")
    unlabelled = run(workspace, "clusters", "three", "--k", "3")
    assert unlabelled["nmi"] is None
    assert unlabelled["silhouette"] == result["silhouette"]
    run(workspace, "label", "three", "--labels", "folders")


def test_datasets_are_listed_renamed_and_deleted(tmp_path: Path, images: Path) -> None:
    uri = str(tmp_path / "workspace")
    run(uri, "add", "three", str(images / "bird"))
    run(uri, "edit", "three", "--rename", "birds", "--describe", "with feathers")
    assert [one["name"] for one in run(uri, "list")["datasets"]] == ["birds"]
    assert run(uri, "show", "birds")["description"] == "with feathers"
    assert run(uri, "delete", "birds") == {"deleted": "birds"}
    assert run(uri, "list")["datasets"] == []


def test_own_vectors_become_an_encoder(workspace: str, tmp_path: Path) -> None:
    file = tmp_path / "own.npz"
    paths = np.array(["bird/owl.webp", "bird/duck.webp", "elsewhere.png"])
    np.savez(file, vectors=np.eye(3, 8, dtype=np.float32), paths=paths)
    report = run(workspace, "import-vectors", "three", str(file), "--as", "mine")
    assert report["matched"] == 2
    assert report["encoder"] in run(workspace, "show", "three")["encoders"]
    found = run(workspace, "similar", "three", "bird/owl.webp", "-k", "1", "--encoder", report["encoder"])
    assert found["results"][0]["path"] == "bird/duck.webp"


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["embed", "nowhere"], "nowhere"),
        (["add", "x", "/not/there"], "/not/there"),
        (["embed", "three", "--encoder", "efficientnet-lit0"], "efficientnet-lite0"),
        (["similar", "three", "bird/owl.webpp"], "bird/owl.webp"),
        (["similar", "three", "bird/owl.webp", "--metric", "taxicab"], "manhattan"),
        (["map", "three", "--dims", "4"], "4"),
        (["map", "three", "--method", "lda"], "umap"),
        (["clusters", "three", "--k", "0"], "0"),
        (["clusters", "three", "--k", "many"], "many"),
        (["vectors", "three", "--out", "/not/there/f.npz"], "/not/there"),
        (["label", "three", "--labels", "column:size"], "size"),
        (["frobnicate"], "frobnicate"),
        (["edit", "three", "--rename", "a/b"], "slash"),
    ],
)
def test_mistakes_are_explained_as_json(workspace: str, arguments: list[str], word: str) -> None:
    result = run(workspace, *arguments, status=2)
    assert list(result) == ["error"]
    assert word in result["error"]


def test_without_json_an_error_is_one_line_on_standard_error(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "embedding_core", "show", "nowhere", "--workspace", str(tmp_path / "w")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert "nowhere" in done.stderr


def test_the_catalogue_of_encoders_needs_no_torch(tmp_path: Path) -> None:
    code = (
        "import sys; from embedding_core.cli import main;"
        f"main(['encoders', '--json', '--workspace', {str(tmp_path)!r}]);"
        "assert not {'torch', 'timm', 'umap', 'numba', 'sklearn'} & set(sys.modules), 'heavy import'"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    listed = json.loads(done.stdout)["encoders"]
    assert {"efficientnet-lite0", "efficientnet-lite2", "pixels", "resnet50"} <= {one["id"] for one in listed}


def test_a_command_starts_without_what_it_does_not_use(tmp_path: Path) -> None:
    """A tenth of a second each, and the client of LanceDB's REST catalogues up to two."""
    code = (
        "import sys; from embedding_core.cli import main;"
        f"main(['list', '--json', '--workspace', {str(tmp_path)!r}]);"
        "client = [name for name, module in sys.modules.items()"
        " if name.startswith('lance_namespace_urllib3_client') and getattr(module, '__file__', None)];"
        "print(*client, *{'torch', 'numba', 'scipy', 'sklearn', 'embedding_core.sources'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == ""


def test_photos_lists_bad_photographs_by_kind(tmp_path: Path, images: Path) -> None:
    uri, folder = str(tmp_path / "workspace"), tmp_path / "some"
    shutil.copytree(images / "bird", folder)
    Image.new("RGB", (160, 160), (4, 4, 4)).save(folder / "night.png")
    run(uri, "add", "some", str(folder))
    found = run(uri, "photos", "some")
    assert [one["path"] for one in found["dark"]] == ["night.png"]
    assert set(found["dark"][0]) == {"path", "value", "reason"}
    kinds = {"dark", "bright", "blurred", "low_information", "near_empty", "tiny", "odd_shape", "grey"}
    assert set(found["lines"]) == kinds <= set(found)
    assert run(uri, "photos", "some", "--turned", status=2)["error"], "nothing is embedded"


def test_a_line_that_is_moved_stays_until_it_is_set_back(tmp_path: Path, images: Path) -> None:
    uri = str(tmp_path / "workspace")
    run(uri, "add", "birds", str(images / "bird"))
    before = run(uri, "photos", "birds")
    assert not before["dark"]
    moved = run(uri, "photos", "birds", "--line", "dark=240", "--line", "tiny=20")
    assert (moved["lines"]["dark"], moved["by_the_set"]["dark"]) == (240, before["lines"]["dark"])
    assert moved["dark"] and all(one["value"] < 240 for one in moved["dark"])
    assert run(uri, "photos", "birds")["dark"] == moved["dark"], "kept with the dataset"
    back = run(uri, "photos", "birds", "--line", "dark=set")
    assert (back["dark"], back["lines"]["dark"]) == ([], before["lines"]["dark"])
    assert list(back["by_the_set"]) == ["tiny"], "the other one stays moved"
    for wrong in ("dark", "dark=low", "drak=3", "dark=nan"):
        assert run(uri, "photos", "birds", "--line", wrong, status=2)["error"]
    assert run(uri, "photos", "birds")["lines"] == back["lines"]


def test_photos_finds_what_lies_turned_when_asked(workspace: str) -> None:
    found = run(workspace, "photos", "three", "--turned")
    assert isinstance(found["turned"], list)
    assert found["lines"]["turned"] > 0
    assert "turned" not in run(workspace, "photos", "three")


def test_balance_counts_and_says_what_could_go(workspace: str, images: Path) -> None:
    found = run(workspace, "balance", "three", "--keep-covered", "0.9")
    assert {one["label"]: one["images"] for one in found["classes"]} == {
        name: len(list((images / name).glob("*.webp"))) for name in CLASSES
    }
    could_go, kept = found["redundancy"]["could_go"], found["redundancy"]["kept"]
    assert len(could_go) + kept == count(images)
    assert {"classes", "slices", "sparse", "redundancy", "correlations"} <= set(found)
    assert "brightness" in {one["column"] for one in found["correlations"]}
    assert "0 to 1" in run(workspace, "balance", "three", "--keep-covered", "2", status=2)["error"]


def test_balance_counts_what_is_not_embedded(tmp_path: Path, images: Path) -> None:
    uri = str(tmp_path / "workspace")
    run(uri, "add", "three", str(images))
    found = run(uri, "balance", "three")
    assert len(found["classes"]) == len(CLASSES)
    assert (found["sparse"], found["redundancy"], found["correlations"]) == ([], None, [])
