"""What a search has tried."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, Protocol

from embedding_core.train.space import Value

State = Literal["done", "pruned", "stopped"]
Sampler = Literal["grid", "random", "tpe"]
Pruner = Literal["median", "hyperband", "none"]
Ended = Literal["time", "trials", "stopped", "all", "repeats"]  # all: of a grid; repeats: nothing new was found

SAMPLERS: tuple[Sampler, ...] = ("tpe", "random", "grid")
PRUNERS: tuple[Pruner, ...] = ("median", "hyperband", "none")


@dataclass(frozen=True, slots=True)
class Trial:
    """One set of parameters."""

    number: int  # 0 is what is taken without any search
    parameters: Mapping[str, Value]
    state: State  # pruned: it lagged behind and was given up; stopped: time was over
    value: float | None  # higher is better; of one that was given up, as far as it came
    steps: int  # that it went through
    seconds: float

    def facts(self) -> dict[str, Any]:
        return {**asdict(self), "parameters": dict(self.parameters)}


@dataclass(frozen=True, slots=True)
class Tried:
    """What a search came to."""

    trials: tuple[Trial, ...]  # what was tried before included
    ended: Ended


class Report(Protocol):
    """Told after each step how an attempt stands; raises `GivenUp` when it is not worth going on."""

    def __call__(self, value: float) -> None: ...


Objective = Callable[[Mapping[str, Value], Report], float]


class GivenUp(Exception):
    """Raised through an objective: this trial is not worth its time, or there is none left."""


def best_of(trials: Sequence[Trial]) -> Trial | None:
    """The one with the highest value that went all the way; of equals the first."""
    done = [one for one in trials if one.state == "done" and one.value is not None]
    return max(done, key=lambda one: (one.value or 0.0, -one.number)) if done else None


def history(trials: Sequence[Trial]) -> list[float | None]:
    """The best value (t,) up to each trial; None before there is any."""
    found: list[float | None] = []
    best: float | None = None
    for one in trials:
        if one.state == "done" and one.value is not None:
            best = one.value if best is None else max(best, one.value)
        found.append(best)
    return found
