"""Does the map hold still for as long as someone works on it? Half an hour of gestures at random.

`python -m benchmarks.soak --minutes 2` takes less. In the end memory must not have grown by more than a fifth since the
first minutes, the page must have reported no error, and nothing may have been asked of another server.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections import Counter
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

import numpy as np
from playwright.async_api import CDPSession, ConsoleMessage, Page, async_playwright

from benchmarks.drawing.gestures import Mouse
from benchmarks.drawing.measuring import EXECUTABLE, VIEW
from benchmarks.drawing.tools import MAP
from benchmarks.report import Bar, Headline, Report, Table
from benchmarks.soak.hand import GESTURES, Hand
from benchmarks.surroundings import quick
from benchmarks.synthetic import workspace
from tests import browser as chromium
from tests.running import RunningApp, running_app

POINTS = 100_000
MINUTES = 30.0
WARM = 0.15  # of the time, after which memory is taken as the measure
SAMPLES = 12  # of memory
GROWTH = 0.2
PATIENCE = 60  # seconds that one gesture may take


@dataclass
class Seen:
    """What the page did meanwhile."""

    errors: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)  # addresses of other servers
    heaps: list[tuple[float, float]] = field(default_factory=list)  # MB of JavaScript, and of its buffers
    gestures: Counter[str] = field(default_factory=Counter)


def run(minutes: float | None = None, seed: int = 0) -> Report:
    minutes = minutes or (0.5 if quick() else MINUTES)
    name = workspace.ensure(POINTS)
    with running_app(workspace.PLACE) as app:
        seen = asyncio.run(_soak(app, name, minutes, seed))
    table = Table(
        f"{minutes:g} minutes of random gestures on {POINTS:,} points",
        ("figure", "in the beginning", "in the end"),
        note=f"{seen.gestures.total():,} gestures: "
        + ", ".join(f"{count} {kind}" for kind, count in sorted(seen.gestures.items()))
        + f". Seed {seed}. Memory after a collection, against that after the first {WARM:.0%} of the time.",
    )
    # The last samples, since caches that are bounded still breathe.
    first, last = seen.heaps[0], [statistics.median(one) for one in zip(*seen.heaps[-3:], strict=True)]
    grown = last[0] / first[0] - 1
    table.add("heap, MB", first[0], last[0])
    table.add("buffers, MB", first[1], last[1])
    for what, texts in (("errors in the console", seen.errors), ("requests to other servers", seen.foreign)):
        table.add(what, None, _some(texts))
    bars = [
        Bar("growth of the heap", grown, GROWTH),
        Bar("errors in the console", len(seen.errors), 0),
        Bar("requests to other servers", len(seen.foreign), 0),
    ]
    line = Headline(f"{minutes:g} minutes of random gestures: growth of the page's memory", {}, (f"{grown:+.0%}",))
    return Report([table], bars, [line])


async def _soak(app: RunningApp, dataset: str, minutes: float, seed: int) -> Seen:
    seen = Seen()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=EXECUTABLE, args=chromium.ARGUMENTS)
        page = await browser.new_page(viewport=VIEW)
        page.on("request", lambda request: _watch(request.url, app.url, seen))
        session = await page.context.new_cdp_session(page)
        await page.goto(f"{app.url}/map?dataset={quote(dataset)}")
        await page.locator(f"{MAP}[data-first-draw-ms]").wait_for(timeout=60_000)
        # From here on: while opening a link, Streamlit itself asks in vain for addresses that other servers would have.
        page.on("console", lambda said: _listen(said, seen))
        page.on("pageerror", lambda error: seen.errors.append(str(error)))
        hand = Hand(page, Mouse(session), np.random.default_rng(seed))
        begun = time.monotonic()
        for sample in range(SAMPLES + 1):
            share = WARM + (1 - WARM) * sample / SAMPLES
            await _gestures(hand, begun + 60 * minutes * share, seen)
            seen.heaps.append(await _memory(page, session))
            print(f"  {time.monotonic() - begun:.0f} s: {seen.heaps[-1][0]:.1f} MB", flush=True)
        await browser.close()
    return seen


async def _gestures(hand: Hand, until: float, seen: Seen) -> None:
    names, weights = list(GESTURES), np.array([weight for weight, _ in GESTURES.values()], float)
    while time.monotonic() < until:
        kind = str(hand.random.choice(names, p=weights / weights.sum()))
        try:
            await asyncio.wait_for(GESTURES[kind][1](hand), PATIENCE)
        except TimeoutError as error:
            raise RuntimeError(f"The page hangs: {kind} took more than {PATIENCE} s.") from error
        seen.gestures[kind] += 1
        await hand.back()


async def _memory(page: Page, session: CDPSession) -> tuple[float, float]:
    await page.wait_for_timeout(2_000)
    await session.send("HeapProfiler.collectGarbage")
    usage = await session.send("Runtime.getHeapUsage")
    return usage["usedSize"] / 2**20, usage.get("backingStorageSize", 0) / 2**20


def _listen(said: ConsoleMessage, seen: Seen) -> None:
    if said.type == "error":
        seen.errors.append(f"{said.text} ({urlsplit(said.location['url']).path})")


def _watch(address: str, own: str, seen: Seen) -> None:
    if address.startswith(("http:", "https:", "ws:", "wss:")) and urlsplit(address).netloc != urlsplit(own).netloc:
        seen.foreign.append(address)


def _some(said: list[str]) -> str:
    return f"{len(said)}: {'; '.join(one[:200] for one in said[:3])}" if said else "0"
