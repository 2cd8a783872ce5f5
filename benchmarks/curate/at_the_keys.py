"""The review under a reviewer's fingers: from a key to the next large picture on the screen, in a real browser.

`python -m benchmarks.curate.at_the_keys` measures that alone. Every label of a set lies above the line, so there are
cases for as many keys as are wanted. A time runs from when the browser made the key's event, input delay included, to
the task after the frame in which the next case's decoded picture was drawn, between performance marks.
"""

from __future__ import annotations

import tarfile
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.report import Bar, Report, Table, data
from benchmarks.surroundings import quick
from embedding_core import derived, places
from embedding_core.encoders import registry
from embedding_core.records import LOCAL, silent
from embedding_core.tasks import TASKS
from embedding_core.workspace import Workspace
from tests import browser as chromium
from tests.running import running_app

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from playwright.sync_api import Page

KEYS = 50
PACES = {"one key every 0.4 s": 400, "as fast as keys are pressed": 0}  # name → milliseconds between two keys
MOST = 100.0  # milliseconds from key to picture
IMAGES = 400
NAME = "keys"

_WATCH = """() => {
  const host = [...document.querySelectorAll("*")].find((at) => at.shadowRoot?.querySelector("dialog.review"));
  const dialog = host.shadowRoot.querySelector("dialog.review");
  const shown = () => dialog.querySelector(".stage .picture");
  window.waits = [];
  let number = 0;
  window.addEventListener("keydown", (event) => {
    const before = shown(), key = `key-${number}`, drawn = `drawn-${number++}`;
    performance.mark(key, { startTime: event.timeStamp });
    const look = () => {
      const next = shown();
      if (!next || next === before || !next.complete || !next.naturalWidth) return requestAnimationFrame(look);
      next.decode().then(() => requestAnimationFrame(() => {
        const after = new MessageChannel();
        after.port1.onmessage = () => {
          performance.mark(drawn);
          window.waits.push(performance.measure("next case", key, drawn).duration);
        };
        after.port2.postMessage(null);
      }));
    };
    requestAnimationFrame(look);
  }, true);
}"""


def measured() -> tuple[Table, list[Bar]]:
    """Times in a table, and the bound at a person's pace. Without a browser there are none."""
    table = Table(
        f"From a key to the next large picture, {KEYS} keys",
        ("milliseconds", "median", "95 %", "longest"),
        note="The review of labels in headless Chromium, without a GPU, on the machine that also serves: from the "
        "key's event to the frame with the next case's picture, between performance marks.",
    )
    waits = _waits()
    for pace, found in waits.items():
        table.add(pace, *np.percentile(found, [50, 95, 100]).round(1).tolist())
    usual = waits.get(next(iter(PACES)))
    share = None if usual is None else float(np.percentile(usual, 95))
    return table, [Bar("from a key to the next picture, 95 %", share, MOST, "ms")]


def _waits() -> dict[str, NDArray[np.float64]]:
    """Milliseconds by pace."""
    found = chromium.find()
    if found is None:
        print("  no browser: left out (python -m tests.browser gets one)")
        return {}
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        workspace = _prepared(Path(scratch))
        browser = playwright.chromium.launch(executable_path=found, args=chromium.ARGUMENTS)
        with running_app(workspace) as app:
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.add_init_script("localStorage.setItem('kindred-reviewer', 'Ada')")
            waits = {pace: _pressed(page, app.url, pause) for pace, pause in PACES.items()}
        browser.close()
    return waits


def _pressed(page: Page, url: str, pause: int) -> NDArray[np.float64]:
    page.goto(f"{url}/curate?dataset={NAME}&review=labels")
    page.locator(".shot[data-state=ready]").first.wait_for(timeout=120_000)
    page.wait_for_load_state("networkidle")
    page.evaluate(_WATCH)
    for number in range(KEYS):
        page.keyboard.press("k" if number % 5 else "u")
        page.wait_for_timeout(pause)
        page.wait_for_function("(wanted) => window.waits.length >= wanted", arg=number + 1)
    found: list[float] = page.evaluate("window.waits")
    return np.array(found)


def _prepared(scratch: Path) -> Path:
    """A workspace with one labelled set whose every label is a case."""
    uri, encoder = scratch / "workspace", "pixels" if quick() else registry.DEFAULT
    workspace = Workspace.open(str(uri))
    TASKS["add"](workspace, {"name": NAME, "source": str(_source(scratch)), "encoder": encoder}, silent, LOCAL)
    dataset = workspace.dataset(NAME)
    TASKS["label_issues"](workspace, {"dataset": dataset.uuid, "encoder": encoder}, silent, LOCAL)
    derived.move_line(workspace, dataset, "labels", derived.ONLY, 0.0, LOCAL)
    return uri


def _source(scratch: Path) -> Path:
    """Part of clothing, whose photographs are as large as a camera's; the sample where that is not there."""
    archive = data("clothing.tar")
    if archive is None:
        return places.SAMPLE
    folder = scratch / "files"
    with tarfile.open(archive) as opened:
        members = [one for one in opened.getmembers() if one.name.endswith(".jpg")]
        opened.extractall(folder, members[:: max(1, len(members) // IMAGES)], filter="data")
    return folder


if __name__ == "__main__":
    table, bars = measured()
    print(Report([table], bars).markdown())
