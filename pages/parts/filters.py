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
_RANGE = re.compile(r"\[(?P<low>[^.\]]*(?:\.\d+)?[^.\]]*)\.\.(?P<high>[^\]]*)\]")


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
        """With this condition in place of the one on the same column."""
        others = tuple(one for one in self.conditions if one.column != condition.column)
        return Filters(others if condition.empty else (*others, condition))


def parse(text: str) -> Filters:
    """From the URL. What cannot be read is left out: a link is never a reason to fail."""
    found: dict[str, Condition] = {}
    for part in text.split(";"):
        match = _CONDITION.fullmatch(part)
        if match is None:
            continue
        column, how, what = unquote(match["column"]), match["how"], match["what"]
        if how == "~":
            one = Condition(column, text=unquote(what))
        elif how == "!=":
            one = Condition(column, without=tuple(map(unquote, what.split("|"))))
        elif bounds := _RANGE.fullmatch(what):
            one = Condition(column, low=_number(bounds["low"]), high=_number(bounds["high"]))
        else:
            one = Condition(column, names=tuple(map(unquote, what.split("|"))))
        if not one.empty:
            found[column] = one
    return Filters(tuple(found.values()))


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
    column = quote(one.column, safe=":")
    if one.text:
        return f"{column}~{quote(one.text, safe='')}"
    if one.names:
        return f"{column}={'|'.join(quote(name, safe='') for name in one.names)}"
    if one.without:
        return f"{column}!={'|'.join(quote(name, safe='') for name in one.without)}"
    low, high = ("" if bound is None else repr(bound) for bound in (one.low, one.high))
    return f"{column}=[{low}..{high}]"


def _number(text: Any) -> float | None:
    try:
        number = float(text)
    except (TypeError, ValueError):
        return None
    return number if abs(number) < float("inf") else None
