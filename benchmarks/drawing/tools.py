"""What is measured: the map of Kindred in the real app, and its peers, each in a page of its own."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from playwright.async_api import Page

from benchmarks.drawing.gestures import Box
from benchmarks.drawing.peers import PEERS

OURS = "Kindred"
MAP = "[data-kindred-map]"
SCRIPT = Path(__file__).with_name("kindred.js")

_PANE = """(selector) => {
    const seen = [...document.querySelectorAll(`${selector} canvas`)].map((one) => one.getBoundingClientRect());
    const { x, y, width, height } = seen.sort((a, b) => b.width * b.height - a.width * a.height)[0];
    return { x, y, width, height };
}"""


async def box_of(page: Page) -> Box:
    """Where the map of Kindred has its points."""
    return Box(**await page.evaluate(_PANE, MAP))


@dataclass
class Kindred:
    """The app, as a visitor sees it."""

    address: str
    datasets: dict[int, str]  # by number of points
    size: Box | None = None  # of the map, once one has been opened
    name: str = OURS
    fill: float = 0.9
    modifiers: dict[str, int] = field(default_factory=dict)

    async def open(self, page: Page, n: int) -> None:
        await page.add_init_script(SCRIPT.read_text(encoding="utf-8").replace("POINTS", str(n)))
        await page.goto(f"{self.address}/map?dataset={quote(self.datasets[n])}")
        await page.locator(f'{MAP}[data-points="{n}"][data-first-draw-ms]').wait_for(timeout=0)
        self.size = await self.box(page)

    async def box(self, page: Page) -> Box:
        return await box_of(page)

    async def choose(self, page: Page, name: str) -> None:
        button = page.locator(f'{MAP} button[data-tool="{name}"]')
        if await button.get_attribute("aria-pressed") != "true":
            await button.click()


@dataclass
class Peer:
    """A library in a page of its own, at the size that the map of Kindred has."""

    name: str
    address: str  # of the server of `peers`
    size: Box
    fill: float = 0.98
    modifiers: dict[str, int] = field(default_factory=dict)

    async def open(self, page: Page, n: int) -> None:
        asked = f"n={n}&width={self.size.width:.0f}&height={self.size.height:.0f}"
        await page.goto(f"{self.address}/{PEERS[self.name]}?{asked}")
        await page.wait_for_function("window.peer", timeout=0)
        self.modifiers = await page.evaluate("peer.modifiers ?? {}")

    async def box(self, page: Page) -> Box:
        return Box(0, 0, self.size.width, self.size.height)

    async def choose(self, page: Page, name: str) -> None:
        await page.evaluate("async (name) => { await peer.tool(name) }", name)
