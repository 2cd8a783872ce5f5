"""What is measured of one tool at one size, and how it is said."""

from __future__ import annotations

from dataclasses import dataclass, field

from benchmarks.report import Cell


@dataclass(slots=True)
class Figures:
    """Times in ms. None: not measured, and `trouble` says why, or not offered by the tool."""

    draw: float | None = None  # from points in memory to the frame with all of them
    page: float | None = None  # from navigation to that frame
    hover_known: float | None = None  # from hearing of a mouse move to the point it is on, the median
    hover_shown: float | None = None
    hovers: int = 0  # that were measured
    lasso_known: float | None = None  # from releasing the mouse to the selection
    lasso_shown: float | None = None
    lasso_count: int | None = None  # points in it
    pan_median: float | None = None  # between two frames while dragging
    pan_p95: float | None = None
    heap: float | None = None  # MB of the page's JavaScript after a collection, buffers included
    moved: float | None = None  # MB over the network
    trouble: dict[str, str] = field(default_factory=dict)  # by step


STEPS = {  # what a step measures
    "draw": ("draw", "page"),
    "hover": ("hover_known", "hover_shown"),
    "lasso": ("lasso_known", "lasso_shown"),
    "pan": ("pan_median", "pan_p95"),
    "heap": ("heap",),
}


def words(one: Figures, name: str) -> str | float:
    """A figure, or why there is none."""
    value: float | None = getattr(one, name)
    if value is not None:
        return value
    step = next((step for step, names in STEPS.items() if name in names), "")
    return one.trouble.get(step, one.trouble.get("page", "none"))


def pair(one: Figures, first: str, second: str) -> Cell:
    both = words(one, first), words(one, second)
    return both[0] if both[0] == both[1] else both


COMPARED = {  # where less is better
    "draw": "first draw",
    "hover_known": "hover, known",
    "hover_shown": "hover, shown",
    "lasso_known": "lasso, known",
    "lasso_shown": "lasso, shown",
    "pan_median": "pan, median",
    "pan_p95": "pan, p95",
    "heap": "heap",
    "moved": "transfer",
}
BARS = (  # peer, figure, how many times as much as ours it must take at least with the most points
    ("Plotly", "draw", 4),
    ("Plotly", "lasso_shown", 50),
    ("Plotly", "hover_known", 20),
    ("regl-scatterplot", "draw", 2),
    ("regl-scatterplot", "lasso_shown", 5),
    ("regl-scatterplot", "pan_median", 2),
)
