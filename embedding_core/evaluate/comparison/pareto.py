"""Which encoder to take: those that none beats in everything, and one sentence that says which and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from embedding_core.effect.words import points

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from embedding_core.effect.intervals import Difference

WORTH = 0.02  # accuracy that is not given away for speed, even where it cannot be told from nothing
FASTER = 1.25  # times as fast from which it counts


@dataclass(frozen=True, slots=True)
class Candidate:
    """An encoder as who chooses sees it."""

    name: str
    quality: float  # accuracy, from 0 to 1
    speed: float | None  # images per second, measured here; None where it cannot be run
    size: float  # MB of weights


def front(points_: Sequence[tuple[float, ...]]) -> list[int]:
    """Which of some points are beaten by none: none is as good in every figure, and better in one. Higher is better."""

    def beats(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
        return one != other and all(a >= b for a, b in zip(one, other, strict=True))

    return [at for at, one in enumerate(points_) if not any(beats(other, one) for other in points_)]


def unbeaten(candidates: Sequence[Candidate]) -> list[int]:
    """Which are beaten by none in quality, speed and size together."""
    return front([(one.quality, one.speed or 0.0, -one.size) for one in candidates])


def take(candidates: Sequence[Candidate], differences: Mapping[tuple[int, int], Difference]) -> tuple[int, str]:
    """The one to take, and why in one sentence. `differences[a, b]` is of b's quality to a's, with its interval.

    It is the fastest of those that cannot be told from the best, as long as it is no more than `WORTH` behind and
    clearly faster; else the best.
    """
    best = max(range(len(candidates)), key=lambda at: (candidates[at].quality, candidates[at].speed or 0.0))
    if len(candidates) == 1:
        return best, f"Take {candidates[best].name}: it is the only one that was tried."
    untold = [
        at
        for at in range(len(candidates))
        if at != best
        and not differences[at, best].better
        and candidates[best].quality - candidates[at].quality <= WORTH
        and _times(candidates[at], candidates[best]) >= FASTER
    ]
    if untold:
        chosen = max(untold, key=lambda at: (candidates[at].speed or 0.0, candidates[at].quality))
        return chosen, _instead(candidates[chosen], candidates[best], differences[chosen, best])
    return best, _best(candidates, best, differences)


def _instead(chosen: Candidate, best: Candidate, lead: Difference) -> str:
    takes = times(_times(chosen, best))
    if not lead.change:
        return f"Take {chosen.name}: {best.name} is no better and takes {takes} as long."
    return (
        f"Take {chosen.name}: {best.name} is {_points(lead.change)} better, which may be chance, and takes {takes} as "
        "long."
    )


def _best(candidates: Sequence[Candidate], best: int, differences: Mapping[tuple[int, int], Difference]) -> str:
    chosen = candidates[best]
    others = sorted((at for at in range(len(candidates)) if at != best), key=lambda at: -candidates[at].quality)
    second, lead = candidates[others[0]], differences[others[0], best]
    if not lead.better and lead.change <= WORTH and _times(chosen, second) >= FASTER:
        return f"Take {chosen.name}: {second.name} is no better and takes {times(_times(chosen, second))} as long."
    if not lead.change:
        return f"Take {chosen.name}: {second.name} is right as often, and neither is clearly faster."
    if not lead.better:
        return (
            f"Take {chosen.name}: no other is clearly faster. Its lead on {second.name} may be chance, {points(lead)}."
            if lead.change <= WORTH
            else f"Take {chosen.name}, for now: it is {_points(lead.change)} better than {second.name}, but the "
            "interval includes zero. More labelled images would tell."
        )
    sentence = f"Take {chosen.name}: it is {_points(lead.change)} better than {second.name}"
    faster = [candidates[at] for at in others if _times(candidates[at], chosen) >= FASTER]
    if not faster:
        return f"{sentence}, and no other is clearly faster."
    nearest = max(faster, key=lambda one: one.quality)
    given = f", which costs {_points(chosen.quality - nearest.quality)}" if nearest is not second else ""
    which = nearest.name if nearest is not second else "that one"
    return f"{sentence}; where speed counts more, {which} is {times(_times(nearest, chosen))} as fast{given}."


def times(factor: float) -> str:
    """As "twice", "3.1 times"."""
    if 1.85 <= factor < 2.15:
        return "twice"
    return f"{factor:.1f} times" if factor < 10 else f"{factor:,.0f} times"


def _points(change: float) -> str:
    text = f"{100 * abs(change):.1f}"
    return f"{text} point" if text == "1.0" else f"{text} points"


def _times(one: Candidate, other: Candidate) -> float:
    """How many times as fast as another; 1 where it is not known."""
    return one.speed / other.speed if one.speed and other.speed else 1.0
