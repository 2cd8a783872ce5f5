"""The page Train: what it asks for, what it shows of what was found, and what its buttons do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from embedding_core import derived
from embedding_core.derived.tuning import DRAFT
from embedding_core.records import LOCAL, silent
from embedding_core.tasks import TASKS
from embedding_core.workspace import Dataset, Workspace
from pages.parts import state
from tests.core import emojis
from tests.pages import small
from tests.pages.serving import visitor

ENCODER = "pixels"
VIEW = {"dataset": emojis.NAME, "encoder": ENCODER}
ASKED = {"name": emojis.NAME, "encoder": ENCODER}


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace in which probes were trained, searched, saved and asked."""
    workspace = emojis.workspace(tmp_path_factory)
    done = TASKS["probe"](workspace, {**ASKED, "families": ["logistic", "knn"]}, silent, LOCAL)
    TASKS["tune"](workspace, {**ASKED, "families": ["knn"], "minutes": 5, "trials": 9}, silent, LOCAL)
    derived.save_model(workspace, done["fingerprint"], "knn", "neighbours")
    return Path(workspace.uri)


@pytest.fixture
def served(trained: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Workspace, small.Remembering]]:
    with small.serving(trained, monkeypatch) as found:
        yield found


@pytest.fixture
def dataset(served: tuple[Workspace, small.Remembering]) -> Dataset:
    return served[0].dataset(emojis.NAME)


def test_without_labels_it_says_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with small.serving(tmp_path / "workspace", monkeypatch) as (workspace, _):
        birds = small.birds(workspace, count=30)
        birds.put_attributes(birds.images()["id"].to_pylist(), labels=[None] * 30)
        app = small.open_page("train.py", dataset="birds", encoder="pixels")
        assert "nothing to learn from" in small.texts(app)


def test_without_vectors_it_leads_to_the_encoders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with small.serving(tmp_path / "workspace", monkeypatch) as (workspace, _):
        small.birds(workspace, encoder=None)
        assert "Not seen by" in small.texts(small.open_page("train.py", dataset="birds", encoder="pixels"))


def test_one_button_trains_all_kinds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with small.serving(tmp_path / "workspace", monkeypatch) as (workspace, runner):
        small.birds(workspace, count=60)
        app = small.open_page("train.py", dataset="birds", encoder="pixels")
        app.button(key="train_probe_begin").click().run()
        (job,) = runner.jobs.values()
        assert job.kind == "probe" and job.parameters["target"] == "label"
        assert job.parameters["families"] == ["logistic", "svm", "svm-rbf", "knn", "boosting", "mlp"]
        runner.becomes(job.id, state="running", stage="training", done=1, total=6)
        assert "Training" in str(app.run().get("progress")[0].proto.text), "the page says how far it is"
        app.selectbox(key="train_probe_target_label").select("wingspan").run()
        assert app.query_params["target"] in ("wingspan", ["wingspan"])
        assert "Ridge regression" in str(app.get("button_group")[0].proto)


def test_what_was_found_is_told_with_intervals_and_what_it_got_wrong(
    served: tuple[Workspace, small.Remembering], dataset: Dataset
) -> None:
    app = small.open_page("train.py", **VIEW)
    stored = served[0].results.find(dataset.uuid, "probed")[0]
    kept = derived.read_probed(served[0], stored.fingerprint)
    assert kept is not None
    found = kept.found
    best = found.families[found.best].scores["accuracy"]
    assert f"{best.value:.1%} right ({best.low:.1%} to {best.high:.1%})" in app.header[0].value
    assert f"Got wrong: {len(found.wrong(found.best)):,} of {len(found.ids):,}" in small.texts(app)
    table = app.dataframe[0].value
    assert list(table["Model"]) == ["Logistic regression", "Nearest neighbours", "Without looking"]
    assert "(" in table["Accuracy"][0]


