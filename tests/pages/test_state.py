"""The view: in the URL, carried from page to page, and opened by a link in a session that knows nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from embedding_core.workspace import Workspace
from pages.parts import state, words
from tests.pages import small


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    with small.serving(tmp_path / "workspace", monkeypatch) as (workspace, _):
        yield workspace


def test_the_url_names_the_newest_dataset_and_its_encoder_when_a_link_names_none(workspace: Workspace) -> None:
    small.birds(workspace, "old")
    small.birds(workspace, "new", encoder="efficientnet-lite0")
    app = small.open_app()
    assert app.query_params["dataset"] == "new"
    assert app.query_params["encoder"] == "efficientnet-lite0"


def test_a_link_opens_dataset_encoder_and_selection_in_a_cold_session(workspace: Workspace) -> None:
    dataset = small.birds(workspace)
    small.birds(workspace, "newer")
    ids = dataset.images()["id"].to_pylist()[:2]
    kept = workspace.selections.keep(dataset.uuid, ids, how="lasso on the map")
    app = small.open_page("data.py", dataset="birds", encoder="pixels", selection=kept.hash)
    assert app.selectbox(key="frame_dataset_birds").value == "birds"
    assert app.selectbox(key="frame_encoder_pixels").value == "pixels"
    assert "2 images" in small.texts(app)
    assert "lasso on the map" in small.texts(app)


def test_going_to_another_page_keeps_dataset_selection_and_filter(workspace: Workspace) -> None:
    dataset = small.birds(workspace)
    small.birds(workspace, "newer")
    kept = workspace.selections.keep(dataset.uuid, dataset.images()["id"].to_pylist()[:3], how="by hand")
    app = small.open_app(dataset="birds", selection=kept.hash, filter="label=a;split!=val")
    for name in list(app.query_params):
        del app.query_params[name]  # as a click in the navigation does
    app.switch_page("encoders.py").run()
    assert not app.exception
    assert app.query_params["dataset"] == "birds"
    assert app.query_params["selection"] == kept.hash
    assert app.query_params["filter"] == "label=a;split!=val"


def test_what_a_url_with_a_dataset_lacks_is_not_chosen(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    small.birds(workspace)
    monkeypatch.setattr(state, "OVERTAKEN", 0)
    app = small.open_page("data.py", dataset="birds", filter="label=a")
    assert "filter_clear" in {one.key for one in app.button}
    del app.query_params["filter"]  # as the browser's Back does
    app.run()
    assert "filter" not in app.query_params
    assert "filter_clear" not in {one.key for one in app.button}


def test_a_url_from_before_a_choice_does_not_undo_it(workspace: Workspace) -> None:
    small.birds(workspace)
    app = small.open_page("data.py", dataset="birds", filter="label=a")
    app.button(key="filter_clear").click().run()
    assert "filter" not in app.query_params
    app.query_params["filter"] = "label=a"  # as what is clicked before the browser has heard
    app.run()
    assert "filter" not in app.query_params


def test_another_dataset_drops_selection_filter_colour_and_an_encoder_that_it_was_not_seen_by(
    workspace: Workspace,
) -> None:
    dataset = small.birds(workspace)
    small.birds(workspace, "newer", encoder="efficientnet-lite0")
    kept = workspace.selections.keep(dataset.uuid, dataset.images()["id"].to_pylist()[:3], how="by hand")
    link = {"selection": kept.hash, "group": "1", "filter": "label=a", "colour": "label", "beside": "0123"}
    app = small.open_app(dataset="birds", encoder="pixels", **link)
    app.selectbox(key="frame_dataset_birds").select("newer").run()
    assert not app.exception
    assert app.query_params["dataset"] == "newer"
    assert app.query_params["encoder"] == "efficientnet-lite0"
    assert not {*link} & {*app.query_params}


def test_a_selection_of_another_dataset_is_not_shown(workspace: Workspace) -> None:
    other = small.birds(workspace, "other")
    small.birds(workspace)
    kept = workspace.selections.keep(other.uuid, other.images()["id"].to_pylist(), how="by hand")
    app = small.open_app(dataset="birds", selection=kept.hash)
    assert "by hand" not in small.texts(app)
    assert "not here any more" in small.texts(app)


def test_an_unknown_dataset_in_a_link_says_so_and_leads_on(workspace: Workspace) -> None:
    small.birds(workspace)
    app = small.open_page("data.py", dataset="*gone*")
    assert "There is no dataset “\\*gone\\*” here" in small.texts(app)
    assert [link.value for link in app.page_link] == ["Go to Start"]
    app.selectbox(key="frame_dataset_*gone*").select("birds").run()
    assert app.title[0].value == "Data"


def test_without_any_dataset_every_page_leads_to_start(workspace: Workspace) -> None:
    for page in ("map.py", "similar.py", "clusters.py", "curate.py", "data.py", "encoders.py", "axes.py"):
        app = small.open_page(page)
        assert "Nothing to look at yet" in small.texts(app), page


def test_a_selection_is_cleared_named_and_tagged_from_the_sidebar(workspace: Workspace) -> None:
    dataset = small.birds(workspace)
    ids = dataset.images()["id"].to_pylist()[:2]
    kept = workspace.selections.keep(dataset.uuid, ids, how="by hand")
    app = small.open_app(dataset="birds", selection=kept.hash)
    app.text_input(key=f"frame_name_{kept.hash}").set_value("two <b>birds</b>")
    app.button(key="frame_name_save").click().run()
    assert [one.name for one in workspace.selections.named(dataset.uuid)] == ["two <b>birds</b>"]
    assert "two \\<b\\>birds\\</b\\>" in small.texts(app)
    assert [one.value for one in app.toast] == ["Saved as “two \\<b\\>birds\\</b\\>”."]
    app.button(key="frame_clear").click().run()
    assert "selection" not in app.query_params
    app.button(key=f"frame_open_{kept.hash}").click().run()
    assert app.query_params["selection"] == kept.hash


def test_text_from_outside_stays_text() -> None:
    assert words.plain("a*b*_c_<i>[x](y) :red[z] $1$") == (r"a\*b\*\_c\_\<i\>\[x\]\(y\) \:red\[z\] \$1\$")
    assert words.plain("two\nlines") == "two lines"
