"""Charts of the checks, as pure functions to Plotly figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go

from pages.parts.charts import dress

if TYPE_CHECKING:
    from collections.abc import Callable

    from embedding_core.quality.photos.finding import Distribution
    from pages.parts.charts import Look


def distribution(drawn: Distribution, by_the_set: float, show: Callable[[Any], Any], look: Look) -> go.Figure:
    """How many images have which value; what lies beyond the line is in the accent's colour.

    Where the line was moved, the one that the set draws is dotted. `show` puts values on their scale for people.
    """
    edges, line = show(drawn.edges), show(drawn.line)
    middles = (edges[:-1] + edges[1:]) / 2
    beyond = middles > line if drawn.high else middles < line
    figure = go.Figure(
        go.Bar(
            x=middles,
            y=drawn.counts,
            width=np.diff(edges) * 0.92,
            marker={"color": np.where(beyond, look.accent, look.faded).tolist()},
            hovertemplate="%{x:.3g}: %{y:,} images<extra></extra>",
        )
    )
    dress(figure, look, 220)
    figure.add_vline(x=line, line={"color": look.text, "width": 2})
    if drawn.line != by_the_set:
        figure.add_vline(x=show(by_the_set), line={"color": look.text, "width": 1, "dash": "dot"})
    figure.update_layout(margin={"l": 0, "r": 0, "t": 8, "b": 24}, bargap=0)
    # The few beyond the line are what one looks for: among thousands they would not be seen on an even scale.
    figure.update_yaxes(type="log", visible=False, range=[-0.3, float(np.log10(max(2, drawn.counts.max()))) + 0.1])
    figure.update_xaxes(showgrid=False)
    return figure
