"""The map by keyboard, by touch, and for those who do not see it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from embedding_core.workspace import Dataset
from tests.e2e import mapping
from tests.running import RunningApp

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, CDPSession, Page

pytestmark = pytest.mark.e2e


@pytest.fixture
def address(app: RunningApp, sample: Dataset) -> str:
    return f"{app.url}/map?dataset=sample"


@pytest.fixture
def phone(browser: Browser, address: str) -> Iterator[Page]:
    visitor = browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, device_scale_factor=2
    )
    page = visitor.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    mapping.opened(page, address)
    yield page
    visitor.close()
    assert not errors


def fingers(session: CDPSession, kind: str, *points: mapping.Point) -> None:
    touches = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
    session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})


# -- keyboard ---------------------------------------------------------------------------------------------------


def test_arrows_point_space_selects_enter_opens(page: Page, address: str) -> None:
    mapping.opened(page, address)
    page.locator(mapping.PANE).focus()
    row = 300
    target = mapping.ask(page, "(() => { const s = pane.spots.of(given); return [s.x, s.y]; })()", row)
    middle = mapping.ask(page, "[pane.camera.width / 2, pane.camera.height / 2]")
    for across, keys in ((0, ("ArrowLeft", "ArrowRight")), (1, ("ArrowUp", "ArrowDown"))):
        far = target[across] - middle[across]
        for _ in range(round(abs(far) / 16)):
            page.keyboard.press(keys[int(far > 0)])
    hovered = int(page.locator(mapping.ROOT).get_attribute("data-hover") or -1)
    assert hovered >= 0
    assert page.locator(".kindred-map .card:visible").count() == 1
    page.keyboard.press("Space")
    assert mapping.selected(page) == [hovered]
    page.keyboard.press("Space")
    assert mapping.selected(page) == []
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("image="), timeout=30_000)


def test_a_rectangle_is_drawn_by_keys_alone(page: Page, address: str) -> None:
    mapping.opened(page, address)
    page.locator(mapping.PANE).focus()
    page.keyboard.press("r")
    for key in ["ArrowLeft"] * 3 + ["ArrowUp"] * 3:
        page.keyboard.press(f"Shift+{key}")
    page.keyboard.press("Enter")
    for key in ["ArrowRight"] * 6 + ["ArrowDown"] * 6:
        page.keyboard.press(f"Shift+{key}")
    shape = mapping.ask(page, "pane.shape")
    inside = mapping.ask(page, "[...pane.spots.within(given)].flatMap((one, row) => (one ? [row] : []))", shape)
    page.keyboard.press("Enter")
    assert len(inside) > 20
    assert mapping.selected(page) == inside


def test_every_control_has_a_name_and_can_be_reached(page: Page, address: str) -> None:
    mapping.opened(page, address)
    nameless = page.locator(f"{mapping.ROOT} :is(button, input, select, [role=listbox])").evaluate_all(
        """all => all.filter((one) => !(one.getAttribute('aria-label') || one.textContent.trim()
        || one.closest('label')?.textContent.trim())).map((one) => one.outerHTML.slice(0, 120))"""
    )
    assert nameless == []
    reached = set()
    page.locator(f"{mapping.ROOT} [data-tool=pan]").focus()
    for _ in range(40):
        reached.add(
            page.evaluate("() => document.activeElement.getAttribute('aria-label') || document.activeElement.tagName")
        )
        page.keyboard.press("Tab")
    for name in ("Lasso: draw around images", "Show everything", "Take the map along", "Colour by", "Path contains"):
        assert name in reached
    assert any(name and name.startswith("Map. Arrow keys") for name in reached)


def test_the_legend_answers_to_keys(page: Page, address: str) -> None:
    mapping.opened(page, address)
    page.get_by_role("listbox", name="Label").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.locator(".kindred-map .chip", has_text="Label is mammal").wait_for()
    page.keyboard.press("t")
    assert len(mapping.selected(page)) == 66


def test_a_summary_is_said_and_follows(page: Page, address: str) -> None:
    mapping.opened(page, address)
    summary = page.locator(f"{mapping.ROOT} [aria-live=polite].unseen")
    assert summary.inner_text() == "Map of 711 images, coloured by Label, nothing selected."
    page.locator(".kindred-map .legend .entry", has_text="face").first.click()
    page.get_by_role("button", name="Select these 115").click()
    page.wait_for_function(
        f"() => document.querySelector('{mapping.ROOT} .unseen').textContent"
        " === 'Map of 711 images, coloured by Label, 115 shown, 115 selected.'"
    )


# -- touch ------------------------------------------------------------------------------------------------------


def test_two_fingers_zoom_and_move(phone: Page) -> None:
    session = phone.context.new_cdp_session(phone)
    size = mapping.box(phone)
    x, y = size["x"] + size["width"] / 2, size["y"] + size["height"] / 2
    fingers(session, "touchStart", (x - 40, y), (x + 40, y))
    for step in range(1, 9):
        fingers(session, "touchMove", (x - 40 - 8 * step, y), (x + 40 + 8 * step, y))
    fingers(session, "touchEnd")
    assert mapping.ask(phone, "pane.camera.zoom") == pytest.approx(2.6, rel=0.1)
    before = mapping.ask(phone, "pane.camera.toScreen(pane.camera.box[0], pane.camera.box[1])")
    fingers(session, "touchStart", (x - 40, y), (x + 40, y))
    for step in range(1, 6):
        fingers(session, "touchMove", (x - 40 + 10 * step, y), (x + 40 + 10 * step, y))
    fingers(session, "touchEnd")
    after = mapping.ask(phone, "pane.camera.toScreen(pane.camera.box[0], pane.camera.box[1])")
    assert after[0] - before[0] == pytest.approx(50, abs=12)


def test_one_finger_scrolls_the_page_and_draws_with_the_lasso_in_hand(phone: Page) -> None:
    session = phone.context.new_cdp_session(phone)
    size = mapping.box(phone)
    x, y = size["x"] + size["width"] / 2, size["y"] + size["height"] * 0.7
    camera = mapping.ask(phone, "pane.camera.state()")
    assert phone.locator(mapping.PANE).evaluate("one => getComputedStyle(one).touchAction") == "pan-y"
    fingers(session, "touchStart", (x, y))
    for step in range(1, 12):
        fingers(session, "touchMove", (x, y - 18 * step))
    fingers(session, "touchEnd")
    phone.wait_for_timeout(600)
    assert mapping.ask(phone, "pane.camera.state()") == camera
    mapping.tool(phone, "lasso")
    phone.wait_for_timeout(200)
    size = mapping.box(phone)
    left, top, width, height = size["x"], size["y"], size["width"], size["height"]
    path = [(left + width * u, top + height * v) for u, v in ((0.03, 0.05), (0.97, 0.05), (0.97, 0.95), (0.03, 0.95))]
    visible = [(u, min(v, 830)) for u, v in path]
    fingers(session, "touchStart", visible[0])
    for one, other in zip(visible, [*visible[1:], visible[0]], strict=True):
        for step in range(1, 6):
            fingers(
                session, "touchMove", (one[0] + (other[0] - one[0]) * step / 5, one[1] + (other[1] - one[1]) * step / 5)
            )
    fingers(session, "touchEnd")
    assert len(mapping.selected(phone)) > 300
    phone.get_by_text(re.compile(r"\d+ images selected")).first.wait_for(timeout=30_000)


def test_a_tap_opens_an_image(phone: Page) -> None:
    x, y = mapping.place(phone, 300)
    phone.touchscreen.tap(x, y)
    phone.wait_for_url(re.compile("image="), timeout=30_000)


def test_a_finger_that_rests_on_an_image_shows_it_and_its_neighbours_and_opens_nothing(phone: Page) -> None:
    session = phone.context.new_cdp_session(phone)
    at = mapping.place(phone, 300)
    fingers(session, "touchStart", at)
    phone.locator(f"{mapping.ROOT}[data-hover]:not([data-hover=''])").wait_for(state="attached")
    fingers(session, "touchEnd")
    phone.locator(f"{mapping.ROOT} .card .path:text-matches('webp$')").wait_for()
    phone.wait_for_function(
        f"() => document.querySelector('{mapping.ROOT}').kindredMap.panes[0].pane.overlay.paths.lines.getAttribute('d')"
    )
    fingers(session, "touchStart", mapping.bare(phone))
    phone.locator(f"{mapping.ROOT}[data-hover='']").wait_for(state="attached")
    fingers(session, "touchEnd")
    assert "image=" not in phone.url


def test_a_phone_shows_all_of_it_and_nothing_sticks_out(phone: Page) -> None:
    wide = phone.evaluate("() => [document.documentElement.scrollWidth, innerWidth]")
    assert wide[0] <= wide[1]
    phone.get_by_role("button", name="Colours and filters").tap()
    phone.get_by_label("Colour by").select_option(label="Group")
    assert phone.locator(".kindred-map .legend .entry:visible").count() > 5
    phone.get_by_role("button", name="Close the panel").tap()
    assert phone.locator(".kindred-map .legend .entry:visible").count() == 0