def test_saving_names_a_model_and_it_is_offered(served: tuple[Workspace, small.Remembering]) -> None:
    app = small.open_page("train.py", **VIEW)
    name = next(one for one in app.text_input if one.label == "Name of the model")
    name.set_value("good <b>one</b>").run()
    next(one for one in app.button if one.label == "Save").click().run()
    assert "good <b>one</b>" in [one.name for one in derived.saved_models(served[0])]
    assert "Saved as" in small.texts(app)


def test_deleting_a_model_asks_first_and_says_what_is_lost(served: tuple[Workspace, small.Remembering]) -> None:
    workspace = served[0]
    done = TASKS["probe"](workspace, {**ASKED, "families": ["knn"]}, silent, LOCAL)
    model = derived.save_model(workspace, done["fingerprint"], "knn", "spare")
    there = {one.id for one in derived.saved_models(workspace)}
    app = small.open_page("train.py", **VIEW, train_tab="Predict", model=model.id)
    app.button(key=f"train_model_delete_{model.id}").click().run()
    assert {one.id for one in derived.saved_models(workspace)} == there
    assert "only training brings them back" in small.texts(app)
    assert app.button(key="train_model_keep").label == "Keep it"


def test_a_search_is_asked_for_with_a_budget_and_a_ticket(served: tuple[Workspace, small.Remembering]) -> None:
    app = small.open_page("train.py", **VIEW, train_tab="Search")
    app.slider(key="train_minutes").set_value(3).run()
    app.button(key="train_search_again").click().run()
    (job,) = served[1].jobs.values()
    assert job.kind == "tune" and job.parameters["minutes"] == 3 and len(job.parameters["ticket"]) == 32


def test_a_running_search_shows_its_best_and_can_be_stopped(
    served: tuple[Workspace, small.Remembering], dataset: Dataset
) -> None:
    workspace, runner = served
    asked = {"dataset": dataset.uuid, "encoder": ENCODER, "target": "label", "minutes": 3, "ticket": "t" * 32}
    TASKS["tune"](workspace, {**asked, "families": ["knn"], "trials": 2}, silent, LOCAL)
    job = runner.submit("tune", asked, dataset=dataset.uuid)
    runner.becomes(job.id, state="running", stage="searching", done=2)
    app = small.open_page("train.py", **VIEW, train_tab="Search")
    assert "Best so far" in small.texts(app)
    app.button(key="train_search_stop").click().run()
    again = TASKS["tune"](workspace, {**asked, "families": ["knn"]}, silent, LOCAL)
    assert again["ended"] == "stopped" and len(again["trials"]) <= 3, "it went on from there, and stopped at once"
    runner.becomes(job.id, state="cancelled")
    app = small.open_page("train.py", **VIEW, train_tab="Search")
    assert "cut off after" in small.texts(app)
    app.button(key="train_search_on").click().run()
    assert list(runner.jobs.values())[-1].parameters["ticket"] == "t" * 32


def test_a_search_is_told_honestly(served: tuple[Workspace, small.Remembering], dataset: Dataset) -> None:
    app = small.open_page("train.py", **VIEW, train_tab="Search")
    labels = [one.label for one in app.metric]
    assert {"Accuracy of the best", "Accuracy of the defaults", "Best, cross-validated"} <= set(labels)
    assert "which no try has seen" in small.texts(app)
    stored = served[0].results.find(dataset.uuid, "searched")[0]
    assert derived.draft(served[0], stored.fingerprint, DRAFT) is not None


def test_without_a_model_predict_says_how_to_get_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with small.serving(tmp_path / "workspace", monkeypatch) as (workspace, _):
        small.birds(workspace)
        app = small.open_page("train.py", dataset="birds", encoder="pixels", train_tab="Predict")
        assert "No model has been saved yet" in small.texts(app)


