"""Charts of versions and of what they are worth, as pure functions to Plotly figures."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

import plotly.graph_objects as go

from pages.parts.charts import NAME_LIMIT, dress, safe, short

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embedding_core.effect import Difference
    from pages.parts.charts import Look


def counts(labels: Sequence[tuple[str, int, int]], names: tuple[str, str], look: Look) -> go.Figure:
    """Images of each label before and after, as two bars; the change stands behind the second."""
    rows = [_row(short(name), at) for at, (name, _, _) in enumerate(labels)]
    figure = go.Figure(
        [
            _bars(rows, [was for _, was, _ in labels], short(names[0]), look.grey, [""] * len(labels)),
            _bars(
                rows,
                [now for _, _, now in labels],
                short(names[1]),
                look.accent,
                [_signed(b - a) for _, a, b in labels],
            ),
        ]
    )
    dress(figure, look, 64 + 32 * len(rows))
    figure.update_layout(margin={"l": 0, "r": 56, "t": 30, "b": 0}, barmode="group", bargap=0.3, bargroupgap=0.06)
    figure.update_layout(legend=_legend())
    figure.update_yaxes(autorange="reversed", automargin=True, ticks="", ticksuffix="  ", dtick=1, showgrid=False)
    figure.update_xaxes(visible=False)
    return figure


def runs(before: Sequence[float], after: Sequence[float], names: tuple[str, str], look: Look) -> go.Figure:
    """The accuracy (s,) of each training before and after, joined by a line."""
    numbers = list(range(1, len(before) + 1))
    joined: list[list[float | None]] = [[], []]
    for number, was, now in zip(numbers, before, after, strict=True):
        joined[0] += [number, number, None]
        joined[1] += [was, now, None]
    hover = "Training %{x}: %{y:.1%}<extra>%{fullData.name}</extra>"
    figure = go.Figure(
        go.Scatter(
            x=joined[0],
            y=joined[1],
            mode="lines",
            line={"color": look.line, "width": 4},
            hoverinfo="skip",
            showlegend=False,
        )
    )
    for values, name, colour, symbol in (
        (before, names[0], look.grey, "circle-open"),
        (after, names[1], look.accent, "circle"),
    ):
        marker = {"color": colour, "size": 11, "symbol": symbol, "line": {"width": 2.5, "color": colour}}
        figure.add_scatter(
            x=numbers, y=list(values), mode="markers", name=short(name), marker=marker, hovertemplate=hover
        )
    dress(figure, look, 300)
    figure.update_layout(margin={"l": 0, "r": 8, "t": 30, "b": 0}, legend=_legend())
    figure.update_xaxes(
        title={"text": "Training", "standoff": 8},
        dtick=1 if len(numbers) <= 20 else None,
        automargin=True,
        showgrid=False,
        zeroline=False,
        ticks="",
        range=[0.4, len(numbers) + 0.6],
    )
    figure.update_yaxes(
        tickformat=".0%" if max(*before, *after) - min(*before, *after) > 0.03 else ".1%",
        gridcolor=look.line,
        zeroline=False,
        automargin=True,
        ticks="",
    )
    return figure


def intervals(rows: Sequence[tuple[str, Difference]], look: Look) -> go.Figure:
    """What each row gained, in points, with its interval; what can be told from nothing is in colour."""
    names = [_row(_lines(name), at) for at, (name, _) in enumerate(rows)]
    found = [one for _, one in rows]
    changes = [100 * one.change for one in found]
    colours = [look.accent if one.better else look.palette[4] if one.worse else look.grey for one in found]
    figure = go.Figure()
    for name, one, colour in zip(names, found, colours, strict=True):
        figure.add_scatter(
            x=[100 * one.low, 100 * one.high],
            y=[name, name],
            mode="lines",
            line={"color": colour, "width": 3},
            hoverinfo="skip",
        )
    figure.add_scatter(
        x=changes,
        y=names,
        mode="markers",
        marker={"color": colours, "size": 10},
        customdata=[[100 * one.low, 100 * one.high, one.before, one.after] for one in found],
        hovertemplate="%{y}: %{x:+.1f} points (%{customdata[0]:.1f} to %{customdata[1]:.1f})"
        "<br>%{customdata[2]:.1%} → %{customdata[3]:.1%}<extra></extra>",
    )
    dress(figure, look, 70 + (40 if any("<br>" in name for name in names) else 30) * len(names))
    figure.update_layout(margin={"l": 0, "r": 12, "t": 8, "b": 0}, showlegend=False)
    figure.add_vline(x=0, line={"color": look.quiet, "width": 1, "dash": "dot"})
    figure.update_yaxes(autorange="reversed", automargin=True, ticks="", ticksuffix="  ", dtick=1, showgrid=False)
    figure.update_xaxes(
        title={"text": "Points of accuracy", "standoff": 8},
        range=_around([100 * end for one in found for end in (one.low, one.high, one.change)]),
        gridcolor=look.line,
        zeroline=False,
        ticks="",
        automargin=True,
    )
    return figure


def _bars(rows: Sequence[str], values: Sequence[int], name: str, colour: str, said: Sequence[str]) -> go.Bar:
    return go.Bar(
        x=list(values),
        y=list(rows),
        name=name,
        orientation="h",
        marker={"color": colour, "cornerradius": 3},
        text=list(said),
        textposition="outside",
        textfont={"size": 12},
        cliponaxis=False,
        hovertemplate="%{y}: %{x:,} images<extra>%{fullData.name}</extra>",
    )


def _signed(change: int) -> str:
    return f"{change:+,}".replace("-", "−") if change else ""


def _row(name: str, at: int) -> str:
    """Cut names may have become alike, and Plotly would draw them as one: invisible characters tell them apart."""
    return name + "\u200b" * at


def _lines(name: str) -> str:
    """A name in two lines where it fits into them, else cut."""
    lines = wrap(" ".join(name.split()), NAME_LIMIT, break_long_words=False)
    fits = len(lines) == 2 and max(map(len, lines)) <= NAME_LIMIT
    return "<br>".join(map(safe, lines)) if fits else short(name)


def _around(values: Sequence[float]) -> list[float]:
    """The ends of an axis that holds all values and zero, with room beside them."""
    low, high = min(0.0, *values), max(0.0, *values)
    room = 0.04 * (high - low) or 1.0
    return [low - room, high + room]


def _legend() -> dict[str, object]:
    return {"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom", "traceorder": "normal"}
