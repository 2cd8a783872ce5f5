"""Map: which map is shown, what a gesture on it means, what a link brings back, and its empty and busy states."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from embedding_core import derived
from embedding_core.workspace import Dataset, Workspace
from pages.parts import cached, detail, map_choice, map_view, pickers, state
from tests.pages import small

COUNT = 24


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Workspace, small.Remembering]]:
    with small.serving(tmp_path / "workspace", monkeypatch) as served:
        yield served


def mapped(workspace: Workspace, dims: int = 2) -> tuple[Dataset, derived.MapResult]:
    dataset = small.birds(workspace, count=COUNT)
    return dataset, derived.draw_map(workspace, dataset, dataset.embedding("pixels"), method="pca", dims=dims)


def spec(app: AppTest) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(app.get("plotly_chart")[0].proto.spec)
    return found


def points(sent: dict[str, str] | list[int]) -> np.ndarray:
    """An array as Plotly writes it into JSON."""
    if isinstance(sent, dict):
        return np.frombuffer(base64.b64decode(sent["bdata"]), sent["dtype"])
    return np.asarray(sent, dtype=int)


# -- gestures ---------------------------------------------------------------------------------------------------


class Asked:
    """What a gesture asked of state and drawer."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.opened: list[int] = []
        self.selected: list[tuple[list[int], str, str]] = []
        patch.setattr(detail, "show", self.opened.append)
        patch.setattr(state, "select", lambda ids, how, projection="": self.selected.append((ids, how, projection)))


@pytest.fixture
def gesture(
    served: tuple[Workspace, small.Remembering], monkeypatch: pytest.MonkeyPatch
) -> tuple[map_view.Drawing, Asked]:
    dataset, drawn = mapped(served[0])
    return map_view.Drawing(drawn, cached.columns(dataset), None), Asked(monkeypatch)


def event(*rows: Any, **shapes: Any) -> dict[str, Any]:
    return {"selection": {"points": [{"customdata": row} for row in rows], **shapes}}


def test_a_click_opens_the_image_of_that_row(gesture: tuple[map_view.Drawing, Asked]) -> None:
    drawing, asked = gesture
    for carried in (5, 5.0, [5], {"0": 5}):  # as Plotly and Streamlit have sent it
        map_view.pick(drawing, np.ones(COUNT, bool), event(carried))
    assert asked.opened == [int(drawing.ids[5])] * 4
    assert asked.selected == []


def test_a_lasso_selects_even_a_single_point(gesture: tuple[map_view.Drawing, Asked]) -> None:
    drawing, asked = gesture
    map_view.pick(drawing, np.ones(COUNT, bool), event(3, 1, 3, lasso=[{"x": [0], "y": [0]}]))
    map_view.pick(drawing, np.ones(COUNT, bool), event(7, box=[{"x": [0, 1], "y": [0, 1]}]))
    assert asked.opened == []
    assert asked.selected == [
        (drawing.ids[[1, 3]].tolist(), "lasso on the map", drawing.drawn.fingerprint),
        (drawing.ids[[7]].tolist(), "box on the map", drawing.drawn.fingerprint),
    ]


def test_what_a_filter_leaves_out_cannot_be_picked(gesture: tuple[map_view.Drawing, Asked]) -> None:
    drawing, asked = gesture
    shown = np.ones(COUNT, bool)
    shown[3] = False
    map_view.pick(drawing, shown, event(3))
    map_view.pick(drawing, shown, event(3, 4, lasso=[{}]))
    assert asked.opened == []
    assert asked.selected[0][0] == drawing.ids[[4]].tolist()


def test_an_empty_or_senseless_gesture_changes_nothing(gesture: tuple[map_view.Drawing, Asked]) -> None:
    drawing, asked = gesture
    for one in ({}, {"selection": None}, event(lasso=[{}]), event(COUNT), event(-1), event("x"), event(None)):
        map_view.pick(drawing, np.ones(COUNT, bool), one)
    assert (asked.opened, asked.selected) == ([], [])


def test_a_shape_around_nothing_is_forgotten_by_the_next_drawing(
    gesture: tuple[map_view.Drawing, Asked], monkeypatch: pytest.MonkeyPatch
) -> None:
    drawing, _ = gesture
    kept: dict[str, Any] = {}
    monkeypatch.setattr(state, "prime", kept.__setitem__)
    monkeypatch.setattr(state, "value", kept.get)
    map_view.pick(drawing, np.ones(COUNT, bool), event(0, lasso=[{}]))
    assert kept == {}
    for times in (1, 2):
        map_view.pick(drawing, np.ones(COUNT, bool), event(lasso=[{}]))
        assert kept == {map_view.IN_VAIN: times}


def test_images_that_left_the_dataset_leave_the_map(served: tuple[Workspace, small.Remembering]) -> None:
    workspace, _ = served
    dataset, drawn = mapped(workspace)
    columns = cached.columns(small.birds(workspace, "other", count=2))
    drawing = map_view.Drawing(drawn, columns, None)
    assert len(drawing.ids) == len(drawing.points) == len(drawing.texts) == len(drawing.thumbnails) == 0
    whole = map_view.Drawing(drawn, cached.columns(dataset), None)
    assert len(whole.thumbnails) == COUNT
    assert all(str(image) in url for image, url in zip(whole.ids, whole.thumbnails, strict=True))
    assert whole.shown(pickers.Filters(labels=("a",))).sum() == COUNT / 2


