"""Filters as a text in the URL: whatever names hold, they come back as they were, and no link is a reason to fail."""

from __future__ import annotations

import json

import pytest

from pages.parts import filters
from pages.parts.filters import Condition, Filters

HOSTILE = [
    *("", " ", "a;b", "a|b", "a=b", "a!=b", "a~b", "[1..2]", "[..]", "..", "%3B", "50%", "a+b", "a&b#c", "ä 猫 🐦"),
    *("two\nlines", "\t", "'\"", "<b>x</b>", "../../etc", "null", "x" * 500),
]


def back(wanted: Filters) -> Filters:
    return filters.parse(filters.text(wanted))


@pytest.mark.parametrize("name", HOSTILE)
def test_any_name_survives_the_url(name: str) -> None:
    wanted = Filters((Condition("label", names=(name, "other")), Condition("split", without=("other", name))))
    assert back(wanted) == wanted


@pytest.mark.parametrize("name", [name for name in HOSTILE if name])
def test_any_column_and_any_text_survive_the_url(name: str) -> None:
    wanted = Filters((Condition(f"meta:{name}", low=0.1), Condition(f"tag:{name}", names=("yes",))))
    assert back(wanted) == wanted
    text = Filters((Condition(filters.PATH, text=name),))
    assert back(text) == text


@pytest.mark.parametrize(
    ("low", "high"),
    [(0.1, None), (None, 0.1), (-1.5, 1e-7), (-1e300, 1e300), (1e22, 2.5e22), (0.0, 0.0), (-0.5, -0.25)],
)
def test_a_range_keeps_every_digit_and_its_open_end(low: float | None, high: float | None) -> None:
    wanted = Filters((Condition("trust", low=low, high=high),))
    assert back(wanted) == wanted


def test_a_text_reads_as_the_docstring_says() -> None:
    text = "label=cat|dog;split!=test;trust=[0.2..];path~tower"
    found = filters.parse(text)
    assert found.conditions == (
        Condition("label", names=("cat", "dog")),
        Condition("split", without=("test",)),
        Condition("trust", low=0.2),
        Condition("path", text="tower"),
    )
    assert filters.text(found) == text


@pytest.mark.parametrize(
    "text",
    [
        *("", ";", ";;", "label", "=cat", "!=cat", "~x", "path~", "trust=[..]", "trust=[a..]", "trust=[0.2..b]"),
        *("trust=[nan..]", "trust=[..inf]", "trust=[1e999..]", "label=two\nlines"),
    ],
)
def test_what_cannot_be_read_is_left_out(text: str) -> None:
    assert filters.parse(text) == Filters()
    around = filters.parse(f"label=cat;{text};split=test")
    assert around == Filters((Condition("label", names=("cat",)), Condition("split", names=("test",))))


def test_a_name_said_twice_counts_once_and_of_two_conditions_the_last() -> None:
    assert filters.parse("label=cat|cat|dog;label=cat|cat").on("label") == Condition("label", names=("cat",))


def test_half_a_character_is_not_a_reason_to_fail() -> None:
    assert filters.parse(filters.text(Filters((Condition("path", text="a\ud83d"),)))).active


def test_a_condition_takes_the_place_of_the_one_before_and_an_empty_one_takes_it_off() -> None:
    wanted = filters.parse("label=cat;split=test")
    assert filters.text(wanted.replaced(Condition("label", names=("dog",)))) == "label=dog;split=test"
    assert filters.text(wanted.replaced(Condition("label"))) == "split=test"
    assert filters.text(wanted.replaced(Condition("width", low=3.0))) == "label=cat;split=test;width=[3.0..]"
    assert wanted.replaced(Condition("tag")) == wanted
    assert not Filters().replaced(Condition("label")).active


def test_the_browser_hears_and_says_the_same() -> None:
    wanted = filters.parse("label=cat|;split!=test;trust=[0.2..];width=[..9.0];path~tower")
    sent = json.loads(json.dumps(filters.for_browser(wanted)))
    assert sent == [
        {"column": "label", "names": ["cat", ""]},
        {"column": "split", "without": ["test"]},
        {"column": "trust", "low": 0.2, "high": None},
        {"column": "width", "low": None, "high": 9.0},
        {"column": "path", "text": "tower"},
    ]
    assert filters.from_browser(sent) == wanted


def test_what_a_browser_says_without_sense_is_left_out() -> None:
    said = [
        {},
        {"column": "label"},
        {"column": "label", "names": []},
        {"names": ["x"]},
        {"column": "width", "low": "x"},
    ]
    assert filters.from_browser(said) == Filters()
    assert filters.from_browser([{"column": "width", "low": 1, "high": float("nan")}]).on("width").high is None
