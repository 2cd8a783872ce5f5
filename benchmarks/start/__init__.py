"""From `streamlit run` to the first page, memory, page after page, and what a rerun costs with 60,000 images.

The peer of the start is a Streamlit page that says hello, in the same run.
"""

from __future__ import annotations

import re
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.outside import ran
from benchmarks.peers import answer
from benchmarks.report import Bar, Headline, Report, Table, times
from benchmarks.start import changing, first
from benchmarks.surroundings import quick
from benchmarks.synthetic import workspace
from tests import browser as chromium
from tests.running import running_app

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

STARTS = 3
IMAGES = 60_000
FIRST, IDLE, JOURNEY, CHANGE, OWN = 4.0, 400.0, 30.0, 300.0, 100.0  # s, MB, s, ms, ms: the largest that will do


def run() -> Report:
    from playwright.sync_api import sync_playwright

    executable = chromium.find()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=chromium.ARGUMENTS)
        started, bars, headline = _starts(browser, Path(folder))
        pages = Table(
            "From page to page, with the sample",
            ("page", "first time, ms", "median, ms", "longest, ms"),
            note="From the click to the title, the main content, and the end of the script; median of "
            f"{changing.TURNS} after the first time.",
        )
        journey, changed = _through_the_sample(browser, Path(folder))
        browser.close()
    for name, change in changed.items():
        pages.add(name, change.first, change.median, change.longest)
    started.add("click on the sample to its map, s", journey, None, None)
    bars.append(Bar("click on the sample to its map", journey, JOURNEY, "s"))
    name = max(changed, key=lambda page: changed[page].median)
    slowest = changed[name].median
    bars.append(Bar(f"changing page, the slowest ({name})", slowest, CHANGE, "ms"))
    reruns, own = _reruns()
    bars.append(own)
    lines = [
        headline,
        Headline("changing page, the slowest of six", {}, (f"{slowest:,.0f} ms",)),
        Headline("our own code in a rerun with many images, the slowest page", {}, (f"{own.value:,.0f} ms",)),
    ]
    return Report([started, pages, reruns], bars, lines)


def _starts(browser: Browser, folder: Path) -> tuple[Table, list[Bar], Headline]:
    """Kindred and hello in turns."""
    ours, theirs = [], []
    for turn in range(1 if quick() else STARTS):
        theirs.append(first.hello(browser, folder))
        ours.append(first.ours(browser, folder / f"workspace-{turn}"))
    (seconds, held), (their_seconds, their_held) = (
        [statistics.median(column) for column in zip(*found, strict=True)] for found in (ours, theirs)
    )
    imports, their_imports = (_import(what) for what in ("pages.parts.routes, app", "streamlit"))
    table = Table(
        "From nothing to the first page",
        ("figure", "Kindred", "an empty Streamlit page", "times as much"),
        note=f"Medians of {len(ours)} in turns. First page: from the command to what one can click. Import: of the "
        "app, by a process of its own.",
    )
    table.add("start to the first page, s", seconds, their_seconds, times(seconds / their_seconds))
    table.add("import, s", imports, their_imports, times(imports / their_imports))
    table.add("an idle server's memory, MB", held, their_held, times(held / their_held))
    bars = [Bar("first page", seconds, FIRST, "s"), Bar("idle", held, IDLE, "MB")]
    ratio = {"an empty Streamlit page": their_seconds / seconds}
    return table, bars, Headline("start to the first page", ratio, (f"{seconds:.1f} s", f"idle {held:,.0f} MB"))


def _import(modules: str) -> float:
    """Seconds, the better of three, for importing alone."""
    code = f"import json, time; begun = time.perf_counter(); import {modules}\n"
    code += "print(json.dumps({'s': time.perf_counter() - begun}))"
    found = []
    for _ in range(3):
        done = ran([sys.executable, "-c", code])
        if done.status:
            raise RuntimeError(done.errors[-1000:])
        found.append(float(answer(done)["s"]))
    return min(found)


def _through_the_sample(browser: Browser, folder: Path) -> tuple[float, dict[str, changing.Change]]:
    """Seconds from the click on the sample to its map; then from page to page."""
    with running_app(folder / "journey") as app:
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(app.url)
        page.get_by_role("button", name="Try the sample").wait_for(timeout=60_000)
        clicked = time.perf_counter()
        page.get_by_role("button", name="Try the sample").click()
        page.wait_for_url(re.compile(r"/map\b"), timeout=300_000)
        page.locator("[data-kindred-map][data-first-draw-ms]").wait_for(timeout=60_000)
        seconds = time.perf_counter() - clicked
        _rest(page)
        changed = changing.changes(page, 2 if quick() else changing.TURNS)
        page.close()
    return seconds, changed


def _rest(page: Page) -> None:
    """Until nothing is being computed any more, as it is when somebody has looked at the map for a while."""
    link = page.get_by_role("link", name="Start").first
    link.click()
    page.get_by_role("heading", name="See how your images relate").wait_for(timeout=60_000)
    page.wait_for_timeout(2_000 if quick() else 10_000)


def _reruns() -> tuple[Table, Bar]:
    n = 2_000 if quick() else IMAGES
    name = workspace.ensure(n)
    command = [sys.executable, "-m", "benchmarks.start.reruns", name, "own:synthetic", "2" if quick() else "7"]
    done = ran(command, environment={"KINDRED_WORKSPACE": str(workspace.PLACE)})
    if done.status:
        raise RuntimeError(done.errors[-2000:])
    columns = (
        "page",
        "our own code, ms",
        "the whole run, ms",
        "our own the first time, ms",
        "whole then, ms",
    )
    note = (
        "The same page run again, without a browser; medians. Our own code is all but Streamlit's: what it calls is "
        "counted, such as LanceDB, and waiting for a worker. By looking at the stack every millisecond."
    )
    table = Table(f"A rerun with {n:,} images", columns, note=note)
    found = answer(done)
    for page, one in found.items():
        table.add(page, one["own_ms"], one["ms"], one["first_own_ms"], one["first_ms"])
    slowest = max(found, key=lambda page: found[page]["own_ms"])
    title = f"own code of a rerun with {n:,} images, the slowest ({slowest})"
    return table, Bar(title, found[slowest]["own_ms"], OWN, "ms")
