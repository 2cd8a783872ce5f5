"""Lines that are moved on the page: they hold for cards, counts, cases, review and routes, and can be set back."""

from __future__ import annotations

import json
from dataclasses import replace
from threading import Event, Thread
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from embedding_core import derived
from embedding_core.derived.kept import Kept, keep
from embedding_core.quality.labels.found import LabelIssues, Share
from embedding_core.quality.photos.finding import Photos
from embedding_core.records import Actor
from embedding_core.workspace import Dataset, Workspace
from pages.parts.curate import findings, moving
from tests.pages import small
from tests.pages.serving import visitor

ADA = Actor("visitor-ada", "Ada")
REAL = dict(findings.FINDINGS)
DARK = 10  # images beyond the line that the set draws


@pytest.fixture
def photos(workspace: Workspace, birds: Dataset, monkeypatch: pytest.MonkeyPatch) -> Kept[Photos]:
    """Image i has the light i and the sharpness .9."""
    monkeypatch.setattr(findings, "FINDINGS", {"photos": REAL["photos"]})
    ids = birds.images()["id"].to_numpy()
    values = np.stack([np.arange(len(ids)), np.full(len(ids), 0.9)]).astype(np.float32)
    found = Photos(ids, ("dark", "blurred"), values, (float(DARK), 0.48))
    key = derived.photos_key(birds)
    return keep(workspace, birds, key, kind="photos", parent=birds.fingerprint, of=Photos, find=lambda: found)


def measured(workspace: Workspace, birds: Dataset, photos: Kept[Photos], values: NDArray[np.float32]) -> None:
    """Keep these values (2, n) in place of those that were measured."""
    workspace.results.put(
        photos.fingerprint,
        kind="photos",
        dataset=birds.uuid,
        parent=birds.fingerprint,
        arrays={**photos.found.arrays(), "values": values},
        parameters={"asked": {}, "facts": photos.found.facts()},
        seconds=0.0,
    )


def curate(**query: str) -> Any:
    return small.open_page("curate.py", dataset="birds", **query)


def component(app: Any, name: str) -> dict[str, Any]:
    (shown,) = [one.proto for one in app.get("bidi_component") if one.proto.component_name == name]
    found: dict[str, Any] = json.loads(shown.json)
    return found


def test_a_line_over_the_distribution_holds_everywhere_until_it_is_set_back(
    workspace: Workspace, birds: Dataset, photos: Kept[Photos]
) -> None:
    app = curate(curate_tab="Photographs")
    assert f"**{DARK} photographs** of" in small.texts(app)
    assert f"beyond a line. Dark\N{NO-BREAK SPACE}{DARK}" in small.texts(app)
    app.segmented_control(key="curate_photo_kind").set_value("dark").run()
    app.slider(key="curate_photo_line_dark").set_value(25.0).run()
    assert not app.exception
    assert "**25 photographs**" in small.texts(app) and "**25 images** beyond the line" in small.texts(app)
    assert f"The set's own line: light 10 of 255, with {DARK} images beyond" in small.texts(app)
    assert app.button(key="curate_review").label == "Review 25 cases"
    assert "25 cases" in small.texts(curate()), "another visitor's cards"
    review = component(curate(review="photos"), "kindred_review")
    asked = {"key": review["key"], "n": "60"}
    sent = visitor(ADA).get(review["address"] + "next", params=asked).json()
    assert (len(sent["cases"]), sent["progress"]["total"]) == (25, 25)
    assert sent["cases"][0]["reason"].startswith("Darker than all other images here: light 0 of 255")
    again = curate(curate_tab="Photographs")
    again.segmented_control(key="curate_photo_kind").set_value("dark").run()
    assert again.slider(key="curate_photo_line_dark").value == 25.0
    again.button(key="curate_photo_unmove").click().run()
    assert f"**{DARK} photographs**" in small.texts(again)
    assert again.slider(key="curate_photo_line_dark").value == DARK
    assert not derived.moved_lines(workspace, birds.uuid, "photos")


def test_a_slider_is_on_the_scale_that_reasons_are_told_on(
    workspace: Workspace, birds: Dataset, photos: Kept[Photos]
) -> None:
    values = photos.found.values.copy()
    values[1] = np.linspace(0.2, 0.9, values.shape[1])
    measured(workspace, birds, photos, values)
    app = curate(curate_tab="Photographs")
    app.segmented_control(key="curate_photo_kind").set_value("blurred").run()
    slider = app.slider(key="curate_photo_line_blurred")
    assert slider.value == pytest.approx(48) and slider.label == "Line: sharpness 48 of 100"
    slider.set_value(60.0).run()
    assert derived.moved_lines(workspace, birds.uuid, "photos")["blurred"].at == pytest.approx(0.6)


