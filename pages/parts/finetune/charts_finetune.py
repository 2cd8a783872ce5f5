"""Charts of a training, as pure functions to Plotly figures: its curves, and images moving from one map to another."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from embedding_core.ids import find
from pages.parts import charts, palette

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from embedding_core.derived import MapResult
    from pages.parts.charts import Look

LABELS = 20  # that have a colour of their own
STEPS = 24  # pictures between two maps


def curves(found: Sequence[Mapping[str, float]], look: Look, planned: int, best: int | None = None) -> go.Figure:
    """Loss and accuracy by epoch; a line marks the best one."""
    figure = make_subplots(rows=1, cols=2, subplot_titles=("Accuracy", "Loss"), horizontal_spacing=0.1)
    epochs = [one["epoch"] for one in found]
    for column, what in ((1, "accuracy"), (2, "loss")):
        for part, colour in (("train", look.grey), ("validation", look.accent)):
            figure.add_scatter(
                x=epochs,
                y=[one.get(f"{part}_{what}") for one in found],
                name="images trained on" if part == "train" else "validation images",
                mode="lines+markers",
                line={"color": colour, "width": 2},
                legendgroup=part,
                showlegend=column == 1,
                hovertemplate="%{y:.1%}" if what == "accuracy" else "%{y:.3f}",
                row=1,
                col=column,
            )
    if best is not None:
        figure.add_vline(x=best, line={"color": look.quiet, "dash": "dot", "width": 1})
    figure.update_xaxes(
        title="epoch", range=[-0.2, max(planned, epochs[-1]) + 0.2], gridcolor=look.line, zeroline=False
    )
    figure.update_xaxes(dtick=max(1, round(max(planned, epochs[-1]) / 8)))
    figure.update_yaxes(gridcolor=look.line, zeroline=False, automargin=True)
    shares = [one[what] for one in found for what in ("train_accuracy", "validation_accuracy") if what in one]
    figure.update_yaxes(
        tickformat=".0%", range=[max(0, min(shares) - 0.05), min(1.01, max(shares) + 0.05)], row=1, col=1
    )
    return _styled(figure, look, 300)


def moving(
    before: NDArray[np.float32],
    after: NDArray[np.float32],
    labels: Sequence[str | None],
    names: tuple[str, str],
    look: Look,
) -> go.Figure:
    """The same images (n, 2) on two maps: they move from the one to the other and back."""
    told = [name for name, _ in Counter(label for label in labels if label is not None).most_common(LABELS)]
    groups = [(name, np.array([label == name for label in labels], bool)) for name in told]
    rest = np.array([label not in told for label in labels], bool)
    others = "no label" if all(label is None or label in told for label in labels) else "other"
    if rest.any():
        groups.append((others, rest))
    start, end = _square(before), _square(after)

    def colour(at: int, name: str) -> str:
        return look.grey if name == others and at >= len(told) else palette.category(at, look.palette, look.theme)

    def traces(points: NDArray[np.float32]) -> list[Any]:
        return [
            go.Scattergl(
                x=points[rows, 0],
                y=points[rows, 1],
                mode="markers",
                name=charts.safe(name, charts.NAME_LIMIT),
                marker={"size": 5, "opacity": 0.75, "color": colour(at, name)},
                hoverinfo="name",
            )
            for at, (name, rows) in enumerate(groups)
        ]

    def standing(step: int) -> dict[str, Any]:
        """Which of the maps is seen."""
        text = {0: f"<b>{names[0]}</b>", STEPS: f"<b>{names[1]}</b>"}.get(step, f"{names[0]} → {names[1]}")
        place = {"xref": "paper", "yref": "paper", "x": 1, "y": 1.12, "xanchor": "right", "yanchor": "top"}
        return {"annotations": [{"text": text, "showarrow": False, "font": {"size": 16}, **place}]}

    frames = [
        go.Frame(
            name=str(step),
            data=traces((start + _eased(step / STEPS) * (end - start)).astype(np.float32)),
            layout=standing(step),
        )
        for step in range(STEPS + 1)
    ]
    figure = go.Figure(traces(start), layout=standing(0), frames=frames)
    play: dict[str, Any] = {"frame": {"duration": 50}, "transition": {"duration": 0}, "fromcurrent": False}
    orders = {names[1]: [frame.name for frame in frames], names[0]: [frame.name for frame in reversed(frames)]}
    figure.update_layout(
        updatemenus=[
            {
                "type": "buttons",
                "direction": "right",
                "showactive": False,
                "x": 0,
                "y": 1.14,
                "xanchor": "left",
                "bgcolor": look.surface,
                "bordercolor": look.line,
                "font": {"color": look.text},
                "buttons": [
                    {"label": f"▶ {name}", "method": "animate", "args": [order, play]} for name, order in orders.items()
                ],
            }
        ]
    )
    figure.update_xaxes(visible=False, range=[-1.05, 1.05])
    figure.update_yaxes(visible=False, range=[-1.05, 1.05])
    styled = _styled(figure, look, 560)
    styled.update_layout(legend={"y": -0.02, "yanchor": "top", "x": 0, "xanchor": "left"})
    return styled


def paired(
    before: MapResult, after: MapResult, most: int
) -> tuple[NDArray[np.float32], NDArray[np.float32], list[int]]:
    """The places of at most so many images that are on both maps, evenly drawn, and their ids."""
    ids = np.intersect1d(before.ids, after.ids)
    ids = ids[:: max(1, -(-len(ids) // most))]
    one, two = (drawn.placed[find(ids, drawn.ids)] for drawn in (before, after.facing(before)))
    return one, two, ids.tolist()


def _square(points: NDArray[np.float32]) -> NDArray[np.float32]:
    low, high = points.min(axis=0), points.max(axis=0)
    scaled: NDArray[np.float32] = (2 * (points - low) / np.maximum(high - low, 1e-9) - 1).astype(np.float32)
    return scaled


def _eased(share: float) -> float:
    return share * share * (3 - 2 * share)


def _styled(figure: go.Figure, look: Look, height: int) -> go.Figure:
    figure.update_layout(
        height=height,
        margin={"l": 10, "r": 10, "t": 70, "b": 48},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"family": charts.FONT, "color": look.text, "size": 13},
        legend={"orientation": "h", "y": 1.12, "yanchor": "bottom", "x": 1, "xanchor": "right"},
        hoverlabel={"font": {"family": charts.FONT}},
    )
    return figure
