"""What a search has found: every trial, which parameters mattered, and the honest score of the best."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Self

from embedding_core.train.probes.found import Probed
from embedding_core.train.probes.scores import Figure
from embedding_core.train.search.trials import Ended, Trial, best_of
from embedding_core.train.space import Parameter

if TYPE_CHECKING:
    from numpy.typing import NDArray

BEST, DEFAULTS = 0, 1  # rows of `outer`


@dataclass(frozen=True, eq=False, slots=True)
class Searched:
    """A search that has ended."""

    space: tuple[Parameter, ...]
    trials: tuple[Trial, ...]
    sampler: str
    pruner: str
    minutes: float  # that were allowed
    seconds: float  # that it took, the last judging included
    ended: Ended
    seed: int
    importance: Mapping[str, float]  # of the parameters that all trials have, the most first
    importance_within: Mapping[str, float]  # likewise, among the trials of the best one's family
    outer: Probed  # the best trial and the defaults, each judged once by the test part
    gain: Figure  # of the best over the defaults there: share of images, or how much nearer the number

    @property
    def best(self) -> Trial:
        """By cross-validation; what it promises is a little too much, since it is the best of many."""
        found = best_of(self.trials)
        return found or self.trials[0]

    def arrays(self) -> dict[str, NDArray[Any]]:
        return self.outer.arrays()

    def facts(self) -> dict[str, Any]:
        names = ("sampler", "pruner", "minutes", "seconds", "ended", "seed")
        return {
            **{name: getattr(self, name) for name in names},
            "importance": dict(self.importance),
            "importance_within": dict(self.importance_within),
            "space": [asdict(one) for one in self.space],
            "trials": [one.facts() for one in self.trials],
            "outer": self.outer.facts(),
            "gain": asdict(self.gain),
        }

    @classmethod
    def restored(cls, arrays: Mapping[str, Any], facts: Mapping[str, Any]) -> Self:
        more = {
            "space": tuple(_parameter(one) for one in facts["space"]),
            "trials": tuple(Trial(**one) for one in facts["trials"]),
            "outer": Probed.restored(arrays, facts["outer"]),
            "gain": Figure(**facts["gain"]),
        }
        return cls(**{**facts, **more})


def _parameter(stored: Mapping[str, Any]) -> Parameter:
    only = stored["only"]
    more = {"choices": tuple(stored["choices"]), "only": (only[0], tuple(only[1])) if only else None}
    return Parameter(**{**stored, **more})
