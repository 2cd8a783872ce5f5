"""Curate as it is seen and moved by hand: on a phone the tab that a link opens, and the line over a distribution."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from embedding_core import derived
from embedding_core.records import LOCAL, silent
from embedding_core.review.decisions import Action, decided
from embedding_core.tasks import TASKS
from embedding_core.workspace import Dataset, Workspace
from tests.running import RunningApp
from tests.waiting import until

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.e2e

PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def looked(app: RunningApp, sample: Dataset) -> Dataset:
    TASKS["photos"](Workspace.open(str(app.workspace)), {"dataset": sample.uuid}, silent, LOCAL)
    return sample


@pytest.mark.parametrize(
    ("link", "tab"),
    [("curate?dataset=sample&curate_tab=", "Decisions"), ("versions?dataset=sample&versions_tab=", "Export")],
)
def test_a_phone_shows_the_tab_that_a_link_opens(
    browser: Browser, app: RunningApp, looked: Dataset, link: str, tab: str
) -> None:
    visitor = browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True)  # type: ignore[arg-type]
    page = visitor.new_page()
    page.goto(f"{app.url}/{link}{tab}")
    opened = page.get_by_role("tab", name=tab, selected=True)
    opened.wait_for()
    page.wait_for_function(
        """() => {
          const box = document.querySelector("[role=tab][aria-selected=true]").getBoundingClientRect();
          return box.left >= 0 && box.right <= innerWidth;
        }"""
    )
    assert page.evaluate("scrollY") == 0, "the page itself stays where it was"
    visitor.close()


def test_a_phone_brings_a_tab_that_is_touched_to_the_middle(browser: Browser, app: RunningApp, looked: Dataset) -> None:
    visitor = browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True)  # type: ignore[arg-type]
    page = visitor.new_page()
    page.goto(f"{app.url}/curate?dataset=sample")
    page.get_by_role("tab", name="Overview", selected=True).wait_for()
    page.get_by_role("tab", name="Leakage").tap()
    page.get_by_role("tab", name="Leakage", selected=True).wait_for()
    page.wait_for_function(
        """() => {
          const box = document.querySelector("[role=tab][aria-selected=true]").getBoundingClientRect();
          return Math.abs((box.left + box.right - innerWidth) / 2) < 3;
        }"""
    )
    visitor.close()


def arrived(workspace: Workspace, dataset: Dataset, at: float) -> derived.MovedLine:
    """The line of dark pictures, once it is kept where the slider is."""

    def there() -> derived.MovedLine | None:
        moved = derived.moved_lines(workspace, dataset.uuid, "photos").get("dark")
        return moved if moved is not None and abs(moved.at - at) < 0.01 else None

    moved = until(there, 15, f"the line at {at}")
    assert moved is not None
    return moved


def test_a_line_moved_by_keys_holds_in_the_review_and_is_set_back(page: Page, app: RunningApp, looked: Dataset) -> None:
    workspace = Workspace.open(str(app.workspace))
    page.goto(f"{app.url}/curate?dataset=sample&curate_tab=Photographs")
    page.get_by_text("Dark", exact=True).click()
    line = page.locator(".st-key-curate_photo_line_dark").get_by_role("slider")
    line.focus()
    for _ in range(40):
        page.keyboard.press("ArrowRight")
    page.get_by_text("Moved by").wait_for()
    moved = arrived(workspace, looked, float(line.input_value()))
    kept = derived.read_photos(workspace, derived.photos_key(looked))
    assert kept is not None
    beyond = len(kept.found.at({"dark": moved.at}).cases("dark"))
    assert beyond > len(kept.found.cases("dark"))
    page.get_by_role("button", name=f"Review {beyond} cases").click()
    page.locator("dialog[data-view=case]").wait_for()
    assert page.locator("dialog .count").inner_text() == f"0 decided · {beyond} left"
    page.keyboard.press("Escape")
    page.locator("dialog.review").wait_for(state="detached")
    page.get_by_role("button", name="Line by the set").click()
    page.get_by_text("Moved by").wait_for(state="detached")
    assert not derived.moved_lines(workspace, looked.uuid, "photos")


def test_a_tick_in_the_log_is_gone_when_its_decision_was_undone(page: Page, app: RunningApp, looked: Dataset) -> None:
    images = looked.images()["id"].to_pylist()[:3]
    before = looked.decisions.standing()
    undone = sum(work.undone for work in before.work.values())
    assert not set(images) & set(before.removed)
    looked.decisions.add([decided(LOCAL, Action.REMOVE, [image]) for image in images])
    page.goto(f"{app.url}/curate?dataset=sample&curate_tab=Decisions")
    log = page.locator('[class*="st-key-curate_log"] .dvn-scroller').first
    log.wait_for()
    undo = page.get_by_role("button", name="Undo 1 decision")
    log.click(position={"x": 18, "y": 35 + 17})  # the first row, below the head
    undo.click()
    undo.wait_for(state="detached")
    page.get_by_text(f"{undone + 1} more were undone").wait_for()
    assert len(looked.decisions.standing().removed) == len(before.removed) + 2
    assert not page.get_by_role("button", name=re.compile("^(Undo|Bring back) ")).count()
    looked.decisions.add([decided(LOCAL, Action.UNDO, one.ids, value=one.id) for one in looked.decisions.all()[:2]])
