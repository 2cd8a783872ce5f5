"""All that is known of the axes of an embedding: what they explain, what they show, how many keep the quality."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from embedding_core.effect.intervals import Difference
from embedding_core.evaluate.axes.components import Space
from embedding_core.evaluate.axes.dimensions import Curve
from embedding_core.evaluate.axes.meaning import Goes, sentence

if TYPE_CHECKING:
    from numpy.typing import NDArray

SHOWN = 24  # axes that are looked at
AT_ENDS = 6  # images at each end


@dataclass(frozen=True, eq=False, slots=True)
class Quality:
    """Accuracy against the number of axes, on m labelled images that are no test images."""

    probe: Curve
    near: Curve
    ids: NDArray[np.int64]  # (m,)
    dealt: NDArray[np.int32]  # (m,) their folds


@dataclass(frozen=True, eq=False, slots=True)
class Laboratory:
    """The axes of n images; the first a of them are looked at closely."""

    ids: NDArray[np.int64]  # (n,)
    space: Space  # all axes
    noise: NDArray[np.float64]  # (r,) shares of the variance that noise explains
    by_noise: int  # axes above that
    by_stick: int  # axes above a broken stick
    low: NDArray[np.int64]  # (a, e) ids at the − end, the farthest first; −1 where there are fewer
    high: NDArray[np.int64]  # (a, e) likewise at the + end
    goes: tuple[tuple[Goes, ...], ...]  # (a,) what goes with each axis, the strongest first
    columns: tuple[tuple[str, str], ...]  # name and kind of what the axes were held against
    quality: Quality | None  # None without labels
    why_not: str = ""  # why there is no quality
    tested: int = 0  # images of the untouched test part

    @property
    def d(self) -> int:
        return len(self.space.mean)

    @property
    def shown(self) -> int:
        return len(self.low)

    def said(self, axis: int) -> str:
        """What the axis with that number, from 1, shows."""
        return sentence(axis, self.goes[axis - 1])

    def arrays(self) -> dict[str, NDArray[Any]]:
        found: dict[str, NDArray[Any]] = {
            **{"ids": self.ids, "noise": self.noise, "low": self.low, "high": self.high},
            **{"mean": self.space.mean, "axes": self.space.axes, "variance": self.space.variance},
        }
        if self.quality is not None:
            of = self.quality
            found |= {"right": np.stack([of.probe.right, of.near.right]), "judged": of.ids, "dealt": of.dealt}
        return found

    def facts(self) -> dict[str, Any]:
        curves = None if self.quality is None else [_facts(one) for one in (self.quality.probe, self.quality.near)]
        return {
            "whole": self.space.whole,
            "by_noise": self.by_noise,
            "by_stick": self.by_stick,
            "goes": [[asdict(one) for one in each] for each in self.goes],
            "columns": [list(one) for one in self.columns],
            "curves": curves,
            "why_not": self.why_not,
            "tested": self.tested,
        }

    @classmethod
    def restored(cls, arrays: Mapping[str, Any], facts: Mapping[str, Any]) -> Self:
        quality = None
        if facts["curves"] is not None:
            probe, near = (_curve(one, right) for one, right in zip(facts["curves"], arrays["right"], strict=True))
            quality = Quality(probe, near, arrays["judged"], arrays["dealt"])
        return cls(
            arrays["ids"],
            Space(arrays["mean"], arrays["axes"], arrays["variance"], facts["whole"]),
            arrays["noise"],
            facts["by_noise"],
            facts["by_stick"],
            arrays["low"],
            arrays["high"],
            tuple(tuple(Goes(**one) for one in each) for each in facts["goes"]),
            tuple((name, kind) for name, kind in facts["columns"]),
            quality,
            facts["why_not"],
            facts["tested"],
        )


def _facts(one: Curve) -> dict[str, Any]:
    return {
        "counts": list(one.counts),
        "intervals": [list(each) for each in one.intervals],
        "against_all": [asdict(each) for each in one.against_all],
    }


def _curve(facts: Mapping[str, Any], right: NDArray[np.bool_]) -> Curve:
    return Curve(
        tuple(facts["counts"]),
        right,
        tuple((low, high) for low, high in facts["intervals"]),
        tuple(Difference(**one) for one in facts["against_all"]),
    )
