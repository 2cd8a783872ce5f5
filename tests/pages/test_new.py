"""What is new: the nearest image of the other set beside each, in the review as well, and all of it on the map."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from embedding_core import derived
from embedding_core.derived import MapResult, sides
from embedding_core.derived.kept import Kept
from embedding_core.quality.drift.found import Drift
from embedding_core.workspace import Dataset, Workspace
from pages.parts import filtering, filters, urls
from pages.parts.curate import findings
from tests.pages import small
from tests.pages.asking import N, get, opened, remove, version
from tests.pages.maps import Showing
from tests.pages.serving import stranger, visitor

STRANGE = 3  # of the second set


@pytest.fixture
def before(workspace: Workspace) -> Dataset:
    """A first set, of which `birds` is nearly a copy but for its first images."""
    return small.birds(workspace, "before <b>", count=N)


@pytest.fixture
def found(workspace: Workspace, birds: Dataset, before: Dataset, monkeypatch: pytest.MonkeyPatch) -> Kept[Drift]:
    """The first images of `birds` are unlike all of `before`; the others are nearly the same."""
    monkeypatch.setattr(findings, "FINDINGS", {name: findings.FINDINGS[name] for name in ("outliers", "new")})
    embedding = before.embedding("pixels")
    vectors = embedding.matrix() + np.random.default_rng(1).normal(0, 0.05, (N, embedding.card.dim))
    vectors[:STRANGE] = -vectors.mean(axis=0)
    images = birds.images()
    birds.vectors.put(
        embedding.card, images["id"].to_pylist(), images["sha256"].to_pylist(), vectors.astype(np.float32)
    )
    return derived.find_drift(workspace, sides.pair(before, birds, "pixels"))


def tab() -> AppTest:
    return small.open_page("curate.py", dataset="birds", curate_tab="New")


def gallery(app: AppTest) -> list[dict[str, Any]]:
    (shown,) = [one.proto for one in app.get("bidi_component") if one.proto.component_name == "kindred_gallery"]
    items: list[dict[str, Any]] = json.loads(shown.json)["items"]
    return items


def test_each_card_has_the_nearest_image_of_the_other_dataset(birds: Dataset, before: Dataset, found: Kept) -> None:
    app = tab()
    items = gallery(app)
    assert {one["id"] for one in items} == set(birds.images()["id"].to_pylist()[:STRANGE])
    nearest = dict(zip(found.found.ids.tolist(), found.found.nearest.tolist(), strict=True))
    theirs = {one["id"]: one for one in before.images().to_pylist()}
    for one in items:
        beside = theirs[nearest[one["id"]]]
        assert one["beside"]["url"] == urls.thumbnail(before.uuid, beside["id"], beside["sha256"])
        assert one["beside"]["alt"] == beside["path"]
        assert one["beside"]["badge"].endswith("% alike")
        assert get(one["beside"]["url"]) == b"thumb"
    assert "before \\<b\\>" in small.texts(app), "the verdict names the other set, as text"


def test_a_first_set_that_is_gone_leaves_cards_without(workspace: Workspace, before: Dataset, found: Kept) -> None:
    workspace.delete(before)
    app = tab()
    assert [one["beside"] for one in gallery(app)] == [None] * STRANGE
    assert "The sets that were compared have changed since" in small.texts(app)


def test_an_image_of_the_first_set_that_is_gone_is_not_shown(before: Dataset, found: Kept) -> None:
    gone = int(found.found.nearest[0])
    remove(before, gone)
    of = dict(zip(found.found.ids.tolist(), found.found.nearest.tolist(), strict=True))
    assert {one["id"] for one in gallery(tab()) if not one["beside"]} == {
        image for image in found.found.ids[:STRANGE].tolist() if of[image] == gone
    }


def test_the_review_shows_it_and_only_to_who_may_see_images(birds: Dataset, before: Dataset, found: Kept) -> None:
    address = f"/api/review/{birds.uuid}/new/next?key={found.fingerprint}&n=3"
    cases = visitor().get(address).json()["cases"]
    assert stranger().get(address).status_code == 403
    assert {stranger().get(case["evidence"][0]["thumbnail"]).status_code for case in cases} == {403}
    assert len(cases) == STRANGE
    for case in cases:
        (image,), (near,) = case["images"], case["evidence"]
        row = found.found.ids.tolist().index(image["id"])
        assert near["id"] == found.found.nearest[row]
        assert near["thumbnail"].startswith(f"/api/thumbnail/{before.uuid}/{near['id']}/")
        assert near["preview"].startswith(f"/api/image/{before.uuid}/{near['id']}/")
        assert near["said"].endswith("% alike")
        assert image["thumbnail"].startswith(f"/api/thumbnail/{birds.uuid}/")


def test_it_is_out_of_date_when_the_first_set_changes(before: Dataset, found: Kept) -> None:
    assert "have changed since" not in small.texts(tab())
    assert "have changed since" not in small.texts(small.open_page("curate.py", dataset="birds"))
    remove(before, int(before.images()["id"].to_pylist()[-1]))
    app = tab()
    assert "The sets that were compared have changed since this was looked for." in small.texts(app)
    assert "curate_on_map" not in {one.key for one in app.button}, "the map offers only what holds now"
    assert "The sets that were compared have changed since" in small.texts(
        small.open_page("curate.py", dataset="birds")
    )


def test_what_was_drawn_is_said(found: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    assert found.found.seen.all
    assert "drawn by chance" not in small.texts(tab())
    monkeypatch.setattr(type(found.found.seen), "all", False)
    assert f"the probe saw {N} of each, drawn by chance" in small.texts(tab())


def test_a_button_opens_the_map_in_its_colours(
    workspace: Workspace, birds: Dataset, before: Dataset, found: Kept, showing: Showing
) -> None:
    drawn = derived.draw_map(workspace, birds, birds.embedding("pixels"), method="pca")
    outliers = derived.outliers(workspace, birds, birds.embedding("pixels"))
    app = tab()
    app.button(key="curate_on_map").click().run()
    assert not app.exception
    key = f"found:{found.fingerprint}"
    assert "".join(app.query_params["colour"]) == key
    scene = showing.scene
    assert scene.colour == key
    offered = {one.key: one.title for one in scene.columns}
    assert offered[key] == "Unlike before <b>"
    assert offered[f"found:{outliers.fingerprint}"] == "Outlier score"

    facts, planes = opened(get(next(one.address for one in scene.columns if one.key == key)))
    assert (facts["kind"], facts["title"], facts["unknown"]) == ("number", "Unlike before <b>", "not looked at")
    of = dict(zip(found.found.ids.tolist(), found.found.scores().tolist(), strict=True))
    np.testing.assert_array_equal(planes["values"], [np.float32(of[image]) for image in drawn.ids.tolist()])
    assert (planes["values"] > 1).sum() == STRANGE

    remove(before, int(before.images()["id"].to_pylist()[-1]))
    small.open_page("map.py", dataset="birds", colour=key)
    assert key not in {one.key for one in showing.scene.columns}
    assert showing.scene.colour == "label", "a link to what does not hold any more opens the map anyway"


def test_a_filter_by_it_is_said_and_holds_for_images_that_were_compared(
    workspace: Workspace, birds: Dataset, found: Kept, drawn: MapResult
) -> None:
    wanted = filters.parse(f"found:{found.fingerprint}=[1.0..]")
    now = filtering.known(birds)
    assert filtering.said(now, wanted) == "Unlike before <b> from 1"
    assert now.columns.ids[filtering.rows(now, wanted)].tolist() == found.found.ids[:STRANGE].tolist()
    splits = derived.find_drift(workspace, sides.parts(birds, "pixels", "splits", ["train", "val"]))
    _, planes = opened(get(urls.map_column(drawn.fingerprint, version(birds), f"found:{splits.fingerprint}")))
    compared = np.isin(drawn.ids, splits.found.ids)
    assert (np.isnan(planes["values"]) == ~compared).all() and not compared.all()
    for unknown in ("found:", "found:" + "0" * 64, f"found:{drawn.fingerprint}"):
        get(urls.map_column(drawn.fingerprint, version(birds), unknown), 404)


def test_numbers_of_another_dataset_are_not_on_this_map(
    workspace: Workspace, before: Dataset, birds: Dataset, found: Kept, drawn: MapResult
) -> None:
    theirs = derived.outliers(workspace, before, before.embedding("pixels"))
    get(urls.map_column(drawn.fingerprint, version(birds), f"found:{theirs.fingerprint}"), 404)
    ours = derived.outliers(workspace, birds, birds.embedding("pixels"))
    get(urls.map_column(drawn.fingerprint, version(birds), f"found:{ours.fingerprint}"))
