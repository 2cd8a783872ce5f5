"""Compare: asking and following, which encoder to take, where two disagree, metrics, and what is said of little."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from embedding_core import derived
from embedding_core.derived import speeds, standings
from embedding_core.encoders import registry
from embedding_core.records import LOCAL, silent
from embedding_core.tasks import TASKS
from embedding_core.workspace import Dataset, Workspace
from pages.parts.compare import choosing
from tests.pages import small
from tests.pages.maps import said

Served = tuple[Workspace, small.Remembering]
OTHER = "efficientnet-lite0"


def opened(tab: str = "Encoders", **query: str) -> AppTest:
    return small.open_page("compare.py", dataset="birds", compare_tab=tab, **query)


def gallery(app: AppTest) -> list[list[dict[str, Any]]]:
    shown = [one.proto for one in app.get("bidi_component") if one.proto.component_name == "kindred_gallery"]
    return [json.loads(one.json)["items"] for one in shown]


def put(dataset: Dataset, encoder: str, *, clear: float) -> None:
    """Vectors that say the label as clearly as asked."""
    images = dataset.images()
    labels = [path[0] for path in images["path"].to_pylist()]
    card = registry.card(encoder)
    chance = np.random.default_rng(len(encoder))
    matrix = chance.normal(size=(len(images), card.dim)).astype(np.float32)
    matrix[:, 0] += [clear if label == "a" else -clear for label in labels]
    dataset.vectors.put(card, images["id"].to_pylist(), images["sha256"].to_pylist(), matrix)


@pytest.fixture
def both(workspace: Workspace, birds: Dataset) -> Dataset:
    """Two encoders, of which the first sees the labels."""
    put(birds, OTHER, clear=60)
    put(birds, "pixels", clear=0)
    return birds


def compare(workspace: Workspace, dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the worker would do; the pictures here are none, so nothing can be timed."""
    monkeypatch.setattr(derived, "measured_speed", lambda *given, **named: None)
    return TASKS["compare"](workspace, {"dataset": dataset.uuid}, silent, LOCAL)


