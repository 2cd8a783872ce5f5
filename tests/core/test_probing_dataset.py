"""Probes on a dataset: what is kept and recorded, the command line, models that predict, the untouched test part."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from embedding_core import derived
from embedding_core.cli import main
from embedding_core.derived.targets import numbers_in
from embedding_core.derived.training import prepared
from embedding_core.errors import InvalidInput, UnknownName
from embedding_core.places import SAMPLE
from embedding_core.records import LOCAL, silent
from embedding_core.tasks import TASKS
from embedding_core.train.loading import load
from embedding_core.train.model import cut
from embedding_core.workspace import Dataset, Workspace
from tests.core import emojis, photographs

ENCODER = "pixels"
ASKED = {"name": emojis.NAME, "encoder": ENCODER, "families": ["logistic", "knn"]}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The sample, with a column of numbers that its vectors say."""
    made = emojis.workspace(tmp_path_factory)
    dataset = made.dataset(emojis.NAME)
    embedding = dataset.embedding(ENCODER)
    unit = embedding.matrix() / np.linalg.norm(embedding.matrix(), axis=1, keepdims=True)
    told = 50 + 30 * (unit @ np.linspace(-1, 1, unit.shape[1]).astype(np.float32))
    dataset.put_attributes(embedding.ids.tolist(), metadata=pa.table({"weight": told.astype(np.float64)}))
    return made


@pytest.fixture(scope="module")
def dataset(workspace: Workspace) -> Dataset:
    return workspace.dataset(emojis.NAME)


def ran(workspace: Workspace, capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    status = main([*arguments, "--json", "--workspace", workspace.uri])
    result: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert status == (2 if "error" in result else 0), result
    return result


def test_probes_are_kept_recorded_and_trained_once(workspace: Workspace, dataset: Dataset) -> None:
    first = TASKS["probe"](workspace, ASKED, silent, LOCAL)
    again = TASKS["probe"](workspace, ASKED, silent, LOCAL)
    assert again == first, "the second time it is read"
    assert first["accuracy"] > first["baseline"]["accuracy"] + 0.2
    runs = [one for one in derived.runs(workspace, dataset) if one.kind == "probe"]
    assert {one.parameters["family"] for one in runs} == {"logistic", "knn"} and len(runs) == 2
    assert {one.test for one in runs} == {first["test_fingerprint"]} and runs[0].scores["accuracy"].low is not None


def test_the_test_part_is_the_one_that_everything_is_judged_by(workspace: Workspace, dataset: Dataset) -> None:
    embedding = dataset.embedding(ENCODER)
    known = derived.labelled(workspace, dataset, [embedding])
    held = derived.held_out(workspace, dataset, known)
    on = prepared(workspace, dataset, embedding)
    assert np.array_equal(on.test, held.test) and np.array_equal(on.train, held.train)
    number = prepared(workspace, dataset, embedding, target="weight")
    assert np.array_equal(np.sort(number.target.known.ids[number.test]), np.sort(known.ids[held.test]))
    assert not len(np.intersect1d(number.train, number.test))


def test_a_number_is_learnt_from_a_column(workspace: Workspace) -> None:
    found = TASKS["probe"](workspace, {**ASKED, "families": ["ridge"], "target": "weight"}, silent, LOCAL)
    assert found["task"] == "regression" and found["r2"] > 0.9
    assert found["families"][0]["scores"]["mae"]["value"] < found["baseline"]["mae"]


def test_a_column_of_texts_is_learnt_like_labels(workspace: Workspace) -> None:
    found = TASKS["probe"](workspace, {**ASKED, "families": ["knn"], "target": "subgroup"}, silent, LOCAL)
    assert found["task"] == "classification" and found["target"] == "subgroup"


def test_trained_probes_are_compared_image_by_image_with_those_of_the_same_column(
    workspace: Workspace, dataset: Dataset, capsys: pytest.CaptureFixture[str]
) -> None:
    TASKS["probe"](workspace, ASKED, silent, LOCAL)
    for target in ("subgroup", "weight"):
        family = "ridge" if target == "weight" else "knn"
        TASKS["probe"](workspace, {**ASKED, "families": [family], "target": target}, silent, LOCAL)
    TASKS["tune"](workspace, {**ASKED, "families": ["knn"], "minutes": 1, "trials": 2}, silent, LOCAL)
    runs = derived.runs(workspace, dataset)

    def newest(kind: str, column: str, family: str) -> derived.Run:
        return next(
            one for one in runs if (one.kind, derived.learnt(one), one.parameters["family"]) == (kind, column, family)
        )

    probe, tuned = newest("probe", "label", "logistic"), newest("tune", "label", "knn")
    for one in (probe, tuned):
        answers = derived.judged_by(workspace, one.id)
        assert answers is not None
        assert answers.accuracy == pytest.approx(one.scores["accuracy"].value)
    found = ran(workspace, capsys, "runs", emojis.NAME, "--compare", probe.id, tuned.id)
    assert found["after"] == pytest.approx(tuned.scores["accuracy"].value)
    for other, why in ((("subgroup", "knn"), "learnt the column 'label'"), (("weight", "ridge"), "is not kept")):
        asked = ("runs", emojis.NAME, "--compare", probe.id, newest("probe", *other).id)
        assert why in ran(workspace, capsys, *asked)["error"]


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["37%", None, "4.5 %", "100% "], [37, np.nan, 4.5, 100]),
        (["1", "2", "3.5", "nan"], [1, 2, 3.5, np.nan]),
        (["37%", "0.5", "3%", "1"], None),
        (["37%", "a%", "3%", "1%"], None),
        (["1%", "2%", "2%"], None),
    ],
)
def test_shares_in_per_cent_are_numbers(texts: list[str | None], expected: list[float] | None) -> None:
    found = numbers_in(texts)
    assert (found is None) == (expected is None)
    if found is not None:
        assert np.array_equal(found, expected, equal_nan=True)


