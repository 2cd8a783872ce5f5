"""One tool at one size, in a browser of its own: the first draw, hovers, a pan, a lasso, memory and transfer.

A step that takes longer than its limit is recorded as such, and the next ones are tried no more: the page hangs.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol

from playwright.async_api import CDPSession, Page, async_playwright
from playwright.async_api import Error as BrowserError

from benchmarks.drawing.figures import Figures
from benchmarks.drawing.gestures import LASSO_PACE, PATIENCE, Box, Mouse, circle, scattered, swing
from tests import browser as chromium

EXECUTABLE = chromium.find()
GAUGE = Path(__file__).with_name("gauge.js")
VIEW = {"width": 1440, "height": 900}
HOVERS = 20
TRIES = 60  # moves until HOVERS of them have met a point
MISSED = 5_000  # ms after which a move has met none
PATIENT = 60.0  # seconds for all hovers: of a slow tool there are fewer
LASSO = 0.51  # of the way from the centre to the outermost points: about a third of the points lie within
SWING = 3.0  # seconds of panning
SECONDS = {"draw": 90, "hover": 120, "lasso": 120, "pan": 60, "heap": 60}


class Tool(Protocol):
    """A map in a page."""

    name: str
    fill: float  # share of its box's shorter side that the points take
    modifiers: dict[str, int]  # keys to hold for a tool

    async def open(self, page: Page, n: int) -> None:
        """Go to the page and wait until nothing more is being loaded."""
        ...

    async def box(self, page: Page) -> Box:
        """Where its points are."""
        ...

    async def choose(self, page: Page, name: str) -> None:
        """Choose "pan" or "lasso"."""
        ...


async def measure(tool: Tool, n: int, looked_at: Callable[[Page], Awaitable[None]] | None = None) -> Figures:
    """All figures. `looked_at` is called in the end, with the page that still is open."""
    found = Figures()
    async with _page() as (page, session):
        moved = _count_bytes(session)
        mouse = Mouse(session)
        steps = {
            "draw": lambda: _draw(tool, page, n, found),
            "hover": lambda: _hover(tool, page, mouse, found),
            "pan": lambda: _pan(tool, page, mouse, found),
            "lasso": lambda: _lasso(tool, page, mouse, found),
            "heap": lambda: _heap(session, found),
        }
        for step, run in steps.items():
            try:
                await asyncio.wait_for(run(), SECONDS[step])
            except TimeoutError:
                found.trouble[step] = f"> {SECONDS[step]} s"
                found.trouble.setdefault("page", "hangs")
                break
            except BrowserError as error:
                found.trouble[step] = "failed"
                print(f"  {tool.name}, {n:,}, {step}: {str(error).splitlines()[0]}", flush=True)
                break
        found.moved = moved[0] / 1e6
        if looked_at is not None and not found.trouble:
            await looked_at(page)
    return found


@asynccontextmanager
async def _page() -> AsyncIterator[tuple[Page, CDPSession]]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=EXECUTABLE, args=chromium.ARGUMENTS)
        try:
            page = await browser.new_page(viewport=VIEW)
            await page.add_init_script(path=GAUGE)
            session = await page.context.new_cdp_session(page)
            await session.send("Network.enable")
            yield page, session
        finally:
            await browser.close()


async def _draw(tool: Tool, page: Page, n: int, found: Figures) -> None:
    await tool.open(page, n)
    await page.wait_for_function("gauge.presented > 0", timeout=0)
    times = await page.evaluate("({ began: gauge.began, presented: gauge.presented })")
    found.draw, found.page = times["presented"] - times["began"], times["presented"]
    await page.wait_for_timeout(1_000)  # what comes after the first frame is not the hover's


async def _hover(tool: Tool, page: Page, mouse: Mouse, found: Figures) -> None:
    await tool.choose(page, "pan")
    answers: list[dict[str, Any]] = []
    end = time.monotonic() + PATIENT
    for at in scattered(await tool.box(page), TRIES):
        await page.evaluate("gauge.arm('hover', 'move')")
        await mouse.move(at)
        answer = await page.evaluate("(limit) => gauge.result(limit)", MISSED)
        await mouse.flush()
        if answer and (not answers or answer["value"] != answers[-1]["value"]):
            answers.append(answer)
        if len(answers) == HOVERS or time.monotonic() > end:
            break
    if not answers:
        found.trouble["hover"] = "no answer"
        return
    found.hovers = len(answers)
    found.hover_known = statistics.median(one["known"] for one in answers)
    found.hover_shown = statistics.median(one["shown"] for one in answers)


async def _lasso(tool: Tool, page: Page, mouse: Mouse, found: Figures) -> None:
    await tool.choose(page, "lasso")
    box = await tool.box(page)
    mouse.modifiers = tool.modifiers.get("lasso", 0)
    await page.evaluate("gauge.arm('lasso', 'release')")
    around = circle(box.centre, LASSO * tool.fill * min(box.width, box.height) / 2)
    await mouse.drag(around, pace=LASSO_PACE, patience=PATIENCE)
    answer = await page.evaluate("(limit) => gauge.result(limit)", 1000 * SECONDS["lasso"])
    await mouse.flush()
    mouse.modifiers = 0
    found.lasso_known, found.lasso_shown, found.lasso_count = answer["known"], answer["shown"], answer["value"]


async def _pan(tool: Tool, page: Page, mouse: Mouse, found: Figures) -> None:
    await tool.choose(page, "pan")
    await page.wait_for_timeout(500)
    box = await tool.box(page)
    begun = await page.evaluate("(gauge.watchFrames(), performance.now())")
    await mouse.drag(swing(box.centre, (box.width / 5, box.height / 5), SWING))
    frames = await page.evaluate("(gauge.watching = false, [...gauge.frames, performance.now()])")
    await mouse.flush()
    # From the drag's beginning to its end, so that a page that draws once in all that time is not a quick one.
    between = sorted(after - before for before, after in pairwise([begun, *frames]))
    if len(between) < 3:
        found.trouble["pan"] = f"> {SWING:.0f} s"
        return
    found.pan_median = statistics.median(between)
    found.pan_p95 = between[min(len(between) - 1, round(0.95 * (len(between) - 1)))]


async def _heap(session: CDPSession, found: Figures) -> None:
    await session.send("HeapProfiler.collectGarbage")
    usage = await session.send("Runtime.getHeapUsage")
    found.heap = (usage["usedSize"] + usage.get("backingStorageSize", 0)) / 2**20


def _count_bytes(session: CDPSession) -> list[float]:
    """A list of one number: the bytes that have come over the network."""
    moved = [0.0]

    def finished(event: dict[str, Any]) -> None:
        moved[0] += event["encodedDataLength"]

    session.on("Network.loadingFinished", finished)
    return moved
