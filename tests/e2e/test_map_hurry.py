"""Whoever hurries: answers that come late or not at all, windows that change their size, and keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote, urlparse

import numpy as np
import pyarrow as pa
import pytest

from benchmarks.synthetic import workspace as synthetic
from embedding_core.workspace import Dataset, Workspace
from tests.e2e import mapping
from tests.e2e.test_map_drawing import pixel
from tests.running import RunningApp

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Locator, Page

pytestmark = pytest.mark.e2e

FEW = 300  # images of the other dataset


@pytest.fixture(scope="module")
def visitor(browser: Browser) -> Iterator[BrowserContext]:
    """One for all tests here."""
    visitor = browser.new_context(viewport={"width": 1440, "height": 900})
    yield visitor
    visitor.close()


@pytest.fixture
def page(visitor: BrowserContext) -> Iterator[Page]:
    """A tab of its own. A test in which a script of the page fails, fails."""
    errors: list[str] = []
    opened = visitor.new_page()
    opened.on("pageerror", lambda error: errors.append(str(error)))
    yield opened
    opened.close()
    assert not errors


@pytest.fixture
def address(app: RunningApp, sample: Dataset) -> str:
    return f"{app.url}/map?dataset=sample"


@pytest.fixture(scope="module")
def few(app: RunningApp) -> Dataset:
    """300 drawings of storks, of which none has a weight."""
    dataset = Workspace.open(str(app.workspace)).dataset(synthetic.ensure(FEW, app.workspace))
    ids = dataset.attributes()["id"].to_pylist()
    nothing = pa.table({"weight": pa.array([None] * FEW, pa.float64())})
    dataset.put_attributes(ids, labels=["stork"] * FEW, metadata=nothing)
    return dataset


def chip(page: Page, text: str) -> Locator:
    return page.locator(".kindred-map .chip", has_text=text)


# -- answers that come late --------------------------------------------------------------------------------------


@pytest.mark.parametrize("told", [False, True])
def test_what_the_page_repeats_late_undoes_no_newer_colour_or_filter(page: Page, address: str, told: bool) -> None:
    """Before and after the page has been told of the newer one."""
    late = mapping.Late(page)
    mapping.opened(page, f"{address}&colour=label")
    late.holding = True
    mapping.entry(page, "face").click()
    mapping.colour_by(page, "File format")
    older = late.run('"colour": "format"')
    page.get_by_role("button", name="Remove the filter on Label").click()
    mapping.path_contains(page, "cat")
    chip(page, "cat").wait_for()
    mapping.colour_by(page, "Trust")
    mapping.entry(page, "JPEG").wait_for(state="hidden")
    if told:
        mapping.until(page, "m.viewing.telling === null")
    newest = ["trust", [{"column": "path", "text": "cat"}], 0]
    assert [one for one in late.meanwhile(older) if one != newest] == []
    assert "colour=trust" in page.url
    assert "label=" not in unquote(page.url)


def test_of_two_filters_on_one_column_the_later_counts_whichever_answer_comes_last(page: Page, address: str) -> None:
    mapping.opened(page, address)
    first = mapping.Held(page, "**/match/**")
    mapping.path_contains(page, "cat")
    first.answered()
    mapping.path_contains(page, "dog")
    chip(page, "dog").wait_for()
    dogs = mapping.shown(page)
    first.go()
    assert mapping.conditions(page) == [{"column": "path", "text": "dog"}]
    assert mapping.shown(page) == dogs
    page.wait_for_url(lambda url: "dog" in url, timeout=10_000)


def test_show_all_also_takes_off_what_is_still_on_its_way(page: Page, address: str) -> None:
    mapping.opened(page, f"{address}&filter=label=face")
    chip(page, "face").wait_for()
    late = mapping.Held(page, "**/match/**")
    mapping.path_contains(page, "a")
    late.answered()
    page.get_by_role("button", name="Show all").click()
    page.wait_for_url(lambda url: "filter=" not in url, timeout=10_000)
    late.go()
    mapping.repeated(page)
    assert mapping.conditions(page) == []
    assert "filter=" not in page.url


def test_a_filter_chosen_while_those_of_the_link_are_coming_joins_them(page: Page, address: str) -> None:
    link = mapping.Held(page, "**/column/*/nbytes")
    mapping.opened(page, f"{address}&filter=nbytes=[2000..]")
    link.answered()
    mapping.entry(page, "face").click()
    link.go()
    chip(page, "face").wait_for(timeout=10_000)
    assert {one["column"] for one in mapping.conditions(page)} == {"nbytes", "label"}
    page.wait_for_url(lambda url: all(name in url for name in ("nbytes", "face")), timeout=10_000)


def test_of_two_selections_the_page_keeps_the_later_one(page: Page, app: RunningApp, address: str) -> None:
    mapping.opened(page, address)
    first = mapping.Held(page, "**/selection?how=*")
    mapping.rectangle(page, 0.02, 0.5)
    first.answered()
    mapping.rectangle(page, 0.3, 0.98)
    page.wait_for_url(lambda url: "selection=" in url, timeout=10_000)
    rows = mapping.selected(page)
    first.go()
    mapping.repeated(page)
    assert mapping.selected(page) == rows
    (chosen,) = parse_qs(urlparse(page.url).query)["selection"]
    kept = Workspace.open(str(app.workspace)).selections.get(chosen)
    assert kept is not None
    assert len(kept) == len(rows)
    assert mapping.ask(page, "m.choosing.own") == chosen


def test_a_selection_that_is_undone_at_once_does_not_come_back(page: Page, address: str) -> None:
    late = mapping.Late(page)
    mapping.opened(page, address)
    older = late.undone()
    assert {size for _, _, size in late.meanwhile(older)} == {0}
    assert "selection=" not in page.url


def test_points_that_could_not_be_fetched_are_asked_for_again(page: Page, address: str) -> None:
    page.route("**/points/**", lambda route: route.abort(), times=1)
    page.goto(address)
    page.locator(".kindred-map .note").wait_for(timeout=30_000)
    assert page.locator(".kindred-map .wait").is_hidden()
    assert page.locator(f"{mapping.ROOT}[data-first-draw-ms]").count() == 0
    mapping.colour_by(page, "Trust")
    mapping.drawn(page)
    page.mouse.move(*mapping.place(page, 300))
    assert page.locator(mapping.ROOT).get_attribute("data-hover")


def test_on_another_map_nothing_of_the_one_before_arrives(page: Page, address: str, few: Dataset) -> None:
    mapping.opened(page, address)
    column, found = mapping.Held(page, "**/column/*/nbytes"), mapping.Held(page, "**/match/**")
    mapping.colour_by(page, "File size in bytes")
    mapping.path_contains(page, "a")
    column.answered()
    found.answered()
    page.get_by_test_id("stSidebar").get_by_role("combobox", name="Dataset").click()
    page.get_by_test_id("stSelectboxVirtualDropdown").get_by_text(few.name).click()
    page.locator(f"{mapping.ROOT}[data-points='{FEW}']").wait_for(timeout=30_000)
    mapping.drawn(page)
    column.go()
    found.go()
    mapping.repeated(page)
    assert mapping.conditions(page) == []
    assert mapping.ask(page, "[m.model.column.shades.length, m.model.filters.n, pane.grid.n]") == [FEW] * 3
    coloured = mapping.ask(page, "m.model.column.key")
    assert coloured == page.get_by_label("Colour by").input_value()
    assert coloured != "nbytes"
    assert "filter=" not in page.url


def test_a_column_that_has_changed_is_not_what_it_was(page: Page, app: RunningApp, few: Dataset) -> None:
    before = mapping.Held(page, "**/column/*/label")
    mapping.opened(page, f"{app.url}/map?dataset={few.name}&colour=split")
    before.answered()
    few.put_attributes(few.attributes()["id"].to_pylist(), labels=["crane"] * FEW)
    mapping.colour_by(page, "Width in pixels")
    page.get_by_role("spinbutton", name="Width in pixels, from").wait_for()
    mapping.until(page, "m.model.columns.there.get('label')?.names.at() === 'crane'")
    before.go()
    assert mapping.ask(page, "m.model.columns.there.get('label').names") == ["crane"]
    mapping.colour_by(page, "Label")
    mapping.entry(page, "crane").wait_for()


def test_a_column_without_a_value_says_so(page: Page, app: RunningApp, few: Dataset) -> None:
    mapping.opened(page, f"{app.url}/map?dataset={few.name}&colour=meta:weight")
    assert page.locator(".kindred-map .legend").inner_text() == "No image has a number here."
    mapping.colour_by(page, "Split")
    details = page.locator(".kindred-map .others details[data-key='meta:weight']")
    details.locator("summary").click()
    details.get_by_text("No image has a number here.").wait_for()
    assert details.locator("canvas, input").count() == 0


# -- another size ------------------------------------------------------------------------------------------------


def test_another_size_of_the_window_is_drawn_at_once_and_shows_the_same_place(page: Page, address: str) -> None:
    mapping.opened(page, address)
    # What the canvas holds when the observer of its size has done its work, before the browser shows it.
    script = """(() => { window.inked = []; const resize = pane.resize.bind(pane); pane.resize = () => { resize();
        const { gl, canvas: { width, height } } = pane, pixels = new Uint8Array(4 * width * height);
        gl.readPixels(0, 0, width, height, gl.RGBA, gl.UNSIGNED_BYTE, pixels);
        window.inked.push(pixels.some(Boolean)); }; })()"""
    mapping.ask(page, script)
    # First without names and images over the points, and with all of them in view; then from nearer.
    for keys, width, height in (("nm", 1180, 900), ("", 1900, 900), ("++", 1180, 680)):
        for key in keys:
            page.keyboard.press(key)
        mapping.drawn(page)
        before = mapping.ask(page, "[pane.camera.x, pane.camera.y, pane.camera.zoom]")
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_function("() => window.inked.length")
        mapping.drawn(page)
        assert mapping.ask(page, "[pane.camera.x, pane.camera.y, pane.camera.zoom]") == pytest.approx(before)
        assert all(page.evaluate("() => window.inked.splice(0)")), "it is not blank for a moment"
        assert mapping.ask(page, "pane.points.shown.view.width >= pane.camera.width"), "and all points come"
        rows = mapping.lone(page)[::12]
        assert rows
        for row in rows:
            colour, opacity = mapping.ask(page, "[m.model.colourOf(given), pane.style.opacity]", row)
            expected = np.array(colour) * opacity + 255 * (1 - opacity)
            assert np.abs(np.array(pixel(page, mapping.place(page, row))) - expected).max() < 12, (width, row)


# -- keys --------------------------------------------------------------------------------------------------------


def test_keys_of_the_browser_and_letters_in_a_field_do_nothing_on_the_map(page: Page, address: str) -> None:
    mapping.opened(page, address)
    mapping.ask(page, "m.choosing.category(m.model.column, 1, 'new')")
    script = "[m.model.tool, m.model.options, m.model.selection.size, pane.camera.same(pane.camera.fit())]"
    before = mapping.ask(page, script)
    page.evaluate("() => { window.pressed = []; addEventListener('keydown', (event) => pressed.push(event), true); }")
    for focus in ("one => one.focus()", "one => one.blur()"):
        page.locator(mapping.PANE).evaluate(focus)
        for key in "acdfgilmn":
            page.keyboard.press(f"Control+{key}")
    assert page.evaluate("() => window.pressed.filter((event) => event.defaultPrevented).map(({ key }) => key)") == []
    assert mapping.ask(page, script) == before
    page.get_by_role("searchbox", name="Path contains").press_sequentially("lid+")
    assert mapping.ask(page, script) == before


def test_escape_closes_a_sheet_before_it_clears_the_selection_and_ctrl_z_undoes(page: Page, address: str) -> None:
    mapping.opened(page, address)
    mapping.rectangle(page, 0.02, 0.5)
    page.wait_for_url(lambda url: "selection=" in url, timeout=10_000)
    count = len(mapping.selected(page))
    sheet = page.locator(".kindred-map .help")
    for focus in ("one => one.focus()", "one => one.blur()"):
        page.locator(mapping.PANE).evaluate(focus)
        page.keyboard.press("?")
        sheet.wait_for()
        page.keyboard.press("Escape")
        sheet.wait_for(state="hidden")
        assert len(mapping.selected(page)) == count
    page.keyboard.press("Escape")
    mapping.await_selected(page, 0)
    page.keyboard.press("Control+z")
    mapping.await_selected(page, count)


def test_the_focus_stays_with_the_filters_when_one_is_taken_off_by_a_key(page: Page, address: str) -> None:
    mapping.opened(page, f"{address}&filter=label=face;nbytes=[2000..]")
    chip(page, "face").wait_for()
    focus = "() => document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent"
    for button, after in (
        ("Hide the rest", "Show the rest faintly"),
        ("Remove the filter on Label", "Remove the filter on File size in bytes"),
        ("Show all", "Map. Arrow keys move a crosshair, question mark lists all keys."),
    ):
        page.get_by_role("button", name=button).focus()
        page.keyboard.press("Enter")
        mapping.repeated(page)
        assert page.evaluate(focus) == after