def test_numbers_that_are_nearly_all_the_same_fall_into_two_classes_by_size() -> None:
    assert cut(np.array([0.0] * 57 + [1.0, 2.0, 3.0])).tolist() == [0] * 57 + [1] * 3
    assert cut(np.arange(40.0)).max() == 9


def test_how_many_values_a_column_needs_is_said(workspace: Workspace, dataset: Dataset) -> None:
    some = dataset.embedding(ENCODER).ids[:30].tolist()
    dataset.put_attributes(some, metadata=pa.table({"rare": np.arange(30.0)}))
    with pytest.raises(InvalidInput, match=r"at least 40 with a value in the column 'rare' .* and there are 30"):
        TASKS["probe"](workspace, {**ASKED, "families": ["ridge"], "target": "rare"}, silent, LOCAL)


@pytest.mark.parametrize("asked", [{"target": "nothing"}, {"target": "name"}, {"families": ["ridge"]}])
def test_what_cannot_be_learnt_is_told(workspace: Workspace, asked: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        TASKS["probe"](workspace, {**ASKED, **asked}, silent, LOCAL)


def test_labels_of_the_test_part_change_no_model(workspace: Workspace, tmp_path: Path) -> None:
    other = Workspace.open(str(shutil.copytree(workspace.uri, tmp_path / "other")))
    dataset = other.dataset(emojis.NAME)
    embedding = dataset.embedding(ENCODER)
    known = derived.labelled(other, dataset, [embedding])
    held = derived.held_out(other, dataset, known)
    splits = np.full(len(known.ids), "train", object)
    splits[held.test] = "test"
    dataset.put_attributes(known.ids.tolist(), splits=splits.tolist())

    def trained() -> tuple[bytes, list[Any], float]:
        asked = {**ASKED, "families": ["logistic"]}
        found = TASKS["probe"](other, asked, silent, LOCAL)
        tuned = TASKS["tune"](other, {**asked, "families": ["knn"], "minutes": 5, "trials": 4}, silent, LOCAL)
        draft = derived.draft(other, found["fingerprint"], "logistic")
        assert draft is not None
        stored = other.models.get(draft.id)
        assert stored is not None
        tries = [(one["parameters"], one["value"]) for one in tuned["trials"]]
        return (
            load(stored.content).model.fitted.axes.tobytes()
            + bytes(load(stored.content).model.fitted.estimator.coef_.tobytes()),
            tries,
            found["accuracy"],
        )

    model, tries, accuracy = trained()
    wrong = np.array([known.classes[code] for code in known.codes], object)
    wrong[held.test] = np.roll(wrong[held.test], 7)
    dataset.put_attributes(known.ids.tolist(), labels=wrong.tolist())
    model_after, tries_after, accuracy_after = trained()
    assert model_after == model and tries_after == tries
    assert accuracy_after < accuracy - 0.1, "the labels that judge have changed"


def test_the_command_line_trains_saves_and_predicts(
    workspace: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "model"
    done = ran(
        workspace, capsys, "probe", emojis.NAME, "--encoder", ENCODER, "--family", "logistic,knn", "--out", str(out)
    )
    assert done["chosen"] in ("logistic", "knn") and done["model"] == str(out)
    assert {"accuracy", "interval", "baseline", "families", "trained", "tested", "seconds"} <= done.keys()
    assert not {one.name for one in out.iterdir()} - {"model.skops", "arrays.safetensors", "model.json", "README.md"}
    of_dataset = ran(workspace, capsys, "predict", str(out), emojis.NAME)
    assert of_dataset["images"] == 711
    assert set(of_dataset["results"][0]) == {"path", "label", "probability", "unlike"}
    folder, table = tmp_path / "new", tmp_path / "said.csv"
    folder.mkdir()
    images = sorted(Path(SAMPLE).rglob("*.webp"))[:5]
    for image in images:
        shutil.copy(image, folder)
    (folder / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nno")
    said = ran(workspace, capsys, "predict", str(out), str(folder), "--out", str(table))
    assert [one["path"] for one in said["rejected"]] == ["broken.png"]
    with table.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["path"] for row in rows] == [image.name for image in images]
    stored = {Path(one["path"]).name: one for one in of_dataset["results"]}
    for row in said["results"]:
        assert row["label"] == stored[row["path"]]["label"], "an upload is answered as the stored image is"
        assert row["probability"] == pytest.approx(stored[row["path"]]["probability"], abs=1e-3)
    one = ran(workspace, capsys, "predict", str(out), str(images[0]))
    assert len(one["results"]) == 1
    zipped = tmp_path / "model.zip"
    ran(
        workspace,
        capsys,
        "probe",
        emojis.NAME,
        "--encoder",
        ENCODER,
        "--family",
        "knn",
        "--out",
        str(zipped),
        "--save",
        "mine",
    )
    assert ran(workspace, capsys, "predict", str(zipped), str(images[0]))["results"]
    assert ran(workspace, capsys, "predict", "mine", emojis.NAME)["model"] == "mine"


def test_numbers_are_predicted_with_their_interval(
    workspace: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "number")
    done = ran(
        workspace,
        capsys,
        "probe",
        emojis.NAME,
        "--encoder",
        ENCODER,
        "--target",
        "weight",
        "--family",
        "ridge",
        "--out",
        out,
    )
    assert done["r2"] > 0.9
    row = ran(workspace, capsys, "predict", out, emojis.NAME)["results"][0]
    assert set(row) == {"path", "value", "low", "high", "unlike"} and row["low"] < row["value"] < row["high"]


def test_tune_is_no_worse_than_its_defaults_and_keeps_to_its_budget(
    workspace: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ("tune", emojis.NAME, "--encoder", ENCODER, "--minutes", "0.4", "--family", "logistic,knn,svm-rbf")
    done = ran(workspace, capsys, *arguments, "--out", str(tmp_path / "best"))
    assert done["seconds"] <= 0.4 * 60
    assert done["best"]["inner"] >= done["defaults"]["inner"]
    assert done["trials"][0]["parameters"]["family"] == "logistic" and done["trials"][0]["state"] == "done"
    assert {"value", "low", "high"} == set(done["gain"])
    assert ran(workspace, capsys, "predict", str(tmp_path / "best"), emojis.NAME)["images"] == 711
    assert any(one.kind == "tune" for one in derived.runs(workspace, workspace.dataset(emojis.NAME)))


def test_a_search_that_is_stopped_judges_what_it_has_found(workspace: Workspace, dataset: Dataset) -> None:
    derived.stop_search(workspace, dataset, "ticket")
    asked = {"name": emojis.NAME, "encoder": ENCODER, "minutes": 5, "families": ["knn"], "ticket": "ticket"}
    done = TASKS["tune"](workspace, asked, silent, LOCAL)
    assert done["ended"] == "stopped" and len(done["trials"]) == 1
    live = derived.read_live(workspace, "ticket")
    assert live is not None and [one.number for one in live.trials] == [0]
    kept = derived.read_searched(workspace, done["fingerprint"])
    assert kept is not None and kept.found.best.number == 0 and kept.found.outer.ids.size


def test_a_model_is_saved_under_a_name_and_found_by_it(workspace: Workspace) -> None:
    found = TASKS["probe"](workspace, ASKED, silent, LOCAL)
    saved = derived.save_model(workspace, found["fingerprint"], "knn", "  my   model ")
    assert saved.name == "my model"
    loaded, name, _ = derived.open_model(workspace, "my model")
    assert name == "my model" and loaded.facts["family"] == "knn"
    with pytest.raises(UnknownName):
        derived.open_model(workspace, "no such model")
    with pytest.raises(UnknownName):
        derived.open_model(workspace, "/etc", stored_only=True)
    with pytest.raises(InvalidInput):
        derived.save_model(workspace, found["fingerprint"], "knn", " ")


def test_vectors_of_another_encoder_are_refused(workspace: Workspace, dataset: Dataset) -> None:
    found = TASKS["probe"](workspace, ASKED, silent, LOCAL)
    derived.save_model(workspace, found["fingerprint"], "knn", "pixels only")
    loaded, _, _ = derived.open_model(workspace, "pixels only")
    with pytest.raises(InvalidInput, match="Train it again"):
        derived.predict_dataset(workspace, dataset, dataset.embedding("efficientnet-lite0"), loaded, "x")


def test_what_was_predicted_is_restored_without_loss(workspace: Workspace, dataset: Dataset) -> None:
    found = TASKS["probe"](workspace, ASKED, silent, LOCAL)
    derived.save_model(workspace, found["fingerprint"], "logistic", "again")
    done = TASKS["predict"](workspace, {"model": "again", "on": dataset.uuid, "rows": True}, silent, LOCAL)
    kept = derived.read_predicted(workspace, done["fingerprint"])
    assert kept is not None and list(kept.found.rows()) == done["results"]
    assert np.array_equal(kept.found.ids, dataset.embedding(ENCODER).ids)


def test_errors_of_the_command_line_are_one_line(
    workspace: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "model.pkl").write_bytes(b"\x80\x05.")
    for arguments in (
        ("probe", emojis.NAME, "--encoder", ENCODER, "--family", "forest"),
        ("probe", emojis.NAME, "--encoder", ENCODER, "--out", str(tmp_path / "no" / "where")),
        ("predict", str(tmp_path / "model.pkl"), emojis.NAME),
        ("predict", "nobody", emojis.NAME),
        ("tune", emojis.NAME, "--encoder", ENCODER, "--minutes", "0"),
    ):
        assert "error" in ran(workspace, capsys, *arguments)


@photographs.needed
def test_photographs_are_told_apart(tmp_path_factory: pytest.TempPathFactory) -> None:
    made = photographs.workspace(tmp_path_factory)
    asked = {"name": photographs.NAME, "encoder": photographs.ENCODER, "families": ["logistic"]}
    found = TASKS["probe"](made, asked, silent, LOCAL)
    assert 0.84 < found["accuracy"] < 0.93
    assert found["families"][0]["scores"]["ece"]["value"] < 0.08
