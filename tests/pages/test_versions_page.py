"""Versions: the two in the URL, naming, the difference, what it was worth, exports, maps and groups of a version."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from streamlit.testing.v1 import AppTest

from embedding_core import derived, export
from embedding_core.deciding.versions import make_version, snapshot
from embedding_core.records import LOCAL, Actor, silent
from embedding_core.review.decisions import Action, decided
from embedding_core.tasks import TASKS
from embedding_core.workspace import Dataset, Workspace
from pages.parts import results
from pages.parts.versions import trying
from pages.parts.versions.repairing import STEPS
from tests.pages import small
from tests.pages.maps import said

ADA = Actor("visitor-ada", "Ada")
Served = tuple[Workspace, small.Remembering]


def opened(tab: str = "Difference", **query: str) -> AppTest:
    return small.open_page("versions.py", dataset="birds", versions_tab=tab, **query)


def gallery(app: AppTest) -> list[list[dict[str, Any]]]:
    shown = [one.proto for one in app.get("bidi_component") if one.proto.component_name == "kindred_gallery"]
    return [json.loads(one.json)["items"] for one in shown]


def metrics(app: AppTest) -> dict[str, str]:
    return {one.label: str(one.value) for one in app.metric}


@pytest.fixture
def ids(birds: Dataset) -> list[int]:
    """The images, after three rounds of decisions; the version "first" is from between them."""
    found: list[int] = birds.images()["id"].to_pylist()
    birds.decisions.add([decided(ADA, Action.REMOVE, found[:2], finding="duplicates")])
    return found


@pytest.fixture
def first(workspace: Workspace, birds: Dataset, ids: list[int]) -> str:
    """A version by name, after which more was decided."""
    make_version(workspace, birds, "first *round*", ADA, note="copies gone")
    birds.decisions.add([decided(ADA, Action.RELABEL, ids[2:5], value="c")])
    birds.decisions.add([decided(ADA, Action.TAG, ids[6:7], value="to crop")])
    return "first *round*"


# -- which there are, and which two ------------------------------------------------------------------------------


def test_nothing_decided_leads_to_curate(birds: Dataset) -> None:
    app = opened()
    assert "Nothing decided yet" in small.texts(app)
    links = [one.proto.page for one in app.get("page_link")]
    assert any("curate" in link for link in links)


def test_every_version_has_a_card_with_its_facts(birds: Dataset, first: str) -> None:
    cards = small.texts(opened())
    assert "70 images" in cards  # as it came
    assert "first \\*round\\*" in cards  # its name is no Markdown
    assert "68 images :gray[· 2 removed]" in cards
    assert "68 images :gray[· 2 removed · 3 relabelled]" in cards
    assert "Ada · " in cards and "“copies gone”" in cards


def test_a_link_names_the_two(birds: Dataset, first: str) -> None:
    assert metrics(opened())["Removed"] == "2"
    app = opened(**{"from": first, "to": "now"})
    assert metrics(app)["Removed"] == "0"
    assert metrics(app)["Relabelled"] == "3"


def test_choosing_puts_the_two_into_the_url(birds: Dataset, first: str) -> None:
    app = opened()
    app.selectbox(key="versions_to_now").select(first).run()
    assert said(app, "to") == first
    assert (metrics(app)["Removed"], metrics(app)["Relabelled"]) == ("2", "0")
    app.button(key="versions_swap").click().run()
    assert (said(app, "from"), said(app, "to")) == (first, "original")
    assert (metrics(app)["Removed"], metrics(app)["Added"]) == ("0", "2")


def test_a_link_to_a_version_that_is_not_there(birds: Dataset, first: str) -> None:
    app = opened(to="best")
    assert "to" not in app.query_params
    assert metrics(app)["Relabelled"] == "3"


def test_now_is_kept_under_a_name(birds: Dataset, ids: list[int]) -> None:
    app = opened()
    app.text_input(key="versions_name").input("clean")
    app.text_input(key="versions_note").input("by Ada")
    app.button(key="versions_keep").click().run()
    (made,) = birds.versions.all()
    assert (made.name, made.note, made.images) == ("clean", "by Ada", len(ids) - 2)
    assert "clean" in small.texts(app)


def test_a_name_that_is_taken_is_said(birds: Dataset, first: str) -> None:
    app = opened()
    app.text_input(key="versions_name").input(first)
    app.button(key="versions_keep").click().run()
    assert any("already" in str(one.value) for one in app.error)
    assert len(birds.versions.all()) == 1


# -- the difference ----------------------------------------------------------------------------------------------


def test_images_are_shown_kind_by_kind(workspace: Workspace, birds: Dataset, ids: list[int], first: str) -> None:
    app = opened()
    removed, relabelled = gallery(app)
    assert [one["id"] for one in removed] == ids[:2]
    assert [one["id"] for one in relabelled] == ids[2:5]
    assert [one["badge"] for one in relabelled] == [f"{one['alt'][0]} → c" for one in relabelled]
    assert "to crop" in small.texts(app)
    app.button(key="versions_removed_select").click().run()
    chosen = workspace.selections.get(said(app, "selection"))
    assert chosen is not None and chosen.ids.tolist() == sorted(ids[:2])
    assert chosen.how == "removed from As it came to Now"


def test_labels_are_counted_before_and_after(birds: Dataset, first: str) -> None:
    (chart,) = opened().get("plotly_chart")
    before, after = json.loads(chart.proto.spec)["data"]
    change = dict(zip((name.strip("\u200b") for name in after["y"]), after["text"], strict=True))
    assert change["c"] == "+3"
    assert (before["name"], after["name"]) == ("As it came", "Now")


# -- what it was worth -------------------------------------------------------------------------------------------


def test_it_wants_vectors(workspace: Workspace) -> None:
    small.birds(workspace, encoder=None)
    for tab in ("Before and after", "Repair at training"):
        assert "have no vectors" in small.texts(opened(tab))


def test_it_wants_labels(workspace: Workspace, birds: Dataset, ids: list[int]) -> None:
    birds.put_attributes(ids, labels=[None] * len(ids))
    for tab in ("Before and after", "Repair at training"):
        assert "It wants labels" in small.texts(opened(tab))


def test_an_effect_is_asked_for_and_followed(served: Served, birds: Dataset, first: str) -> None:
    runner = served[1]
    app = opened("Before and after", to=first)
    app.button(key="versions_measure").click().run()
    (job,) = runner.jobs.values()
    assert job.kind == "effect"
    assert job.parameters == {"dataset": birds.uuid, "encoder": "pixels", "from": "original", "to": first}
    assert "waiting for its turn" in small.texts(app)
    assert "Did it help?" in small.texts(opened("Before and after"))  # between these two it is not measured
    runner.becomes(job.id, state="failed", error="Too few images.")
    again = opened("Before and after", to=first)
    assert "Too few images" in small.texts(again)
    assert again.button(key="versions_measure")


def test_an_effect_is_told_in_words_and_figures(workspace: Workspace, birds: Dataset, first: str) -> None:
    wanted = {"dataset": birds.uuid, "encoder": "pixels", "from": "original", "to": "now", "seeds": 3}
    TASKS["effect"](workspace, {**wanted, "seeds": 8}, silent, LOCAL)
    app = opened("Before and after")
    (kept,) = workspace.results.find(birds.uuid, "effect")
    found = derived.read_effect(workspace, kept.fingerprint)
    assert found is not None
    accuracy = found.found.differences.accuracy
    headline = str(app.header[0].value)
    figure = f"{100 * abs(accuracy.change):.1f} points"
    assert figure in headline
    assert accuracy.better or "No difference" in headline or "did not help" in headline
    assert metrics(app)["Accuracy"] == f"{accuracy.after:.1%}"
    assert "nobody decided on them" in small.texts(app)
    assert "Nobody has looked for duplicates yet" in small.texts(app)
    runs, labels = (json.loads(one.proto.spec)["data"] for one in app.get("plotly_chart"))
    assert len(runs[1]["x"]) == 8
    assert {name.strip("\u200b") for name in labels[-1]["y"]} == {"a", "b"}
    assert set(app.dataframe[0].value["Label"]) == {"a", "b"}


@pytest.mark.parametrize(
    ("low", "high", "arrow", "colour"),
    [(-0.01, 0.03, "NONE", "GRAY"), (0.005, 0.03, "UP", "GREEN"), (-0.6, -0.005, "DOWN", "RED")],
)
def test_only_what_can_be_told_from_nothing_has_an_arrow_and_a_colour(
    low: float, high: float, arrow: str, colour: str
) -> None:
    def page(low: float, high: float) -> None:
        from embedding_core.effect.intervals import Difference
        from pages.parts.versions import effect

        effect._metric("Accuracy", Difference(0.5, 0.5 + (low + high) / 2, low, high), "accuracy")

    app = AppTest.from_function(page, args=(low, high)).run()
    (shown,) = app.metric
    assert type(shown.proto).MetricDirection.Name(shown.proto.direction) == arrow
    assert type(shown.proto).MetricColor.Name(shown.proto.color) == colour
    assert "-" not in shown.delta


def test_changes_in_a_table_have_the_minus_of_words_and_stay_numbers() -> None:
    table = trying.signed({"Label": ["a", "b", "c"], "Points": [-22.6, 0.0, 1.2]}, "Points")
    assert table.data["Points"].tolist() == [-22.6, 0.0, 1.2]
    for text in (">−22.6<", ">0.0<", ">+1.2<"):
        assert text in table.to_html()


def test_a_label_without_test_images_is_named(workspace: Workspace, birds: Dataset, first: str) -> None:
    TASKS["effect"](workspace, {"dataset": birds.uuid, "encoder": "pixels", "from": "original"}, silent, LOCAL)
    (kept,) = workspace.results.find(birds.uuid, "effect")
    found = derived.read_effect(workspace, kept.fingerprint)
    assert found is not None
    assert set(found.found.classes) == {"a", "b", "c"} and "c" not in {
        name for name, one in zip(found.found.classes, found.found.differences.classes, strict=True) if one
    }
    assert "c: no test images." in small.texts(opened("Before and after"))


def test_a_later_decision_asks_anew(workspace: Workspace, birds: Dataset, ids: list[int], first: str) -> None:
    TASKS["effect"](workspace, {"dataset": birds.uuid, "encoder": "pixels"}, silent, LOCAL)
    birds.decisions.add([decided(ADA, Action.REMOVE, ids[10:12])])
    assert "Did it help?" in small.texts(opened("Before and after"))


def test_repairs_are_switches(served: Served, birds: Dataset) -> None:
    app = opened("Repair at training")
    assert [one.key for one in app.toggle] == [f"versions_switch_{step}" for step in STEPS]
    app.toggle(key="versions_switch_photos").set_value(False).run()
    app.button(key="versions_repair").click().run()
    (job,) = served[1].jobs.values()
    assert job.kind == "repair"
    assert job.parameters["steps"] == [step for step in STEPS if step != "photos"]
    assert job.parameters["version"] == "now"


def test_repairs_are_told_of_the_version_as_it_is(workspace: Workspace, birds: Dataset, ids: list[int]) -> None:
    wanted = {"dataset": birds.uuid, "encoder": "pixels", "steps": ["labels", "standardisation"]}
    TASKS["repair"](workspace, wanted, silent, LOCAL)
    app = opened("Repair at training")
    assert app.dataframe[0].value["Step"].tolist() == [
        "Suspected labels removed",
        "Vectors standardised",
        "All together",
    ]
    assert app.button(key="versions_repair").label == "Try them again"
    birds.decisions.add([decided(ADA, Action.REMOVE, ids[20:22])])
    assert not opened("Repair at training").dataframe


# -- taking it along ---------------------------------------------------------------------------------------------


def test_every_format_has_a_card_that_leads_to_its_route(birds: Dataset, first: str) -> None:
    app = opened("Export", to=first)
    addresses = [urlsplit(one.proto.url) for one in app.get("link_button")]
    assert {one.path for one in addresses} == {f"/api/export/{birds.uuid}/{form}" for form in export.FORMATS}
    assert all(parse_qs(one.query) == {"version": [first], "encoder": ["pixels"]} for one in addresses)
    assert "about 70 KB" in small.texts(app)  # 68 images of a thousand bytes and some


def test_without_vectors_there_are_none_to_take_along(workspace: Workspace) -> None:
    small.birds(workspace, encoder=None)
    paths = [one.proto.url for one in opened("Export").get("link_button")]
    assert len(paths) == sum(not card.vectors for card in export.FORMATS.values())


def test_without_labels_there_is_no_folder_for_each(birds: Dataset, ids: list[int]) -> None:
    birds.put_attributes(ids, labels=[None] * len(ids))
    disabled = {one.proto.url.partition("?")[0] for one in opened("Export").get("link_button") if one.proto.disabled}
    assert disabled == {f"/api/export/{birds.uuid}/imagefolder"}


def test_nothing_left_is_said(workspace: Workspace, birds: Dataset, ids: list[int]) -> None:
    birds.decisions.add([decided(ADA, Action.REMOVE, ids)])
    app = opened("Export")
    assert "Nothing is left to take along" in small.texts(app)
    assert not app.get("link_button")


# -- maps and groups of a version --------------------------------------------------------------------------------


def test_a_map_of_a_version_is_drawn_and_followed_on_its_page(served: Served, birds: Dataset, first: str) -> None:
    app = opened()
    app.button(key=f"versions_map_{first}").click().run()
    (job,) = served[1].jobs.values()
    assert (job.kind, job.parameters["version"]) == ("map", first)
    assert said(app, "map_job") == job.id
    assert app.title[0].value == "Map"


def test_the_map_of_a_version_is_offered_by_name_and_never_unasked(
    workspace: Workspace, birds: Dataset, first: str
) -> None:
    whole = derived.draw_map(workspace, birds, birds.embedding("pixels"), method="pca")
    part = birds.embedding("pixels").of(snapshot(workspace, birds, first).ids)
    of_version = derived.draw_map(workspace, birds, part, method="pca")
    app = small.open_page("map.py", dataset="birds")
    box = app.selectbox(key=f"map_stored_{whole.fingerprint[: results.SHORT]}")
    # What is now holds the same images; a name that stays is preferred.
    assert [name.rpartition(" · of ")[2] for name in box.options if " · of " in name] == [first]
    versions = opened()
    versions.button(key=f"versions_map_{first}").click().run()
    assert said(versions, "map") == of_version.fingerprint[: results.SHORT]


def test_groups_of_a_version_are_offered_by_name_under_its_labels(served: Served, birds: Dataset, first: str) -> None:
    workspace = served[0]
    TASKS["clusters"](workspace, {"dataset": birds.uuid, "encoder": "pixels", "k": 2, "version": first}, silent, LOCAL)
    app = opened()
    app.button(key=f"versions_groups_{first}").click().run()
    assert app.title[0].value == "Clusters"
    (box,) = (one for one in app.selectbox if one.label == "Grouping")
    assert box.options[0].endswith(f" · of {first}")
    assert {card["name"][0] for card in small.cards(app).values()} <= {"a", "b", "m"}  # named by labels, else mixed
    assert "Purity" in metrics(app)
    # Now holds other images: their groups are to be found.
    assert not served[1].jobs
    birds.decisions.add([decided(ADA, Action.REMOVE, birds.images()["id"].to_pylist()[-2:])])
    app = opened()
    app.button(key="versions_groups_now").click().run()
    assert [job.kind for job in served[1].jobs.values()] == ["clusters"]