def test_one_kind_of_photographs_is_shown_counted_selected_and_reviewed(
    workspace: Workspace, birds: Dataset, photos: Kept[Photos]
) -> None:
    values = photos.found.values.copy()
    values[1, -3:] = 0.1  # blurred, and not dark
    measured(workspace, birds, photos, values)
    blurred = sorted(photos.found.ids[-3:].tolist())
    app = curate(curate_tab="Photographs")
    assert app.button(key="curate_review").label == f"Review {DARK + 3} cases"
    assert len(component(app, "kindred_gallery")["items"]) == DARK + 3
    app.segmented_control(key="curate_photo_kind").set_value("blurred").run()
    assert app.button(key="curate_review").label == "Review 3 cases"
    assert sorted(one["id"] for one in component(app, "kindred_gallery")["items"]) == blurred
    app.button(key="curate_select").click().run()
    selection = workspace.selections.get(app.query_params["selection"])
    assert selection is not None
    assert (selection.ids.tolist(), selection.how) == (blurred, "found by the check Photographs: Blurred")
    app.button(key="curate_review").click().run()
    assert not app.exception
    review = component(app, "kindred_review")
    sent = visitor(ADA).get(review["address"] + "next", params={"key": review["key"], "n": "60"}).json()
    assert sorted(image["id"] for case in sent["cases"] for image in case["images"]) == blurred
    assert sent["progress"]["total"] == 3


def test_a_link_to_a_kind_that_there_is_not_says_so(birds: Dataset, photos: Kept[Photos]) -> None:
    app = curate(review="photos:sideways")
    assert not app.exception
    assert "not here" in app.toast[0].value
    answer = visitor(ADA).get(f"/api/review/{birds.uuid}/photos/next", params={"key": f"{photos.fingerprint}:sideways"})
    assert answer.status_code == 404


@pytest.mark.parametrize("lines", ["dark=", "dark=1,,", "dark=1;drop", "=", "dark=nan", "x" * 500])
def test_a_key_with_lines_that_are_none_is_refused(photos: Kept[Photos], birds: Dataset, lines: str) -> None:
    address = f"/api/review/{birds.uuid}/photos/next"
    answer = visitor(ADA).get(address, params={"key": f"{photos.fingerprint}@{lines}"})
    assert answer.status_code in (400, 404)


@pytest.mark.parametrize("worst", [0.99, 0.985, 0.98, 0.975])  # of which some are kept as a little more than they are
def test_where_many_labels_are_wrong_the_line_that_fits_is_a_click_away(
    workspace: Workspace, birds: Dataset, monkeypatch: pytest.MonkeyPatch, worst: float
) -> None:
    monkeypatch.setattr(findings, "FINDINGS", {"labels": replace(REAL["labels"], goes_by="")})
    ids = birds.images()["id"].to_numpy()
    n = len(ids)
    each = {name: np.full(n, 0.5, np.float32) for name in ("given", "other", "votes_given", "votes_other")}
    found = LabelIssues(
        ids=ids,
        names=("a", "b"),
        codes=np.zeros(n, np.int32),
        suggested=np.ones(n, np.int32),
        score=np.linspace(worst, 0.01, n).astype(np.float32),
        **each,
        witnesses=np.full((n, 5), -1, np.int32),
        likeness=np.zeros((n, 5), np.float32),
        share=Share(0.5, 0.4, 0.6, 30, n),
    )
    strict, many = int(found.flagged.sum()), n // 2
    keep(workspace, birds, "f" * 64, kind="labels", parent=birds.fingerprint, of=LabelIssues, find=lambda: found)
    app = curate(curate_tab="Labels")
    assert f"some **{many - strict}** wrong labels may lie below it" in small.texts(app)
    app.button(key="curate_fit").click().run()
    assert f"**{many}** of" in small.texts(app)
    assert app.button(key="curate_review").label == f"Review {many} cases"
    assert f"takes **{strict}**" in small.texts(app), "the calibrated line is not hidden"
    app.button(key="curate_unfit").click().run()
    assert f"**{strict}** of" in small.texts(app)


def test_of_two_places_of_a_moving_hand_the_newer_is_kept_last(monkeypatch: pytest.MonkeyPatch, birds: Dataset) -> None:
    kept: list[float] = []
    begun, may_end = Event(), Event()

    def slow(dataset: Dataset, check: str, of: str, at: float | None) -> None:
        if not begun.is_set():
            begun.set()
            may_end.wait(10)
        assert at is not None
        kept.append(at)

    monkeypatch.setattr(moving, "move", slow)
    places = [Thread(target=moving.follow, args=(birds, "photos", "dark", lambda at=at: at)) for at in (1.0, 2.0)]
    places[0].start()
    assert begun.wait(10)
    places[1].start()
    places[1].join(0.2)  # without an order it would be through by now
    may_end.set()
    for one in places:
        one.join(10)
    assert kept == [1.0, 2.0]
