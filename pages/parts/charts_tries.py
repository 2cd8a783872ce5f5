"""Every try of a search as a line through its settings: parallel coordinates, to be moved on a page, or printed."""

from __future__ import annotations

import math
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go

from pages.parts.charts import dress, safe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embedding_core.train.search.trials import Trial
    from embedding_core.train.space import Parameter
    from pages.parts.charts import Look

_AXES = 7  # more cannot be told apart


def moving(trials: Sequence[Trial], space: Sequence[Parameter], look: Look, *, narrow: bool = False) -> go.Figure:
    """Each finished trial as a line through its parameters, coloured by its value.

    With `narrow` titles are cut short and slanted, so that all of them stand on a phone.
    """
    dimensions, values = _dimensions(trials, space, 15 if narrow else 28)
    figure = go.Figure(
        go.Parcoords(
            line={"color": values, "colorscale": [[at / 4, colour] for at, colour in enumerate(look.scale)]},
            dimensions=[*dimensions, {"label": "Score", "values": values}],
            labelfont={"size": 10 if narrow else 12},
            labelangle=-25 if narrow else 0,
            tickfont={"size": 11, "color": look.quiet},
            rangefont={"size": 1, "color": "rgba(0,0,0,0)"},
        )
    )
    dress(figure, look, 340)
    figure.update_layout(margin={"l": 70, "r": 40, "t": 70 if narrow else 44, "b": 20})
    return figure


def printed(trials: Sequence[Trial], space: Sequence[Parameter], look: Look) -> go.Figure:
    """The same as plain lines, for paper and for browsers without WebGL, which Plotly's own trace wants."""
    from plotly.colors import sample_colorscale

    dimensions, values = _dimensions(trials, space, 28)
    low, high = min(values), max(values)
    dimensions.append({"label": "Score", "values": values, "range": [low, high]})
    figure = go.Figure()
    for number in np.argsort(values).tolist():  # the best on top
        share = (values[number] - low) / (high - low) if high > low else 1.0
        colour = sample_colorscale([[at / 4, one] for at, one in enumerate(look.scale)], [share])[0]
        heights = [_height(one, one["values"][number]) for one in dimensions]
        figure.add_scatter(y=heights, mode="lines", line={"color": colour, "width": 1.6}, hoverinfo="skip")
    dress(figure, look, 340)
    figure.update_layout(margin={"l": 10, "r": 60, "t": 60, "b": 20}, showlegend=False)
    figure.update_yaxes(visible=False, range=[-0.03, 1.03])
    figure.update_xaxes(visible=False, range=[-0.1, len(dimensions) - 0.9])
    for place, one in enumerate(dimensions):
        figure.add_vline(x=place, line={"color": look.quiet, "width": 1})
        above = {"yref": "paper", "y": 1, "yanchor": "bottom", "yshift": 6, "font": {"size": 12}}
        figure.add_annotation(x=place, **above, text="<br>".join(wrap(one["label"], 13)), showarrow=False)
        ticks = one.get("tickvals", one["range"])
        texts = one.get("ticktext", [f"{tick:.3g}" for tick in ticks])
        for tick, text in zip(ticks, texts, strict=True):
            at = {"x": place, "y": _height(one, tick), "xanchor": "left", "xshift": 4, "bgcolor": look.surface}
            figure.add_annotation(**at, text=text, showarrow=False, font={"size": 11, "color": look.quiet})
    return figure


def _height(one: dict[str, Any], value: float) -> float:
    """From 0 to 1, where a value lies on its axis."""
    low, high = one["range"]
    return (value - low) / (high - low) if high > low else 0.5


def _dimensions(
    trials: Sequence[Trial], space: Sequence[Parameter], limit: int
) -> tuple[list[dict[str, Any]], list[float]]:
    """The settings that every finished trial has, as axes; and the trials' values."""
    done = [one for one in trials if one.state == "done" and one.value is not None]
    axes = [one for one in space if all(one.name in trial.parameters for trial in done)][:_AXES]
    found = [_axis(one, [trial.parameters[one.name] for trial in done], limit) for one in axes]
    return found, [float(one.value or 0.0) for one in done]


def _axis(one: Parameter, values: Sequence[Any], limit: int) -> dict[str, Any]:
    title = safe(one.title, limit)
    if one.kind == "choice":
        place = {name: number for number, name in enumerate(one.choices)}
        return {
            "label": title,
            "values": [place[value] for value in values],
            "tickvals": list(place.values()),
            "ticktext": [safe(name, 16) for name in place],
            "range": [0, max(len(place) - 1, 1)],
        }
    if not one.log:
        return {"label": title, "values": list(values), "range": [one.low, one.high]}
    ends = math.log10(one.low), math.log10(one.high)
    ticks = np.linspace(*ends, 5).tolist()
    return {
        "label": title,
        "values": [math.log10(value) for value in values],
        "range": list(ends),
        "tickvals": ticks,
        "ticktext": [f"{10**tick:.2g}" if one.kind == "real" else f"{10**tick:.0f}" for tick in ticks],
    }
