"""Next step: what is missing, finding it, the cards with what can be done, what was done, and what was tried."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from embedding_core import derived
from embedding_core.encoders.imported import card_for_imported
from embedding_core.evaluate.advice import Proposal
from embedding_core.evaluate.judged import Judged
from embedding_core.records import LOCAL, silent
from embedding_core.tasks import TASKS
from embedding_core.workspace import Dataset, Workspace
from tests.pages import small

N = 120
Served = tuple[Workspace, small.Remembering]


@pytest.fixture
def many(workspace: Workspace) -> Dataset:
    return small.birds(workspace, count=N)


def opened(**query: str) -> AppTest:
    return small.open_page("improve.py", dataset="birds", encoder="pixels", **query)


def advised(workspace: Workspace, dataset: Dataset, *proposals: Proposal) -> None:
    """As if the job had tried just this."""
    from embedding_core.derived import advising

    patch = pytest.MonkeyPatch()
    with patch.context() as patched:
        patched.setattr(advising, "_cleaning", lambda *_: list(proposals))
        for room, name in (
            (advising.scouting, "other_encoders"),
            (advising.scouting, "more_labels"),
            (advising.trialling, "fine_tuning"),
        ):
            patched.setattr(room, name, lambda *_, **__: [])
        TASKS["advise"](workspace, {"dataset": dataset.uuid, "encoder": "pixels"}, silent, LOCAL)


GOOD = Proposal("encoder", "efficientnet-lite0", "Look through Lite0", "Tried.", 0.04, 0.01, 0.07, machine_seconds=90)
BAD = Proposal("clean", "labels", "Remove suspected labels", "Tried.", -0.05, -0.08, -0.02, 30)


def test_without_labels_it_says_where_to_get_them(workspace: Workspace, many: Dataset) -> None:
    many.put_attributes(many.images()["id"].to_pylist(), labels=[None] * N)
    app = opened()
    assert "It wants labels" in small.texts(app)
    assert not app.button


def test_without_vectors_it_leads_to_the_encoders(workspace: Workspace, many: Dataset) -> None:
    app = small.open_page("improve.py", dataset="birds", encoder="efficientnet-lite0")
    assert "Not seen by" in small.texts(app)


def test_finding_the_next_step_is_a_job_that_is_watched(served: Served, many: Dataset) -> None:
    _, runner = served
    app = opened()
    assert "What would make it better?" in small.texts(app)
    app.button(key="improve_find").click().run()
    (job,) = runner.list()
    assert (job.kind, job.parameters) == ("advise", {"dataset": many.uuid, "encoder": "pixels"})
    assert "improve_find" not in {one.key for one in app.button}
    runner.becomes(job.id, state="running", stage="training", done=3, total=9)
    app.run()
    assert "Training · 3 of 9" in [one.proto.text for one in app.get("progress")]


def test_the_best_step_is_done_by_one_press_and_harm_lies_folded(served: Served, many: Dataset) -> None:
    workspace, runner = served
    advised(workspace, many, BAD, GOOD)
    app = opened()
    text = small.texts(app)
    assert "Look through Lite0" in text
    assert "+4.0 points" in text.replace("\\", "")
    assert "2 minutes of computing" in text
    assert app.expander[0].label.startswith("1 step tried that would bring nothing")
    assert app.button(key="improve_do_0").proto.type == "primary"
    app.button(key="improve_do_0").click().run()
    (job,) = runner.list()
    assert job.kind == "improve"
    assert job.parameters == {
        "dataset": many.uuid,
        "encoder": "pixels",
        "step": "encoder",
        "target": "efficientnet-lite0",
    }
    assert app.button(key="improve_do_0").disabled


def test_what_was_done_is_told_with_its_interval(served: Served, many: Dataset) -> None:
    workspace, runner = served
    advised(workspace, many, GOOD)
    job = runner.submit("improve", {"dataset": many.uuid}, dataset=many.uuid)
    result: dict[str, Any] = {
        "did": "looked through Lite0",
        "decisions": [],
        "after": {"encoder": "efficientnet-lite0"},
        "difference": {"before": 0.5, "after": 0.55, "change": 0.05, "low": 0.01, "high": 0.09, "verdict": "better"},
    }
    runner.becomes(job.id, state="done", result=result)
    app = opened()
    assert "from 50.0% to 55.0%: **+5.0 points (1.0 to 9.0)**, better than before" in small.texts(app)
    app.button(key="improve_go_on").click().run()
    assert app.query_params["encoder"] == "efficientnet-lite0"


def test_another_encoder_leaves_the_steps_as_they_are(served: Served, many: Dataset) -> None:
    workspace, _ = served
    advised(workspace, many, GOOD)
    images = many.images()
    card = card_for_imported("mine", 4, "0" * 64)
    vectors = np.random.default_rng(0).normal(size=(N, 4)).astype(np.float32)
    many.vectors.put(card, images["id"].to_pylist(), images["sha256"].to_pylist(), vectors)
    app = opened()
    assert "What is below still holds" in small.texts(app)
    assert not app.button(key="improve_do_0").disabled


@pytest.mark.parametrize(("labelled", "way"), [(N, "Add images"), (N - 5, "Choose them")])
def test_more_labels_lead_to_images_without_one_or_to_new_ones(
    served: Served, many: Dataset, labelled: int, way: str
) -> None:
    many.put_attributes(many.images()["id"].to_pylist()[labelled:], labels=[None] * (N - labelled))
    advised(served[0], many, Proposal("label", "60", "Label 60", "By the curve.", 0.04, 0.01, 0.07, images=60))
    assert opened().button(key="improve_do_0").label == way


def test_what_changed_since_is_said_and_nothing_is_done_before_a_new_look(served: Served, many: Dataset) -> None:
    workspace, runner = served
    advised(workspace, many, GOOD)
    many.put_attributes(many.images()["id"].to_pylist()[:1], labels=["b"])
    app = opened()
    assert "have changed since this was found" in small.texts(app)
    assert app.button(key="improve_do_0").disabled
    app.button(key="improve_again").click().run()
    assert runner.list()[0].kind == "advise"


def test_runs_are_listed_and_two_are_compared(workspace: Workspace, many: Dataset) -> None:
    small.embed(many, "efficientnet-lite0")
    for encoder in ("pixels", "efficientnet-lite0"):
        derived.measure(workspace, many, many.embedding(encoder), LOCAL)
    app = opened()
    assert [len(app.selectbox(key=key).options) for key in ("improve_first", "improve_second")] == [2, 2]
    assert "The second is" in small.texts(app)
    first, second = (one.scores["accuracy"].value for one in reversed(derived.runs(workspace, many)))
    assert f"from {first:.1%} to {second:.1%}" in small.texts(app)
    table = app.dataframe[0].value
    assert table["What"].tolist() == ["Probe · EfficientNet-Lite0", "Probe · 16×16 pixels"]


def remembered(workspace: Workspace, dataset: Dataset, right: int, *, target: str = "label", kept: bool = True) -> None:
    """A run of which the untouched part of forty images gave so many right."""
    ids = np.sort(dataset.images()["id"].to_numpy())[:40]
    judged = Judged(ids, (np.arange(40) % 2).astype(np.int32), np.arange(40), np.arange(40) < right, ("a", "b"))
    derived.record(
        workspace,
        dataset,
        LOCAL,
        kind="probe",
        encoder="pixels",
        version="now",
        data="d",
        test="t",
        scores={"accuracy": derived.Score(judged.accuracy)},
        parameters={"family": "knn", "target": target},
        seconds=1.0,
        judged=judged if kept else None,
    )


def test_runs_of_another_column_are_named_and_apart(workspace: Workspace, many: Dataset) -> None:
    for right, target in ((20, "label"), (39, "colour"), (25, "label"), (38, "colour")):
        remembered(workspace, many, right, target=target)
    app = opened()

    def drawn() -> tuple[list[str], list[str]]:
        (trace,) = json.loads(app.get("plotly_chart")[0].proto.spec)["data"]
        return [row.split("  ")[0] for row in trace["y"]], trace["marker"]["color"]

    numbers, colours = drawn()
    assert numbers == ["1", "3"], "the label's"
    assert colours[0] != colours[1], "the best of the label is in colour"
    assert all("colour" not in option for option in app.selectbox(key="improve_first").options)
    assert sum("the column colour" in what for what in app.dataframe[0].value["What"]) == 2
    app.selectbox(key="improve_learnt").set_value("colour").run()
    assert drawn()[0] == ["2", "4"]
    assert "from 97.5% to 95.0%" in small.texts(app)


def test_of_a_run_that_kept_no_answers_just_that_is_said(workspace: Workspace, many: Dataset) -> None:
    remembered(workspace, many, 20)
    remembered(workspace, many, 25, kept=False)
    app = opened()
    assert "It was not kept which images No. 2 got right" in small.texts(app)
    assert "different images" not in small.texts(app)
    assert not [one for one in app.selectbox if one.key == "improve_learnt"], "all learnt the label"
