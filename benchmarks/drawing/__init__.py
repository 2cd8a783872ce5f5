"""The map against its peers: Plotly, regl-scatterplot, deck.gl and embedding-atlas, in one browser, on the same points.

`python -m benchmarks.drawing` measures all of them; `--tools` and `--points` fewer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

import psutil

from benchmarks.drawing import peers
from benchmarks.drawing.figures import BARS, COMPARED, Figures, pair, words
from benchmarks.drawing.gestures import Box
from benchmarks.drawing.measuring import measure
from benchmarks.drawing.tools import OURS, Kindred, Peer
from benchmarks.report import Bar, Headline, Report, Table
from benchmarks.surroundings import quick
from benchmarks.synthetic import workspace
from tests.running import running_app

if TYPE_CHECKING:
    from playwright.async_api import Page

POINTS = (10_000, 100_000, 1_000_000)
SIZE = Box(0, 0, 1040, 640)  # of the peers' plots when ours was not measured
COLUMNS = (
    *("points", "tool", "first draw, ms", "page until then, ms", "hover known / shown, ms"),
    *("lasso known / shown, ms", "selected", "pan median / p95, ms", "heap, MB", "transfer, MB"),
)
NOTE = (
    "First draw: from the points' arrival in the page's memory to the frame that shows all of them. Hover: from the "
    "page's hearing of a real mouse move to the point under it, and to the frame after, which the browser has put "
    "together; median of up to 20. Pan: between two frames, while dragging for 3 s. Lasso: around a third of the "
    "points with 60 corners; from releasing the mouse to the selection, and to the last frame that shows it. A hand "
    "waits up to 1 s at each corner for a page that does not follow; such a page may see fewer corners and select "
    "less. Heap: after a collection, with buffers. Transfer: libraries and points; of Kindred the whole app. deck.gl "
    "has no lasso: instead, what can be seen within the lasso's bounding rectangle. embedding-atlas leaves to the "
    "page what is hovered and what a lasso holds: here plain loops over all points; nothing is drawn anew for a "
    "selection. regl-scatterplot runs in its performance mode with a million points. Plots of the same size; all draw "
    "without a GPU, and Kindred then by the processor instead of WebGL."
)

Found = dict[tuple[int, str], Figures]


def run(points: Sequence[int] = (), tools: Sequence[str] = (OURS, *peers.PEERS)) -> Report:
    """Measure the named tools with each number of points, those of one number one after the other."""
    points = points or (POINTS[:1] if quick() else POINTS)
    table = Table("The map and its peers", COLUMNS)
    server = Table("The server of the map", ("points", "memory before, MB", "with the map open, MB"))
    others = [name for name in tools if name != OURS]
    if others and not peers.install():
        others = []
    found: Found = {}
    size, busy = SIZE, [0.0]
    with peers.served() as address:
        for n in points:
            if OURS in tools:
                busy.append(psutil.cpu_percent(1))
                found[n, OURS], size = _ours(n, server)
                _add(table, n, OURS, found[n, OURS])
            for name in others:
                busy.append(psutil.cpu_percent(1))
                found[n, name] = asyncio.run(measure(Peer(name, address, size), n))
                _add(table, n, name, found[n, name])
    table.note = f"{NOTE} Before a measurement, other work took {max(busy):.0f} % of the processors at most."
    return Report([table, server, _faster(found)], _bars(max(points), found), _headlines(max(points), found))


def _ours(n: int, server: Table) -> tuple[Figures, Box]:
    """The figures, and where in the page the map is."""
    dataset = workspace.ensure(n)
    with running_app(workspace.PLACE) as app:
        process = psutil.Process(app.pid)
        before = process.memory_info().rss / 2**20
        tool = Kindred(app.url, {n: dataset})

        async def looked_at(_: Page) -> None:
            server.add(n, before, process.memory_info().rss / 2**20)

        return asyncio.run(measure(tool, n, looked_at)), tool.size or SIZE


def _add(table: Table, n: int, tool: str, one: Figures) -> None:
    table.add(
        *(n, tool, words(one, "draw"), words(one, "page"), pair(one, "hover_known", "hover_shown")),
        *(pair(one, "lasso_known", "lasso_shown"), "none" if one.lasso_count is None else one.lasso_count),
        *(pair(one, "pan_median", "pan_p95"), words(one, "heap"), words(one, "moved")),
    )


def _bars(n: int, found: Found) -> list[Bar]:
    """What is claimed of the largest map: how many times as long peers take."""
    bars = []
    for peer, figure, least in BARS:
        if {(n, peer), (n, OURS)} <= found.keys():
            name = f"{n:,} points, times {peer}: {COMPARED[figure]}"
            bars.append(Bar(name, _times(n, peer, figure, found), least, "×", least=True))
    return bars


def _headlines(n: int, found: Found) -> list[Headline]:
    lines = []
    for figure in ("draw", "lasso_shown", "pan_median"):
        ours = getattr(found.get((n, OURS), Figures()), figure)
        known = {peer: _times(n, peer, figure, found) for peer in peers.PEERS}
        ratios = {peer: ratio for peer, ratio in known.items() if ratio is not None}
        took = () if ours is None else (f"{ours:,.0f} ms",)
        lines.append(Headline(f"drawing: {COMPARED[figure]} with {n:,} points, without a GPU", ratios, took))
    return lines


def _times(n: int, peer: str, figure: str, found: Found) -> float | None:
    """How many times as long a peer takes."""
    ours, theirs = (getattr(found.get((n, tool), Figures()), figure) for tool in (OURS, peer))
    return None if not ours or theirs is None else float(theirs / ours)


def _faster(found: Found) -> Table:
    """Each figure in which a peer needs less than ours."""
    table = Table("Where a peer needs less", ("points", "figure", "peer", "its", "ours"))
    for (n, tool), theirs in found.items():
        ours = found.get((n, OURS))
        if tool == OURS or ours is None:
            continue
        for figure, title in COMPARED.items():
            its, own = getattr(theirs, figure), getattr(ours, figure)
            if its is not None and own is not None and its < own:
                table.add(n, title, tool, words(theirs, figure), words(ours, figure))
    return table
