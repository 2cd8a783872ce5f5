"""Which images are looked at, on every page: conditions on columns that must all hold, as a text in the URL.

`label=cat|dog;split!=test;trust=[0.2..];path~tower` shows cats and dogs outside of the test split, with a trust of 0.2
or more, whose path contains "tower". Names are percent-encoded; an empty one stands for images without a value.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote

PATH = "path"
_CONDITION = re.compile(r"(?P<column>[^=!~]+)(?P<how>!=|=|~)(?P<what>.*)")
_RANGE = re.compile(r"\[(?P<low>[^\[\]]*?)\.\.(?P<high>[^\[\]]*)\]")


@dataclass(frozen=True, slots=True)
class Condition:
    """One of `names`, none of `without`, between `low` and `high`, or `text` in the path."""

    column: str  # key, see `map.columns`, or PATH
    names: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    text: str = ""

    @property
    def empty(self) -> bool:
        return not (self.names or self.without or self.text) and self.low is None and self.high is None


@dataclass(frozen=True, slots=True)
class Choices:
    """What a column offers to choose from."""

    kind: str
    names: tuple[str, ...]  # the most frequent ones, by the alphabet
    more: int  # names beside those
    without: str  # what images without a value are called; empty when there are none
    low: float | None
    high: float | None
    whole: bool  # only whole numbers


@dataclass(frozen=True, slots=True)
class Filters:
    """Conditions on different columns. None means all images."""

    conditions: tuple[Condition, ...] = ()

    @property
    def active(self) -> bool:
        return bool(self.conditions)

    def on(self, column: str) -> Condition:
        """The condition on a column; an empty one without."""
        return next((one for one in self.conditions if one.column == column), Condition(column))

    def replaced(self, condition: Condition) -> Filters:
        """With this condition in place of the one on the same column; an empty one takes that away."""
        by_column = {one.column: one for one in self.conditions} | {condition.column: condition}
        return Filters(tuple(one for one in by_column.values() if not one.empty))


def parse(text: str) -> Filters:
    """From the URL. What cannot be read is left out: a link is never a reason to fail."""
    found: dict[str, Condition] = {}
    for part in text.split(";"):
        match = _CONDITION.fullmatch(part)
        one = _parsed(unquote(match["column"]), match["how"], match["what"]) if match else None
        if one is not None and not one.empty:
            found[one.column] = one
    return Filters(tuple(found.values()))


def _parsed(column: str, how: str, what: str) -> Condition | None:
    if how == "~":
        return Condition(column, text=unquote(what))
    bounds = _RANGE.fullmatch(what)
    if how == "=" and bounds:
        try:
            return Condition(column, low=_bound(bounds["low"]), high=_bound(bounds["high"]))
        except ValueError:
            return None
    names = tuple(dict.fromkeys(map(unquote, what.split("|"))))
    return Condition(column, names=names) if how == "=" else Condition(column, without=names)


def text(filters: Filters) -> str:
    """For the URL; empty for all images."""
    return ";".join(map(_text, filters.conditions))


def from_browser(conditions: Iterable[Mapping[str, Any]]) -> Filters:
    """As the map component reports them, see js/filters.js."""
    found = [
        Condition(
            str(one["column"]),
            names=tuple(map(str, one.get("names") or ())),
            without=tuple(map(str, one.get("without") or ())),
            low=_number(one.get("low")),
            high=_number(one.get("high")),
            text=str(one.get("text") or ""),
        )
        for one in conditions
        if one.get("column")
    ]
    return Filters(tuple(one for one in found if not one.empty))


def for_browser(filters: Filters) -> tuple[dict[str, Any], ...]:
    return tuple(_for_browser(one) for one in filters.conditions)


def _for_browser(one: Condition) -> dict[str, Any]:
    if one.text:
        return {"column": one.column, "text": one.text}
    if one.names:
        return {"column": one.column, "names": list(one.names)}
    if one.without:
        return {"column": one.column, "without": list(one.without)}
    return {"column": one.column, "low": one.low, "high": one.high}


def _text(one: Condition) -> str:
    column = _quoted(one.column, safe=":")
    if one.text:
        return f"{column}~{_quoted(one.text)}"
    if one.names:
        return f"{column}={'|'.join(map(_quoted, one.names))}"
    if one.without:
        return f"{column}!={'|'.join(map(_quoted, one.without))}"
    low, high = ("" if bound is None else repr(float(bound)) for bound in (one.low, one.high))
    return f"{column}=[{low}..{high}]"


def _quoted(text: str, safe: str = "") -> str:
    """Without any character that means something here. `quote` lets "~" be."""
    return quote(text, safe=safe, errors="replace").replace("~", "%7E")


def _bound(text: str) -> float | None:
    """An end of a range, None for an open one. Raises `ValueError` for what is no finite number."""
    number = _number(text)
    if number is None and text:
        raise ValueError(text)
    return number


def _number(given: Any) -> float | None:
    """None for what is no finite number."""
    try:
        number = float(given)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if abs(number) < float("inf") else None
