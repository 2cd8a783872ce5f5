"""What is new in a real browser: two pictures on a card and in the review, and the way to the map and its colours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from embedding_core import places
from embedding_core.records import LOCAL, silent
from embedding_core.tasks import TASKS
from embedding_core.workspace import Dataset, Workspace
from tests.running import RunningApp

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.e2e

WHOLE = "img => img.complete && img.naturalWidth > 0 && getComputedStyle(img).opacity > 0.9"


@pytest.fixture(scope="module")
def compared(app: RunningApp, sample: Dataset) -> Workspace:
    """The sample against its birds alone."""
    workspace = Workspace.open(str(app.workspace))
    TASKS["add"](
        workspace,
        {"name": "birds alone", "source": str(places.SAMPLE / "bird"), "encoder": "efficientnet-lite0"},
        silent,
        LOCAL,
    )
    birds = workspace.dataset("birds alone")
    TASKS["drift"](workspace, {"dataset": birds.uuid, "other": "sample"}, silent, LOCAL)
    return workspace


def test_a_card_shows_both_and_a_click_opens_the_new_one(page: Page, app: RunningApp, compared: Workspace) -> None:
    page.goto(f"{app.url}/curate?dataset=sample&curate_tab=New")
    tile = page.locator(".gallery.pairs .tile").first
    both = tile.locator("img")
    page.locator(".gallery.pairs .beside[data-state=ready]").first.wait_for()
    page.wait_for_function(f"img => ({WHOLE})(img)", arg=both.nth(0).element_handle())
    page.wait_for_function(f"img => ({WHOLE})(img)", arg=both.nth(1).element_handle())
    theirs = compared.dataset("birds alone").uuid
    assert f"/thumbnail/{theirs}/" in str(both.nth(1).get_attribute("src"))
    left, right = (one.bounding_box() for one in both.all())
    assert left is not None and right is not None
    assert left["y"] == right["y"] and left["x"] + left["width"] <= right["x"], "one beside the other"
    name = tile.locator(".caption").inner_text()
    tile.click()
    page.get_by_role("dialog").get_by_text(name).first.wait_for()


def test_a_picture_of_the_other_set_that_is_not_to_be_had_leaves_the_new_one(
    page: Page, app: RunningApp, compared: Workspace
) -> None:
    theirs = compared.dataset("birds alone").uuid
    page.route(f"**/api/thumbnail/{theirs}/**", lambda route: route.fulfill(status=404))
    page.goto(f"{app.url}/curate?dataset=sample&curate_tab=New")
    page.locator(".gallery.pairs .beside[data-state=broken]").first.wait_for()
    page.locator(".gallery.pairs li[data-state=ready]").first.wait_for()
    first = page.locator(".gallery.pairs .tile").first.locator("img")
    assert first.nth(0).is_visible() and not first.nth(1).is_visible()


def test_the_review_shows_the_nearest_sharp(page: Page, app: RunningApp, compared: Workspace) -> None:
    page.goto(f"{app.url}/curate?dataset=sample&review=new")
    near = page.locator(".evidence .alone img")
    page.wait_for_function(f"img => ({WHOLE})(img)", arg=near.element_handle())
    assert f"/image/{compared.dataset('birds alone').uuid}/" in str(near.get_attribute("src"))
    page.locator(".evidence .said").get_by_text("alike").wait_for()


def test_the_map_opens_in_the_colours_of_the_finding(page: Page, app: RunningApp, compared: Workspace) -> None:
    page.goto(f"{app.url}/curate?dataset=sample&curate_tab=New")
    page.get_by_role("button", name="On the map").click()
    colour = page.get_by_label("Colour by")
    colour.wait_for()
    assert colour.locator("option:checked").inner_text() == "Unlike birds alone"
    (stored,) = compared.results.find(compared.dataset("sample").uuid, "new")
    assert f"colour=found%3A{stored.fingerprint}" in page.url
    page.reload()
    assert page.get_by_label("Colour by").locator("option:checked").inner_text() == "Unlike birds alone"
