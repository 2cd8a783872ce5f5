"""Leakage, split, next, propagate and drift on real images, through the command line."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import ImageEnhance

from embedding_core import derived, places
from embedding_core.cli import main
from embedding_core.images import decode
from embedding_core.workspace import Dataset, Workspace

CLASSES = 8
COPIES = 24


def run(workspace: str, *arguments: str, status: int = 0) -> dict[str, Any]:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        assert main([*arguments, "--json", "--workspace", workspace]) == status, out.getvalue()
    result: dict[str, Any] = json.loads(out.getvalue())
    return result


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The largest classes of the sample, and a table that says of each image on which day it was taken."""
    folder = tmp_path_factory.mktemp("data") / "some"
    kinds = [one for one in places.SAMPLE.iterdir() if one.is_dir()]
    for kind in sorted(kinds, key=lambda one: (-len(list(one.glob("*.webp"))), one.name))[:CLASSES]:
        shutil.copytree(kind, folder / kind.name)
    return folder


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory, folder: Path) -> str:
    uri = str(tmp_path_factory.mktemp("preparing") / "workspace")
    run(uri, "add", "some", str(folder), "--embed")
    rows = [f"{path},{['mon', 'tue', 'wed'][row % 3]}" for row, path in enumerate(sorted(opened(uri).ids()))]
    table = folder.parent / "days.csv"
    table.write_text("\n".join(["file,day", *rows]))
    run(uri, "label", "some", "--join", str(table))
    return uri


def opened(workspace: str) -> Dataset:
    return Workspace.open(workspace).dataset("some")


def splits(workspace: str) -> dict[str, str | None]:
    said = opened(workspace).attributes()
    return dict(zip(said["path"].to_pylist(), said["split"].to_pylist(), strict=True))


def test_without_splits_the_commands_that_make_them_are_named(workspace: str) -> None:
    opened(workspace).put_attributes(list(opened(workspace).ids().values()), splits=[None] * opened(workspace).count)
    error = run(workspace, "leakage", "some", status=2)["error"]
    assert "label NAME --split" in error
    assert "split NAME" in error


def test_a_split_is_told_and_set_only_when_asked(workspace: str) -> None:
    shares = ("--shares", "train=.6,validation=.2,test=.2", "--seed", "3")
    told = run(workspace, "split", "some", *shares)
    before = splits(workspace)
    assert not told["applied"]
    made = run(workspace, "split", "some", *shares, "--apply")
    assert made["parts"] == told["parts"]
    after = splits(workspace)
    assert after != before
    counts = {name: list(after.values()).count(name) for name in ("train", "val", "test")}
    assert counts == {one["split"]: one["images"] for one in made["parts"]}
    assert made["off"] < 0.02
    assert run(workspace, "leakage", "some")["groups"] == [], "no group was parted"
    run(workspace, "split", "some", "--shares", "a=.5,b=.5", "--apply")
    assert run(workspace, "split", "some", "--back")["split"] == "made without leakage"
    assert splits(workspace) == after


def test_a_column_holds_images_together(workspace: str) -> None:
    run(workspace, "split", "some", "--shares", "a=.5,b=.5", "--column", "day", "--apply")
    dataset = opened(workspace)
    days = dict(zip(dataset.metadata()["path"].to_pylist(), dataset.metadata()["day"].to_pylist(), strict=True))
    found = {(days[path], split) for path, split in splits(workspace).items()}
    assert len(found) == 3, "each day lies in one part"
    run(workspace, "split", "some", "--apply")
    leaked = run(workspace, "leakage", "some", "--column", "day")
    assert {one["kind"] for one in leaked["groups"]} == {"column:day"}
    assert len(leaked["groups"]) == 3
    assert "Columns: day" in run(workspace, "split", "some", "--column", "night", status=2)["error"]


def altered(file: Path, out: Path, random: np.random.Generator) -> None:
    """A copy that another program might have made."""
    image = decode(file.read_bytes()).image.convert("RGB")
    scale = random.uniform(0.7, 1.4)
    image = image.resize((round(image.width * scale), round(image.height * scale)))
    image = ImageEnhance.Brightness(image).enhance(random.uniform(0.9, 1.1))
    image.save(out, quality=int(random.integers(40, 90)))


