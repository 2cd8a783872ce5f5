"""The map in three dimensions: columns, colours, filters, selection and clicks as on the flat one."""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest

from embedding_core import derived
from embedding_core.workspace import Workspace
from pages.parts import cached, map_solid, map_view, pointer, state, words
from tests.pages import small
from tests.pages.maps import COUNT, Showing, mapped, said, without


def figure(app: AppTest) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(app.get("plotly_chart")[0].proto.spec)
    return found


def traces(app: AppTest) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for trace in figure(app)["data"]:
        found.setdefault(trace["name"], []).append(trace)
    return found


def held(trace: dict[str, Any]) -> list[int]:
    """The rows that a trace holds, as Plotly writes an array into JSON."""
    sent = trace["customdata"]
    if isinstance(sent, dict):
        return np.frombuffer(base64.b64decode(sent["bdata"]), sent["dtype"]).tolist()
    return list(sent)


def colour_box(app: AppTest) -> Any:
    return next(one for one in app.selectbox if one.key.startswith("map_colour_"))


def test_in_depth_a_link_brings_back_colour_filter_and_selection(served: tuple[Workspace, small.Remembering]) -> None:
    workspace, _ = served
    dataset, deep = mapped(workspace, dims=3)
    kept = workspace.selections.keep(dataset.uuid, deep.ids[:5].tolist(), how="by hand")
    app = small.open_page("map.py", dataset="birds", selection=kept.hash, colour="split", filter="label=a")
    found = traces(app)
    assert {trace["type"] for trace in figure(app)["data"]} == {"scatter3d"}
    assert set(found) == {"filtered out", "train", "val"}
    labels = cached.columns(dataset).label.take(pa.array(cached.columns(dataset).rows(deep.ids))).to_pylist()
    assert sorted(held(found["filtered out"][0])) == [row for row, label in enumerate(labels) if label != "a"]
    front = [trace for trace in (*found["train"], *found["val"]) if trace["marker"]["opacity"] == 1]
    assert sorted(row for trace in front for row in held(trace)) == [row for row in range(5) if labels[row] == "a"]
    assert "5 images selected" in small.texts(app)
    assert app.button(key="filter_off_label").label == "Label is a"
    assert "**12 of 24 images**" in small.texts(app)


def test_in_depth_the_same_columns_colour_and_are_chosen_in_the_url(
    served: tuple[Workspace, small.Remembering], showing: Showing
) -> None:
    workspace, _ = served
    dataset, deep = mapped(workspace, dims=3)
    derived.find_clusters(workspace, dataset, dataset.embedding("pixels"), k=3)
    flat = derived.draw_map(workspace, dataset, dataset.embedding("pixels"), method="pca")
    small.open_page("map.py", dataset="birds", map=flat.fingerprint[:12])
    link = {"dataset": "birds", "map": deep.fingerprint[:12]}
    app = small.open_page("map.py", **link)
    assert colour_box(app).options == [*(one.title for one in showing.scene.columns), "Nothing"]
    assert colour_box(app).value == showing.scene.colour == "label"
    first, *others = (one.key for one in showing.scene.columns)
    for key in (*others, first):
        colour_box(app).set_value(key).run()
        assert not app.exception, key
        assert said(app, "colour") == key
        assert colour_box(app).value == key
    colour_box(app).set_value("none").run()
    assert said(app, "colour") == "none"
    assert set(traces(app)) == {"images"}
    assert colour_box(small.open_page("map.py", **link, colour="meta:gone")).value == "label"


def test_in_depth_the_text_on_hover_says_path_label_group_and_trust(
    served: tuple[Workspace, small.Remembering],
) -> None:
    workspace, _ = served
    dataset, deep = mapped(workspace, dims=3)
    dataset.put_attributes([int(deep.ids[0])], labels=["<i>x</i>"])
    found = derived.find_clusters(workspace, dataset, dataset.embedding("pixels"), k=3)
    app = small.open_page("map.py", dataset="birds", map=deep.fingerprint[:12], colour="meta:wingspan")
    (trace,) = traces(app)["wingspan"]
    text = dict(zip(held(trace), trace["text"], strict=True))[0]
    facts = cached.columns(dataset).row(int(deep.ids[0]))
    assert facts is not None
    assert deep.projection.trust is not None
    group = found.names.names[found.clustering.labels[found.ids.tolist().index(int(deep.ids[0]))]]
    assert text.split("<br>") == [
        f"<b>{facts['path']}</b>",
        f"wingspan: {words.number(facts['metadata']['wingspan'])}",
        "Label: &lt;i&gt;x&lt;/i&gt;",
        f"Group: {map_solid.charts.safe(group)}",
        f"Trust: {words.number(deep.projection.trust[0])}",
    ]


