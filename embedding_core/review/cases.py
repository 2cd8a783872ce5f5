"""A case: one thing that a check has found and a person decides on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from embedding_core.fingerprint import digest

Act = Literal["keep", "remove", "relabel"]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What the check would do."""

    act: Act
    ids: tuple[int, ...]  # of the images that it would be done to, among those of the case
    label: str | None = None  # the new one, with "relabel"


@dataclass(frozen=True, slots=True)
class Case:
    """Images that belong before a person's eyes together, with what speaks for it."""

    finding: str  # the check: "duplicates", "outliers", "labels", "leakage", "photos", "new", "next"
    ids: tuple[int, ...]  # the images in question, the one shown large first
    score: float  # worst first; its scale is the check's
    reason: str  # one sentence for people, from figures
    suggestion: Suggestion | None = None
    evidence: tuple[int, ...] = ()  # other images that say why
    said: tuple[str, ...] = ()  # a few words to each of `evidence`, or none
    evidence_of: str = ""  # UUID of the dataset that `evidence` is of; empty for that of the case

    @property
    def key(self) -> str:
        """Names the case: the same images before the same check are the same case, whatever the figures are now."""
        return case_key(self.finding, self.ids)


def case_key(finding: str, ids: Sequence[int]) -> str:
    """32 hex digits over the check and its images, whatever their order."""
    return digest(f"{finding} {sorted(map(int, ids))}".encode())[:32]