def test_a_chart_made_anew_shows_the_part_that_was_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    at = {"xaxis": {"range": [0, 1]}, "dragmode": "pan"}
    view = {"revision": "this map", "at": {**at, "title": "not a view"}}
    monkeypatch.setattr(state, "value", lambda key: {"view": view} if key == map_view.POINTER else None)
    assert map_view._seen("this map") == at
    assert map_view._seen("another map") == {}


# -- the page ---------------------------------------------------------------------------------------------------


def test_a_link_brings_back_map_colour_filter_and_selection(served: tuple[Workspace, small.Remembering]) -> None:
    workspace, _ = served
    dataset, flat = mapped(workspace)
    deep = derived.draw_map(workspace, dataset, dataset.embedding("pixels"), method="pca", dims=3)
    kept = workspace.selections.keep(dataset.uuid, flat.ids[:5].tolist(), how="by hand")
    link = {"dataset": "birds", "selection": kept.hash, "map_colour": "Split", "filter_label": "a"}
    app = small.open_page("map.py", **link, map=deep.fingerprint[:12])
    figure = spec(app)
    assert {trace["type"] for trace in figure["data"]} == {"scatter3d"}
    assert {trace["name"] for trace in figure["data"]} == {"filtered out", "train", "val"}
    assert "5 images selected" in small.texts(app)
    flat_one = spec(small.open_page("map.py", **link, map=flat.fingerprint[:12]))
    chosen = [points(trace["customdata"])[points(trace["selectedpoints"])] for trace in flat_one["data"]]
    assert sorted(np.concatenate(chosen).tolist()) == [0, 1, 2, 3, 4]


def test_an_unknown_map_in_a_link_falls_back_to_the_best(served: tuple[Workspace, small.Remembering]) -> None:
    mapped(served[0])
    assert "scattergl" in spec(small.open_page("map.py", dataset="birds", map="0000"))["data"][0]["type"]


def test_the_selection_can_be_cleared_beside_the_map(served: tuple[Workspace, small.Remembering]) -> None:
    workspace, _ = served
    dataset, drawn = mapped(workspace)
    kept = workspace.selections.keep(dataset.uuid, drawn.ids[:3].tolist(), how="by hand")
    app = small.open_page("map.py", dataset="birds", selection=kept.hash)
    app.button(key="map_clear").click().run()
    assert "selection" not in app.query_params
    assert "images selected" not in small.texts(app)


def test_a_redraw_is_a_job_and_its_map_is_shown_when_it_is_done(served: tuple[Workspace, small.Remembering]) -> None:
    workspace, runner = served
    dataset, first = mapped(workspace)
    app = small.open_page("map.py", dataset="birds")
    app.button(key="map_draw").click().run()
    (job,) = runner.list()
    assert (job.kind, job.dataset, job.parameters["method"]) == ("map", dataset.uuid, "umap")
    assert app.query_params["map_job"] == [job.id] or app.query_params["map_job"] == job.id
    assert spec(app)["layout"]["uirevision"] == first.fingerprint  # the one before stays meanwhile
    second = derived.draw_map(workspace, dataset, dataset.embedding("pixels"), method="pca", seed=1)
    runner.becomes(job.id, state="done", result={"fingerprint": second.fingerprint})
    app.run()
    assert "map_job" not in app.query_params
    assert spec(app)["layout"]["uirevision"] == second.fingerprint


def test_a_failed_redraw_says_why_and_keeps_the_map(served: tuple[Workspace, small.Remembering]) -> None:
    workspace, runner = served
    dataset, first = mapped(workspace)
    job = runner.submit("map", {"dataset": dataset.uuid}, dataset=dataset.uuid)
    runner.becomes(job.id, state="failed", error="The disk is full.")
    app = small.open_page("map.py", dataset="birds", map_job=job.id)
    assert "The disk is full" in small.texts(app)
    assert spec(app)["layout"]["uirevision"] == first.fingerprint


def test_without_a_map_one_can_be_drawn(served: tuple[Workspace, small.Remembering]) -> None:
    workspace, runner = served
    dataset = small.birds(workspace)
    app = small.open_page("map.py", dataset="birds")
    assert "No map of these images yet" in small.texts(app)
    app.button(key="map_prepare").click().run()
    assert [(job.kind, job.parameters["dataset"]) for job in runner.list()] == [("prepare", dataset.uuid)]
    assert "The map is on its way" in small.texts(app)


def test_the_first_choice_is_flat_and_shows_groups(served: tuple[Workspace, small.Remembering]) -> None:
    workspace, _ = served
    dataset, pca = mapped(workspace)
    embedding = dataset.embedding("pixels")
    tsne = derived.draw_map(workspace, dataset, embedding, method="tsne")
    derived.draw_map(workspace, dataset, embedding, method="pca", dims=3)
    chosen = map_choice.chosen(derived.maps(workspace, dataset, embedding))
    assert chosen is not None
    assert chosen.fingerprint == tsne.fingerprint != pca.fingerprint
    assert map_choice.chosen([]) is None
