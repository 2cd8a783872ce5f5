"""Charts are pure: colours say what they should, and no text of a user is read as HTML."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from embedding_core.effect.intervals import Difference
from embedding_core.train.search.trials import Trial
from embedding_core.train.space import Parameter
from pages.parts import charts, charts_solid, charts_tries, charts_versions, palette
from pages.parts.colouring import Colouring

NASTY = "<b>x</b> & <a href='javascript:alert(1)'>y</a>"
N = 40


def by_name(*values: str | None, names: tuple[str, ...], title: str = "Label") -> Colouring:
    """Codes as a column numbers them: in the order of `names`, from 1."""
    codes = np.array([0 if value is None else names.index(value) + 1 for value in values], np.uint8)
    return Colouring(title, names=names, codes=codes, unknown="no label")


def drawn(colouring: Colouring, n: int = N, look: charts.Look = charts.LIGHT, **options: Any) -> go.Figure:
    points = np.random.default_rng(0).normal(size=(n, 3)).astype(np.float32)
    everything = {"shown": np.ones(n, bool), "left_out": np.zeros(n, bool), **options}
    return charts_solid.scatter(points, colouring, [f"text {row}" for row in range(n)], look, **everything)


def rows(figure: go.Figure) -> list[int]:
    return sorted(np.concatenate([trace.customdata for trace in figure.data]).tolist())


def test_text_of_users_is_never_html() -> None:
    assert charts.safe(NASTY) == "&lt;b&gt;x&lt;/b&gt; &amp; &lt;a href='javascript:alert(1)'&gt;y&lt;/a&gt;"
    scale = Colouring(NASTY, values=np.arange(N, dtype=np.float32), bounds=(0, N), unknown=NASTY)
    figures = (
        drawn(by_name(*[NASTY, None] * (N // 2), names=(NASTY,), title=NASTY)),
        drawn(scale),
        charts.sizes([NASTY], [3], charts.LIGHT),
        charts.agreement(np.ones((1, 1), int), [NASTY], [NASTY], charts.LIGHT),
    )
    for one in figures:
        assert "<a" not in one.to_json()
        assert "<b>x" not in one.to_json()


def test_a_long_name_is_cut_before_it_is_escaped() -> None:
    assert charts.safe("&" * 50, 5) == "&amp;&amp;…&amp;&amp;"


# -- the map in three dimensions --------------------------------------------------------------------------------


@pytest.mark.parametrize("look", [charts.LIGHT, charts.DARK])
def test_colours_are_those_of_the_flat_map_by_the_order_of_the_column(look: charts.Look) -> None:
    names = tuple(f"name {number:02}" for number in range(30))
    figure = drawn(by_name(*names, *[None] * 10, names=names), look=look)
    colours = {trace.name: trace.marker.color for trace in figure.data}
    wanted = {name: palette.category(k, look.palette, look.theme) for k, name in enumerate(names)}
    assert colours == {**wanted, "no label": look.grey}
    assert len(set(colours.values())) == 31, "no two share one"


def test_a_filter_changes_no_colour() -> None:
    names = ("common", "rare")
    colouring = by_name(*["common"] * 30, *["rare"] * 10, names=names)
    shown = np.arange(N) >= 35
    (ghost, rare) = drawn(colouring, shown=shown, left_out=~shown).data
    assert rare.name == "rare"
    assert rare.marker.color == palette.category(1, charts.LIGHT.palette, "light")
    assert (ghost.marker.color, ghost.hoverinfo, ghost.showlegend) == (charts.LIGHT.faded, "skip", False)
    assert sorted(ghost.customdata.tolist()) == list(range(35))


def test_beyond_a_hundred_categories_share_a_trace_but_no_colour() -> None:
    names = tuple(f"name {number:03}" for number in range(130))
    figure = drawn(by_name(*names, names=names), n=130)
    assert len(figure.data) == charts_solid.TRACES + 1
    more = next(trace for trace in figure.data if trace.name == "and 30 more")
    assert more.customdata.tolist() == list(range(100, 130))
    assert list(more.marker.color) == [palette.category(k, charts.LIGHT.palette, "light") for k in range(100, 130)]
    assert len(set(more.marker.color)) == 30
    ranks = {trace.name: trace.legendrank for trace in figure.data}
    assert ranks["and 30 more"] > ranks["name 099"]
    assert rows(figure) == list(range(130))


def test_of_many_categories_those_that_are_shown_get_the_traces() -> None:
    names = tuple(f"name {number:03}" for number in range(130))
    shown = np.arange(130) >= 120
    figure = drawn(by_name(*names, names=names), n=130, shown=shown)
    assert [trace.name for trace in figure.data] == list(names[120:])


def test_what_is_neither_shown_nor_left_out_is_not_drawn() -> None:
    shown, left_out = np.arange(N) < 10, np.arange(N) >= 30
    assert rows(drawn(Colouring(""), shown=shown, left_out=left_out)) == [*range(10), *range(30, N)]
    assert len(drawn(Colouring(""), shown=~shown & shown).data) == 0


def test_the_selection_stands_out_and_the_legend_keeps_its_colours() -> None:
    selected = np.isin(np.arange(N), [3, 7])
    names = ("a", "b")
    figure = drawn(by_name(*["a"] * 20, *["b"] * 20, names=names), selected=selected)
    front = [trace for trace in figure.data if trace.marker.opacity == 1]
    back = [trace for trace in figure.data if trace.marker.opacity < 0.2]
    assert len(front) + len(back) == len(figure.data)
    assert front[0].customdata.tolist() == [3, 7]
    assert front[0].marker.size > back[0].marker.size
    assert sorted(np.concatenate([trace.customdata for trace in back]).tolist()) == [
        n for n in range(N) if n not in (3, 7)
    ]
    assert [(trace.name, trace.showlegend) for trace in front] == [("a", True), ("b", True)]
    assert len(front[1].x) == 1, "or the legend would leave out what has nothing selected"
    assert not any(trace.showlegend for trace in back)
    assert {trace.name: trace.legendgroup for trace in front} == {trace.name: trace.legendgroup for trace in back}


def test_a_selection_of_which_nothing_is_shown_pushes_nothing_back() -> None:
    selected = np.arange(N) == 3
    for options in ({"selected": ~selected & selected}, {"selected": selected, "shown": ~selected}):
        assert {trace.marker.opacity for trace in drawn(Colouring(""), **options).data} == {0.9}


def test_every_point_carries_its_row_and_its_text() -> None:
    figure = drawn(by_name(*["a", None, "b", "a"] * 10, names=("a", "b")), selected=np.arange(N) % 7 == 0)
    assert rows(figure) == list(range(N))
    for trace in figure.data:
        assert list(trace.text) == [f"text {row}" for row in trace.customdata]


def test_numbers_share_a_scale_and_missing_ones_are_grey() -> None:
    values = np.where(np.arange(N) % 4 == 0, np.nan, np.arange(N)).astype(np.float32)
    found = Colouring("score", values=values, bounds=(1.0, 39.0), unknown="no value")
    figure = drawn(found, selected=np.arange(N) < 9)
    axis = figure.layout.coloraxis
    assert (axis.cmin, axis.cmax, axis.colorbar.title.text) == (1, 39, "score")
    assert [one[1] for one in axis.colorscale] == list(charts.LIGHT.scale)
    grey = [trace for trace in figure.data if trace.name == "no value"]
    assert {trace.marker.color for trace in grey} == {charts.LIGHT.grey}
    coloured = [trace for trace in figure.data if trace.name == "score"]
    assert all(trace.marker.coloraxis == "coloraxis" for trace in coloured)
    for trace in coloured:
        assert trace.marker.color.tolist() == trace.customdata.tolist()
    assert rows(figure) == list(range(N))


def test_one_value_for_all_has_a_scale_still() -> None:
    axis = drawn(Colouring("score", values=np.full(N, 3.0), bounds=(3.0, 3.0))).layout.coloraxis
    assert axis.cmin < axis.cmax


# -- groups -----------------------------------------------------------------------------------------------------


def test_names_that_are_cut_alike_stay_two_rows() -> None:
    figure = charts.sizes(["a" * 30 + "b" + "c" * 30, "a" * 30 + "d" + "c" * 30], [2, 1], charts.LIGHT)
    assert len(set(figure.data[0].y)) == 2


def gained(change: float, low: float, high: float) -> Difference:
    return Difference(0.5, 0.5 + change, low, high)


def test_the_axis_of_intervals_holds_all_of_them_and_zero() -> None:
    rows = [("a", gained(0.02, -0.514, 0.1)), ("b", gained(0.1, 0.05, 0.62))]
    low, high = charts_versions.intervals(rows, charts.LIGHT).layout.xaxis.range
    assert low < -51.4 and high > 62
    low, high = charts_versions.intervals(rows[1:], charts.LIGHT).layout.xaxis.range
    assert low < 0
    low, high = charts_versions.intervals([("a", gained(0, 0, 0))], charts.LIGHT).layout.xaxis.range
    assert low < 0 < high


def test_a_name_beside_an_interval_takes_two_lines_before_it_is_cut() -> None:
    names = "All together, suspects counting less", "c" * 60, NASTY
    figure = charts_versions.intervals([(name, gained(0, 0, 0)) for name in names], charts.LIGHT)
    two, cut, nasty = (name.strip("\u200b") for name in figure.data[-1].y)
    assert two.split("<br>") == ["All together, suspects", "counting less"]
    assert "…" in cut and len(cut) == charts.NAME_LIMIT
    assert "<b>" not in nasty and "<a" not in nasty


def test_tries_are_printed_as_lines_without_webgl() -> None:
    space = [
        Parameter("family", "Family", "choice", "knn", choices=("knn", "svm")),
        Parameter("c", "Freedom", "real", 1.0, 0.01, 100.0, log=True),
    ]
    trials = [
        Trial(0, {"family": "knn", "c": 0.01}, "done", 0.6, 5, 1.0),
        Trial(1, {"family": "svm", "c": 1.0}, "done", 0.8, 5, 1.0),
        Trial(2, {"family": "svm", "c": 1.0}, "pruned", 0.9, 1, 1.0),
    ]
    figure = charts_tries.printed(trials, space, charts.LIGHT)
    assert {trace.type for trace in figure.data} == {"scatter"}
    heights = [list(trace.y) for trace in figure.data]
    assert heights[0] == [0.0, 0.0, 0.0]
    assert heights[1] == pytest.approx([1.0, 0.5, 1.0])  # what was given up is not there
    assert {"Family", "Freedom", "Score"} <= {one.text for one in figure.layout.annotations}
