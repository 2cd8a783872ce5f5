"""Compare, the tab Ensembles: encoders to choose, the work, gains beside costs, and one that is kept."""

from __future__ import annotations

import json

import pytest
from streamlit.testing.v1 import AppTest

from embedding_core.derived.ensembles import keep_concatenated, measure_ensembles
from embedding_core.workspace import Dataset, Workspace
from tests.pages import small

Served = tuple[Workspace, small.Remembering]
BOTH = ["efficientnet-lite0", "efficientnet-lite2"]


def opened() -> AppTest:
    return small.open_page("compare.py", dataset="birds", compare_tab="Ensembles")


@pytest.fixture
def many(workspace: Workspace) -> Dataset:
    """Ninety images under two encoders and the control."""
    dataset = small.birds(workspace, count=90)
    for encoder in BOTH:
        small.embed(dataset, encoder)
    return workspace.dataset("birds")


def test_it_takes_two(workspace: Workspace) -> None:
    small.birds(workspace)
    app = opened()
    assert "It takes two" in small.texts(app)
    assert any("encoders" in link.proto.page for link in app.get("page_link"))


def test_it_is_asked_for_and_followed(served: Served, many: Dataset) -> None:
    runner = served[1]
    app = opened()
    assert app.button_group(key="ensembles_encoders").value == BOTH  # the control is there, and not chosen
    app.toggle(key="ensembles_views").set_value(True).run()
    app.button(key="ensembles_try").click().run()
    (job,) = runner.jobs.values()
    assert job.kind == "ensemble"
    assert job.parameters == {"dataset": many.uuid, "encoders": BOTH, "tta": True}
    assert "waiting for its turn" in small.texts(app)


def test_one_alone_cannot_be_tried(many: Dataset) -> None:
    app = opened()
    app.button_group(key="ensembles_encoders").set_value(BOTH[:1]).run()
    assert app.button(key="ensembles_try").disabled


def test_gains_and_costs_are_told(workspace: Workspace, many: Dataset) -> None:
    found = measure_ensembles(workspace, many, BOTH).found
    app = opened()
    assert app.header[0].value
    table = app.dataframe[0].value
    assert len(table) == len(found.ways)
    assert list(table["Role"]).count("best alone") + list(table["Role"]).count("chosen") >= 1
    assert table["Numbers an image"].tolist() == [1280, 1280, 2560, 2560, 2560]
    chart = json.loads(app.get("plotly_chart")[0].proto.spec)
    assert len(chart["data"][0]["y"]) == len(found.ways) - 1  # all but the best alone, against which they stand


def test_what_was_tried_before_is_told_as_such(served: Served, many: Dataset) -> None:
    measure_ensembles(served[0], many, BOTH)
    many.put_attributes(many.images()["id"].to_pylist()[:3], labels=["b", "a", "b"])
    app = opened()
    assert "have changed since they were tried" in small.texts(app) and app.header[0].value
    app.button(key="ensembles_again").click().run()
    (job,) = served[1].jobs.values()
    assert (job.kind, job.parameters["encoders"]) == ("ensemble", BOTH)


def test_one_is_kept(served: Served, many: Dataset) -> None:
    workspace, runner = served
    measure_ensembles(workspace, many, BOTH)
    app = opened()
    app.button(key="ensembles_keep").click().run()
    (job,) = runner.jobs.values()
    assert (job.kind, job.parameters) == ("keep_ensemble", {"dataset": many.uuid, "encoders": BOTH})
    made = keep_concatenated(many, BOTH)
    runner.becomes(job.id, state="done")
    again = opened()
    assert "Kept as" in small.texts(again)
    assert made in [encoding.card.id for encoding in workspace.dataset("birds").encodings()]
    assert again.header  # what was found stands, though there is an encoder more