def test_predictions_are_shown_and_kept_as_columns_never_as_labels(
    served: tuple[Workspace, small.Remembering], dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace, runner = served
    model = next(one for one in derived.saved_models(workspace) if one.name == "neighbours")
    app = small.open_page("train.py", **VIEW, train_tab="Predict", model=model.id)
    app.segmented_control(key="train_predict_where").set_value("A dataset").run()
    app.button(key="train_predict_begin").click().run()
    (job,) = runner.jobs.values()
    assert job.parameters["model"] == model.id and job.parameters["from_browser"]
    done = TASKS["predict"](workspace, job.parameters, silent, LOCAL)
    runner.becomes(job.id, state="done", result=done)
    app.run()
    assert "711 images answered" in small.texts(app)
    back = small.open_page("train.py", **VIEW, train_tab="Predict", model=model.id)
    assert "711 images answered" in small.texts(back), "who has looked at another page meanwhile finds the answers"
    other = small.open_page("train.py", **VIEW, train_tab="Predict", model=model.id)
    other.segmented_control(key="train_predict_where").set_value("New images").run()
    assert "711 images answered" not in small.texts(other), "answers stand only under what was asked"
    before = dataset.attributes()["label"].to_pylist()
    app.button(key="train_keep_columns").click().run()
    now = workspace.dataset(emojis.NAME)
    assert now.attributes()["label"].to_pylist() == before
    column = now.metadata()["predicted by neighbours"].to_pylist()
    kept = derived.read_predicted(workspace, done["fingerprint"])
    assert kept is not None and None not in column
    at = {image: row for row, image in enumerate(now.metadata()["id"].to_pylist())}
    assert [column[at[image]] for image in kept.found.ids.tolist()] == kept.found.labels()
    assert "This model has written the column before" in small.texts(app)
    said: list[str] = []
    monkeypatch.setattr(state, "announce", said.append)
    for name in ("predicted by neighbours", "label"):
        app.text_input(key="train_keep_column").set_value(name).run()
        app.button(key="train_keep_columns").click().run()
    assert "in place of what this model said before" in said[0]
    assert "“predicted label” is now a column" in said[1]


def test_models_and_predictions_are_downloaded_with_a_token_alone(
    served: tuple[Workspace, small.Remembering], dataset: Dataset
) -> None:
    from embedding_core.train.loading import load

    workspace = served[0]
    model = derived.saved_models(workspace)[-1]
    answer = visitor().get(f"/api/model/{model.id}.zip")
    assert answer.status_code == 200 and load(answer.content).facts["encoder"]["id"] == ENCODER
    done = TASKS["predict"](workspace, {"model": model.id, "on": dataset.uuid}, silent, LOCAL)
    table = visitor().get(f"/api/predictions/{done['fingerprint']}.csv").text.splitlines()
    assert table[0] == "path,label,probability,unlike" and len(table) == 712
    assert visitor().get("/api/model/" + "0" * 64 + ".zip").status_code == 404
    stranger = visitor()
    stranger.cookies.clear()
    assert stranger.get(f"/api/model/{model.id}.zip").status_code == 403


def test_images_that_were_dropped_are_shown_with_their_answers(
    served: tuple[Workspace, small.Remembering], tmp_path: Path
) -> None:
    from embedding_core.derived.predicting import keep_predicted

    workspace, runner = served
    model = next(one for one in derived.saved_models(workspace) if one.name == "neighbours")
    loaded, name, owner = derived.open_model(workspace, model.id)
    from embedding_core.places import SAMPLE
    from embedding_core.sources import open_source
    from embedding_core.tasks.shared import kept_encoder

    source = open_source(sorted(Path(SAMPLE).rglob("*.webp"))[:3])
    found = derived.predict_source(source, kept_encoder(ENCODER), loaded, name)
    odd = replace(found, unlike=np.array([True, False, False]))
    key = keep_predicted(workspace, owner, odd, 0.1)
    job = runner.submit("predict", {"model": model.id, "source": "upload:x"}, dataset=owner)
    runner.becomes(job.id, state="done", result={"fingerprint": key})
    app = small.open_page("train.py", **VIEW, train_tab="Predict", model=model.id, predicting=job.id)
    assert "3 images answered" in small.texts(app) and "1 image" in small.texts(app)
    shown = [one.proto.json for one in app.get("bidi_component") if one.proto.component_name == "kindred_gallery"]
    assert len(shown) == 1 and shown[0].count("data:image/jpeg;base64,") == 3 and "unlike what it knows" in shown[0]
