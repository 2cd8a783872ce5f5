"""The map in two dimensions: what it shows, what a link brings back, and what follows from a gesture on it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from embedding_core import derived
from embedding_core.workspace import Workspace
from pages.parts import cached, filters, map_view, urls
from pages.parts.map.present import present
from tests.pages import small
from tests.pages.maps import COUNT, Showing, mapped, said, without


def test_without_anything_in_the_url_the_map_shows_all_by_label(
    served: tuple[Workspace, small.Remembering], showing: Showing
) -> None:
    _, drawn = mapped(served[0])
    small.open_page("map.py", dataset="birds")
    scene, data = showing.scene, urls.map_data(drawn.fingerprint)
    assert scene.n == COUNT
    assert scene.map.points == f"{data}points/{drawn.turn_digest}"
    assert scene.version == present(drawn.fingerprint).version
    assert [one.key for one in scene.columns] == [
        *("label", "split", "trust", "meta:wingspan", "width", "height", "nbytes", "format")
    ]
    assert {one.key: one.kind for one in scene.columns}["meta:wingspan"] == "number"
    assert all(one.address == f"{data}column/{scene.version}/{one.key}" for one in scene.columns)
    assert (scene.told, scene.colour, scene.filter) == (("label", "trust"), "label", ())
    assert (scene.selected, scene.opened, scene.beside, scene.gone, scene.exemplars) == ("", -1, None, "", ())
    assert scene.select == f"{data}selection"
    assert dict(scene.options) == map_view.FIRST_LAYERS
    assert f"{COUNT} images" in scene.alt


def test_a_link_brings_back_colour_filter_selection_image_and_place(
    served: tuple[Workspace, small.Remembering], showing: Showing
) -> None:
    workspace, _ = served
    dataset, drawn = mapped(workspace)
    kept = workspace.selections.keep(dataset.uuid, drawn.ids[:5].tolist(), how="by hand")
    image = str(drawn.ids[7])
    link = {"colour": "meta:wingspan", "filter": "label=a;width=[50..]", "at": "0.5_-1_4"}
    app = small.open_page("map.py", dataset="birds", selection=kept.hash, image=image, **link)
    scene = showing.scene
    assert scene.colour == "meta:wingspan"
    assert scene.filter == filters.for_browser(filters.parse(link["filter"]))
    assert (scene.selected, scene.opened, scene.at) == (kept.hash, 7, (0.5, -1, 4))
    assert "5 images selected" in small.texts(app)


@pytest.mark.parametrize(
    ("colour", "shown"), [("meta:gone", "label"), ("group:00", "label"), ("none", ""), ("", "label")]
)
def test_a_colour_that_there_is_not_falls_back_to_the_most_telling(
    served: tuple[Workspace, small.Remembering], showing: Showing, colour: str, shown: str
) -> None:
    mapped(served[0])
    small.open_page("map.py", dataset="birds", colour=colour)
    assert showing.scene.colour == shown


def test_where_no_column_says_much_the_points_have_one_colour(
    served: tuple[Workspace, small.Remembering], showing: Showing, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset, drawn = mapped(served[0])
    ids = dataset.images()["id"].to_pylist()
    dataset.put_attributes(ids, labels=[None] * COUNT, splits=[None] * COUNT)
    without = replace(drawn, projection=replace(drawn.projection, trust=None, trustworthiness=None))
    monkeypatch.setattr(cached, "read_map", lambda fingerprint: without)
    small.open_page("map.py", dataset="birds")
    assert showing.scene.colour == ""
    assert showing.scene.told == ()


@pytest.mark.parametrize("image", ["x", "-1", "12345", "²"])
def test_a_link_to_an_image_that_is_not_there_opens_none(
    served: tuple[Workspace, small.Remembering], showing: Showing, image: str
) -> None:
    _, drawn = mapped(served[0])
    assert map_view.row_of(drawn, image) == -1
    small.open_page("map.py", dataset="birds", image=image)
    assert showing.scene.opened == -1


def test_groups_come_after_labels_with_their_typical_images(
    served: tuple[Workspace, small.Remembering], showing: Showing
) -> None:
    workspace, _ = served
    dataset, drawn = mapped(workspace)
    found = derived.find_clusters(workspace, dataset, dataset.embedding("pixels"), k=3)
    small.open_page("map.py", dataset="birds")
    group = f"group:{found.fingerprint}"
    assert [one.key for one in showing.scene.columns[:3]] == ["label", group, "split"]
    assert showing.scene.told == ("label", group, "trust")
    typical = {int(found.ids[row]) for rows in found.clustering.exemplars for row in rows[: map_view.EXEMPLARS]}
    assert set(drawn.ids[list(showing.scene.exemplars)].tolist()) == typical
    dataset.put_attributes(dataset.images()["id"].to_pylist(), labels=[None] * COUNT)
    small.open_page("map.py", dataset="birds")
    assert showing.scene.columns[0].key == group
    assert showing.scene.colour == group


def test_groups_have_another_address_once_they_have_their_names(
    served: tuple[Workspace, small.Remembering], showing: Showing
) -> None:
    workspace, _ = served
    dataset, _ = mapped(workspace)
    embedding = dataset.embedding("pixels")
    key = f"group:{derived.find_clusters(workspace, dataset, embedding, k=3).fingerprint}"
    dataset.put_attributes(dataset.images()["id"].to_pylist(), labels=["x"] * COUNT)

    def addresses() -> dict[str, str]:
        small.open_page("map.py", dataset="birds")
        return {one.key: one.address for one in showing.scene.columns}

    unnamed = addresses()
    derived.find_clusters(workspace, dataset, embedding, k=3)
    named = addresses()
    assert {one for one in named if named[one] != unnamed[one]} == {key}, "or the browser keeps what has no names"
    assert named == addresses()


def test_a_second_map_lies_beside_the_first_in_its_rows(
    served: tuple[Workspace, small.Remembering], showing: Showing
) -> None:
    workspace, _ = served
    dataset, drawn = mapped(workspace)
    other = derived.draw_map(workspace, dataset, dataset.embedding("pixels"), method="tsne")
    small.open_page("map.py", dataset="birds", map=drawn.fingerprint[:12], beside=other.fingerprint[:12])
    beside = showing.scene.beside
    assert beside is not None
    towards = (drawn.fingerprint, drawn.turn_digest)
    assert beside.points == urls.map_beside(other.fingerprint, other.turn_digest, *towards)
    small.open_page("map.py", dataset="birds", map=drawn.fingerprint[:12], beside="0000")
    assert showing.scene.beside is None


def test_images_that_left_the_dataset_are_told_of(
    served: tuple[Workspace, small.Remembering], showing: Showing, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset, drawn = mapped(served[0])
    without(int(drawn.ids[0]), dataset, monkeypatch)
    small.open_page("map.py", dataset="birds")
    assert showing.scene.gone == f"{urls.map_data(drawn.fingerprint)}gone/{showing.scene.version}"
    assert showing.scene.n == COUNT


def test_another_label_is_another_version_and_the_same_rows(
    served: tuple[Workspace, small.Remembering], showing: Showing
) -> None:
    dataset, drawn = mapped(served[0])
    small.open_page("map.py", dataset="birds")
    dataset.put_attributes([int(drawn.ids[0])], labels=["c"])
    small.open_page("map.py", dataset="birds")
    before, after = showing.scenes[0], showing.scene
    assert before.version != after.version
    assert before.rows == after.rows
    assert before.map == after.map


def test_colours_filters_and_layers_chosen_on_the_map_go_into_the_url(
    served: tuple[Workspace, small.Remembering], showing: Showing
) -> None:
    mapped(served[0])
    app = small.open_page("map.py", dataset="birds")
    showing.told["view"] = {
        "colour": "split",
        "filter": [{"column": "label", "names": ["a", ""]}, {"column": "trust", "low": 0.25, "high": None}],
        "options": {"labels": False, "images": True, "contours": True, "unheard": 1},
    }
    app.run()
    assert said(app, "colour") == "split"
    assert said(app, "filter") == "label=a|;trust=[0.25..]"
    app.run()
    assert (showing.scene.colour, len(showing.scene.filter)) == ("split", 2)
    assert showing.scene.options == map_view.FIRST_LAYERS | {"labels": False, "images": True, "contours": True}
    showing.told["view"] = {"colour": "", "filter": [], "options": {}}
    app.run()
    assert said(app, "colour") == "none", "one colour is a choice, and not the first one again"
    assert "filter" not in app.query_params
    app.run()
    assert (showing.scene.colour, showing.scene.filter) == ("", ())


def test_a_selection_made_on_the_map_is_that_of_all_pages(
    served: tuple[Workspace, small.Remembering], showing: Showing
) -> None:
    workspace, _ = served
    dataset, drawn = mapped(workspace)
    kept = workspace.selections.keep(dataset.uuid, drawn.ids[:4].tolist(), how="lasso on the map")
    app = small.open_page("map.py", dataset="birds")
    showing.told = {"selected": {"hash": kept.hash}}
    app.run()
    assert said(app, "selection") == kept.hash
    assert "4 images selected" in small.texts(app)
    showing.told = {"selected": {"hash": ""}}
    app.run()
    assert "selection" not in app.query_params


def test_a_click_on_the_map_opens_an_image(served: tuple[Workspace, small.Remembering], showing: Showing) -> None:
    _, drawn = mapped(served[0])
    app = small.open_page("map.py", dataset="birds")
    showing.told = {"opened": {"id": int(drawn.ids[3])}}
    app.run()
    assert said(app, "image") == str(drawn.ids[3])
    assert showing.scene.opened == 3


def test_what_is_told_in_one_breath_is_all_heard(served: tuple[Workspace, small.Remembering], showing: Showing) -> None:
    _, drawn = mapped(served[0])
    app = small.open_page("map.py", dataset="birds")
    showing.told = {"selected": {"hash": ""}, "opened": {"id": int(drawn.ids[3])}}
    app.run()
    assert said(app, "image") == str(drawn.ids[3])


@pytest.mark.parametrize("text", ["", "1", "1_2", "1_2_3_4", "a_b_c", "nan_0_1", "0_inf_1", "0_0_0", "0_0_-1"])
def test_a_place_that_cannot_be_read_is_all_of_the_map(text: str) -> None:
    assert map_view.place(text) == ()
