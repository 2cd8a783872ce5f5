"""What the colours of a map mean: one `Colouring` for its n points, from a column as `map.columns` has it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pages.parts import words
from pages.parts.map import columns, planes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pages.parts.map.present import Known

TICKS = 5  # on the bar of a column of dates


@dataclass(frozen=True, eq=False, slots=True)
class Colouring:
    """Categories (`codes`) or numbers (`values`) of n points; neither for points that are all alike."""

    title: str
    names: tuple[str, ...] = ()  # (c,) of the categories, the most frequent first
    codes: NDArray[np.unsignedinteger] | None = None  # (n,) 0 for none, k for `names[k - 1]`
    values: NDArray[np.floating] | None = None  # (n,) NaN for none
    bounds: tuple[float, float] | None = None  # of the values; None when there is none
    ticks: tuple[tuple[float, str], ...] = ()  # of the scale, when its numbers are not what people read
    unknown: str = "no value"  # what points without a category or number are called

    def said(self) -> NDArray[np.object_]:
        """(n,) what is said of each point, not yet safe; empty without a category or number."""
        if self.codes is not None:
            return np.array(["", *self.names], object)[self.codes]
        if self.values is None:
            return np.array([], object)
        write = words.day if self.ticks else words.number
        known = np.isfinite(self.values)
        said = np.full(len(known), "", object)
        said[known] = [write(value) for value in self.values[known].tolist()]
        return said


def by(now: Known, key: str) -> Colouring:
    """By the column with that key. Raises `UnknownColumn`."""
    facts, arrays = planes.unpack(columns.column(now, key))
    title, unknown = facts["title"], facts["unknown"]
    if facts["kind"] == columns.CATEGORY:
        return Colouring(title, names=tuple(facts["names"]), codes=arrays["codes"], unknown=unknown)
    bounds = None if facts["low"] is None else (facts["low"], facts["high"])
    ticks = _dates(*bounds) if bounds and facts["kind"] == columns.DATE else ()
    return Colouring(title, values=arrays["values"], bounds=bounds, ticks=ticks, unknown=unknown)


def _dates(low: float, high: float) -> tuple[tuple[float, str], ...]:
    return tuple((float(at), words.day(at)) for at in np.unique(np.linspace(low, high, TICKS)))
