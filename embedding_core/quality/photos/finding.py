"""Bad photographs of a set: dark, bright, blurred, near-empty and so on, each against the rest of the set.

The result holds what was measured of every picture for every kind, so that a line can be moved without looking again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from embedding_core.errors import UnknownName
from embedding_core.ids import find
from embedding_core.quality.photos.kinds import BY_NAME, KINDS, TURNED, Kind
from embedding_core.review.cases import Case, Suggestion
from embedding_core.vectors import read_only

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embedding_core.quality.photos.looks import Looks
    from embedding_core.quality.photos.turned import Turned

BINS = 64


class UnknownKind(UnknownName):
    noun = "kind of bad photograph"


@dataclass(frozen=True, eq=False, slots=True)
class Distribution:
    """How the values of one kind are distributed, to be drawn with its line."""

    edges: NDArray[np.float64]  # (bins + 1,)
    counts: NDArray[np.int64]  # (bins,)
    line: float
    high: bool  # is what lies above the line bad, or what lies below?


@dataclass(frozen=True, eq=False, slots=True)
class Photos:
    """What was measured of n pictures for each of k kinds, and the line that the set itself draws."""

    ids: NDArray[np.int64]  # (n,)
    kinds: tuple[str, ...]  # (k,)
    values: NDArray[np.float32]  # (k, n) NaN where it cannot be told
    lines: tuple[float, ...]  # (k,) NaN where nothing can be told
    turns: NDArray[np.int16] | None = None  # (n,) degrees clockwise that would set each upright, with the kind "turned"
    moved: Mapping[str, float] = field(default_factory=dict)  # lines that people have put elsewhere, by kind

    def __post_init__(self) -> None:
        object.__setattr__(self, "ids", read_only(self.ids))
        object.__setattr__(self, "values", read_only(self.values))

    def of(self, kind: str) -> NDArray[np.float32]:
        """The values (n,) of one kind. Raises `UnknownKind`."""
        values: NDArray[np.float32] = self.values[self._row(kind)]
        return values

    def at(self, lines: Mapping[str, float]) -> Photos:
        """The same with these lines, by kind, in place of those that the set draws."""
        return replace(self, moved=dict(lines))

    def line(self, kind: str) -> float:
        """The line in force: where it was moved to, else where the set draws it."""
        return self.moved.get(kind, self.drawn(kind))

    def drawn(self, kind: str) -> float:
        """The line that the set itself draws."""
        return self.lines[self._row(kind)]

    def flagged(self, kind: str, line: float | None = None) -> NDArray[np.int64]:
        """Rows (m,) beyond the line, or beyond another one, worst first; equals in the order of the set."""
        values = self.of(kind)
        rows = np.flatnonzero(BY_NAME[kind].bad(values, self.line(kind) if line is None else line))
        order = np.argsort(-values[rows] if BY_NAME[kind].high else values[rows], kind="stable")
        return rows[order]

    def worst(self, kind: str) -> NDArray[np.int64]:
        """All rows (m,) of which the kind can be told, worst first."""
        return self.flagged(kind, -np.inf if BY_NAME[kind].high else np.inf)

    def counts(self) -> dict[str, int]:
        """How many pictures lie beyond each line."""
        return {kind: len(self.flagged(kind)) for kind in self.kinds}

    def distribution(self, kind: str, bins: int = BINS) -> Distribution:
        """The values of a kind in equal steps from the least to the greatest; equal ratios where ratios count."""
        values = self.of(kind)
        told = values[np.isfinite(values)].astype(np.float64)
        ratio = BY_NAME[kind].ratio
        low, high = (float(told.min()), float(told.max())) if len(told) else (0.0, 1.0)
        if low == high:
            low, high = (low / 1.5, high * 1.5) if ratio else (low - 0.5, high + 0.5)
        edges = np.geomspace(low, high, bins + 1) if ratio else np.linspace(low, high, bins + 1)
        edges[0], edges[-1] = low, high  # rounding must lose no one
        counts = np.histogram(told, edges)[0]
        return Distribution(edges, counts.astype(np.int64), self.line(kind), BY_NAME[kind].high)

    def reason(self, kind: str, row: int) -> str:
        """Why this picture is of that kind, in one sentence."""
        return self.reasons(kind, np.array([row]))[0]

    def reasons(self, kind: str, rows: NDArray[np.int64]) -> list[str]:
        """Likewise for many pictures (m,), which takes one look at the set."""
        if kind == TURNED.name and self.turns is not None:
            turns = self.turns[rows].tolist()
            return [f"Turned by {turn}° clockwise it would be far more like the rest of the set." for turn in turns]
        described, values = BY_NAME[kind], self.of(kind)
        ordered = np.sort(values[np.isfinite(values)])
        others = max(0, len(ordered) - 1)
        if described.high:
            better = np.searchsorted(ordered, values[rows], side="left")
        else:
            better = len(ordered) - np.searchsorted(ordered, values[rows], side="right")
        usual = described.usual(float(np.median(ordered)) if len(ordered) else np.nan)
        return [
            f"{described.comparison} than {_among(count, others)} here: {described.told(value)}, where {usual}."
            for count, value in zip(better.tolist(), values[rows].tolist(), strict=True)
        ]

    def severity(self, kind: str, rows: NDArray[np.int64], line: float | None = None) -> NDArray[np.float64]:
        """How bad (m,): 0 at the line, 1 as far beyond it as the middle of the set is on this side."""
        values, at = self.of(kind), self.line(kind) if line is None else line
        middle = float(np.nanmedian(values))
        severity: NDArray[np.float64] = (values[rows].astype(np.float64) - at) / ((at - middle) or 1.0)
        return severity

    def cases(self, kind: str | None = None, line: float | None = None) -> list[Case]:
        """What people decide on, worst first: a picture a case, of one kind or with all kinds that it has.

        `line` is another one for that kind.
        """
        found: dict[int, list[tuple[float, str, bool]]] = {}
        for one in self.kinds if kind is None else (kind,):
            at = line if one == kind else None
            rows = self.flagged(one, at)
            said = zip(rows.tolist(), self.severity(one, rows, at).tolist(), self.reasons(one, rows), strict=True)
            for row, severity, reason in said:
                found.setdefault(row, []).append((severity, reason, BY_NAME[one].removes))
        cases = [self._case(row, sorted(said, reverse=True)) for row, said in found.items()]
        return sorted(cases, key=lambda case: -case.score)

    def _case(self, row: int, said: list[tuple[float, str, bool]]) -> Case:
        image = int(self.ids[row])
        removes = any(removes for *_, removes in said)
        return Case(
            finding="photos",
            ids=(image,),
            score=said[0][0],
            reason=" ".join(reason for _, reason, _ in said),
            suggestion=Suggestion("remove", (image,)) if removes else None,
        )

    def joined(self, turned: Turned) -> Photos:
        """With the kind "turned" as well, which cannot be told of pictures that it knows nothing of."""
        rows = find(self.ids, turned.ids)
        evidence = np.where(rows >= 0, turned.evidence[rows], np.float32(np.nan)).astype(np.float32)
        return replace(
            self,
            kinds=(*self.kinds, TURNED.name),
            values=np.concatenate([self.values, evidence[None]]),
            lines=(*self.lines, TURNED.bounds[0]),
            turns=np.where(rows >= 0, turned.turns[rows], 0).astype(np.int16),
        )

    def _row(self, kind: str) -> int:
        if kind not in self.kinds:
            raise UnknownKind(kind, self.kinds)
        return self.kinds.index(kind)

    def arrays(self) -> dict[str, NDArray[Any]]:
        turns = {} if self.turns is None else {"turns": self.turns}
        return {"ids": self.ids, "values": self.values, "lines": np.array(self.lines, np.float64), **turns}

    def facts(self) -> dict[str, Any]:
        return {"kinds": list(self.kinds), "counts": self.counts()}

    @classmethod
    def restored(cls, arrays: Mapping[str, Any], facts: Mapping[str, Any]) -> Self:
        lines = tuple(arrays["lines"].tolist())
        return cls(arrays["ids"], tuple(facts["kinds"]), arrays["values"], lines, arrays.get("turns"))


def photos(looks: Looks) -> Photos:
    """Judge every picture of a set by every kind."""
    values = [kind.measure(looks).astype(np.float32) for kind in KINDS]
    lines = tuple(_line(kind, of) for kind, of in zip(KINDS, values, strict=True))
    return Photos(looks.ids, tuple(kind.name for kind in KINDS), np.stack(values), lines)


def _line(kind: Kind, values: NDArray[np.float32]) -> float:
    """As it is kept beside values in single precision: what lies on the line must not fall beyond by rounding."""
    return float(np.float32(kind.line(values)))


def _among(better: int, others: int) -> str:
    """How many others are better, as a count that is quickly grasped; fewer than all are never said to be all."""
    if better >= others:
        return "all other images"
    share = better / others
    if others < (1000 if share > 0.99 else 100):
        return f"{better} of {others} others"
    return f"{int(1000 * share)} of 1,000 images" if share > 0.99 else f"{int(100 * share)} of 100 images"
