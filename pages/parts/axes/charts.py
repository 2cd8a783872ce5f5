"""Charts of axes, as pure functions to Plotly figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from pages.parts.charts import dress

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embedding_core.evaluate.axes.dimensions import Curve
    from pages.parts.charts import Look

MOST = 48  # axes that are drawn


def scree(shares: NDArray[Any], noise: NDArray[Any], above: int, look: Look) -> go.Figure:
    """What each axis explains, as bars, and all up to it, as a line; what is more than noise is in colour."""
    shown = shares[:MOST]
    numbers = list(range(1, len(shown) + 1))
    figure = go.Figure(
        go.Bar(
            x=numbers,
            y=shown.tolist(),
            name="This axis",
            marker={"color": [look.accent if number <= above else look.grey for number in numbers]},
            hovertemplate="Axis %{x}: %{y:.1%} of the differences<extra></extra>",
        )
    )
    figure.add_scatter(
        x=numbers,
        y=noise[: len(shown)].tolist(),
        mode="lines",
        name="Noise would explain",
        line={"color": look.quiet, "width": 1.5, "dash": "dot"},
        hovertemplate="Noise: %{y:.1%}<extra></extra>",
    )
    figure.add_scatter(
        x=numbers,
        y=shares.cumsum()[: len(shown)].tolist(),
        yaxis="y2",
        mode="lines",
        name="All up to here",
        line={"color": look.palette[1], "width": 2.5},
        hovertemplate="The first %{x}: %{y:.0%}<extra></extra>",
    )
    dress(figure, look, 320)
    figure.update_layout(margin={"l": 0, "r": 0, "t": 44, "b": 0}, bargap=0.25, legend=_legend())
    figure.update_layout(
        yaxis={"tickformat": ".0%", "gridcolor": look.line, "zeroline": False, "automargin": True, "ticks": ""},
        yaxis2={
            **{
                "overlaying": "y",
                "side": "right",
                "range": [0, 1],
                "dtick": 0.25,
                "tickformat": ".0%",
                "showgrid": False,
            },
            **{"zeroline": False, "automargin": True, "ticks": ""},
        },
    )
    figure.update_xaxes(title={"text": "Axis", "standoff": 6}, showgrid=False, ticks="", automargin=True)
    return figure


def accuracy(probe: Curve, near: Curve, look: Look) -> go.Figure:
    """Accuracy against the number of axes, with its interval as a band; where it is enough is marked."""
    figure = go.Figure()
    for curve, name, colour in ((near, "Five nearest", look.palette[1]), (probe, "Probe", look.accent)):
        counts = list(curve.counts)
        low, high = ([one[end] for one in curve.intervals] for end in range(2))
        figure.add_scatter(
            x=[*counts, *counts[::-1]],
            y=[*high, *low[::-1]],
            mode="lines",  # of few points Plotly would draw these as well
            fill="toself",
            fillcolor=_faint(colour),
            line={"width": 0},
            hoverinfo="skip",
            showlegend=False,
        )
        figure.add_scatter(
            x=counts,
            y=curve.accuracy,
            mode="lines+markers",
            name=name,
            line={"color": colour, "width": 2.5},
            marker={"size": 7},
            customdata=list(zip(low, high, strict=True)),
            hovertemplate="%{x:,} axes: %{y:.1%} (%{customdata[0]:.1%} to %{customdata[1]:.1%})<extra>"
            + name
            + "</extra>",
        )
    enough = probe.enough
    figure.add_vline(x=enough, line={"color": look.quiet, "width": 1, "dash": "dot"})
    dress(figure, look, 320)
    figure.update_layout(margin={"l": 0, "r": 8, "t": 44, "b": 0}, legend=_legend())
    ticks = list(probe.counts)
    if len(ticks) > 1 and ticks[-1] < 1.5 * ticks[-2]:
        ticks.pop(-2)  # the last two would stand on each other
    figure.update_xaxes(
        type="log",
        title={"text": "Axes kept", "standoff": 12},
        tickvals=ticks,
        ticktext=[f"{count:,}" for count in ticks],
        tickangle=0,
        showgrid=False,
        zeroline=False,
        ticks="",
        automargin=True,
    )
    figure.update_yaxes(tickformat=".0%", gridcolor=look.line, zeroline=False, ticks="", automargin=True)
    return figure


def _faint(colour: str) -> str:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.14)"


def _legend() -> dict[str, object]:
    return {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "traceorder": "normal"}
