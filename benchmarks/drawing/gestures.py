"""A mouse that does not wait: moves are sent at the pace of a hand, whether or not the page keeps up."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Iterable
from dataclasses import dataclass

from playwright.async_api import CDPSession

PACE = 1 / 60  # seconds between two moves
VERTICES = 60  # of a lasso
LASSO_PACE = 1 / 30  # seconds between two of them: people draw with care
PATIENCE = 1.0  # seconds that they wait for a page that does not follow

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Box:
    """A part of the page, in CSS pixels."""

    x: float
    y: float
    width: float
    height: float

    @property
    def centre(self) -> Point:
        return self.x + self.width / 2, self.y + self.height / 2


@dataclass
class Mouse:
    """Real input by the DevTools protocol. `flush` waits until the page has taken all of it."""

    session: CDPSession
    modifiers: int = 0  # 1 alt, 2 control, 4 meta, 8 shift

    def __post_init__(self) -> None:
        self._sent: list[asyncio.Task[object]] = []

    def send(self, kind: str, at: Point, button: str = "none", **more: float) -> None:
        held = {"none": 0, "left": 1, "right": 2, "middle": 4}[button] if kind != "mouseReleased" else 0
        event = {"type": kind, "x": at[0], "y": at[1], "button": button, "buttons": held, "modifiers": self.modifiers}
        if kind in ("mousePressed", "mouseReleased"):
            event["clickCount"] = 1
        call = self.session.send("Input.dispatchMouseEvent", {**event, **more})
        self._sent.append(asyncio.ensure_future(call))

    async def flush(self) -> None:
        sent, self._sent = self._sent, []
        await asyncio.gather(*sent)

    async def move(self, at: Point) -> None:
        self.send("mouseMoved", at)
        await asyncio.sleep(0)

    async def drag(self, path: Iterable[Point], button: str = "left", pace: float = PACE, patience: float = 0) -> None:
        """Press at the first place, move along the others, one every `pace` seconds, release at the last.

        A patient hand waits for the page at every place, `patience` seconds at most; one without moves on.
        """
        first, *others = path
        self.send("mouseMoved", first)
        await asyncio.sleep(PACE)
        self.send("mousePressed", first, button)
        due = time.perf_counter()
        for at in others:
            due += pace
            await asyncio.sleep(max(0, due - time.perf_counter()))
            self.send("mouseMoved", at, button)
            if patience:
                await asyncio.wait(self._sent[-1:], timeout=patience)
        await asyncio.sleep(PACE)
        self.send("mouseReleased", others[-1] if others else first, button)

    def wheel(self, at: Point, turn: float) -> None:
        self.send("mouseWheel", at, deltaX=0, deltaY=turn)


def circle(centre: Point, radius: float, vertices: int = VERTICES) -> list[Point]:
    """Once round, almost back to where it began."""
    turns = (2 * math.pi * step / vertices for step in range(vertices))
    return [(centre[0] + radius * math.cos(turn), centre[1] + radius * math.sin(turn)) for turn in turns]


def swing(centre: Point, reach: Point, seconds: float) -> list[Point]:
    """A figure of eight about the centre, as long as it takes at the hand's pace."""
    steps = round(seconds / PACE)
    return [
        (
            centre[0] + reach[0] * math.sin(2 * math.pi * step / steps),
            centre[1] + reach[1] * math.sin(4 * math.pi * step / steps),
        )
        for step in range(steps + 1)
    ]


def scattered(box: Box, count: int) -> list[Point]:
    """Places in the middle of a box, each far from the one before."""
    places = []
    for number in range(count):
        turn, away = number * 2.4, 0.62 * math.sqrt((number + 0.5) / count)
        x, y = math.cos(turn) * away, math.sin(turn) * away
        side = min(box.width, box.height) / 2
        places.append((box.centre[0] + x * side, box.centre[1] + y * side))
    return places
