"""Every chart, as pure functions to Plotly figures in the colours and the type of the theme.

Plotly reads a little HTML in every text, so whatever comes from a user passes through `safe`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go

from pages.parts import palette
from pages.parts.colouring import COLOURS, OTHER, UNKNOWN, Colouring

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
    grey: str  # categories that share it
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


def _short(name: str) -> str:
    return safe(name, NAME_LIMIT)


# -- the map ----------------------------------------------------------------------------------------------------


def scatter(
    points: NDArray[np.float32],
    colouring: Colouring,
    texts: Sequence[str],
    look: Look,
    *,
    shown: NDArray[np.bool_] | None = None,
    selected: NDArray[np.bool_] | None = None,
    revision: str = "",
    picking: str = "",
    drag: str = "lasso",
    height: int = 640,
) -> go.Figure:
    """A map of `points` (n, 2 or 3). Each point carries its row as customdata.

    `texts` (n,) are said on hover and are made safe already. Points that are not `shown` (n,) are faded and silent;
    points that are not `selected` (n,) step back. Zoom survives while `revision` stays, a drawn lasso while `picking`.
    `drag` is what dragging does in two dimensions: "lasso" or "pan".
    """
    n, dims = points.shape
    shown = np.ones(n, dtype=bool) if shown is None else shown
    hover = np.asarray(texts, dtype=object)
    figure = go.Figure()

    def add(mask: NDArray[np.bool_], name: str, marker: dict[str, Any], **options: Any) -> None:
        rows = np.flatnonzero(mask)
        places = dict(zip("xyz", points[rows].T, strict=False))
        trace = go.Scatter3d if dims == 3 else go.Scattergl
        if dims == 2:
            options |= _stepping_back(rows, selected)
        figure.add_trace(
            trace(
                **places, mode="markers", name=name, customdata=rows, marker={**_marker(n, dims), **marker}, **options
            )
        )

    if not shown.all():
        add(~shown, "filtered out", {"color": look.faded}, hoverinfo="skip", showlegend=False)
    spoken = {"hovertemplate": "%{text}<extra></extra>"}
    for mask, name, marker in _groups(colouring, look, shown):
        if mask.any():
            last = {} if name == colouring.title or name in map(_short, colouring.names) else {"legendrank": 2000}
            add(mask, name, marker, text=hover[mask], **spoken, **last)
    _dress(figure, look, height)
    figure.update_layout(
        uirevision=revision,
        selectionrevision=picking,
        dragmode="orbit" if dims == 3 else drag,
        margin={"l": 0, "r": 0, "t": 8, "b": 0},
        showlegend=colouring.codes is not None,
        legend={
            **{"orientation": "h", "yanchor": "top", "y": -0.01, "xanchor": "left", "x": 0},
            **{"itemsizing": "constant", "font": {"size": 13}, "traceorder": "normal"},
            **{"entrywidth": 0, "bgcolor": "rgba(0,0,0,0)", "tracegroupgap": 0},
        },
        newselection={"line": {"color": look.accent, "width": 2, "dash": "solid"}},
        modebar={"bgcolor": "rgba(0,0,0,0)", "color": look.quiet, "activecolor": look.accent},
    )
    nothing = {"visible": False, "showgrid": False, "zeroline": False}
    if dims == 3:
        figure.update_layout(
            scene={"xaxis": nothing, "yaxis": nothing, "zaxis": nothing, "aspectmode": "data"},
            scene_camera={"eye": {"x": 0.9, "y": 0.9, "z": 0.6}},
        )
    else:
        figure.update_xaxes(**nothing)
        figure.update_yaxes(**nothing, scaleanchor="x")  # both axes alike, or distances would lie
    return figure


def _groups(colouring: Colouring, look: Look, shown: NDArray[np.bool_]) -> list[tuple[Any, str, dict[str, Any]]]:
    """Mask (n,), name and marker of each trace, the quiet ones first, so that they lie below."""
    if colouring.values is not None:
        known = np.isfinite(colouring.values)
        marker = {
            "color": colouring.values[known & shown],
            "colorscale": [[at / (len(look.scale) - 1), one] for at, one in enumerate(look.scale)],
            "colorbar": _bar(colouring, look),
        }
        if colouring.bounds is not None:
            marker |= {"cmin": colouring.bounds[0], "cmax": colouring.bounds[1]}
        return [(~known & shown, colouring.unknown, {"color": look.grey}), (known & shown, colouring.title, marker)]
    if colouring.codes is None:
        return [(shown, "images", {"color": look.accent})]
    codes = colouring.codes
    groups = [
        (shown & (codes == UNKNOWN), colouring.unknown, {"color": look.faded}),
        (shown & (codes == OTHER), f"and {colouring.others:,} more", {"color": look.grey}),
    ]
    for code, name in enumerate(colouring.names):
        groups.append((shown & (codes == code), _short(name), {"color": look.palette[code % COLOURS]}))
    return groups


def _bar(colouring: Colouring, look: Look) -> dict[str, Any]:
    bar: dict[str, Any] = {
        **{"title": {"text": safe(colouring.title, NAME_LIMIT), "side": "top"}, "orientation": "h"},
        **{"thickness": 8, "len": 0.5, "x": 0, "xanchor": "left", "y": -0.01, "yanchor": "top"},
        **{"outlinewidth": 0, "tickfont": {"color": look.quiet, "size": 12}},
    }
    if colouring.ticks:
        bar |= {"tickvals": [at for at, _ in colouring.ticks], "ticktext": [text for _, text in colouring.ticks]}
    return bar


def _marker(n: int, dims: int) -> dict[str, Any]:
    """The more points, the smaller and the more transparent."""
    size = float(np.clip(16 - 2.6 * np.log10(max(n, 1)), 2.5, 12))
    opacity = float(np.clip(0.9 - 0.2 * (np.log10(max(n, 1)) - 3), 0.4, 0.9))
    return {"size": size * (0.7 if dims == 3 else 1.0), "opacity": opacity, "line": {"width": 0}}


def _stepping_back(rows: NDArray[np.int64], selected: NDArray[np.bool_] | None) -> dict[str, Any]:
    if selected is None or not selected.any():
        return {}
    return {
        "selectedpoints": np.flatnonzero(selected[rows]),
        "selected": {"marker": {"opacity": 1.0}},
        "unselected": {"marker": {"opacity": 0.15}},
    }


# -- groups -----------------------------------------------------------------------------------------------------


def sizes(names: Sequence[str], counts: Sequence[int], look: Look) -> go.Figure:
    """How many images each group has, the largest first; at most `MOST` of them."""
    shown = list(map(_short, names[:MOST]))
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
    _dress(figure, look, 90 + 26 * len(shown))
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
    _dress(figure, look, 150 + 24 * len(rows))
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


def _dress(figure: go.Figure, look: Look, height: int) -> None:
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