def test_in_depth_what_left_the_dataset_leaves_the_map(
    served: tuple[Workspace, small.Remembering], monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset, deep = mapped(served[0], dims=3)
    without(int(deep.ids[4]), dataset, monkeypatch)
    for link in ({}, {"filter": "label=a"}, {"filter": "path~a/"}):
        app = small.open_page("map.py", dataset="birds", **link)
        drawn = [row for trace in figure(app)["data"] for row in held(trace)]
        assert sorted(drawn) == [row for row in range(COUNT) if row != 4]


def test_in_depth_no_shadow_is_left_where_the_visitor_hid_them(served: tuple[Workspace, small.Remembering]) -> None:
    mapped(served[0], dims=3)
    app = small.open_page("map.py", dataset="birds", filter="width=[..44]")
    assert "filtered out" in traces(app)
    app.session_state[map_view.LAYERS] = {"ghosts": False}
    app.run()
    assert "filtered out" not in traces(app)


def test_in_depth_what_passes_the_filter_can_be_selected(served: tuple[Workspace, small.Remembering]) -> None:
    workspace, _ = served
    _, deep = mapped(workspace, dims=3)
    app = small.open_page("map.py", dataset="birds", filter="width=[..44]")
    app.button(key="filter_select").click().run()
    kept = workspace.selections.get(said(app, "selection"))
    assert kept is not None
    assert (len(kept), kept.how, kept.projection) == (5, "filter: Width in pixels up to 44", deep.fingerprint)


class Pointing:
    """In place of the listener in the browser."""

    def __init__(self) -> None:
        self.thumbnails: list[str] = []
        self.clicked: int | None = None
        self.view: dict[str, Any] | None = None

    def __call__(self, chart: str, thumbnails: list[str], *, key: str) -> int | None:
        self.thumbnails = thumbnails
        if self.view is not None:
            state.prime(key, {"view": self.view})
        clicked, self.clicked = self.clicked, None
        return clicked


@pytest.fixture
def pointing(monkeypatch: pytest.MonkeyPatch) -> Pointing:
    found = Pointing()
    monkeypatch.setattr(pointer, "follow", found)
    return found


def test_in_depth_a_click_opens_the_image_of_its_row_unless_a_filter_leaves_it_out(
    served: tuple[Workspace, small.Remembering], pointing: Pointing
) -> None:
    dataset, deep = mapped(served[0], dims=3)
    labels = cached.columns(dataset).label.take(pa.array(cached.columns(dataset).rows(deep.ids))).to_pylist()
    app = small.open_page("map.py", dataset="birds", filter="label=b")
    for row in (COUNT, -1, labels.index("a")):
        pointing.clicked = row
        app.run()
        assert not app.exception
        assert said(app, "image") == ""
    pointing.clicked = labels.index("b")
    app.run()
    assert said(app, "image") == str(deep.ids[labels.index("b")])


def test_in_depth_the_picture_beside_the_pointer_is_that_of_its_row(
    served: tuple[Workspace, small.Remembering], pointing: Pointing, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset, deep = mapped(served[0], dims=3)
    without(int(deep.ids[4]), dataset, monkeypatch)
    small.open_page("map.py", dataset="birds")
    assert len(pointing.thumbnails) == COUNT
    assert pointing.thumbnails[4] == ""
    assert all(f"/{image}/" in url for image, url in zip(deep.ids, pointing.thumbnails, strict=True) if url)
    monkeypatch.setattr(map_solid, "PEEKED", COUNT - 1)
    small.open_page("map.py", dataset="birds")
    assert pointing.thumbnails == []


def test_in_depth_a_chart_made_anew_is_seen_from_where_it_was_turned_to(
    served: tuple[Workspace, small.Remembering], pointing: Pointing
) -> None:
    _, deep = mapped(served[0], dims=3)
    eye = {"x": 2.0, "y": 0.5, "z": 0.25}
    for revision, turned in ((deep.fingerprint, True), ("another map", False)):
        pointing.view = {"revision": revision, "camera": {"eye": eye}}
        app = small.open_page("map.py", dataset="birds")
        app.run()
        assert (figure(app)["layout"]["scene"]["camera"]["eye"] == eye) == turned
