"""Pictures of every page for docs/screenshots: both themes, wide and narrow. They are looked at by people."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from embedding_core.records import LOCAL, Actor, silent
from embedding_core.review.decisions import Action, decided
from embedding_core.tasks import TASKS
from embedding_core.workspace import Dataset, Workspace
from tests.running import ROOT, RunningApp

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.e2e

FOLDER = ROOT / "docs" / "screenshots"
SIZES = ((1440, 900), (390, 844))
CHECKS = ("duplicates", "outliers", "label_issues", "photos", "balance", "next")
PAGES = ("start", "map", "similar", "clusters", "curate", "review", "versions", "data", "encoders")
PATHS = {"start": "", "review": "curate"}
MORE = {"similar": "&similar_from=Selection", "review": "&review=labels"}


@pytest.fixture(scope="module")
def view(app: RunningApp, sample: Dataset) -> str:
    """The prepared sample's URL parameters, with a selection, checked, and with something decided."""
    workspace = Workspace.open(str(app.workspace))
    for check in CHECKS:
        TASKS[check](workspace, {"dataset": sample.uuid}, silent, LOCAL)
    clocks = [image for path, image in sample.ids().items() if path.startswith("clock/")]
    if not sample.decisions.standing().removed.size:
        ada = Actor("visitor-ada", "Ada")
        sample.decisions.add([decided(ada, Action.REMOVE, clocks[1:10], finding="duplicates", reason="alike")])
        sample.decisions.add([decided(ada, Action.RELABEL, clocks[10:12], value="weather", finding="labels")])
    kept = workspace.selections.keep(sample.uuid, clocks, how="lasso on the map")
    return f"dataset=sample&selection={kept.hash}"


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_every_page_fits_its_screen(browser: Browser, app: RunningApp, view: str, name: str, theme: str) -> None:
    address = f"{app.url}/{PATHS.get(name, name)}?{view}{MORE.get(name, '')}"
    for width, height in SIZES:
        visitor = browser.new_context(viewport={"width": width, "height": height}, color_scheme=theme)  # type: ignore[arg-type]
        try:
            page = visitor.new_page()
            page.goto(address)
            page.locator("[data-testid='stMain'] h1, [data-testid='stMain'] h5, .js-plotly-plot").first.wait_for(
                timeout=60_000
            )
            if name == "review":
                page.locator(".shot[data-state=ready]").first.wait_for()
            page.wait_for_load_state("networkidle")
            page.wait_for_timeout(2500)
            assert page.locator("[data-testid='stException']").count() == 0
            overflow = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
            assert overflow <= 0, f"{name} is {overflow} px wider than the screen"
            FOLDER.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=FOLDER / f"{name}-{theme}-{width}.png")
        finally:
            visitor.close()
