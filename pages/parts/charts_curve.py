"""Charts of learning curves and ensembles, as pure functions to Plotly figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from embedding_core.evaluate.curve.found import FAR
from pages.parts.charts import dress, short

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from embedding_core.effect import Difference
    from embedding_core.evaluate.curve.found import ClassOutlook, Curve
    from embedding_core.evaluate.curve.scratch_found import Scratch
    from pages.parts.charts import Look

_STEPS = 60  # points of a drawn line


def curve(found: Curve, scratch: Scratch | None, upto: int, look: Look) -> go.Figure:
    """Accuracy against labels on a logarithmic scale: points with intervals, the law through them, and beyond all
    labels the law dashed, up to `upto` labels or twice of all, with its interval as a band."""
    figure = go.Figure()
    end = max(upto, round(FAR * found.total))
    beyond = np.geomspace(found.total, end, _STEPS)
    _band(figure, beyond, found.law.accuracy(beyond), look)
    within = np.geomspace(found.sizes[0], found.total, _STEPS)
    for labels, dash, hover in ((within, None, False), (beyond, "dash", True)):
        figure.add_scatter(
            x=labels,
            y=found.law.accuracy(labels)[0],
            mode="lines",
            line={"color": look.accent, "width": 2, "dash": dash},
            showlegend=hover,
            name="As it goes on",
            hovertemplate="%{x:,.0f} labels: %{y:.1%}<extra>foretold</extra>" if hover else None,
            hoverinfo=None if hover else "skip",
        )
    _points(figure, found.sizes, found.near_accuracy, "Nearest neighbours", look.grey, "square", joined=True)
    _points(figure, found.sizes, found.accuracy, "Probe over the embedding", look.accent, "circle", joined=False)
    if scratch is not None:
        labels = np.array([run.labels for run in scratch.runs], float)
        values = np.array([[run.accuracy, *run.interval] for run in scratch.runs]).T
        _points(figure, labels, values, "Learning from nothing", look.palette[4], "diamond", joined=True)
    if upto > found.total:
        one = found.outlook(upto - found.total)
        figure.add_scatter(
            x=[upto],
            y=[one.accuracy],
            mode="markers",
            marker={"color": look.background, "size": 13, "line": {"width": 3, "color": look.accent}},
            hovertemplate=f"{upto:,} labels: {one.accuracy:.1%} ({one.interval[0]:.1%} to {one.interval[1]:.1%})"
            "<extra>foretold</extra>",
            showlegend=False,
        )
    dress(figure, look, 420)
    figure.add_vline(x=found.total, line={"color": look.quiet, "width": 1, "dash": "dot"})
    figure.add_hline(y=found.chance, line={"color": look.line, "width": 1})
    figure.add_annotation(
        x=np.log10(found.sizes[0]),
        y=found.chance,
        text="naming the commonest label",
        showarrow=False,
        xanchor="left",
        yanchor="bottom",
        font={"size": 11, "color": look.quiet},
    )
    figure.add_annotation(
        x=np.log10(found.total),
        y=1,
        yref="paper",
        text=f"your {found.total:,}",
        showarrow=False,
        xanchor="right",
        yanchor="top",
        xshift=-4,
        font={"size": 11, "color": look.quiet},
    )
    figure.update_layout(margin={"l": 0, "r": 12, "t": 44, "b": 0}, legend=_legend())
    ticks = _ticks(found.sizes[0], end)
    figure.update_xaxes(
        type="log",
        title={"text": "Labelled images to learn from", "standoff": 8},
        tickvals=ticks,
        ticktext=[f"{tick:,}" for tick in ticks],
        automargin=True,
        showgrid=False,
        zeroline=False,
        ticks="",
    )
    figure.update_yaxes(
        title={"text": "Accuracy", "standoff": 8},
        tickformat=".0%",
        gridcolor=look.line,
        zeroline=False,
        automargin=True,
        ticks="",
    )
    return figure


def classes(found: Curve, rows: Sequence[ClassOutlook], look: Look) -> go.Figure:
    """What each label would gain, in points, if there were twice as many of all, with its interval."""
    names = [short(found.classes[one.code]) + "\u200b" * at for at, one in enumerate(rows)]
    figure = go.Figure()
    for name, one in zip(names, rows, strict=True):
        figure.add_scatter(
            x=[100 * end for end in one.gain_interval],
            y=[name, name],
            mode="lines",
            line={"color": look.accent, "width": 3},
            hoverinfo="skip",
        )
    figure.add_scatter(
        x=[100 * one.gain for one in rows],
        y=names,
        mode="markers",
        marker={"color": look.accent, "size": 10},
        customdata=[[one.accuracy, one.labels, *(100 * end for end in one.gain_interval), one.tested] for one in rows],
        hovertemplate="%{y}: %{x:+.1f} points (%{customdata[2]:.1f} to %{customdata[3]:.1f})"
        "<br>now right in %{customdata[0]:.0%} of %{customdata[4]:,} images, %{customdata[1]:,} labels<extra></extra>",
    )
    dress(figure, look, 70 + 30 * len(rows))
    figure.update_layout(margin={"l": 0, "r": 12, "t": 8, "b": 0}, showlegend=False)
    figure.update_yaxes(autorange="reversed", automargin=True, ticks="", ticksuffix="  ", dtick=1, showgrid=False)
    figure.update_xaxes(
        title={"text": "Points gained with twice the labels", "standoff": 8},
        range=_from_zero([100 * end for one in rows for end in (one.gain, *one.gain_interval)]),
        gridcolor=look.line,
        zeroline=False,
        ticks="",
        automargin=True,
    )
    return figure


def gains(rows: Sequence[tuple[str, Difference, bool]], look: Look) -> go.Figure:
    """What each way gains over the best single encoder, in points, with its interval; the chosen one stands out."""
    names = [short(name) + "\u200b" * at for at, (name, _, _) in enumerate(rows)]
    found = [one for _, one, _ in rows]
    figure = go.Figure(
        go.Bar(
            x=[100 * one.change for one in found],
            y=names,
            orientation="h",
            marker={"color": [look.accent if chosen else look.grey for _, _, chosen in rows], "cornerradius": 3},
            error_x={
                "type": "data",
                "array": [100 * (one.high - one.change) for one in found],
                "arrayminus": [100 * (one.change - one.low) for one in found],
                "color": look.text,
                "thickness": 1.5,
                "width": 5,
            },
            customdata=[[100 * one.low, 100 * one.high, one.after] for one in found],
            hovertemplate="%{y}: %{x:+.1f} points (%{customdata[0]:.1f} to %{customdata[1]:.1f})"
            "<br>right in %{customdata[2]:.1%}<extra></extra>",
        )
    )
    dress(figure, look, 80 + 38 * len(rows))
    figure.update_layout(margin={"l": 0, "r": 12, "t": 8, "b": 0}, showlegend=False, bargap=0.4)
    figure.add_vline(x=0, line={"color": look.quiet, "width": 1, "dash": "dot"})
    figure.update_yaxes(autorange="reversed", automargin=True, ticks="", ticksuffix="  ", dtick=1, showgrid=False)
    figure.update_xaxes(
        title={"text": "Points over the best one alone", "standoff": 8},
        gridcolor=look.line,
        zeroline=False,
        ticks="",
        automargin=True,
    )
    return figure


def _points(
    figure: go.Figure,
    labels: NDArray[np.float64],
    values: NDArray[np.float64],
    name: str,
    colour: str,
    symbol: str,
    *,
    joined: bool,
) -> None:
    figure.add_scatter(
        x=labels,
        y=values[0],
        mode="lines+markers" if joined else "markers",
        name=name,
        line={"color": colour, "width": 1.5},
        marker={"color": colour, "size": 8, "symbol": symbol},
        error_y={
            "type": "data",
            "array": values[2] - values[0],
            "arrayminus": values[0] - values[1],
            "color": colour,
            "thickness": 1.2,
            "width": 3,
        },
        customdata=values[1:].T,
        hovertemplate="%{x:,.0f} labels: %{y:.1%} (%{customdata[0]:.1%} to %{customdata[1]:.1%})"
        "<extra>%{fullData.name}</extra>",
    )


def _band(figure: go.Figure, labels: NDArray[np.float64], values: NDArray[np.float64], look: Look) -> None:
    red, green, blue = (int(look.accent[at : at + 2], 16) for at in (1, 3, 5))
    figure.add_scatter(
        x=[*labels, *labels[::-1]],
        y=[*values[2], *values[1][::-1]],
        fill="toself",
        fillcolor=f"rgba({red},{green},{blue},0.14)",
        line={"width": 0},
        hoverinfo="skip",
        name="95% interval",
    )


def _ticks(first: float, last: float) -> list[int]:
    """1, 2 and 5 times the powers of ten, but for the twos and fives where they would crowd."""
    powers = range(int(np.floor(np.log10(first))), int(np.ceil(np.log10(last))) + 1)
    parts = (1, 2, 5) if last / first < 300 else (1, 3) if last / first < 3000 else (1,)
    return [part * 10**power for power in powers for part in parts if first * 0.9 <= part * 10**power <= last * 1.1]


def _from_zero(values: Sequence[float]) -> list[float]:
    """The ends of an axis that holds zero and all values, with room beside them."""
    most = max(1.0, *values)
    return [-0.03 * most, 1.04 * most]


def _legend() -> dict[str, object]:
    return {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "traceorder": "normal"}
