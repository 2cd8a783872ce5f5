"""What is said of images that were put down on a map that others were drawn on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from embedding_core.derived import MapResult
from embedding_core.projection import Placement
from embedding_core.workspace import Workspace
from pages.parts import cached
from tests.pages import small
from tests.pages.maps import COUNT, mapped, said


def placed(drawn: MapResult, rows: list[int], outside: list[int], **parameters: float) -> MapResult:
    masks = [np.isin(np.arange(COUNT), some) for some in (rows, outside)]
    how = replace(
        drawn.projection,
        method="umap",
        parameters={"n_neighbors": 15, "min_dist": 0.3, **parameters},
        trust=np.where(masks[0], 0.25, 0.5).astype(np.float32),
        placement=Placement(*masks),
    )
    return replace(drawn, projection=how)


def opened(monkeypatch: pytest.MonkeyPatch, shown: MapResult) -> AppTest:
    monkeypatch.setattr(cached, "read_map", lambda fingerprint: shown)
    cached.honesty.clear()
    return small.open_page("map.py", dataset="birds")


def test_new_images_are_counted_judged_and_can_be_looked_at(
    served: tuple[Workspace, small.Remembering], monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace, runner = served
    _, drawn = mapped(workspace)
    app = opened(monkeypatch, placed(drawn, [3, 4, 5, 6], [6]))
    text = small.texts(app)
    assert "**4 new images** were placed on this map, and no other one moved." in text
    assert "**25%** of their map neighbours are real neighbours, 50% of the others; **25.0%** lie outside" in text
    for key, rows in (("map_newcomers", [3, 4, 5, 6]), ("map_outside", [6])):
        app.button(key=key).click().run()
        kept = workspace.selections.get(said(app, "selection"))
        assert kept is not None
        assert sorted(kept.ids.tolist()) == sorted(drawn.ids[rows].tolist())
    app.button(key="map_anew").click().run()
    (job,) = runner.jobs.values()
    assert job.kind == "map"
    assert job.parameters["parameters"] == {"min_dist": 0.3}, "drawn as it was"
    assert not job.parameters.get("place")
    assert said(app, "map_job") == job.id


def test_nothing_is_said_where_all_were_drawn_together(served: tuple[Workspace, small.Remembering]) -> None:
    mapped(served[0])
    app = small.open_page("map.py", dataset="birds")
    assert "new image" not in small.texts(app)
    assert not [one for one in app.button if one.key in ("map_newcomers", "map_anew")]


def test_a_map_by_landmarks_says_so_and_offers_no_other(
    served: tuple[Workspace, small.Remembering], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, drawn = mapped(served[0])
    app = opened(monkeypatch, placed(drawn, list(range(20)), [], landmarks=4))
    text = small.texts(app)
    assert "**4 images** were drawn, and 20 placed beside their neighbours among them." in text
    assert "**25%** of their map neighbours are real neighbours, 50% of those drawn." in text
    assert not [one for one in app.button if one.key == "map_anew"]
