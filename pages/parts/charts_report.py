"""Charts of the report card, as pure functions to Plotly figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go

from pages.parts.charts import NAME_LIMIT, dress, safe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from embedding_core.evaluate.card.found import Scores
    from embedding_core.evaluate.card.intervals import Figure
    from pages.parts.charts import Look

CELL = 34  # pixels of a square where there are few labels
TOLD = 16  # labels up to which a square says its number


def controls(scores: Scores, look: Look) -> go.Figure:
    """The accuracy of the embedding over that of its controls, by the probe and by neighbours, with intervals."""
    known = scores.controls
    rows: list[tuple[str, Figure | None, Figure | None]] = [
        ("This embedding", scores.probe, scores.knn_grouped["5"]),
        ("16×16 pixels", known.pixels, known.pixels_knn),
        ("Known of the files", known.metadata, None),
        ("Shuffled labels", known.shuffled, known.shuffled_knn),
    ]
    rows = [row for row in rows if row[1] is not None or row[2] is not None]
    figure = go.Figure()
    names = [name for name, _, _ in rows]
    for title, column, colour in (("Probe", 1, look.accent), ("Five nearest", 2, look.palette[1])):
        found: list[Any] = [row[column] for row in rows]
        figure.add_bar(
            y=names,
            x=[None if one is None else 100 * one.value for one in found],
            name=title,
            orientation="h",
            marker={"color": colour, "cornerradius": 3},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [0 if one is None else 100 * (one.high - one.value) for one in found],
                "arrayminus": [0 if one is None else 100 * (one.value - one.low) for one in found],
                "color": look.text,
                "thickness": 1.5,
                "width": 4,
            },
            customdata=[
                ["", ""] if one is None else [f"{100 * one.low:.1f}", f"{100 * one.high:.1f}"] for one in found
            ],
            hovertemplate="%{y}: %{x:.1f}% (%{customdata[0]} to %{customdata[1]}%)<extra>%{fullData.name}</extra>",
        )
    dress(figure, look, 108 + 58 * len(rows))
    figure.add_vline(x=100 * known.majority, line={"color": look.quiet, "width": 1.5, "dash": "dot"})
    figure.add_annotation(
        x=100 * known.majority,
        y=1,
        yref="paper",
        yanchor="bottom",
        xanchor="left",
        text=f"guessing {100 * known.majority:.0f}%",
        showarrow=False,
        font={"color": look.quiet, "size": 12},
    )
    figure.update_layout(
        margin={"l": 0, "r": 12, "t": 56, "b": 0},
        barmode="group",
        bargap=0.3,
        bargroupgap=0.08,
        legend={"orientation": "h", "x": 1, "xanchor": "right", "y": 1.08, "yanchor": "bottom", "traceorder": "normal"},
    )
    figure.update_yaxes(autorange="reversed", automargin=True, ticks="", ticksuffix="  ", showgrid=False)
    figure.update_xaxes(range=[0, 100], ticksuffix="%", gridcolor=look.line, zeroline=False, ticks="", automargin=True)
    return figure


def confusion(
    counts: NDArray[np.int64],
    names: Sequence[str],
    codes: Sequence[int],
    look: Look,
    *,
    opened: tuple[int, int] | None = None,
    narrow: bool = False,
) -> go.Figure:
    """Labels (rows) and what they were taken for (columns), `counts` (c, c), shaded by the share of the row.

    Squares that were taken for another label are in a colour of their own. A click on one gives `codes` of its row and
    column as customdata; `opened` is framed.
    """
    c = len(names)
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    own = np.eye(c, dtype=bool)
    ticks = [safe(name, 12 if narrow else NAME_LIMIT) for name in names]
    warm = look.palette[4]
    figure = go.Figure()
    for shown, colour in ((own, look.accent), (~own, warm)):
        figure.add_heatmap(
            z=np.where(shown & (counts > 0), share if colour == look.accent else share**0.5, np.nan),
            colorscale=[[0, _mixed(colour, look.background, 0.08)], [1, colour]],
            zmin=0,
            zmax=1 if colour == look.accent else 0.6,
            text=np.where(shown & (counts > 0), counts.astype(str), "") if c <= TOLD else None,
            texttemplate="%{text}" if c <= TOLD else None,
            textfont={"size": 10 if narrow else 12},
            showscale=False,
            xgap=2,
            ygap=2,
            hoverinfo="skip",
        )
    down, across = np.indices((c, c)).reshape(2, -1)
    figure.add_scatter(
        x=across,
        y=down,
        mode="markers",
        marker={"symbol": "square", "size": max(8, CELL - c // 2), "opacity": 0},
        selected={"marker": {"opacity": 0}},
        unselected={"marker": {"opacity": 0}},
        customdata=[
            [codes[row], codes[column], ticks[row], ticks[column], int(counts[row, column]), float(share[row, column])]
            for row, column in zip(down.tolist(), across.tolist(), strict=True)
        ],
        hovertemplate="%{customdata[2]} taken for %{customdata[3]}: %{customdata[4]:,} images, "
        "%{customdata[5]:.0%} of the label<extra></extra>",
        showlegend=False,
    )
    dress(figure, look, 130 + max(18, CELL - c // 3) * c)
    places = {code: at for at, code in enumerate(codes)}
    if opened is not None and opened[0] in places and opened[1] in places:
        x, y = places[opened[1]], places[opened[0]]
        figure.add_shape(
            type="rect", x0=x - 0.5, x1=x + 0.5, y0=y - 0.5, y1=y + 0.5, line={"color": look.text, "width": 2.5}
        )
    axis = {
        **{"tickvals": list(range(c)), "ticktext": ticks, "range": [-0.5, c - 0.5], "automargin": True, "ticks": ""},
        **{"showgrid": False, "zeroline": False, "fixedrange": True, "tickfont": {"size": 9 if narrow else 12}},
    }
    figure.update_layout(
        margin={"l": 0, "r": 8 if narrow else 56, "t": 8, "b": 0}, dragmode=False, clickmode="event+select"
    )
    figure.update_xaxes(**axis, side="top", tickangle=-90 if narrow else -45)
    figure.update_yaxes(**{**axis, "range": [c - 0.5, -0.5]}, ticksuffix="  ")
    return figure


def _mixed(colour: str, ground: str, share: float) -> str:
    """So much of a colour on a ground: Plotly chooses the colour of texts by that, and does not see through."""
    pairs = ((int(colour[at : at + 2], 16), int(ground[at : at + 2], 16)) for at in (1, 3, 5))
    red, green, blue = (round(share * one + (1 - share) * other) for one, other in pairs)
    return f"rgb({red},{green},{blue})"
