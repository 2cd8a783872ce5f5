"""Named parameters with their ranges: what a form asks for, and what a search tries."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from embedding_core.errors import InvalidInput

Value: TypeAlias = float | int | str
Kind = Literal["real", "whole", "choice"]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number in [low, high], or one of `choices`."""

    name: str
    title: str  # for people
    kind: Kind
    default: Value
    low: float = 0.0
    high: float = 0.0
    log: bool = False  # steps multiply, as of a learning rate
    choices: tuple[str, ...] = ()
    help: str = ""  # one plain sentence
    only: tuple[str, tuple[str, ...]] | None = None  # counts only where that other parameter has one of these values

    def checked(self, given: object) -> Value:
        """`given` as a value of this parameter. Raises `InvalidInput`."""
        if self.kind == "choice":
            if given in self.choices:
                return str(given)
            raise InvalidInput(f"{self.title} is one of {', '.join(self.choices)}, not {given!r}.")
        number = _number(given)
        if number is None or not self.low <= number <= self.high or (self.kind == "whole" and number != int(number)):
            what = "a whole number" if self.kind == "whole" else "a number"
            raise InvalidInput(f"{self.title} is {what} from {self.low:g} to {self.high:g}, not {given!r}.")
        return int(number) if self.kind == "whole" else number

    def steps(self, count: int) -> list[Value]:
        """Up to `count` values (2 or more) that cover the range evenly, the default among them."""
        if self.kind == "choice":
            return list(self.choices)
        ends = (math.log(self.low), math.log(self.high)) if self.log else (self.low, self.high)
        raw = [ends[0] + (ends[1] - ends[0]) * place / (count - 1) for place in range(count)]
        values = [math.exp(one) if self.log else one for one in raw]
        found: list[Value] = [round(one) if self.kind == "whole" else float(f"{one:.6g}") for one in values]
        nearest = min(range(len(values)), key=lambda at: abs(self._place(found[at]) - self._place(self.default)))
        found[nearest] = self.default
        return sorted(set(found), key=float)

    def _place(self, value: Value) -> float:
        return math.log(float(value)) if self.log else float(value)


def defaults(parameters: Sequence[Parameter]) -> dict[str, Value]:
    """Every parameter as it is without anyone's choice, those alone that count then."""
    return active(parameters, {one.name: one.default for one in parameters})


def active(parameters: Sequence[Parameter], values: Mapping[str, Value]) -> dict[str, Value]:
    """Those of `values` that count, in the order of `parameters`."""
    return {one.name: values[one.name] for one in parameters if one.name in values and _counts(one, values)}


def checked(parameters: Sequence[Parameter], given: Mapping[str, object]) -> dict[str, Value]:
    """`given`, checked, with defaults for the rest. Raises `InvalidInput`, also for names that there are not."""
    known = {one.name for one in parameters}
    strange = sorted(set(given) - known)
    if strange:
        raise InvalidInput(f"There is no parameter {strange[0]!r}. Known: {', '.join(sorted(known))}.")
    return active(parameters, {one.name: one.checked(given.get(one.name, one.default)) for one in parameters})


def _counts(parameter: Parameter, values: Mapping[str, Value]) -> bool:
    return parameter.only is None or values.get(parameter.only[0]) in parameter.only[1]


def _number(given: object) -> float | None:
    if isinstance(given, bool) or not isinstance(given, int | float | str):
        return None
    try:
        number = float(given)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
