"""Comparing encoders and metrics on a dataset: the task, what it keeps and records, the JSON of the commands."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from embedding_core import derived
from embedding_core.cli import main
from embedding_core.derived import comparison, speeds, standings
from embedding_core.encoders import registry
from embedding_core.errors import InvalidInput, NotEmbedded, UnknownEncoder
from embedding_core.evaluate.comparison.ways import WAYS
from embedding_core.fingerprint import digest
from embedding_core.records import LOCAL, silent
from embedding_core.tasks import TASKS
from embedding_core.workspace import Workspace
from tests.core import emojis, photographs


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return emojis.workspace(tmp_path_factory)


def run(capsys: pytest.CaptureFixture[str], workspace: Workspace, *arguments: str) -> tuple[int, dict[str, Any]]:
    status = main([*arguments, "--json", "--workspace", workspace.uri])
    return status, json.loads(capsys.readouterr().out)


@pytest.fixture(scope="module")
def compared(workspace: Workspace) -> dict[str, Any]:
    return TASKS["compare"](workspace, {"name": emojis.NAME}, silent, LOCAL)


@pytest.fixture
def own(workspace: Workspace, compared: dict[str, Any], tmp_path: Path) -> Workspace:
    """A copy to change, in which near-duplicates and speeds are known."""
    return Workspace.open(str(shutil.copytree(workspace.uri, tmp_path / "workspace")))


def test_the_default_encoder_is_told_from_pixels(compared: dict[str, Any]) -> None:
    first, second = compared["encoders"]
    assert (first["encoder"], second["encoder"]) == ("efficientnet-lite0", "pixels")
    assert compared["best"] == compared["take"] == "efficientnet-lite0"
    assert second["difference"]["high"] < 0
    assert first["difference"] is None
    assert first["interval"][0] < first["accuracy"] < first["interval"][1]
    assert first["test"]["accuracy"] > second["test"]["accuracy"]
    assert compared["judged"] + compared["tested"] <= compared["images"] == 711
    (pair,) = compared["pairs"]
    assert pair["only_first"] + pair["only_second"] + pair["both_right"] + pair["both_wrong"] == compared["judged"]
    assert 0 < pair["overlap"] < 0.6 and 0 < pair["cka"] < 0.9
    assert compared["said"][0].startswith("Take EfficientNet-Lite0: it is ")
    assert "10 nearest look-alikes" in compared["said"][1]


def test_what_it_costs_is_measured(workspace: Workspace, compared: dict[str, Any]) -> None:
    for row in compared["encoders"]:
        assert row["images_per_second"] > 0
        card = registry.card(row["encoder"])
        assert (row["dimensions"], row["size_mb"]) == (card.dim, card.size_mb)
        assert row["memory_mb"] == pytest.approx(711 * card.dim * 4 / 1e6, rel=1e-3)
        assert row["offline"] and not row["needs_download"] and row["device"].startswith("cpu")
    by_name = {row["encoder"]: row["images_per_second"] for row in compared["encoders"]}
    assert by_name["pixels"] > by_name["efficientnet-lite0"]


def test_speed_is_measured_once_and_again_when_asked(workspace: Workspace, compared: dict[str, Any]) -> None:
    dataset, card = workspace.dataset(emojis.NAME), registry.card("pixels")
    known = speeds.read_speed(workspace, dataset, card)
    assert known is not None and known.images == speeds.SAMPLE

    def refuse() -> Any:
        raise AssertionError("it was loaded")

    assert speeds.measured_speed(workspace, dataset, card, refuse) == known
    again = speeds.measured_speed(workspace, dataset, card, lambda: registry.load("pixels"), again=True)
    assert again is not None and again.when > known.when
    assert speeds.read_speed(workspace, dataset, card) == again


def test_a_run_is_recorded_for_each_encoder_once(workspace: Workspace, compared: dict[str, Any]) -> None:
    dataset = workspace.dataset(emojis.NAME)
    again = TASKS["compare"](workspace, {"name": emojis.NAME}, silent, LOCAL)
    assert again["fingerprint"] == compared["fingerprint"]
    found = [one for one in derived.runs(workspace, dataset) if one.kind == "compare"]
    assert sorted(one.encoder for one in found) == ["efficientnet-lite0", "pixels"]
    kept = derived.read_comparison(workspace, compared["fingerprint"])
    assert kept is not None
    test = digest(np.sort(kept.found.test_ids).tobytes())
    for one in found:
        row = next(row for row in compared["encoders"] if row["encoder"] == one.encoder)
        assert (one.test, one.result) == (test, compared["fingerprint"])
        assert one.scores["accuracy"].value == pytest.approx(row["test"]["accuracy"], abs=1e-4), (
            "the final score is that of what is set aside"
        )
        judged = derived.judged_by(workspace, one.id)
        assert judged is not None and judged.accuracy == pytest.approx(row["test"]["accuracy"], abs=1e-4)
        assert one.scores["cross_validated"].low == row["interval"][0]
        assert one.scores["knn"].value == row["knn"]
    known = derived.labelled(workspace, dataset, [dataset.embedding(one) for one in emojis.ENCODERS])
    assert {one.data for one in found} == {known.fingerprint}
    held = derived.held_out(workspace, dataset, known)
    assert digest(np.sort(known.ids[held.test]).tobytes()) == test, "everything is judged by the same images"


def test_the_key_is_that_of_now_whatever_the_order_and_changes_with_labels(
    workspace: Workspace, compared: dict[str, Any]
) -> None:
    dataset = workspace.dataset(emojis.NAME)
    embeddings = [dataset.embedding(one) for one in emojis.ENCODERS]
    assert derived.comparison_key(workspace, dataset, embeddings[::-1]) == compared["fingerprint"]
    ids = dataset.images()["id"].to_pylist()[:1]
    was = dataset.labelled(ids)[ids[0]][1]
    dataset.put_attributes(ids, labels=["another"])
    try:
        assert derived.comparison_key(workspace, dataset, embeddings) != compared["fingerprint"]
    finally:
        dataset.put_attributes(ids, labels=[was])
    assert derived.comparison_key(workspace, dataset, embeddings) == compared["fingerprint"]


def test_another_part_that_is_set_aside_makes_another_finding(tmp_path_factory: pytest.TempPathFactory) -> None:
    own = emojis.workspace(tmp_path_factory)
    dataset = own.dataset(emojis.NAME)
    embedding = dataset.embedding("pixels")
    asked = {"name": emojis.NAME, "encoder": "pixels"}
    before = TASKS["metrics"](own, asked, silent, LOCAL)["fingerprint"]
    assert derived.metrics_key(own, dataset, embedding) == before
    axes = TASKS["pca"](own, asked, silent, LOCAL)["fingerprint"]
    joined = TASKS["features"](own, {**asked, "columns": []}, silent, LOCAL)["fingerprint"]
    known = derived.labelled(own, dataset, [embedding])
    judges = known.ids[derived.held_out(own, dataset, known).test].tolist()
    labels = [known.classes[known.codes[known.ids == one][0]] for one in judges]
    dataset.put_attributes(judges, labels=[None] * len(judges))
    derived.held_out(own, dataset, derived.labelled(own, dataset, [embedding]))  # too few are left: others are drawn
    dataset.put_attributes(judges, labels=labels)
    assert derived.labelled(own, dataset, [embedding]).fingerprint == known.fingerprint
    for kind, found in (("metrics", before), ("pca", axes), ("features", joined)):
        more = {"columns": []} if kind == "features" else {}
        assert TASKS[kind](own, {**asked, **more}, silent, LOCAL)["fingerprint"] != found, kind


def test_metrics_are_found_again_by_the_copies_of_another_encoder(tmp_path_factory: pytest.TempPathFactory) -> None:
    own = emojis.workspace(tmp_path_factory)
    dataset = own.dataset(emojis.NAME)
    derived.find_duplicates(own, dataset, dataset.embedding("pixels"))
    found = TASKS["metrics"](own, {"name": emojis.NAME, "encoder": "efficientnet-lite0"}, silent, LOCAL)
    assert derived.metrics_key(own, dataset, dataset.embedding("efficientnet-lite0")) == found["fingerprint"]


def test_what_is_not_embedded_is_named_with_what_to_run(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    status, said = run(capsys, workspace, "compare", emojis.NAME, "pixels", "efficientnet-lite2")
    assert status == 2
    assert "efficientnet-lite2" in said["error"]
    assert "--embed" in said["error"] and "embed 'sample' --encoder efficientnet-lite2" in said["error"]
    with pytest.raises(UnknownEncoder):
        TASKS["compare"](workspace, {"name": emojis.NAME, "encoders": ["pixels", "eyes"]}, silent, LOCAL)
    with pytest.raises(InvalidInput, match="two encoders or more"):
        TASKS["compare"](workspace, {"name": emojis.NAME, "encoders": ["pixels", "pixels"]}, silent, LOCAL)


def test_embed_embeds_what_is_missing(own: Workspace) -> None:
    dataset = own.dataset(emojis.NAME)
    dataset.vectors.drop("pixels")
    with pytest.raises(NotEmbedded):
        TASKS["compare"](own, {"name": emojis.NAME, "encoders": list(emojis.ENCODERS)}, silent, LOCAL)
    wanted = {"name": emojis.NAME, "encoders": list(emojis.ENCODERS), "embed": True}
    assert len(TASKS["compare"](own, wanted, silent, LOCAL)["encoders"]) == 2


def test_without_labels_spaces_and_speed_are_told(own: Workspace) -> None:
    dataset = own.dataset(emojis.NAME)
    ids = dataset.images()["id"].to_pylist()
    dataset.put_attributes(ids, labels=[None] * len(ids))
    found = TASKS["compare"](own, {"name": emojis.NAME}, silent, LOCAL)
    assert found["said"][0] == "Without labels nothing says which encoder is better."
    assert found["best"] is None and found["take"] is None
    for row in found["encoders"]:
        assert "accuracy" not in row and row["images_per_second"] > 0
    assert found["pairs"][0]["overlap"] > 0 and "only_first" not in found["pairs"][0]
    with pytest.raises(InvalidInput, match="two labels"):
        TASKS["metrics"](own, {"name": emojis.NAME}, silent, LOCAL)


def test_of_very_many_images_a_part_is_read_and_the_same_ones_judge(
    own: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = own.dataset(emojis.NAME)
    ids = dataset.images()["id"].to_pylist()[::4]
    dataset.put_attributes(ids, labels=[None] * len(ids))
    embeddings = [dataset.embedding(one) for one in emojis.ENCODERS]
    whole = derived.compare_encoders(own, dataset, embeddings).found
    monkeypatch.setattr(comparison, "REVISION", -1)
    monkeypatch.setattr(comparison, "READ", 100)
    part = derived.compare_encoders(own, dataset, embeddings).found
    assert whole.images == 711 and 711 - len(ids) <= part.images < 711
    assert (part.test_ids == whole.test_ids).all() and (part.ids == whole.ids).all()
    assert (part.tested == whole.tested).all() and (part.predicted == whole.predicted).all()
    monkeypatch.setattr(comparison, "REVISION", -2)
    monkeypatch.setattr(comparison, "MOST", 200)
    few = derived.compare_encoders(own, dataset, embeddings).found
    assert len(few.ids) <= 200 and (few.test_ids == whole.test_ids).all()


def test_the_json_of_compare(
    workspace: Workspace, compared: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    status, found = run(capsys, workspace, "compare", emojis.NAME)
    assert status == 0
    assert {"encoders", "best", "take", "said", "pairs", "images", "judged", "tested", "labels", "k"} <= found.keys()
    for now, before in zip(found["encoders"], compared["encoders"], strict=True):
        assert {**now, "images_per_second": 0} == {**before, "images_per_second": 0}


def test_the_json_of_metrics(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    status, found = run(capsys, workspace, "metrics", emojis.NAME)
    assert status == 0
    assert [row["metric"] for row in found["metrics"]] == list(WAYS)
    by_name = {row["metric"]: row for row in found["metrics"]}
    assert by_name["cosine"]["difference"] is None
    assert by_name["hamming"]["bytes_per_image"] == 160
    assert by_name["cosine"]["megabytes"] == pytest.approx(711 * 5120 / 1e6, rel=1e-3)
    for row in found["metrics"]:
        assert row["interval"][0] <= row["accuracy"] <= row["interval"][1]
        assert row["map_interval"][0] <= row["map"] <= row["map_interval"][1]
    assert "32 times less room" in found["said"][-1]
    dataset = workspace.dataset(emojis.NAME)
    (one,) = [run for run in derived.runs(workspace, dataset) if run.kind == "metrics"]
    assert one.scores["knn_cosine"].value == by_name["cosine"]["accuracy"]


def test_vectors_that_someone_brought_have_no_speed(own: Workspace) -> None:
    from embedding_core.encoders.imported import card_for_imported

    dataset = own.dataset(emojis.NAME)
    images = dataset.images()
    vectors = np.random.default_rng(0).normal(size=(len(images), 12)).astype(np.float32)
    card = card_for_imported("mine", 12, "0" * 64)
    dataset.vectors.put(card, images["id"].to_pylist(), images["sha256"].to_pylist(), vectors)
    found = TASKS["compare"](own, {"name": emojis.NAME, "encoders": ["pixels", card.id]}, silent, LOCAL)
    row = next(row for row in found["encoders"] if row["encoder"] == card.id)
    assert row["images_per_second"] is None
    assert standings.cost(own, dataset, card, 10).offline is False
    assert found["take"] == "pixels"


@photographs.needed
def test_on_photographs(tmp_path_factory: pytest.TempPathFactory) -> None:
    own = photographs.workspace(tmp_path_factory)
    wanted = {"name": photographs.NAME, "encoders": [photographs.ENCODER, "pixels"], "embed": True}
    found = TASKS["compare"](own, wanted, silent, LOCAL)
    assert found["take"] == photographs.ENCODER
    assert found["encoders"][1]["difference"]["high"] < -0.2
    assert found["encoders"][0]["accuracy"] > 0.8
    metrics = {
        row["metric"]: row for row in TASKS["metrics"](own, {"name": photographs.NAME}, silent, LOCAL)["metrics"]
    }
    assert metrics["cosine"]["accuracy"] > 0.8
    assert -0.06 < metrics["hamming"]["difference"]["change"] < 0
    assert abs(metrics["int8"]["difference"]["change"]) < 0.01
