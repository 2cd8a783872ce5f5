"""The map in a real browser, as tests read and drive it: through its element's attributes, and with mouse and keys."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

ROOT = "[data-kindred-map]"
PANE = f"{ROOT} .pane"
Point = tuple[float, float]


def opened(page: Page, address: str) -> Locator:
    """Go to a map and wait until all points have been drawn and the page has settled. Returns its element."""
    page.goto(address)
    return drawn(page)


def drawn(page: Page) -> Locator:
    page.locator(f"{ROOT}[data-first-draw-ms]").wait_for(timeout=60_000, state="attached")
    settled(page)
    page.wait_for_function(
        f"() => {{ const m = document.querySelector('{ROOT}').kindredMap;"
        " return m.panes.every(({pane}) => pane.grid && pane.settled && !pane.movement.under && !pane.points.work)"
        " && m.model.pages && (!m.viewing.colour || m.model.column); }",
        timeout=30_000,
    )
    return page.locator(ROOT)


def settled(page: Page) -> None:
    """Wait until Streamlit has drawn the page."""
    page.wait_for_function("() => !document.querySelector('[data-testid=\"stStatusWidget\"]')", timeout=30_000)


def ask(page: Page, script: str, given: Any = None, pane: int = 0) -> Any:
    """Evaluate `script` with `m` (the map), `pane` and `given`."""
    body = f"(given) => {{ const m = document.querySelector('{ROOT}').kindredMap; const pane = m.panes[{pane}].pane;"
    return page.evaluate(f"{body} return {script}; }}", given)


def place(page: Page, row: int, pane: int = 0) -> Point:
    """Where a row is on the page."""
    script = """(() => { const at = pane.spots.of(given), box = pane.element.getBoundingClientRect();
        return [at.x + box.left, at.y + box.top]; })()"""
    x, y = ask(page, script, row, pane)
    return x, y


def box(page: Page, pane: int = 0) -> dict[str, float]:
    found = page.locator(PANE).nth(pane).bounding_box()
    assert found is not None
    return dict(found)


def tool(page: Page, name: str) -> None:
    page.locator(f"{ROOT} [data-tool={name}]").click()


def drag(page: Page, points: Iterable[Point], held: str = "") -> None:
    """Press at the first point, move through the others, let go. `held` are keys, such as "Shift"."""
    first, *others = points
    if held:
        page.keyboard.down(held)
    page.mouse.move(*first)
    page.mouse.down()
    for point in others:
        page.mouse.move(*point, steps=4)
    page.mouse.up()
    if held:
        page.keyboard.up(held)


def around(page: Page, row: int, reach: float = 6) -> list[Point]:
    """A small square around a row."""
    x, y = place(page, row)
    return [(x - reach, y - reach), (x + reach, y - reach), (x + reach, y + reach), (x - reach, y + reach)]


def selected(page: Page) -> list[int]:
    """The selected rows."""
    rows: list[int] = ask(page, "m.model.selection.listed()")
    assert page.locator(ROOT).get_attribute("data-selected") == str(len(rows))
    return rows


def await_selected(page: Page, count: int) -> None:
    page.locator(f"{ROOT}[data-selected='{count}']").wait_for(timeout=10_000, state="attached")
