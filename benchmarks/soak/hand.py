"""A hand that does one thing after the other on the map, as a seed says."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from playwright.async_api import Error as BrowserError
from playwright.async_api import Page

from benchmarks.drawing.gestures import Box, Mouse, Point, circle, swing
from benchmarks.drawing.tools import MAP, box_of

SIZES = ((1440, 900), (1280, 720), (1024, 768), (1680, 1000))
KEYS = ("v", "l", "r", "f", "s", "z", "i", "g", "Escape", "n", "m", "d", "+", "-", "ArrowLeft", "ArrowUp", "ArrowRight")
WAIT = 5_000  # ms for something to click


@dataclass
class Hand:
    page: Page
    mouse: Mouse
    random: np.random.Generator

    async def box(self) -> Box:
        return await box_of(self.page)

    async def somewhere(self) -> Point:
        """A place in the middle of the map."""
        box = await self.box()
        x, y = self.random.uniform(0.2, 0.8, 2)
        return box.x + x * box.width, box.y + y * box.height

    async def take(self, tool: str) -> None:
        await self.page.locator(f'{MAP} button[data-tool="{tool}"]').click(timeout=WAIT)

    async def back(self) -> None:
        """Close what a gesture has opened, and let the page come to rest."""
        if await self.page.get_by_role("dialog").count():
            await self.page.keyboard.press("Escape")
        await self.page.wait_for_timeout(float(self.random.uniform(50, 400)))


async def wheel(hand: Hand) -> None:
    at = await hand.somewhere()
    turn = float(hand.random.choice([-120, 120], p=[0.55, 0.45]))
    for _ in range(int(hand.random.integers(2, 10))):
        hand.mouse.wheel(at, turn)
        await hand.page.wait_for_timeout(30)
    await hand.mouse.flush()


async def move(hand: Hand) -> None:
    for at in swing(await hand.somewhere(), (60, 40), 0.8):
        await hand.mouse.move(at)
        await hand.page.wait_for_timeout(16)
    await hand.mouse.flush()


async def pan(hand: Hand) -> None:
    await hand.take("pan")
    first, last = await hand.somewhere(), await hand.somewhere()
    await hand.mouse.drag(_line(first, last))
    await hand.mouse.flush()


async def lasso(hand: Hand) -> None:
    await hand.take("lasso")
    await hand.mouse.drag(circle(await hand.somewhere(), float(hand.random.uniform(20, 150)), 40))
    await hand.mouse.flush()


async def rectangle(hand: Hand) -> None:
    await hand.take("rectangle")
    await hand.mouse.drag(_line(await hand.somewhere(), await hand.somewhere()))
    await hand.mouse.flush()


async def click(hand: Hand) -> None:
    await hand.take("pan")
    at = await hand.somewhere()
    hand.mouse.send("mouseMoved", at)
    hand.mouse.send("mousePressed", at, "left")
    hand.mouse.send("mouseReleased", at, "left")
    await hand.mouse.flush()
    await hand.page.wait_for_timeout(1_000)


async def key(hand: Hand) -> None:
    await hand.page.locator(f"{MAP} [role=application]").first.focus()
    await hand.page.keyboard.press(str(hand.random.choice(KEYS)))


async def legend(hand: Hand) -> None:
    await _one_of(hand, f"{MAP} .legend [data-code]")


async def colour(hand: Hand) -> None:
    chosen = hand.page.locator(f'{MAP} select[aria-label="Colour by"]')
    options = await chosen.locator("option").evaluate_all("(all) => all.map((one) => one.value)")
    if await chosen.is_visible():
        await chosen.select_option(str(hand.random.choice(options)))


async def resize(hand: Hand) -> None:
    width, height = SIZES[int(hand.random.integers(len(SIZES)))]
    await hand.page.set_viewport_size({"width": width, "height": height})


async def _one_of(hand: Hand, selector: str) -> None:
    there = hand.page.locator(selector)
    count = await there.count()
    if count:
        with suppress(BrowserError):  # it has gone, or something lies over it: a hand would miss it as well
            await there.nth(int(hand.random.integers(count))).click(timeout=WAIT)


def _line(first: Point, last: Point, steps: int = 30) -> list[Point]:
    return [
        (first[0] + (last[0] - first[0]) * at / steps, first[1] + (last[1] - first[1]) * at / steps)
        for at in range(steps + 1)
    ]


GESTURES: dict[str, tuple[int, Callable[[Hand], Awaitable[None]]]] = {  # how often, and what
    "wheel": (6, wheel),
    "move": (5, move),
    "pan": (4, pan),
    "lasso": (3, lasso),
    "rectangle": (2, rectangle),
    "click": (2, click),
    "key": (4, key),
    "legend": (2, legend),
    "colour": (1, colour),
    "resize": (1, resize),
}