def test_planted_leakage_is_found_and_feigns_what_it_does(workspace: str, folder: Path, tmp_path: Path) -> None:
    """The truth is known: what the probe scored on the same test images before anything was planted."""
    uri = str(tmp_path / "workspace")
    shutil.copytree(workspace, uri)
    run(uri, "split", "some", "--shares", "train=.6,test=.4", "--apply")
    truth = run(uri, "leakage", "some")
    assert truth["groups"] == []
    random = np.random.default_rng(0)
    tests = sorted(path for path, split in splits(uri).items() if split == "test")
    planted: dict[str, str] = {}
    more = tmp_path / "more"
    for path in random.choice(tests, COPIES, replace=False).tolist():
        copy = f"{Path(path).parent}/copy_of_{Path(path).stem}.jpg"
        (more / copy).parent.mkdir(parents=True, exist_ok=True)
        altered(folder / path, more / copy, random)
        planted[copy] = path
    run(uri, "add", "some", str(more), "--labels", "folders", "--embed")
    dataset = opened(uri)
    ids = dataset.ids()
    dataset.put_attributes([ids[copy] for copy in planted], splits=["train"] * COPIES)
    found = run(uri, "leakage", "some")
    copies = [one for one in found["groups"] if one["kind"] == "duplicate"]
    assert {tuple(sorted(one["paths"])) for one in copies} == {tuple(sorted(pair)) for pair in planted.items()}
    assert all(set(one["splits"]) == {"train", "test"} for one in found["groups"])
    assert found["accuracy_without"] == pytest.approx(truth["accuracy_with"], abs=0.01)
    assert found["accuracy_with"] >= found["accuracy_without"]
    # A copy may be the link by which a picture of the training part comes to a burst that has some in the test part.
    linked = {path for one in found["groups"] for path in one["paths"] if splits(uri)[path] == "train"}
    assert linked >= set(planted)
    assert found["feigned"]["taken"] == len(linked) <= COPIES + 3
    again = derived.read_leakage(Workspace.open(uri), found["fingerprint"])
    assert again is not None
    assert {case.suggestion.ids[0] for case in again.found.cases() if case.suggestion} == {ids[one] for one in planted}


def test_next_names_what_to_label_and_labels_change_it(workspace: str) -> None:
    every = run(workspace, "next", "some", "-n", "8")
    assert len(every["results"]) == 8
    assert "as if none" in every["note"]
    dataset = opened(workspace)
    said = dataset.attributes()
    ids, labels = said["id"].to_pylist(), said["label"].to_pylist()
    known = [row for row in range(len(ids)) if row % 4 == 0]
    dataset.put_attributes(ids, labels=[label if row in set(known) else None for row, label in enumerate(labels)])
    for by in ("combined", "diverse", "typical", "uncertain"):
        found = run(workspace, "next", "some", "-n", "12", "--by", by)
        paths = [one["path"] for one in found["results"]]
        assert len(set(paths)) == 12
        assert not {said["path"][row].as_py() for row in known} & set(paths)
        assert all(one["reason"] for one in found["results"])
    spread = run(workspace, "propagate", "some")
    right = dict(zip(said["path"].to_pylist(), labels, strict=True))
    assert len(spread["results"]) == len(ids) - len(known)
    real = np.mean([one["label"] == right[one["path"]] for one in spread["results"]])
    assert spread["interval"][0] <= real <= spread["interval"][1]
    dataset.put_attributes(ids, labels=labels)


def test_drift_between_parts_and_datasets(workspace: str, folder: Path) -> None:
    days = run(workspace, "drift", "some", "--by", "day:tue")
    assert not days["drifted"], "the days were dealt in turn"
    assert days["interval"][0] <= 0.5 <= days["interval"][1]
    late = run(workspace, "drift", "some", "--since", "day:tue")
    assert late["second"] == "some day from tue"
    assert late["fingerprint"] != days["fingerprint"], "wednesday came as well"
    kind = sorted(one.name for one in folder.iterdir())[0]
    parted = run(workspace, "drift", "some", "--prefix", f"{kind}/")
    assert parted["drifted"]
    assert parted["auc"] > 0.8
    assert all(
        one["path"].startswith(f"{kind}/") and not one["nearest"].startswith(f"{kind}/") for one in parted["new"]
    )
    assert [one["score"] for one in parted["new"]] == sorted((one["score"] for one in parted["new"]), reverse=True)
    alike = [one["similarity"] for one in parted["new"]]
    assert alike == sorted(alike) and 0 < alike[0] <= alike[-1] < 1, "the farthest is the least alike"
    run(workspace, "add", "other", str(folder / kind), "--embed")
    other = run(workspace, "drift", "some", "other")
    assert other["second"] == "other"
    assert other["new"] == [], "each of them is in the first as well"
    back = run(workspace, "drift", "other", "some")
    assert back["new"] and not any("/" in one["nearest"] for one in back["new"]), "paths of the other dataset"
    assert back["seen"]["first"] < back["seen"]["second"] == len(opened(workspace).ids())
    run(workspace, "split", "some", "--apply")
    halves = run(workspace, "drift", "some", "--split", "train", "test")
    assert (halves["first"], halves["second"]) == ("some train", "some test")
    assert halves["interval"][0] < parted["interval"][0]


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["drift", "some"], "another dataset"),
        (["drift", "some", "some", "--prefix", "a"], "other, prefix"),
        (["drift", "some", "nowhere"], "nowhere"),
        (["drift", "some", "--by", "tuesday"], "column:value"),
        (["drift", "some", "--by", "day:sun"], "no two sets"),
        (["drift", "some", "--split", "train", "exam"], "exam"),
        (["drift", "some", "some", "--encoder", "resnet50"], "embed"),
        (["next", "some", "--by", "beauty"], "typical"),
        (["next", "some", "-n", "0"], "at least 1"),
        (["split", "some", "--shares", "train=.7"], "add up to 1"),
    ],
)
def test_mistakes_are_explained(workspace: str, arguments: list[str], word: str) -> None:
    assert word in run(workspace, *arguments, status=2)["error"]
