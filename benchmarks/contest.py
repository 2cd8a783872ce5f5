"""Contestants in turns: A B C, A B C, …, so that what disturbs the machine for a while does not fall on one alone."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from benchmarks.outside import Ran
from benchmarks.peers import Missing, answer

ROUNDS = 3
CHEAP = 45.0  # seconds up to which a contestant runs in every round; a longer one runs once


@dataclass(frozen=True, slots=True)
class Contestant:
    """Who runs, and what it does and does not do."""

    name: str
    does: str
    run: Callable[[], Ran | Missing]
    once: bool = False  # where it is only there to be known


@dataclass(slots=True)
class Score:
    """All runs of one contestant, or why there is none."""

    runs: list[Ran] = field(default_factory=list)
    missing: Missing | None = None

    @property
    def seconds(self) -> float | None:
        """The median by wall clock, start included."""
        return statistics.median(one.seconds for one in self.runs) if self.runs else None

    @property
    def peak_mb(self) -> float | None:
        return max(one.peak_mb for one in self.runs) if self.runs else None

    def own(self, name: str = "seconds") -> float | None:
        """The median of what it says itself: as seconds, after its imports."""
        return statistics.median(float(answer(one)[name]) for one in self.runs) if self.runs else None

    def ratio(self, ours: Score) -> float | None:
        """How many times as long as `ours` it takes."""
        return self.seconds / ours.seconds if self.seconds and ours.seconds else None


def rounds(contestants: Sequence[Contestant], most: int = ROUNDS, cheap: float = CHEAP) -> Mapping[str, Score]:
    """Run all in turns, `most` times; those that fail, take longer than `cheap` seconds or are to run once, once."""
    scores = {one.name: Score() for one in contestants}
    for turn in range(most):
        for one in contestants:
            score = scores[one.name]
            if turn and (one.once or score.missing or score.runs[0].seconds > cheap):
                continue
            done = one.run()
            if isinstance(done, Missing):
                score.missing = done
                print(f"    {one.name}: {done}", flush=True)
                continue
            score.runs.append(done)
            print(f"    round {turn + 1}, {one.name}: {done.seconds:.1f} s, {done.peak_mb:.0f} MB", flush=True)
    return scores
