"""The report card of a dataset: scored by task and command, kept, recorded, and of now."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score

from embedding_core import derived
from embedding_core.cli import main
from embedding_core.derived import features
from embedding_core.derived.columns import metadata_of
from embedding_core.derived.recoded import small_pictures
from embedding_core.evaluate.knn import knn
from embedding_core.records import LOCAL, silent
from embedding_core.review.decisions import Action, decided
from embedding_core.tasks import TASKS
from embedding_core.tasks.scoring import SCORED
from embedding_core.vectors import unit_rows
from embedding_core.workspace import Workspace
from tests.core import emojis, photographs
from tests.core.test_knn import of

Scored = tuple[Workspace, Mapping[str, Any]]


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Scored:
    workspace = emojis.workspace(tmp_path_factory)
    return workspace, run(workspace)


def run(workspace: Workspace, name: str = emojis.NAME, **asked: Any) -> dict[str, Any]:
    return TASKS["report"](workspace, {"name": name, **asked}, silent, LOCAL)


def test_it_holds_what_is_asked_for(scored: Scored) -> None:
    _, found = scored
    assert set(found["knn"]) == set(found["knn_grouped"]) == set(found["recall"]) == {"1", "5", "10"}
    assert set(found["controls"]) == {"chance", "shuffled", "pixels", "metadata"}
    low, high = found["probe"]["interval"]
    assert low < found["probe"]["accuracy"] < high
    assert len(found["classes"]) == len(found["confusion"]["labels"]) == 22
    assert sum(map(sum, found["confusion"]["counts"])) == found["labelled"] == 711
    for name in ("silhouette", "nmi", "map", "intrinsic_dimension", "hubness", "anisotropy"):
        assert isinstance(found[name], float), name
    assert found["controls"]["shuffled"] < found["controls"]["chance"] + 0.03
    assert found["controls"]["pixels"] < found["probe"]["accuracy"]
    assert found["controls"]["metadata"] < 0.5  # kinds of a label name it, and are left out
    assert set(found["stability"]) == {"mirrored", "cropped", "brighter"}
    assert found["verdict"] and found["reasons"]


def test_what_a_model_has_said_is_not_known_of_the_files(tmp_path_factory: pytest.TempPathFactory) -> None:
    workspace = emojis.workspace(tmp_path_factory)
    dataset = workspace.dataset(emojis.NAME)
    ids = dataset.images()["id"]
    before = derived.said_of(dataset, ids.to_numpy())
    labels = dataset.attributes()["label"]
    dataset.put_attributes(ids.to_pylist(), metadata=pa.table({"predicted by teller": labels}))
    after = derived.said_of(dataset, ids.to_numpy())
    assert [one.name for one in after.columns] == [one.name for one in before.columns]
    assert after.digest == before.digest, "no finding is outdated by what a model says"
    assert "predicted by teller" not in [one.name for one in metadata_of(dataset, ids.to_numpy())]
    (offered,) = [one for one in features.offered(dataset, ids.to_numpy()) if one.name == "predicted by teller"]
    assert offered.kind == "leave" and "A model has predicted it" in offered.why


@pytest.mark.parametrize(("known", "kind"), [(0.04, "leave"), (0.06, "category")])
def test_a_column_that_hardly_an_image_has_is_joined_only_on_demand(
    tmp_path_factory: pytest.TempPathFactory, known: float, kind: str
) -> None:
    dataset = emojis.workspace(tmp_path_factory).dataset(emojis.NAME)
    ids = dataset.images()["id"]
    words = [("sea", "sky")[at % 2] if at < known * len(ids) else None for at in range(len(ids))]
    dataset.put_attributes(ids.to_pylist(), metadata=pa.table({"seen at": words}))
    (offered,) = [one for one in features.offered(dataset, ids.to_numpy()) if one.name == "seen at"]
    assert offered.kind == kind
    assert ("Hardly an image" in offered.why) == (kind == "leave")


def test_the_probe_is_as_good_as_scikit_learn_s(scored: Scored) -> None:
    workspace, found = scored
    vectors, codes = of(workspace.dataset(emojis.NAME), "efficientnet-lite0")
    by_hand = cross_val_score(LogisticRegression(C=10, max_iter=300), unit_rows(vectors), codes, cv=5).mean()
    assert found["probe"]["accuracy"] == pytest.approx(by_hand, abs=0.05)


def test_it_is_kept_and_recorded(scored: Scored) -> None:
    workspace, found = scored
    dataset = workspace.dataset(emojis.NAME)
    embedding = dataset.embedding("efficientnet-lite0")
    key = derived.report_key(workspace, dataset, embedding)
    assert key == found["fingerprint"]
    kept = derived.read_report(workspace, key)
    assert kept is not None and kept.found.scores is not None
    newest = derived.runs(workspace, dataset)[0]
    assert (newest.kind, newest.encoder, newest.result) == ("report", "efficientnet-lite0", key)
    assert newest.scores["accuracy"].value == kept.found.scores.probe.value
    assert newest.data == derived.labelled(workspace, dataset, [embedding]).fingerprint
    before = len(derived.runs(workspace, dataset))
    assert run(workspace)["seconds"] == found["seconds"]  # read, not scored again
    assert len(derived.runs(workspace, dataset)) == before, "and not tried again"


def test_other_labels_want_another_card(scored: Scored) -> None:
    workspace, found = scored
    dataset = workspace.dataset(emojis.NAME)
    embedding = dataset.embedding("efficientnet-lite0")
    labels = dataset.said_of(embedding.ids)[0]["label"].to_pylist()
    dataset.put_attributes(embedding.ids[:3].tolist(), labels=[labels[-1]] * 3)
    assert derived.report_key(workspace, dataset, embedding) != found["fingerprint"]
    dataset.put_attributes(embedding.ids[:3].tolist(), labels=labels[:3])
    assert derived.report_key(workspace, dataset, embedding) == found["fingerprint"]
    (earlier,) = derived.reports(workspace, dataset, "efficientnet-lite0")
    assert earlier.fingerprint == found["fingerprint"]
    assert derived.reports(workspace, dataset, "pixels") == []


def test_without_duplicates_that_are_known_there_is_no_card_yet(tmp_path_factory: pytest.TempPathFactory) -> None:
    workspace = emojis.workspace(tmp_path_factory)
    dataset = workspace.dataset(emojis.NAME)
    assert derived.report_key(workspace, dataset, dataset.embedding("pixels")) is None


def test_pixels_have_no_control_of_themselves(scored: Scored) -> None:
    found = run(scored[0], encoder="pixels")
    assert found["controls"]["pixels"] is None
    assert found["control_details"]["pixels"] == {"probe": None, "knn": None}


def test_thumbnails_give_nearly_the_pixels_of_the_originals(scored: Scored) -> None:
    dataset = scored[0].dataset(emojis.NAME)
    embedding = dataset.embedding("pixels")
    small = small_pictures(dataset, embedding.ids[:40])
    assert np.abs(small - embedding.rows(embedding.ids[:40])).mean() < 0.05


def test_without_labels_the_rest_of_the_card_is_there(tmp_path_factory: pytest.TempPathFactory) -> None:
    workspace = emojis.workspace(tmp_path_factory)
    dataset = workspace.dataset(emojis.NAME)
    ids = dataset.images()["id"].to_pylist()
    dataset.put_attributes(ids, labels=[None] * len(ids))
    found = run(workspace)
    assert [name for name in SCORED if found[name] is not None] == []
    assert found["labelled"] == 0
    assert found["cluster_stability"]["groups"] == 10
    assert found["level"] in ("steady", "unsteady")
    json.dumps(found, allow_nan=False)


def test_the_command_prints_one_object(scored: Scored, capsys: pytest.CaptureFixture[str]) -> None:
    workspace, found = scored
    assert main(["report", emojis.NAME, "--json", "--workspace", workspace.uri]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {**told, "crashed": []} == json.loads(json.dumps({**found, "crashed": []}, allow_nan=False))
    assert main(["report", emojis.NAME, "--version", "best", "--json", "--workspace", workspace.uri]) == 2
    assert "best" in json.loads(capsys.readouterr().out)["error"]


def test_what_was_decided_away_is_not_scored(scored: Scored) -> None:
    workspace, whole = scored
    dataset = workspace.dataset(emojis.NAME)
    vectors, codes = of(dataset, "efficientnet-lite0")
    gone = np.random.default_rng(0).permutation(len(codes))[:100]
    ids = dataset.embedding("efficientnet-lite0").ids
    dataset.decisions.add([decided(LOCAL, Action.REMOVE, ids[gone].tolist(), finding="outliers")])
    found = run(workspace)
    left = np.delete(np.arange(len(codes)), gone)
    assert (found["images"], found["version"]) == (611, "now")
    assert found["knn"]["5"] == pytest.approx(knn(vectors[left], codes[left]).accuracy(5), abs=1e-4)
    assert found["controls"]["pixels"] == pytest.approx(whole["controls"]["pixels"], abs=0.08)
    assert run(workspace, version="original")["fingerprint"] == whole["fingerprint"]


@photographs.needed
def test_photographs_score_what_is_known_of_them(tmp_path_factory: pytest.TempPathFactory) -> None:
    found = run(photographs.workspace(tmp_path_factory), photographs.NAME)
    assert found["knn"]["5"] == pytest.approx(0.84, abs=0.01)
    assert found["probe"]["accuracy"] == pytest.approx(0.87, abs=0.015)
    low, high = found["probe"]["interval"]
    assert 0.015 < high - low < 0.03
    assert found["controls"]["chance"] == pytest.approx(0.245, abs=0.005)
    assert found["control_details"]["pixels"]["knn"]["accuracy"] == pytest.approx(0.55, abs=0.02)
    assert found["level"] == "strong"
