"""Choosing what passes: widgets on Data, chips on every page."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.proto.ButtonLikeIconPosition_pb2 import RIGHT
from streamlit.testing.v1 import AppTest

from embedding_core import derived
from embedding_core.workspace import Workspace
from pages.parts import cached, filter_bar, membership
from tests.pages import small
from tests.pages.aviary import filled, those


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    with small.serving(tmp_path / "workspace", monkeypatch) as (workspace, _):
        yield workspace


def box(app: AppTest, base: str, kind: str = "multiselect") -> Any:
    """The widget whose key begins so."""
    (found,) = (one for one in app.get(kind) if one.key.rpartition("_")[0] == f"filter_{base}")
    return found


def written(app: AppTest) -> str:
    found = app.query_params.get("filter", "")
    return found if isinstance(found, str) else "".join(found)


def shown(app: AppTest) -> str:
    return next(one.value for one in app.caption if " image" in str(one.value))


def test_widgets_show_what_a_link_filters(workspace: Workspace) -> None:
    filled(workspace)
    app = small.open_page("data.py", dataset="birds", filter="label=a|;path~png;tag=odd|gone")
    assert box(app, "label").value == ["a", ""]
    assert "(no label)" in box(app, "label").options
    assert box(app, "tag").value == ["odd", "gone"]
    assert box(app, "text", "text_input").value == "png"
    assert [one for one in app.button if one.key.startswith("filter_off")] == [], "the widgets say it"


def test_a_widget_keeps_its_key_while_it_is_used_and_gets_another_when_the_url_changes(workspace: Workspace) -> None:
    filled(workspace)
    app = small.open_page("data.py", dataset="birds")
    first = box(app, "label").key
    box(app, "label").select("a").run()
    assert written(app) == "label=a"
    box(app, "label").select("b").run()
    assert written(app) == "label=a|b"
    assert box(app, "label").key == first
    app.button(key="filter_clear").click().run()
    assert written(app) == ""
    assert box(app, "label").key != first, "what still reports the old value must not bring it back"
    assert box(app, "label").value == []
    assert shown(app) == "24 images"


def test_the_text_is_searched_for_as_it_is_without_blanks_around(workspace: Workspace) -> None:
    filled(workspace)
    app = small.open_page("data.py", dataset="birds")
    box(app, "text", "text_input").input("  b/1 ").run()
    assert written(app) == "path~b%2F1"
    assert shown(app) == f"{len(those(lambda n: n % 2 and str(n)[0] == '1'))} of 24 images"


def test_a_condition_that_no_widget_shows_has_a_chip(workspace: Workspace) -> None:
    filled(workspace)
    link = "label!=a;split=[1..2];width=[50..];meta:**kind**=kind 1;gone=x;path=x"
    app = small.open_page("data.py", dataset="birds", filter=link)
    chips = {one.key: one.label for one in app.button if one.key.startswith("filter_off")}
    assert set(chips) == {f"filter_off_{key}" for key in ("label", "split", "width", "meta:**kind**", "gone", "path")}
    assert chips["filter_off_label"] == "Label is not a"
    assert chips["filter_off_meta:**kind**"] == r"\*\*kind\*\* is kind 1"
    assert box(app, "label").placeholder == "All but 1"
    app.button(key="filter_off_label").click().run()
    assert "label" not in written(app)
    assert "width=[50.0..]" in written(app)


def test_a_split_of_a_dataset_without_splits_has_a_chip(workspace: Workspace) -> None:
    dataset = small.birds(workspace)
    dataset.put_attributes(dataset.images()["id"].to_pylist(), splits=[None] * 6)
    app = small.open_page("data.py", dataset="birds", filter="split=train")
    assert app.button(key="filter_off_split").label == "Split is train"
    assert shown(app) == "6 of 6 images"


def test_a_range_has_two_fields_each_of_which_may_be_empty(workspace: Workspace) -> None:
    filled(workspace)
    app = small.open_page("data.py", dataset="birds", filter="meta:size=[4.5..]")
    app.selectbox(key="filter_column").set_value("meta:size").run()
    low, high = box(app, "meta:size_From", "number_input"), box(app, "meta:size_To", "number_input")
    assert (low.value, high.value, high.placeholder) == (5, None, "23")  # whole numbers all of them
    high.set_value(11).run()
    assert written(app) == "meta:size=[4.5..11.0]"
    box(app, "meta:size_From", "number_input").set_value(None).run()
    assert written(app) == "meta:size=[..11.0]"
    assert shown(app) == f"{len([n for n in range(12) if n % 3])} of 24 images"


def test_dates_have_calendars_and_a_day_counts_to_its_end(workspace: Workspace) -> None:
    filled(workspace)
    app = small.open_page("data.py", dataset="birds")
    app.selectbox(key="filter_column").set_value("meta:taken").run()
    to = box(app, "meta:taken_To", "date_input")
    assert (to.value, to.min, to.max) == (None, date(2024, 2, 28), date(2024, 3, 22))
    to.set_value(date(2024, 3, 1)).run()
    assert shown(app) == "3 of 24 images", "28 and 29 February and all of 1 March"
    assert box(app, "meta:taken_To", "date_input").value == date(2024, 3, 1)
    box(app, "meta:taken_From", "date_input").set_value(date(2024, 2, 29)).run()
    assert shown(app) == "2 of 24 images"
    assert app.button(key="filter_off_meta:taken").label == r"taken 2024\-02\-29 to 2024\-03\-01"


@pytest.mark.parametrize(
    "text", ["meta:taken=[-1e+300..1e+300]", "meta:size=[1e+300..]", "width=[5.5..2.0]", "trust=[9.0..]"]
)
def test_no_link_breaks_a_widget(workspace: Workspace, text: str) -> None:
    dataset = filled(workspace)
    derived.draw_map(workspace, dataset, dataset.embedding("pixels"), method="pca")
    app = small.open_page("data.py", dataset="birds", filter=text)
    app.selectbox(key="filter_column").set_value(text.partition("=")[0]).run()
    assert not app.exception
    assert written(app) == text


def test_every_column_can_be_chosen_and_names_are_text(workspace: Workspace) -> None:
    dataset = filled(workspace)
    derived.draw_map(workspace, dataset, dataset.embedding("pixels"), method="pca")
    app = small.open_page("data.py", dataset="birds")
    column = app.selectbox(key="filter_column")
    assert column.options.count("Label (metadata)") == 1, "and not mistaken for the label"
    for key in (
        "trust",
        "width",
        "format",
        *(f"meta:{name}" for name in cached.columns(dataset).metadata.column_names),
    ):
        app.selectbox(key="filter_column").set_value(key).run()
        assert not app.exception, key
        said = small.texts(app)
        assert ("All values are the same here: 7." in said) == (key == "meta:same")
        assert ("No image has a value here." in said) == (key == "meta:nothing")
    app.selectbox(key="filter_column").set_value("meta:**kind**").run()
    assert box(app, "meta:**kind**").label == r"\*\*kind\*\*"


def test_of_many_names_the_most_frequent_are_offered_and_others_can_be_typed(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filter_bar, "MOST", 10)
    filled(workspace)
    app = small.open_page("data.py", dataset="birds", filter="meta:serial=serial 23")
    app.selectbox(key="filter_column").set_value("meta:serial").run()
    serial = box(app, "meta:serial")
    assert serial.options == [*(f"serial {number:02}" for number in range(10)), "serial 23"]
    assert serial.proto.accept_new_options
    assert "14 others" in serial.help
    serial.set_value(["serial 23", "serial 15"]).run()
    assert not app.exception
    assert shown(app) == "2 of 24 images"


# -- other pages ------------------------------------------------------------------------------------------------


def test_clusters_show_only_what_passes(workspace: Workspace) -> None:
    dataset = filled(workspace)
    found = derived.find_clusters(workspace, dataset, dataset.embedding("pixels"), k=3)
    labels = dict(zip(cached.columns(dataset).ids.tolist(), cached.columns(dataset).label.to_pylist(), strict=True))
    app = small.open_page("clusters.py", dataset="birds", filter="label=b")
    for number in range(3):
        whole = found.ids[found.clustering.labels == number].tolist()
        count = sum(labels[image] == "b" for image in whole)
        card = small.cards(app).get(number)
        assert (card is not None) == (count > 0)
        assert card is None or card["said"].startswith(f"{count} of {len(whole)} images · ")
    chip = app.button(key="filter_off_label")
    assert (chip.label, chip.icon, chip.proto.icon_position) == ("Label is b", ":material/close:", RIGHT), (
        "as on the map"
    )
    app.button(key="filter_clear").click().run()
    assert "filter" not in app.query_params


def test_a_card_says_how_many_pass_and_names_the_whole_group(workspace: Workspace) -> None:
    dataset = filled(workspace)
    found = derived.find_clusters(workspace, dataset, dataset.embedding("pixels"), k=3)
    unfiltered = small.open_page("clusters.py", dataset="birds")
    metrics = [(one.label, one.value) for one in unfiltered.metric]
    cards = [card["said"] for card in small.cards(unfiltered).values()]
    app = small.open_page("clusters.py", dataset="birds", filter="label=b")
    narrowed = [card["said"] for card in small.cards(app).values()]
    assert len(narrowed) == len(cards) == 3
    for before, after in zip(cards, narrowed, strict=True):
        assert after.split(" of ", 1)[1] == before, "size, share and label are those of all its images"
    assert [(one.label, one.value) for one in app.metric] == metrics
    assert f"These numbers are of all {found.clustering.n} images, whatever the filters." in small.texts(app)
    assert "whatever the filters" not in small.texts(unfiltered)
    app = small.open_page("clusters.py", dataset="birds", filter="label=b", group="0")
    assert narrowed[0] in small.texts(app)


def test_the_drawing_of_groups_says_what_it_counts(workspace: Workspace) -> None:
    dataset = filled(workspace)
    derived.find_clusters(workspace, dataset, dataset.embedding("pixels"), k=3)
    app = small.open_page("clusters.py", dataset="birds", filter="label=b")
    app.session_state["clusters_tab"] = "Against labels"
    app.run()
    assert "Of the 12 images that pass the filters." in small.texts(app)


def test_narrowed_groups_keep_their_numbers_and_show_faces_that_passed(workspace: Workspace) -> None:
    dataset = filled(workspace)
    found = derived.find_clusters(workspace, dataset, dataset.embedding("pixels"), k=3)
    typical = {int(found.ids[row]) for rows in found.clustering.exemplars for row in rows}
    passed = np.array([image for image in found.ids.tolist() if image not in typical], np.int64)
    narrow = membership.narrowed(found, passed)
    for number in range(3):
        left = set(found.ids[found.clustering.labels == number].tolist()) - typical
        assert set(narrow.ids[narrow.clustering.labels == number].tolist()) == left
        faces = {int(narrow.ids[row]) for row in narrow.clustering.exemplars[number]}
        assert faces <= left
        assert len(faces) == min(3, len(left))
