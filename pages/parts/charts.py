"""Charts of groups, as pure functions to Plotly figures, and what all charts share: colours and type of the theme.

Plotly reads a little HTML in every text, so whatever comes from a user passes through `safe`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go

from pages.parts import palette

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

FONT = "'Instrument Sans', 'Segoe UI', system-ui, sans-serif"
NAME_LIMIT = 28  # characters of a name in a legend or on an axis
MOST = 40  # rows and columns of a heat map, bars of a bar chart


@dataclass(frozen=True, slots=True)
class Look:
    """The colours of charts in one theme. The palette is told apart by people who see fewer colours, too."""

    text: str
    quiet: str
    line: str
    surface: str
    accent: str
    grey: str  # of what has no value
    faded: str  # what a filter leaves out
    palette: tuple[str, ...]  # the categories told apart best; see `palette` for the ones after
    scale: tuple[str, ...]  # of numbers, low to high, even in lightness
    background: str  # of the page
    theme: str

    def for_browser(self) -> dict[str, Any]:
        """What the map component draws with."""
        return {**asdict(self), "font": FONT, "lightness": palette.LIGHTNESS[self.theme]}


LIGHT = Look(
    text="#1C1B19",
    quiet="#5F5C55",
    line="#E3E1DA",
    surface="#FFFFFF",
    accent="#0F766E",
    grey="#A19D94",
    faded="#DEDCD5",
    palette=(
        *("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#56B4E9"),
        *("#B8A900", "#7A5CC7", "#7F3C1D", "#1B2A6B", "#7FB800", "#E0457B"),
    ),
    scale=("#E9B44C", "#7FB069", "#2A8F85", "#24608F", "#27306B"),
    background="#FFFFFF",
    theme="light",
)
DARK = Look(
    text="#ECEAE4",
    quiet="#A8A499",
    line="#34322D",
    surface="#1F1E1B",
    accent="#4FD1C2",
    grey="#7C786F",
    faded="#33312C",
    palette=(
        *("#3D9BE0", "#E69F00", "#1DBF92", "#D98BB8", "#E8703A", "#8CCDF2"),
        *("#E3D53F", "#A58BEA", "#B57A52", "#7182E8", "#A5D63F", "#F0709B"),
    ),
    scale=("#5A4FA8", "#3277B0", "#2BA59B", "#8CC95F", "#F4D35E"),
    background="#0F0F0D",
    theme="dark",
)


def look(theme: str | None) -> Look:
    """By the theme's type, `st.context.theme.type`."""
    return DARK if theme == "dark" else LIGHT


def safe(text: str, limit: int | None = None) -> str:
    """Text from outside, on one line, for any text of a figure; the middle goes when it is longer than `limit`."""
    line = " ".join(str(text).split())
    if limit is not None and len(line) > limit:
        half = (limit - 1) // 2
        line = f"{line[: limit - 1 - half]}…{line[-half:]}"
    return escape(line, quote=False)


def short(name: str) -> str:
    return safe(name, NAME_LIMIT)


def sizes(names: Sequence[str], counts: Sequence[int], look: Look) -> go.Figure:
    """How many images each group has, the largest first; at most `MOST` of them."""
    shown = list(map(short, names[:MOST]))
    figure = go.Figure(
        go.Bar(
            x=list(counts[:MOST]),
            y=_distinct(shown),
            orientation="h",
            marker={"color": look.accent, "cornerradius": 4},
            text=[f"{count:,}" for count in counts[:MOST]],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{y}: %{x:,} images<extra></extra>",
        )
    )
    dress(figure, look, 90 + 26 * len(shown))
    figure.update_layout(margin={"l": 0, "r": 48, "t": 8, "b": 0}, bargap=0.35)
    figure.update_yaxes(autorange="reversed", automargin=True, ticks="", ticksuffix="  ")
    figure.update_xaxes(visible=False)
    return figure


def agreement(
    counts: NDArray[np.int64], groups: Sequence[str], labels: Sequence[str], look: Look, *, narrow: bool = False
) -> go.Figure:
    """Which labels lie in which groups: `counts` (groups, labels), shaded by the share of the group.

    With `narrow` names are small and cut short, so that all of them stand on a phone.
    """
    counts = counts[:MOST, :MOST]
    limit = 14 if narrow else NAME_LIMIT
    rows, columns = (_distinct([safe(name, limit) for name in names[:MOST]]) for names in (groups, labels))
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    figure = go.Figure(
        go.Heatmap(
            z=share,
            x=columns,
            y=rows,
            customdata=counts,
            colorscale=[[0, _tint(look.text, 0.04)], [0.001, _tint(look.accent, 0.12)], [1, look.accent]],
            zmin=0,
            zmax=1,
            showscale=False,
            xgap=2,
            ygap=2,
            hovertemplate="%{y}: %{customdata:,} with label %{x}, %{z:.0%} of the group<extra></extra>",
        )
    )
    dress(figure, look, 150 + 24 * len(rows))
    figure.update_layout(margin={"l": 0, "r": 0, "t": 8, "b": 0})
    axes = {"automargin": True, "showgrid": False, "ticks": "", "dtick": 1, "tickfont": {"size": 9 if narrow else 13}}
    figure.update_yaxes(**axes, autorange="reversed", ticksuffix=" " if narrow else "  ")
    figure.update_xaxes(**axes, tickangle=-90 if narrow else -45, side="top")
    return figure


def _tint(colour: str, opacity: float) -> str:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"


def _distinct(names: list[str]) -> list[str]:
    """Cut names may have become alike, and Plotly would draw them as one: invisible characters tell them apart."""
    seen: dict[str, int] = {}
    distinct = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        distinct.append(name + "\u200b" * (seen[name] - 1))
    return distinct


def dress(figure: go.Figure, look: Look, height: int) -> None:
    figure.update_layout(
        template=None,
        height=height,
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"family": FONT, "size": 13, "color": look.text},
        hoverlabel={
            **{"bgcolor": look.surface, "bordercolor": look.line, "align": "left", "namelength": -1},
            "font": {"family": FONT, "size": 13, "color": look.text},
        },
    )
