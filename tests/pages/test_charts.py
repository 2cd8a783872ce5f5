"""Charts are pure: colours say what they should, and no text of a user is read as HTML."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from pages.parts import charts, colouring

NASTY = "<b>x</b> & <a href='javascript:alert(1)'>y</a>"
ALL = np.ones(40, dtype=bool)


def points(n: int, dims: int = 2) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(n, dims)).astype(np.float32)


def test_text_of_users_is_never_html() -> None:
    assert charts.safe(NASTY) == "&lt;b&gt;x&lt;/b&gt; &amp; &lt;a href='javascript:alert(1)'&gt;y&lt;/a&gt;"
    found = colouring.categories("Label", [NASTY] * 40, ALL, unknown="no label")
    figure = charts.scatter(points(40), found, [charts.safe(NASTY)] * 40, charts.LIGHT)
    drawn = (
        charts.sizes([NASTY], [3], charts.LIGHT),
        charts.agreement(np.ones((1, 1), int), [NASTY], [NASTY], charts.LIGHT),
    )
    for one in (figure, *drawn):
        assert "<a" not in one.to_json()
        assert "<b>x" not in one.to_json()


def test_a_long_name_is_cut_before_it_is_escaped() -> None:
    assert charts.safe("&" * 50, 5) == "&amp;&amp;…&amp;&amp;"


def test_twelve_colours_then_a_grey_that_says_how_many_it_hides() -> None:
    values = [f"name {number % 22:02}" for number in range(66)]
    found = colouring.categories("Label", values, np.ones(66, dtype=bool), unknown="no label")
    assert len(found.names) == colouring.COLOURS
    assert found.others == 10
    figure = charts.scatter(points(66), found, [""] * 66, charts.LIGHT)
    assert [trace.name for trace in figure.data].count("and 10 more") == 1
    assert sum(len(trace.x) for trace in figure.data) == 66


def test_the_most_frequent_among_those_shown_comes_first() -> None:
    values = ["common"] * 30 + ["rare"] * 10
    shown = np.arange(40) >= 25
    assert colouring.categories("Label", values, ALL, "").names == ("common", "rare")
    assert colouring.categories("Label", values, shown, "").names == ("rare", "common")


def test_every_point_carries_its_row_and_faded_ones_are_silent() -> None:
    shown = np.arange(40) % 2 == 0
    found = colouring.categories("Label", ["a"] * 20 + [None] * 20, shown, unknown="no label")
    figure = charts.scatter(points(40), found, ["t"] * 40, charts.DARK, shown=shown)
    rows = np.concatenate([trace.customdata for trace in figure.data])
    assert sorted(rows.tolist()) == list(range(40))
    faded = next(trace for trace in figure.data if trace.name == "filtered out")
    assert faded.hoverinfo == "skip"
    assert set(faded.customdata) == set(range(1, 40, 2))


def test_the_selection_stands_out() -> None:
    selected = np.zeros(40, dtype=bool)
    selected[[3, 7]] = True
    figure = charts.scatter(points(40), colouring.Colouring(""), [""] * 40, charts.LIGHT, selected=selected)
    assert list(figure.data[0].selectedpoints) == [3, 7]


@pytest.mark.parametrize("dims", [2, 3])
def test_numbers_have_a_bar_and_missing_ones_are_grey(dims: int) -> None:
    found = colouring.column("score", pa.array([1.0, None, float("inf"), 4.0] * 10), ALL)
    assert found.values is not None
    assert np.isfinite(found.values).sum() == 20
    figure = charts.scatter(points(40, dims), found, [""] * 40, charts.LIGHT)
    assert figure.data[-1].marker.colorbar.title.text == "score"
    assert next(trace for trace in figure.data if trace.name == "no value").marker.color == charts.LIGHT.grey


def test_dates_are_written_as_dates() -> None:
    found = colouring.column("day", pa.array([0, 86_400] * 20, pa.timestamp("s")), ALL)
    assert found.ticks[0][1] == "1970-01-01"
    assert found.ticks[-1][1] == "1970-01-02"


def test_names_that_are_cut_alike_stay_two_rows() -> None:
    figure = charts.sizes(["a" * 30 + "b" + "c" * 30, "a" * 30 + "d" + "c" * 30], [2, 1], charts.LIGHT)
    assert len(set(figure.data[0].y)) == 2
