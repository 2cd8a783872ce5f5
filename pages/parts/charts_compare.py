"""Charts that hold encoders and metrics against each other, as pure functions to Plotly figures."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import plotly.graph_objects as go

from embedding_core.evaluate.comparison.pareto import front as front_of
from pages.parts.charts import dress, short

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from embedding_core.derived.standings import Cost
    from embedding_core.evaluate.comparison.found import Comparison
    from pages.parts.charts import Look


class Point(NamedTuple):
    """An encoder in the picture."""

    name: str
    speed: float  # images per second
    accuracy: float  # from 0 to 1, with the ends of its interval
    low: float
    high: float
    front: bool  # no other is as good and as fast, and better in one


def points(found: Comparison, costs: Sequence[Cost]) -> list[Point]:
    """The encoders whose speed is known, `costs` (m,) in the order of the comparison."""
    fast = [at for at, one in enumerate(costs) if one.images_per_second]
    front = {fast[at] for at in front_of([(found.accuracy(at), costs[at].images_per_second or 0.0) for at in fast])}
    return [
        Point(costs[at].name, costs[at].images_per_second or 0.0, found.accuracy(at), *found.interval(at), at in front)
        for at in fast
    ]


def pareto(points: Sequence[Point], look: Look) -> go.Figure:
    """Images per second, each power of ten as wide, against accuracy; a line joins those that none beats."""
    figure = go.Figure()
    front = sorted((one for one in points if one.front), key=lambda one: one.speed)
    figure.add_scatter(
        x=[one.speed for one in front],
        y=[one.accuracy for one in front],
        mode="lines",
        line={"color": look.accent, "width": 2, "dash": "dot", "shape": "vh"},
        hoverinfo="skip",
    )
    low, high = (end(math.log10(one.speed) for one in points) for end in (min, max))
    for number, one in enumerate(sorted(points, key=lambda one: one.speed)):
        side = "right" if 2 * math.log10(one.speed) <= low + high else "left"
        colour = look.accent if one.front else look.grey
        figure.add_scatter(
            x=[one.speed],
            y=[one.accuracy],
            mode="markers+text",
            text=[short(one.name)],
            textposition=f"{'bottom' if number % 2 else 'top'} {side}",  # neighbours do not write over each other
            textfont={"color": look.text},
            cliponaxis=False,
            marker={"color": colour, "size": 12, "symbol": "circle" if one.front else "circle-open"},
            error_y={
                "type": "data",
                "symmetric": False,
                "array": [one.high - one.accuracy],
                "arrayminus": [one.accuracy - one.low],
                "color": colour,
                "thickness": 2,
                "width": 5,
            },
            hovertemplate=f"{short(one.name)}: %{{y:.1%}} ({one.low:.1%} to {one.high:.1%})"
            "<br>%{x:,.0f} images a second<extra></extra>",
        )
    dress(figure, look, 340)
    figure.update_layout(margin={"l": 0, "r": 12, "t": 24, "b": 0}, showlegend=False)
    figure.update_xaxes(
        type="log",
        title={"text": "Images a second →", "standoff": 8},
        gridcolor=look.line,
        range=[low - 0.15, high + 0.15],
        tickvals=[value * 10**power for power in range(-3, 7) for value in (1, 3)],
        tickformat=",~g",
        zeroline=False,
        ticks="",
        automargin=True,
    )
    figure.update_yaxes(
        title={"text": "Accuracy →", "standoff": 14},
        tickformat=".0%",
        gridcolor=look.line,
        zeroline=False,
        ticks="",
        automargin=True,
    )
    return figure


def matrix(values: NDArray[np.floating], names: Sequence[str], look: Look, *, narrow: bool = False) -> go.Figure:
    """How alike each two are, from 0 to 1, as a shaded square with its figure; each is like itself, which is left out.

    With `narrow` names across are turned, so that they stand on a phone.
    """
    shown = [short(name) + "\u200b" * at for at, name in enumerate(names)]
    m = len(names)
    apart = [
        [None if row == column else max(0.0, float(values[row, column])) for column in range(m)] for row in range(m)
    ]
    figure = go.Figure(
        go.Heatmap(
            z=apart,
            x=shown,
            y=shown,
            hoverongaps=False,
            colorscale=[[0, look.surface], [1, look.accent]],
            zmin=0,
            zmax=1,
            showscale=False,
            xgap=2,
            ygap=2,
            hovertemplate="%{y} and %{x}: %{z:.2f}<extra></extra>",
        )
    )
    for row, line in enumerate(apart):
        for column, value in enumerate(line):
            if value is not None:
                colour = look.surface if value > 0.5 else look.text
                figure.add_annotation(
                    x=column, y=row, text=f"{value:.2f}", showarrow=False, font={"color": colour, "size": 14}
                )
    dress(figure, look, 130 + 52 * len(names))
    figure.update_layout(margin={"l": 0, "r": 0, "t": 8, "b": 0})
    figure.update_yaxes(automargin=True, autorange="reversed", ticks="", ticksuffix="  ", showgrid=False, dtick=1)
    figure.update_xaxes(automargin=True, ticks="", showgrid=False, dtick=1, tickangle=-35 if narrow else None)
    return figure


def speeds(rows: Sequence[tuple[str, float]], look: Look) -> go.Figure:
    """Images per second of each, where there are no labels to judge by."""
    return _horizontal([(name, value, None, None) for name, value in rows], look, "%{x:,.0f}", ",.0f")


def bars(rows: Sequence[tuple[str, float, float, float]], look: Look, *, shares: bool = True) -> go.Figure:
    """A value from 0 to 1 for each name, with the ends of its interval; `shares` are told in percent."""
    return _horizontal(rows, look, *(("%{x:.1%}", ".0%") if shares else ("%{x:.3f}", ".1f")))


def _horizontal(
    rows: Sequence[tuple[str, float, float | None, float | None]], look: Look, said: str, ticks: str
) -> go.Figure:
    known = [one for one in rows if one[2] is not None and one[3] is not None]
    error = {
        "type": "data",
        "symmetric": False,
        "array": [(high or 0) - value for _, value, _, high in rows],
        "arrayminus": [value - (low or 0) for _, value, low, _ in rows],
        "color": look.text,
        "thickness": 1.5,
        "width": 4,
    }
    figure = go.Figure(
        go.Bar(
            x=[value for _, value, _, _ in rows],
            y=[short(name) + "\u200b" * at for at, (name, *_) in enumerate(rows)],
            orientation="h",
            marker={"color": look.accent, "cornerradius": 4},
            error_x=error if known else None,
            hovertemplate=f"%{{y}}: {said}<extra></extra>",
        )
    )
    dress(figure, look, 60 + 36 * len(rows))
    figure.update_layout(margin={"l": 0, "r": 12, "t": 8, "b": 0}, bargap=0.4)
    figure.update_yaxes(autorange="reversed", automargin=True, ticks="", ticksuffix="  ", dtick=1, showgrid=False)
    figure.update_xaxes(tickformat=ticks, gridcolor=look.line, zeroline=False, ticks="", automargin=True)
    return figure
