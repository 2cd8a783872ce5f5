"""A claim: who has a case before their eyes, and for how long."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Claim:
    """One case that someone has, or has passed over."""

    case: str  # `Case.key`
    actor: str  # the id of who has it; empty when nobody has
    until: float  # seconds since the epoch, when others may have it
    skipped: float = 0.0  # when it was last passed over; 0 never

    def holds(self, now: float) -> bool:
        return bool(self.actor) and self.until > now
