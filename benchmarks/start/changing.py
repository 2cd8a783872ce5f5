"""From the click on a page's name to the page: its title, its main content, and Streamlit done with its script."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

TURNS = 5
# name in the navigation: path, title, what there is once the page is there
PAGES: Mapping[str, tuple[str, str, str]] = {
    "Map": ("/map", "", "[data-kindred-map][data-first-draw-ms]"),
    "Similar": ("/similar", "Similar", "[data-testid=stBidiComponentIsolated]"),
    "Clusters": ("/clusters", "Clusters", "[data-testid=stBidiComponentIsolated]"),
    "Data": ("/data", "Data", "[data-testid=stBidiComponentIsolated]"),
    "Encoders": ("/encoders", "Encoders", "[data-testid=stGridCell]"),
    "Start": ("/", "See how your images relate", "[data-testid=stBidiComponentIsolated]"),
}
# Clicks a link and looks at every frame whether the page is there. A component's content is in a shadow tree.
CLICK = """([name, path, title, content]) => new Promise((done, failed) => {
    const link = [...document.querySelectorAll("a")].find((one) => one.innerText.trim().endsWith(name));
    const filled = (one) => !one.matches("[data-testid=stBidiComponentIsolated]")
        || one.shadowRoot?.querySelector("img, button, input, a");
    const there = () => location.pathname === path
        && document.querySelector(".stApp").dataset.testScriptState === "notRunning"
        && (document.querySelector("[data-testid=stMain] h1")?.innerText ?? "") === title
        && [...document.querySelectorAll(`[data-testid=stMain] ${content}`)].some(filled);
    const begun = performance.now();
    const look = () => {
        if (there()) requestAnimationFrame(() => done(performance.now() - begun));
        else if (performance.now() - begun > 30000) failed(new Error(`${name} did not come.`));
        else requestAnimationFrame(look);
    };
    link.click();
    look();
})"""


@dataclass(frozen=True, slots=True)
class Change:
    """Milliseconds to a page."""

    first: float
    median: float  # of those after
    longest: float


def changes(page: Page, turns: int = TURNS) -> dict[str, Change]:
    """Go through all pages, `turns` times after a first time. `page` shows Start, with a prepared dataset."""
    found: dict[str, list[float]] = {name: [] for name in PAGES}
    for _ in range(turns + 1):
        for name, (path, title, content) in PAGES.items():
            found[name].append(float(page.evaluate(CLICK, [name, path, title, content])))
            page.wait_for_timeout(300)  # as someone who looks at it
    return {name: Change(ms[0], statistics.median(ms[1:]), max(ms[1:])) for name, ms in found.items()}
