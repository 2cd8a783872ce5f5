"""Train, the tab Learning curve: asked for, on its way, told, and a number of labels to try."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest

from embedding_core import derived
from embedding_core.records import LOCAL, silent
from embedding_core.tasks import TASKS
from embedding_core.workspace import Dataset, Workspace
from pages.parts import charts, charts_curve
from tests.pages import small

Served = tuple[Workspace, small.Remembering]


def opened() -> AppTest:
    return small.open_page("train.py", dataset="birds", train_tab="Learning curve")


def drawn(workspace: Workspace, dataset: Dataset) -> None:
    wanted = {"dataset": dataset.uuid, "encoder": "pixels", "scratch_minutes": 0}
    TASKS["learning_curve"](workspace, wanted, silent, LOCAL)


@pytest.fixture
def many(workspace: Workspace) -> Dataset:
    """Enough images for a test part."""
    return small.birds(workspace, count=90)


def test_it_wants_vectors_and_labels(workspace: Workspace) -> None:
    dataset = small.birds(workspace, encoder=None)
    assert "have no vectors" in small.texts(opened())
    small.embed(dataset, "pixels")
    ids = dataset.images()["id"].to_pylist()
    dataset.put_attributes(ids, labels=[None] * len(ids))
    assert "It wants labels" in small.texts(opened())


def test_it_is_asked_for_and_followed(served: Served, many: Dataset) -> None:
    runner = served[1]
    app = opened()
    assert "What would more labels bring?" in small.texts(app)
    app.number_input(key="curve_minutes").set_value(1).run()
    app.button(key="curve_draw").click().run()
    (job,) = runner.jobs.values()
    assert job.kind == "learning_curve"
    assert job.parameters == {"dataset": many.uuid, "encoder": "pixels", "scratch_minutes": 1}
    assert "waiting for its turn" in small.texts(app)
    runner.becomes(job.id, state="failed", error="Too few images.")
    again = opened()
    assert "Too few images" in small.texts(again)
    assert again.button(key="curve_draw")


def test_it_is_told_in_words_and_a_chart(workspace: Workspace, many: Dataset) -> None:
    drawn(workspace, many)
    (stored,) = workspace.results.find(many.uuid, "learning_curve")
    kept = derived.read_curve(workspace, stored.fingerprint)
    assert kept is not None
    app = opened()
    metrics = {one.label: str(one.value) for one in app.metric}
    assert metrics["With all labels"] == f"{kept.found.accuracy[0, -1]:.1%}"
    assert metrics["From nothing"] == "not tried"
    assert "without an encoder" in small.texts(app)
    chart = json.loads(app.get("plotly_chart")[0].proto.spec)
    names = [trace.get("name") for trace in chart["data"]]
    assert "Probe over the embedding" in names and "Nearest neighbours" in names
    assert chart["layout"]["xaxis"]["type"] == "log"
    assert any("curate" in link.proto.page for link in app.get("page_link"))
    assert app.button(key="curve_draw")  # of learning from nothing


def test_the_slider_tells_what_labels_would_bring(workspace: Workspace, many: Dataset) -> None:
    drawn(workspace, many)
    app = opened()
    app.select_slider(key="curve_extra").set_value(200).run()
    assert "200 more labels would bring" in small.texts(app)
    assert "a guess" in small.texts(app)  # more than twice of what is there
    app.select_slider(key="curve_extra").set_value(0).run()
    assert "With the labels that are there" in small.texts(app)


def test_other_labels_make_it_old(served: Served, many: Dataset) -> None:
    drawn(served[0], many)
    ids = many.images()["id"].to_pylist()
    many.put_attributes(ids, labels=["xyz"[at % 3] for at in range(len(ids))], metadata=pa.table({"n": ids}))
    app = opened()
    assert "have changed since it was drawn" in small.texts(app) and app.header[0].value
    app.button(key="curve_again").click().run()
    (job,) = served[1].jobs.values()
    assert job.kind == "learning_curve"


def test_learning_from_nothing_stands_beside(workspace: Workspace, many: Dataset) -> None:
    import numpy as np

    from embedding_core.evaluate.curve.scratch_found import Scratch, ScratchRun

    drawn(workspace, many)
    (stored,) = workspace.results.find(many.uuid, "learning_curve")
    kept = derived.read_curve(workspace, stored.fingerprint)
    assert kept is not None
    tested = len(kept.found.truth)
    run = ScratchRun(kept.found.total, np.arange(tested) % 2 == 0, np.arange(tested), 30.0, 4, 0.5, "budget")
    scratch = Scratch((run,), 64, 1.0, 0.01)
    workspace.results.put(
        "f" * 64,
        kind="from_scratch",
        dataset=many.uuid,
        parent=many.embedding("pixels").fingerprint,
        arrays=scratch.arrays(),
        parameters={"asked": stored.parameters["asked"], "facts": scratch.facts()},
        seconds=30.0,
    )
    app = opened()
    assert f"{run.accuracy:.1%}" in [str(one.value) for one in app.metric]
    assert "training from nothing took 30 s" in small.texts(app).replace("\\", "")
    chart = json.loads(app.get("plotly_chart")[0].proto.spec)
    assert "Learning from nothing" in [trace.get("name") for trace in chart["data"]]
    assert app.button(key="curve_draw").label == "Let it learn"  # once more, with other minutes


def test_the_line_goes_on_dashed_where_nothing_was_measured(workspace: Workspace, many: Dataset) -> None:
    drawn(workspace, many)
    (stored,) = workspace.results.find(many.uuid, "learning_curve")
    kept = derived.read_curve(workspace, stored.fingerprint)
    assert kept is not None
    total = kept.found.total
    figure = charts_curve.curve(kept.found, None, 5 * total, charts.LIGHT)
    lines = {line.line.dash: list(line.x) for line in figure.data if line.mode == "lines" and not line.fill}
    assert max(lines[None]) == pytest.approx(total)
    assert (min(lines["dash"]), max(lines["dash"])) == (pytest.approx(total), pytest.approx(5 * total))