@pytest.fixture
def done(workspace: Workspace, both: Dataset, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    return compare(workspace, both, monkeypatch)


def test_one_encoder_only_offers_others(served: Served, birds: Dataset) -> None:
    app = opened()
    assert "One encoder only" in small.texts(app)
    app.button(key=f"compare_embed_{OTHER}").click().run()
    (job,) = served[1].jobs.values()
    assert (job.kind, job.parameters["encoder"]) == ("embed", OTHER)
    assert said(app, choosing.NAME) == f"pixels,{OTHER}"
    assert app.button(key=f"compare_embed_{OTHER}").disabled
    served[1].becomes(job.id, state="failed", error="No room on the disk.")
    assert "No room on the disk" in small.texts(opened())


def test_those_that_are_embedded_are_ticked_and_asked_about(served: Served, both: Dataset) -> None:
    app = opened()
    assert app.button_group[0].value == [OTHER, "pixels"]
    assert "Which one is best here?" in small.texts(app)
    app.button(key="compare_run").click().run()
    (job,) = served[1].jobs.values()
    assert job.parameters == {"dataset": both.uuid, "encoders": [OTHER, "pixels"]}
    assert "waiting for its turn" in small.texts(app)


def test_a_choice_is_in_the_url(both: Dataset) -> None:
    app = opened(encoders="pixels")
    assert app.button_group[0].value == ["pixels"]
    assert "Choose two or more" in small.texts(app)


def test_another_is_embedded_from_here(served: Served, both: Dataset) -> None:
    app = opened(encoders=f"{OTHER},pixels")
    app.button(key="compare_embed_efficientnet-lite2").click().run()
    (job,) = served[1].jobs.values()
    assert job.parameters["encoder"] == "efficientnet-lite2"
    assert said(app, choosing.NAME) == f"{OTHER},pixels,efficientnet-lite2"


def test_another_encoder_takes_no_answer_away(both: Dataset, done: dict[str, Any]) -> None:
    put(both, "efficientnet-lite2", clear=60)
    app = opened()
    assert app.button_group[0].value == [OTHER, "pixels"]
    assert str(app.header[0].value) == "Take EfficientNet\\-Lite0"


def test_it_says_which_to_take_with_figures(both: Dataset, done: dict[str, Any]) -> None:
    app = opened()
    assert str(app.header[0].value) == "Take EfficientNet\\-Lite0"
    table = app.dataframe[0].value
    assert table["Encoder"].tolist() == ["EfficientNet-Lite0", "16×16 pixels"]
    first, second = done["encoders"]
    assert table["Accuracy"].tolist() == pytest.approx([100 * first["accuracy"], 100 * second["accuracy"]], abs=0.01)
    assert table["To the best"].tolist() == pytest.approx([0, 100 * second["difference"]["change"]], abs=0.06)
    assert "None of these can be run" in small.texts(app), "no speed was measured"
    (matrix,) = [json.loads(one.proto.spec) for one in app.get("plotly_chart")]
    (pair,) = done["pairs"]
    assert [one["text"] for one in matrix["layout"]["annotations"]] == [f"{pair['overlap']:.2f}"] * 2
    assert done["said"][1].split(";")[0][:20] in small.texts(app).replace("\\", "")


def test_what_is_fast_and_good_is_drawn_with_intervals(
    workspace: Workspace, both: Dataset, done: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both are on the front: one is better, the other faster."""
    fast = {OTHER: 60.0, "pixels": 3000.0}
    monkeypatch.setattr(
        standings, "read_speed", lambda workspace, dataset, card: speeds.Speed(fast[card.id], 64, "cpu", 0.0)
    )
    app = opened()
    picture = json.loads(app.get("plotly_chart")[0].proto.spec)["data"]
    line, *points = picture
    assert line["x"] == [60, 3000] and line["mode"] == "lines"
    for one in points:
        row = next(row for row in done["encoders"] if row["name"] == one["text"][0])
        assert one["x"] == [fast[row["encoder"]]]
        assert one["y"][0] == pytest.approx(row["accuracy"], abs=1e-4)
        top = one["y"][0] + one["error_y"]["array"][0]
        assert top == pytest.approx(row["interval"][1], abs=1e-4)
    assert app.dataframe[0].value["Images/s"].tolist() == [60, 3000]
    assert app.dataframe[0].value["Unbeaten"].tolist() == [True, True]
    assert "that one is 50 times as fast" in small.texts(app)


def test_where_two_disagree_is_shown_and_is_in_the_url(
    workspace: Workspace, both: Dataset, done: dict[str, Any]
) -> None:
    kept = derived.read_comparison(workspace, done["fingerprint"])
    assert kept is not None
    app = opened()
    shown = [[one["id"] for one in items] for items in gallery(app)]
    only = kept.found.only(0, 1)
    assert shown[0] == only[:12].tolist()
    assert all(one["badge"] in ("not a", "not b") for one in gallery(app)[0])
    assert f"{len(only)} images" in small.texts(app)
    turned = opened(one="pixels", other=OTHER)
    assert turned.selectbox(key=f"compare_one_pixels_{OTHER}").value == "pixels"
    assert gallery(turned)[-1][0]["id"] == only[0]
    app.button(key=f"compare_only_{OTHER}_pixels_select").click().run()
    chosen = workspace.selections.get(said(app, "selection"))
    assert chosen is not None and sorted(only.tolist()) == chosen.ids.tolist()


def test_new_labels_take_no_answer_away_and_offer_another(served: Served, both: Dataset, done: dict[str, Any]) -> None:
    before = opened()
    ids = both.images()["id"].to_pylist()
    both.put_attributes(ids[:3], labels=["b", "a", "b"])
    app = opened()
    assert "have changed since these were compared" in small.texts(app)
    assert app.header[0].value == before.header[0].value
    app.button(key="compare_again").click().run()
    (job,) = served[1].jobs.values()
    assert job.kind == "compare"
    served[1].becomes(job.id, state="done")
    TASKS["compare"](served[0], dict(job.parameters), silent, LOCAL)
    assert "have changed since" not in small.texts(opened())


def test_without_labels_only_spaces_are_promised_and_shown(
    workspace: Workspace, both: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = both.images()["id"].to_pylist()
    both.put_attributes(ids, labels=[None] * len(ids))
    assert "no labels of two kinds" in small.texts(opened())
    compare(workspace, both, monkeypatch)
    app = opened()
    assert "Without labels nothing says" in str(app.header[0].value)
    assert "Accuracy" not in app.dataframe[0].value
    assert not gallery(app)
    assert "It wants labels" in small.texts(opened("Metrics"))


def test_speed_can_be_measured_again(served: Served, both: Dataset, done: dict[str, Any]) -> None:
    app = opened()
    app.button(key="compare_remeasure").click().run()
    (job,) = served[1].jobs.values()
    assert job.parameters["remeasure"] is True


def test_metrics_are_asked_for_and_told(served: Served, both: Dataset) -> None:
    workspace, runner = served
    app = opened("Metrics", encoder="pixels")
    app.button(key="compare_metrics_run").click().run()
    (job,) = runner.jobs.values()
    assert (job.kind, job.parameters) == ("metrics", {"dataset": both.uuid, "encoder": "pixels"})
    runner.becomes(job.id, state="done")
    found = TASKS["metrics"](workspace, dict(job.parameters), silent, LOCAL)
    app = opened("Metrics", encoder="pixels")
    assert "32 times less room" in small.texts(app)
    table = app.dataframe[0].value
    assert table["Metric"].tolist()[0] == "Cosine" and len(table) == len(found["metrics"])
    assert table["An image"].tolist()[-1] == "96 B"
    (bars,) = [json.loads(one.proto.spec)["data"][0] for one in app.get("plotly_chart")]
    assert bars["x"][0] == pytest.approx(found["metrics"][0]["accuracy"], abs=1e-4)
    by = opened("Metrics", encoder="pixels", compare_metrics_by="Found first")
    (bars,) = [json.loads(one.proto.spec)["data"][0] for one in by.get("plotly_chart")]
    assert bars["x"][0] == pytest.approx(found["metrics"][0]["map"], abs=1e-4)
    both.put_attributes(both.images()["id"].to_pylist()[:3], labels=["b", "a", "b"])
    old = opened("Metrics", encoder="pixels")
    assert "have changed since these were compared" in small.texts(old) and "32 times less room" in small.texts(old)
    old.button(key="compare_metrics_again").click().run()
    assert [one.kind for one in runner.jobs.values() if one.state != "done"] == ["metrics"]
