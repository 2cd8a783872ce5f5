"""The review for eyes that see less, and for those who want nothing to move."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from embedding_core.records import LOCAL, silent
from embedding_core.tasks import TASKS
from embedding_core.workspace import Dataset, Workspace
from tests.running import RunningApp

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.e2e

READABLE = 4.5  # contrast of text by WCAG 2.2, level AA

# Every text that is seen, with its contrast to what lies behind it. A canvas turns any CSS colour into levels.
CONTRASTS = """(dialog) => {
  const context = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const levels = (colours) => {
    context.clearRect(0, 0, 1, 1);
    for (const colour of colours) {
      context.fillStyle = colour;
      context.fillRect(0, 0, 1, 1);
    }
    return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const light = (rgb) => {
    const linear = (level) => (level <= 10 ? level / 3295 : ((level / 255 + 0.055) / 1.055) ** 2.4);
    const [r, g, b] = rgb.map(linear);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const found = [];
  for (const element of dialog.querySelectorAll("*")) {
    const text = [...element.childNodes].filter((node) => node.nodeType === 3 && node.data.trim());
    if (!text.length || !element.checkVisibility() || element.closest(":disabled, .hidden")) continue;
    const behind = [];
    for (let at = element; at; at = at.parentElement) behind.unshift(getComputedStyle(at).backgroundColor);
    const [over, under] = [light(levels([...behind, getComputedStyle(element).color])), light(levels(behind))];
    found.push([text[0].data.trim(), (Math.max(over, under) + 0.05) / (Math.min(over, under) + 0.05)]);
  }
  return found;
}"""


@pytest.fixture(scope="module")
def judged(app: RunningApp, sample: Dataset) -> Dataset:
    for check in ("duplicates", "label_issues"):
        TASKS[check](Workspace.open(str(app.workspace)), {"dataset": sample.uuid}, silent, LOCAL)
    return sample


def opened(page: Page, app: RunningApp, check: str) -> None:
    page.goto(f"{app.url}/curate?dataset=sample&review={check}")
    page.locator(".shot[data-state=ready]").first.wait_for()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_word_can_be_read(browser: Browser, app: RunningApp, judged: Dataset, theme: str) -> None:
    visitor = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme=theme)  # type: ignore[arg-type]
    page = visitor.new_page()
    for check in ("labels", "duplicates"):
        opened(page, app, check)
        page.keyboard.press("z")  # nothing to undo: a hint
        words = page.locator("dialog.review").evaluate(CONTRASTS)
        page.keyboard.press("?")
        words += page.locator("dialog.review").evaluate(CONTRASTS)
        assert len(words) > 30
        assert not {word: round(contrast, 2) for word, contrast in words if contrast < READABLE}
        page.keyboard.press("Escape")
        page.keyboard.press("Escape")
        page.locator("dialog.review").wait_for(state="detached")
    visitor.close()


def test_nothing_moves_for_those_who_want_it_still(browser: Browser, app: RunningApp, judged: Dataset) -> None:
    moving = """(dialog) => [...dialog.querySelectorAll("*")].some(
        (at) => getComputedStyle(at).transitionDuration !== "0s" || at.getAnimations().length
    )"""
    for wish, expected in (("no-preference", True), ("reduce", False)):
        visitor = browser.new_context(reduced_motion=wish)  # type: ignore[arg-type]
        page = visitor.new_page()
        opened(page, app, "labels")
        assert page.locator("dialog.review").evaluate(moving) == expected
        visitor.close()
