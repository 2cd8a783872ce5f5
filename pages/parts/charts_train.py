"""Charts of what was trained and searched, as pure functions to Plotly figures."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from pages.parts.charts import MOST, dress, safe, short

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from embedding_core.train.probes.calibration import Bin
    from embedding_core.train.probes.scores import Figure
    from embedding_core.train.search.trials import Trial
    from pages.parts.charts import Look


def scores(rows: Sequence[tuple[str, Figure]], baseline: float | None, look: Look, *, shares: bool) -> go.Figure:
    """A measure of each row with its interval; the dotted line is what there is without looking."""
    names = [short(name) for name, _ in rows]
    form = ".1%" if shares else ".3~f"
    figure = go.Figure()
    for name, (_, one) in zip(names, rows, strict=True):
        line = {"color": look.accent, "width": 3}
        figure.add_scatter(x=[one.low, one.high], y=[name, name], mode="lines", line=line, hoverinfo="skip")
    figure.add_scatter(
        x=[one.value for _, one in rows],
        y=names,
        mode="markers",
        marker={"color": look.accent, "size": 10},
        customdata=[[one.low, one.high] for _, one in rows],
        hovertemplate=f"%{{y}}: %{{x:{form}}} (%{{customdata[0]:{form}}} to %{{customdata[1]:{form}}})<extra></extra>",
    )
    dress(figure, look, 70 + 34 * len(rows))
    figure.update_layout(margin={"l": 0, "r": 12, "t": 8, "b": 0}, showlegend=False)
    if baseline is not None:
        figure.add_vline(x=baseline, line={"color": look.quiet, "width": 1, "dash": "dot"})
    figure.update_yaxes(autorange="reversed", automargin=True, ticks="", ticksuffix="  ", showgrid=False)
    figure.update_xaxes(
        tickformat=".0%" if shares else None, gridcolor=look.line, zeroline=False, ticks="", automargin=True
    )
    return figure


def reliability(after: Sequence[Bin], before: Sequence[Bin], look: Look) -> go.Figure:
    """How often a probe is right where it is so sure, with intervals; on the line it can be believed."""
    figure = go.Figure()
    figure.add_scatter(
        x=[0, 1], y=[0, 1], mode="lines", line={"color": look.quiet, "dash": "dot", "width": 1}, hoverinfo="skip",
        showlegend=False,
    )  # fmt: skip
    for bins, name, colour, symbol in (
        (before, "As it came", look.grey, "circle-open"),
        (after, "Calibrated", look.accent, "circle"),
    ):
        told = name == "Calibrated"
        figure.add_scatter(
            x=[one.confidence for one in bins],
            y=[one.accuracy for one in bins],
            name=name,
            mode="markers+lines",
            line={"color": colour, "width": 1},
            marker={"color": colour, "size": [_size(one.count) for one in bins], "symbol": symbol},
            error_y={
                "type": "data",
                "symmetric": False,
                "array": [one.interval[1] - one.accuracy for one in bins],
                "arrayminus": [one.accuracy - one.interval[0] for one in bins],
                "color": colour,
                "thickness": 1,
                "width": 0,
                "visible": told,
            },
            customdata=[[one.count, *one.interval] for one in bins],
            hovertemplate="%{x:.0%} sure: %{y:.0%} right (%{customdata[1]:.0%} to %{customdata[2]:.0%}), "
            "%{customdata[0]:,} images<extra>%{fullData.name}</extra>",
        )
    dress(figure, look, 340)
    figure.update_layout(margin={"l": 0, "r": 8, "t": 30, "b": 0}, legend=_legend())
    axes = {"tickformat": ".0%", "gridcolor": look.line, "zeroline": False, "ticks": "", "automargin": True}
    figure.update_xaxes(**axes, range=[0, 1.02], title={"text": "How sure it is", "standoff": 8})
    figure.update_yaxes(**axes, range=[0, 1.02], title={"text": "How often it is right", "standoff": 8})
    return figure


def confusion(counts: NDArray[np.int64], labels: Sequence[str], look: Look) -> go.Figure:
    """What images are (rows) and what they are called (columns), `counts` (c, c) shaded by the share of the row."""
    counts = counts[:MOST, :MOST]
    names = [safe(name, 16) + "\u200b" * at for at, name in enumerate(labels[:MOST])]
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    figure = go.Figure(
        go.Heatmap(
            z=share,
            x=names,
            y=names,
            customdata=counts,
            text=[[f"{count:,}" if count else "" for count in row] for row in counts.tolist()]
            if len(names) <= 15
            else None,
            texttemplate="%{text}" if len(names) <= 15 else None,
            colorscale=[[0, look.surface], [1, look.accent]],
            zmin=0,
            zmax=1,
            showscale=False,
            xgap=1,
            ygap=1,
            hovertemplate="%{y} called %{x}: %{customdata:,} images, %{z:.0%} of %{y}<extra></extra>",
        )
    )
    dress(figure, look, 150 + 24 * len(names))
    figure.update_layout(margin={"l": 0, "r": 0, "t": 8, "b": 0})
    figure.update_yaxes(automargin=True, showgrid=False, ticks="", dtick=1, autorange="reversed", ticksuffix=" ")
    figure.update_xaxes(automargin=True, showgrid=False, ticks="", dtick=1, tickangle=-45, side="top")
    return figure


def estimates(
    truth: NDArray[np.float64], estimated: NDArray[np.float64], margin: float, name: str, look: Look
) -> go.Figure:
    """Numbers as they are (k,) and as they were estimated; the band holds 95 of 100 images like those trained on."""
    low, high = float(min(truth.min(), estimated.min())), float(max(truth.max(), estimated.max()))
    figure = go.Figure()
    for shift in (-margin, margin):
        figure.add_scatter(
            x=[low, high],
            y=[low + shift, high + shift],
            mode="lines",
            line={"color": look.line, "width": 1},
            fill="tonexty" if shift > 0 else None,
            fillcolor="rgba(128,128,128,.12)",
            hoverinfo="skip",
        )
    figure.add_scatter(
        x=[low, high], y=[low, high], mode="lines", line={"color": look.quiet, "dash": "dot", "width": 1},
        hoverinfo="skip",
    )  # fmt: skip
    figure.add_scatter(
        x=truth.tolist(),
        y=estimated.tolist(),
        mode="markers",
        marker={"color": look.accent, "size": 6, "opacity": 0.7},
        hovertemplate="is %{x:.4~g}, estimated %{y:.4~g}<extra></extra>",
    )
    dress(figure, look, 380)
    figure.update_layout(margin={"l": 0, "r": 8, "t": 8, "b": 0}, showlegend=False)
    axes = {"gridcolor": look.line, "zeroline": False, "ticks": "", "automargin": True}
    figure.update_xaxes(**axes, title={"text": f"{short(name)} as it is", "standoff": 8})
    figure.update_yaxes(**axes, title={"text": "Estimated", "standoff": 8})
    return figure


def history(trials: Sequence[Trial], best: Sequence[float | None], look: Look, *, shares: bool) -> go.Figure:
    """The value of every trial, and the best so far."""
    done = [one for one in trials if one.state == "done"]
    figure = go.Figure(
        go.Scatter(
            x=[one.number for one in done],
            y=[one.value for one in done],
            mode="markers",
            name="A try",
            marker={"color": look.grey, "size": 8},
            customdata=[_said(one) for one in done],
            hovertemplate="Try %{x}: %{y:.3f}<br>%{customdata}<extra></extra>",
        )
    )
    figure.add_scatter(
        x=[one.number for one in trials],
        y=list(best),
        mode="lines",
        name="Best so far",
        line={"color": look.accent, "width": 2.5, "shape": "hv"},
        hoverinfo="skip",
    )
    dress(figure, look, 280)
    figure.update_layout(margin={"l": 0, "r": 8, "t": 30, "b": 0}, legend=_legend())
    figure.update_xaxes(
        title={"text": "Try", "standoff": 8},
        dtick=1 if len(trials) <= 12 else None,
        showgrid=False,
        zeroline=False,
        ticks="",
        automargin=True,
    )
    figure.update_yaxes(
        tickformat=".1%" if shares else None, gridcolor=look.line, zeroline=False, ticks="", automargin=True
    )
    return figure


def importance(shares: Sequence[tuple[str, float]], look: Look) -> go.Figure:
    """How much of the differences between trials each parameter accounts for."""
    names = [safe(name, 34) for name, _ in shares]
    figure = go.Figure(
        go.Bar(
            x=[value for _, value in shares],
            y=names,
            orientation="h",
            marker={"color": look.accent, "cornerradius": 4},
            text=[f"{value:.0%}" for _, value in shares],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{y}: %{x:.0%}<extra></extra>",
        )
    )
    dress(figure, look, 60 + 30 * len(names))
    figure.update_layout(margin={"l": 0, "r": 44, "t": 8, "b": 0}, bargap=0.35)
    figure.update_yaxes(autorange="reversed", automargin=True, ticks="", ticksuffix="  ")
    figure.update_xaxes(visible=False)
    return figure


def _said(trial: Trial) -> str:
    told = ", ".join(
        f"{name} {value:.4g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in trial.parameters.items()
    )
    return safe(told, 160)


def _size(count: int) -> float:
    """Of a point that stands for so many images."""
    return min(5 + 1.2 * math.sqrt(count), 20)


def _legend() -> dict[str, object]:
    return {"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom", "traceorder": "normal"}
