"""Axes: nothing known yet, what axes show, one looked at, some taken out, features, downloads."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from streamlit.testing.v1 import AppTest

from embedding_core.records import LOCAL, silent
from embedding_core.tasks import TASKS
from embedding_core.workspace import Dataset, Workspace
from pages.parts import urls
from tests.pages import small
from tests.pages.maps import said
from tests.pages.serving import stranger, visitor

Served = tuple[Workspace, small.Remembering]


def opened(tab: str = "Axes", **query: str) -> AppTest:
    return small.open_page("axes.py", dataset="birds", axes_tab=tab, **query)


def run(workspace: Workspace, kind: str, **parameters: Any) -> dict[str, Any]:
    return TASKS[kind](workspace, {"name": "birds", "encoder": "pixels", **parameters}, silent, LOCAL)


@pytest.fixture
def looked(workspace: Workspace, birds: Dataset) -> dict[str, Any]:
    """Axes that are known. The birds' files are no pictures, so nothing is measured of them."""
    return run(workspace, "pca")


def test_it_wants_vectors(workspace: Workspace) -> None:
    small.birds(workspace, encoder=None)
    for tab in ("Axes", "Features"):
        assert "have no vectors" in small.texts(opened(tab))


def test_nothing_is_known_until_someone_asks(served: Served, birds: Dataset) -> None:
    app = opened()
    assert "What do the numbers stand for?" in small.texts(app)
    app.button(key="axes_look").click().run()
    (job,) = served[1].jobs.values()
    assert (job.kind, job.parameters["encoder"], job.parameters["keep"]) == ("pca", "pixels", "enough")
    assert not [one for one in app.button if one.key == "axes_look"]  # it is under way


def test_a_job_that_failed_is_told(served: Served, birds: Dataset) -> None:
    app = opened()
    app.button(key="axes_look").click().run()
    served[1].becomes("job0", state="failed", error="no *room*")
    app.run()
    assert "no \\*room\\*" in small.texts(app)
    assert app.button(key="axes_look")


def test_axes_are_shown_with_what_goes_with_them(looked: dict[str, Any]) -> None:
    app = opened()
    texts = small.texts(app)
    assert "numbers are" in "\n".join(one.value for one in app.header)
    for axis in range(1, 9):
        assert f"**Axis {axis}**" in texts
    metrics = {one.label: one.value for one in app.metric}
    assert metrics["Enough axes"] == f"{looked['quality']['enough']:,}"
    assert metrics["More than noise"] == str(looked["more_than_noise"]["parallel_analysis"])
    scree, accuracy = (json.loads(one.proto.spec)["data"] for one in app.get("plotly_chart"))
    assert scree[0]["y"][:3] == pytest.approx(looked["variance"][:3], abs=1e-5)
    probe = next(one for one in accuracy if one.get("name") == "Probe")
    assert probe["y"] == pytest.approx([one["probe"] for one in looked["quality"]["curve"]], abs=1e-4)


def test_the_axis_in_the_link_is_opened(looked: dict[str, Any]) -> None:
    app = opened(axis="2")
    assert "### Axis 2" in small.texts(app)
    shown = [one.proto for one in app.get("bidi_component") if one.proto.component_name == "kindred_gallery"]
    ends = [[item["id"] for item in json.loads(one.json)["items"]] for one in shown]
    assert len(ends) == 2 and not set(ends[0]) & set(ends[1])
    app.button(key="axes_step_next").click().run()
    assert said(app, "axis") == "3"
    app.button(key="axes_close").click().run()
    assert "axis" not in app.query_params
    app.button(key="axes_open_5").click().run()
    assert said(app, "axis") == "5"


def test_axes_of_before_are_shown_as_such(served: Served, birds: Dataset, looked: dict[str, Any]) -> None:
    birds.put_attributes(birds.images()["id"].to_pylist()[:3], labels=["b", "a", "b"])
    app = opened()
    assert "have changed since they were looked at" in small.texts(app) and "**Axis 1**" in small.texts(app)
    app.button(key="axes_again").click().run()
    (job,) = served[1].jobs.values()
    assert job.kind == "pca"
    run(served[0], "pca", keep="enough")
    served[1].becomes(job.id, state="done")
    app.run()
    assert "have changed since" not in small.texts(app)


def test_features_of_before_are_shown_as_such(served: Served, birds: Dataset) -> None:
    run(served[0], "features", columns=["wingspan", "image properties"])
    birds.put_attributes(birds.images()["id"].to_pylist()[:3], labels=["b", "a", "b"])
    app = opened("Features")
    assert "have changed since they were joined" in small.texts(app)
    assert any("Block" in one.value for one in app.dataframe)


@pytest.mark.parametrize("wrong", ["0", "999", "first"])
def test_a_link_to_an_axis_that_is_not_there(looked: dict[str, Any], wrong: str) -> None:
    assert "### Axis" not in small.texts(opened(axis=wrong))


