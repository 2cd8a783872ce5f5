"""What to do next: what each step would probably bring, what it costs, and which of them comes first.

What a step brings is estimated on the part that is trained on alone; the untouched test part is kept for the day after.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal, Self

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embedding_core.effect.intervals import Difference

Kind = Literal["clean", "label", "encoder", "finetune"]

LOOK = 3.0  # seconds that a person takes for one image: to decide on it, or to label it
SMALL = 0.002  # a gain of less than that is nothing that anybody would work for


@dataclass(frozen=True, slots=True)
class Proposal:
    """One thing to do, and what is known of it before it is done."""

    kind: Kind
    target: str  # the cleaning step, the encoder's id, how many labels, the mode of fine-tuning
    title: str
    basis: str  # how the gain is known, in one sentence
    gain: float | None = None  # of accuracy, in [−1, 1]; None where nothing could be tried
    low: float | None = None  # its 95 % interval
    high: float | None = None
    images: int = 0  # that a person would look at
    machine_seconds: float = 0.0

    @property
    def people_seconds(self) -> float:
        return self.images * LOOK

    @property
    def told(self) -> bool:
        """Whether the gain can be told from nothing."""
        return self.gain is not None and self.low is not None and self.low > 0 and self.gain >= SMALL

    @property
    def hopeful(self) -> bool:
        """Whether it may bring something that anybody would work for, or could not be tried."""
        return self.gain is None or (self.gain >= SMALL and not self.harmful)

    @property
    def harmful(self) -> bool:
        return self.high is not None and self.high < 0


@dataclass(frozen=True, eq=False, slots=True)
class Advice:
    """Where a dataset stands and what could be done, the best first."""

    accuracy: float  # of a linear probe on the untouched test part, in [0, 1]
    interval: tuple[float, float]  # its 95 % interval
    tested: int  # images that judged
    trained: int
    proposals: tuple[Proposal, ...]
    measured: str  # fingerprint of the measure that all starts from

    @property
    def best(self) -> Proposal | None:
        """What to do next; None where nothing has shown a gain."""
        return next((one for one in self.proposals if one.told), None)

    @property
    def said(self) -> str:
        """The answer in one sentence."""
        best = self.best
        if best is not None:
            return f"{best.title}: {points(best)} to be expected."
        hopeful = next((one for one in self.proposals if one.gain is not None and one.hopeful), None)
        if hopeful is not None:
            return (
                f"No step has shown a gain that can be told from nothing. The likeliest is “{hopeful.title}”: "
                f"{points(hopeful)}."
            )
        return "Nothing that was tried here would make it better: more or other images are what it wants."

    def arrays(self) -> dict[str, NDArray[Any]]:
        return {}

    def facts(self) -> dict[str, Any]:
        return {
            "accuracy": self.accuracy,
            "interval": list(self.interval),
            "tested": self.tested,
            "trained": self.trained,
            "proposals": [asdict(one) for one in self.proposals],
            "measured": self.measured,
        }

    @classmethod
    def restored(cls, arrays: Mapping[str, Any], facts: Mapping[str, Any]) -> Self:
        low, high = facts["interval"]
        proposals = tuple(Proposal(**one) for one in facts["proposals"])
        return cls(**{**facts, "interval": (low, high), "proposals": proposals})


def ranked(proposals: Sequence[Proposal]) -> tuple[Proposal, ...]:
    """Those whose gain can be told from nothing first, by gain; then those that may bring something, by gain; then what
    could not be tried; at last what does harm. Equal gains: the cheaper one first."""

    def place(one: Proposal) -> tuple[int, float, float]:
        order = 0 if one.told else 3 if one.harmful else 2 if one.gain is None else 1
        return order, -(one.gain or 0.0), one.people_seconds + one.machine_seconds

    return tuple(sorted(proposals, key=place))


def proposed(
    found: Difference, *, kind: Kind, target: str, title: str, basis: str, images: int = 0, machine_seconds: float = 0.0
) -> Proposal:
    """A proposal whose gain was found by trial."""
    return Proposal(kind, target, title, basis, found.change, found.low, found.high, images, machine_seconds)


def points(one: Proposal) -> str:
    """As "+1.9 points (0.8 to 3.0)"; a dash where nothing is known."""
    if one.gain is None or one.low is None or one.high is None:
        return "–"
    low, high = (f"{100 * value:.1f}".replace("-", "−") for value in (one.low, one.high))
    return f"{100 * one.gain:+.1f}".replace("-", "−") + f" points ({low} to {high})"
