"""What stays: the map in its place when something is chosen, the view when one comes back, and Back goes back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from embedding_core.workspace import Dataset
from tests.e2e import mapping
from tests.running import RunningApp

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.e2e

OVERTAKEN = 1.1  # seconds, a little more than `state.OVERTAKEN`


@pytest.fixture
def address(app: RunningApp, sample: Dataset) -> str:
    return f"{app.url}/map?dataset=sample&encoder=efficientnet-lite0"


def images(page: Page, heading: str) -> None:
    """Wait until the images beside the map are those."""
    page.locator(".st-key-map_picked h5", has_text=heading).wait_for(timeout=20_000)


def take(page: Page, name: str) -> None:
    """Select an entry of the legend."""
    mapping.entry(page, name).hover()
    page.get_by_role("button", name=f"Select {name}").click()


def test_nothing_moves_when_the_first_filter_or_selection_comes(page: Page, address: str) -> None:
    mapping.opened(page, address)
    images(page, "Typical images")
    before = mapping.box(page), mapping.entry(page, "mammal").bounding_box()
    mapping.entry(page, "mammal").click()
    images(page, "66 images pass")
    assert (mapping.box(page), mapping.entry(page, "mammal").bounding_box()) == before
    page.get_by_role("button", name="Select these 66").click()
    images(page, "66 images selected")
    mapping.settled(page)
    assert (mapping.box(page), mapping.entry(page, "mammal").bounding_box()) == before


def test_back_undoes_a_filter_and_then_a_selection(page: Page, address: str) -> None:
    mapping.opened(page, address)
    take(page, "heart")
    images(page, "25 images selected")
    page.wait_for_timeout(OVERTAKEN * 1000)  # what is put counts for as long against an older URL
    mapping.entry(page, "mammal").click()
    page.wait_for_url("**filter=*")
    page.wait_for_timeout(OVERTAKEN * 1000)
    page.go_back()
    page.wait_for_function(f"() => !document.querySelector('{mapping.ROOT}').kindredMap.model.filters.active")
    mapping.await_selected(page, 25)
    page.wait_for_timeout(OVERTAKEN * 1000)
    page.go_back()
    images(page, "Typical images")
    mapping.await_selected(page, 0)


def test_a_selection_that_is_undone_before_the_browser_heard_of_it_leaves_the_address(page: Page, address: str) -> None:
    late = mapping.Late(page)
    late.ahead = set()
    mapping.opened(page, address)
    older = late.undone()
    late.say(older)
    page.wait_for_url("**selection=*")
    late.holding = False
    late.say(late.kept)
    page.wait_for_url(lambda url: "selection=" not in url)


def test_who_comes_back_finds_colour_map_and_place(page: Page, address: str) -> None:
    mapping.opened(page, address)
    page.get_by_label("Colour by").select_option("trust")
    page.wait_for_url("**colour=trust*")
    mapping.ask(page, "pane.look([pane.camera.x + 0.5, pane.camera.y - 0.5, 5])")
    mapping.drawn(page)
    place = mapping.ask(page, "pane.camera.text()")
    page.get_by_role("link", name="Data").click()
    page.locator("h1", has_text="Data").wait_for()
    page.get_by_role("link", name="Map").click()
    mapping.drawn(page)
    assert mapping.ask(page, "m.viewing.colour") == "trust"
    assert mapping.ask(page, "pane.camera.text()") == place
    page.reload()
    mapping.drawn(page)
    assert mapping.ask(page, "[m.viewing.colour, pane.camera.text()]") == ["trust", place]


def test_a_link_names_the_map_that_is_seen(page: Page, address: str) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    mapping.opened(page, address)
    page.get_by_role("button", name="Take the map along").click()
    page.get_by_role("button", name="Link to this view").click()
    page.get_by_text("Copied.").wait_for()
    link = page.evaluate("navigator.clipboard.readText()")
    shown = mapping.ask(page, "m.data.map.points")
    assert "map=" not in page.url
    short = link.split("map=")[1].split("&")[0]
    assert f"/map/{short}" in shown


def test_the_legend_is_whole_again_after_a_search(page: Page, address: str) -> None:
    mapping.opened(page, address)
    names = page.locator(".kindred-map .legend .entry .name")
    before = names.all_inner_texts()
    search = page.get_by_role("searchbox", name="Search in Label")
    search.fill("fru")
    assert names.all_inner_texts() == ["fruit"]
    search.fill("")
    assert names.all_inner_texts() == before


def test_the_legend_counts_what_is_selected_of_each_entry(page: Page, address: str) -> None:
    mapping.opened(page, address)
    take(page, "heart")
    mapping.entry(page, "heart").locator(".count", has_text="25 of 25").wait_for()
    assert mapping.entry(page, "mammal").locator(".count").inner_text() == "66"
    mapping.entry(page, "mammal").click()
    page.locator(".kindred-map .tools", has_text="25 selected, 25 not shown").wait_for()


def test_a_brush_is_moved_as_a_whole_and_by_its_ends(page: Page, address: str) -> None:
    mapping.opened(page, f"{address}&colour=trust&filter=trust%3D%5B0.2..0.4%5D")
    assert mapping.conditions(page) == [{"column": "trust", "low": 0.2, "high": 0.4}]
    canvas = page.locator(".kindred-map .legend canvas.histogram")
    box = canvas.bounding_box()
    assert box is not None

    def drag(start: float, end: float) -> tuple[float, float]:
        y = box["y"] + box["height"] / 2
        mapping.drag(page, [(box["x"] + start * box["width"], y), (box["x"] + end * box["width"], y)])
        (found,) = mapping.conditions(page)
        return found["low"], found["high"]

    moved = drag(0.3, 0.5)
    assert moved == pytest.approx((0.4, 0.6), abs=0.01)
    assert drag(moved[1], 0.8) == pytest.approx((0.4, 0.8), abs=0.01)
    assert drag(0.1, 0.2) == pytest.approx((0.1, 0.2), abs=0.01)


def test_an_empty_map_says_why(page: Page, address: str) -> None:
    mapping.opened(page, f"{address}&filter=path~nowhere")
    page.get_by_text("No image passes all filters. Take one off above the map").wait_for()
    assert page.get_by_role("button", name="Select these").count() == 0
    images(page, "0 images pass")
    page.get_by_role("button", name="Show all").first.click()
    mapping.drawn(page)
    mapping.ask(page, "pane.look([1e6, 1e6, 400])")
    page.get_by_text("Nothing lies here. F shows all of the map.").wait_for()
    page.keyboard.press("f")
    page.get_by_text("Nothing lies here").wait_for(state="hidden")
