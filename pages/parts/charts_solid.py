"""The map in three dimensions, as a pure function to a Plotly figure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go

from pages.parts import palette
from pages.parts.charts import NAME_LIMIT, Look, dress, safe, short

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from pages.parts.colouring import Colouring

TRACES = 100  # categories with a trace of their own, which the legend shows and hides
STEPPED_BACK, GHOST = 0.1, 0.5  # opacity of what is not selected, and of what a filter leaves out


@dataclass(frozen=True, eq=False, slots=True)
class Group:
    """Points that the legend names together."""

    mask: NDArray[np.bool_]  # (n,)
    name: str  # safe
    colour: str | NDArray[np.object_] | NDArray[np.floating]  # of all, or of each of the points (n,)
    rank: int = 1000  # the legend's order
    scale: bool = False  # colours are numbers


def scatter(
    points: NDArray[np.float32],
    colouring: Colouring,
    texts: Sequence[str],
    look: Look,
    *,
    shown: NDArray[np.bool_],
    left_out: NDArray[np.bool_],
    selected: NDArray[np.bool_] | None = None,
    revision: str = "",
    height: int = 640,
) -> go.Figure:
    """A map of `points` (n, 3). Each point carries its row as customdata.

    `texts` (n,) are said on hover and are made safe already. What is `left_out` (n,) is a silent ghost; what is neither
    that nor `shown` (n,) is not drawn. Where some are `selected` (n,) the others step back. The view survives while
    `revision` stays.
    """
    figure = go.Figure()
    hover = np.asarray(texts, dtype=object)
    size, opacity = _marker(len(points))

    def add(mask: NDArray[np.bool_], name: str, marker: dict[str, Any], **options: Any) -> None:
        rows = np.flatnonzero(mask)
        drawn = points[rows] if len(rows) else [[None] * 3]  # a legend has no entry for a trace without a point
        places = dict(zip("xyz", np.transpose(drawn), strict=True))
        marker = {"size": size, "opacity": opacity, "line": {"width": 0}, **marker}
        figure.add_trace(go.Scatter3d(**places, mode="markers", name=name, customdata=rows, marker=marker, **options))

    if left_out.any():
        add(
            left_out,
            "filtered out",
            {"color": look.faded, "opacity": opacity * GHOST},
            hoverinfo="skip",
            showlegend=False,
        )
    stands = selected if selected is not None and (selected & shown).any() else None
    for number, group in enumerate(_groups(colouring, look, shown)):
        parts = _parts(group.mask, stands, size, opacity)
        for part, (mask, marker) in enumerate(parts):
            colour = group.colour if isinstance(group.colour, str) else group.colour[mask]
            add(
                mask,
                group.name,
                {"color": colour, **marker} | ({"coloraxis": "coloraxis"} if group.scale else {}),
                text=hover[mask],
                hovertemplate="%{text}<extra></extra>",
                legendgroup=str(number),
                legendrank=group.rank,
                showlegend=part == len(parts) - 1,
            )
    dress(figure, look, height)
    _arrange(figure, colouring, look, revision)
    return figure


def _parts(
    mask: NDArray[np.bool_], selected: NDArray[np.bool_] | None, size: float, opacity: float
) -> list[tuple[NDArray[np.bool_], dict[str, float]]]:
    """The points of one group with the markers they get: in three dimensions a trace has one opacity.

    The last one, which the legend shows, may have none.
    """
    if selected is None:
        return [(mask, {})]
    back, front = {"opacity": opacity * STEPPED_BACK}, {"opacity": 1.0, "size": size * 1.3}
    return [(mask & ~selected, back), (mask & selected, front)] if (mask & ~selected).any() else [(mask, front)]


def _groups(colouring: Colouring, look: Look, shown: NDArray[np.bool_]) -> Iterator[Group]:
    """What the colours stand for, as far as it is shown, the quiet ones first."""
    if colouring.codes is not None:
        yield from _categories(colouring, colouring.codes, look, shown)
    elif colouring.values is not None:
        known = np.isfinite(colouring.values)
        if (shown & ~known).any():
            yield Group(shown & ~known, colouring.unknown, look.grey)
        if (shown & known).any():
            yield Group(shown & known, short(colouring.title), colouring.values, scale=True)
    elif shown.any():
        yield Group(shown, "images", look.accent)


def _categories(
    colouring: Colouring, codes: NDArray[np.unsignedinteger], look: Look, shown: NDArray[np.bool_]
) -> Iterator[Group]:
    count = len(colouring.names)
    present = np.bincount(codes[shown], minlength=count + 1)
    if present[0]:
        yield Group(shown & (codes == 0), safe(colouring.unknown), look.grey, rank=3000)
    colours = np.array([look.grey, *(palette.category(k, look.palette, look.theme) for k in range(count))], object)
    own = np.flatnonzero(present[1:])[:TRACES] + 1
    further = present.copy()
    further[[0, *own]] = 0
    if further.any():
        rest = shown & (further[codes] > 0)
        yield Group(rest, f"and {np.count_nonzero(further):,} more", colours[codes], rank=2000)
    for code in own.tolist():
        yield Group(shown & (codes == code), short(colouring.names[code - 1]), colours[code])


def _arrange(figure: go.Figure, colouring: Colouring, look: Look, revision: str) -> None:
    nothing = {"visible": False, "showgrid": False, "zeroline": False}
    low, high = colouring.bounds or (0.0, 1.0)
    figure.update_layout(
        uirevision=revision,
        dragmode="orbit",
        margin={"l": 0, "r": 0, "t": 8, "b": 0},
        showlegend=colouring.codes is not None,
        legend={
            **{"orientation": "h", "yanchor": "top", "y": -0.01, "xanchor": "left", "x": 0},
            **{"itemsizing": "constant", "font": {"size": 13}, "traceorder": "normal"},
            **{"entrywidth": 0, "bgcolor": "rgba(0,0,0,0)", "tracegroupgap": 0, "maxheight": 0.25},
        },
        coloraxis={
            "colorscale": [[at / (len(look.scale) - 1), one] for at, one in enumerate(look.scale)],
            "cmin": low,
            "cmax": high if high > low else low + 1,
            "colorbar": _bar(colouring, look),
        },
        modebar={"bgcolor": "rgba(0,0,0,0)", "color": look.quiet, "activecolor": look.accent},
        scene={"xaxis": nothing, "yaxis": nothing, "zaxis": nothing, "aspectmode": "data"},
        scene_camera={"eye": {"x": 1.1, "y": 1.1, "z": 0.7}},
    )


def _bar(colouring: Colouring, look: Look) -> dict[str, Any]:
    bar: dict[str, Any] = {
        **{"title": {"text": safe(colouring.title, NAME_LIMIT), "side": "top"}, "orientation": "h"},
        **{"thickness": 8, "len": 0.5, "x": 0, "xanchor": "left", "y": -0.01, "yanchor": "top"},
        **{"outlinewidth": 0, "tickfont": {"color": look.quiet, "size": 12}},
    }
    if colouring.ticks:
        bar |= {
            "xpad": 40,
            "tickvals": [at for at, _ in colouring.ticks],
            "ticktext": [text for _, text in colouring.ticks],
        }
    return bar


def _marker(n: int) -> tuple[float, float]:
    """Size and opacity: the more points, the smaller and the more transparent."""
    size = float(np.clip(16 - 2.6 * np.log10(max(n, 1)), 2.5, 12)) * 0.7
    return size, float(np.clip(0.9 - 0.2 * (np.log10(max(n, 1)) - 3), 0.4, 0.9))