def test_axes_are_taken_out_on_their_cards_and_tried(served: Served, looked: dict[str, Any]) -> None:
    app = opened()
    app.button(key="axes_take_2").click().run()
    app.button(key="axes_take_1").click().run()
    assert said(app, "out") == "1,2"
    assert app.multiselect(key="axes_out_1_2").value == [1, 2]
    app.button(key="axes_try").click().run()
    (job,) = served[1].jobs.values()
    assert (job.kind, job.parameters["remove"]) == ("pca", [1, 2])
    tried = run(served[0], "pca", **{key: job.parameters[key] for key in ("remove", "keep")})["trial"]
    served[1].becomes(job.id, state="done")
    app.run()
    metrics = {one.label: one.value for one in app.metric}
    assert metrics["Probe, on folds"].endswith(f"{tried['probe']['after']:.1%}")
    app.button(key="axes_take_1").click().run()  # put back
    assert said(app, "out") == "2"


def test_properties_and_counts_can_be_chosen(served: Served, looked: dict[str, Any]) -> None:
    app = opened()
    app.multiselect(key="axes_properties").select("wingspan").run()
    app.select_slider(key="axes_keep").set_value(4).run()
    app.button(key="axes_try").click().run()
    (job,) = served[1].jobs.values()
    assert (job.parameters["properties"], job.parameters["keep"]) == (["wingspan"], 4)
    run(served[0], "pca", properties=["wingspan"], keep=4)
    served[1].becomes(job.id, state="done")
    app.run()
    assert "Can wingspan still be told" in small.texts(app)


def test_what_is_left_can_be_kept_as_an_encoder(served: Served, looked: dict[str, Any]) -> None:
    run(served[0], "pca", keep=4)
    app = opened()
    app.select_slider(key="axes_keep").set_value(4).run()
    app.text_input(key="axes_name").input("four").run()
    app.button(key="axes_keep_it").click().run()
    (job,) = served[1].jobs.values()
    assert (job.parameters["as"], job.parameters["keep"]) == ("four", 4)
    served[1].becomes(job.id, state="done")
    app.run()
    links = [one.proto for one in app.get("page_link") if "four" in one.proto.label]
    assert len(links) == 1 and "own%3Afour" in links[0].query_string
    app.select_slider(key="axes_keep").set_value(2).run()
    assert not [one for one in app.get("page_link") if "four" in one.proto.label]  # it is of other vectors


def test_without_labels_axes_are_shown_all_the_same(workspace: Workspace, birds: Dataset) -> None:
    ids = birds.images()["id"].to_pylist()
    birds.put_attributes(ids, labels=[None] * len(ids))
    told = run(workspace, "pca", keep=4)
    assert told["quality"] is None and "labels" in told["why_not"]
    app = opened()
    assert "no labels to judge by" in small.texts(app)
    assert "**Axis 1**" in small.texts(app)
    app.select_slider(key="axes_keep").set_value(4).run()
    assert app.get("link_button")  # vectors can be taken along


# -- features ----------------------------------------------------------------------------------------------------


def test_columns_are_offered_and_joined(served: Served, birds: Dataset) -> None:
    app = opened("Features")
    app.button(key="axes_join").click().run()
    (job,) = served[1].jobs.values()
    assert job.kind == "features"
    assert job.parameters["columns"] == ["wingspan", "image properties"]
    assert job.parameters["kinds"] == {"wingspan": "number"}
    told = run(served[0], "features", columns=job.parameters["columns"], kinds=job.parameters["kinds"])
    served[1].becomes(job.id, state="done")
    app.run()
    table = next(one.value for one in app.dataframe if "Block" in one.value)
    assert table["Block"].tolist() == [one["block"].replace("embedding", "the embedding") for one in told["blocks"]]
    assert table["Alone"].tolist() == [f"{one['alone']:.1%}" for one in told["blocks"]]


# -- downloads ---------------------------------------------------------------------------------------------------


def test_reduced_vectors_are_streamed(workspace: Workspace, birds: Dataset) -> None:
    key = run(workspace, "pca", keep=4)["trial"]["fingerprint"]
    answer = visitor().get(urls.reduced(key, "npz", "int8"))
    assert answer.status_code == 200 and "attachment" in answer.headers["content-disposition"]
    with np.load(io.BytesIO(answer.content), allow_pickle=False) as file:
        assert file["vectors"].shape == (70, 4) and file["vectors"].dtype == np.int8
    assert pq.read_table(io.BytesIO(visitor().get(urls.reduced(key, "parquet", "float32")).content)).num_rows == 70


def test_features_are_streamed_with_their_card(workspace: Workspace, birds: Dataset) -> None:
    key = run(workspace, "features", columns=["wingspan"])["fingerprint"]
    with zipfile.ZipFile(io.BytesIO(visitor().get(urls.features(key, "parquet")).content)) as archive:
        assert archive.namelist() == ["features.parquet", "README.md"]
        assert "wingspan" in archive.read("README.md").decode()
        assert pq.read_table(io.BytesIO(archive.read("features.parquet"))).num_rows == 70


def test_what_is_not_there_is_not_streamed(workspace: Workspace, birds: Dataset) -> None:
    key = run(workspace, "pca", keep=4)["trial"]["fingerprint"]
    assert visitor().get(urls.reduced("0" * 64, "npz", "float32")).status_code == 404
    assert visitor().get(urls.features(key, "npz")).status_code == 404  # it is of another kind
    assert visitor().get(urls.reduced(key, "csv", "float32")).status_code == 404
    assert visitor().get(urls.reduced(key, "npz", "int4")).status_code == 400
    assert stranger().get(urls.reduced(key, "npz", "float32")).status_code == 403
