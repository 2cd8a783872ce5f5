"""Charts of what was tried, as pure functions to Plotly figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import plotly.graph_objects as go

from pages.parts.charts import dress, safe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embedding_core.derived import Score
    from pages.parts.charts import Look


def tried(
    names: Sequence[str],
    scores: Sequence[Score],
    best: int,
    look: Look,
    numbers: Sequence[int] = (),
    *,
    narrow: bool = False,
) -> go.Figure:
    """The accuracy of each run with its interval, oldest at the top; the best one in colour.

    `numbers` are what the runs are called elsewhere, by default from 1 on. With `narrow` names end before the first
    dot, so that intervals have room on a phone.
    """
    called = numbers or range(1, len(names) + 1)
    shown = [safe(name.partition(" · ")[0], 18) if narrow else safe(name, 44) for name in names]
    rows = [f"{number}  {name}" for number, name in zip(called, shown, strict=True)]
    spans = [
        (0.0, 0.0) if one.low is None or one.high is None else (one.high - one.value, one.value - one.low)
        for one in scores
    ]
    colours = [look.accent if number == best else look.grey for number in range(len(names))]
    figure = go.Figure(
        go.Scatter(
            x=[one.value for one in scores],
            y=rows,
            mode="markers+text",
            text=[f"{one.value:.1%}" for one in scores],
            textposition="top center",
            textfont={"color": look.text, "size": 12},
            marker={"color": colours, "size": 11},
            error_x={
                "type": "data",
                "array": [up for up, _ in spans],
                "arrayminus": [down for _, down in spans],
                "color": look.quiet,
                "thickness": 1.4,
                "width": 0,
            },
            hovertemplate="%{y}: %{x:.1%}<extra></extra>",
            showlegend=False,
        )
    )
    dress(figure, look, 70 + 44 * len(rows))
    figure.update_layout(margin={"l": 0, "r": 24, "t": 12, "b": 0})
    figure.update_yaxes(
        range=[len(rows) - 0.4, -0.7], automargin=True, ticks="", ticksuffix="  ", showgrid=False, zeroline=False
    )
    low = min(one.value - down for one, (_, down) in zip(scores, spans, strict=True))
    high = max(one.value + up for one, (up, _) in zip(scores, spans, strict=True))
    room = (high - low or 0.1) * (0.16 if narrow else 0.05)  # so that no figure is cut
    figure.update_xaxes(
        range=[low - room, high + room], tickformat=".0%", gridcolor=look.line, zeroline=False, automargin=True
    )
    return figure
