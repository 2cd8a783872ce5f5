"""A decision: who did what to which images, when and why. Decisions are only ever added; an undo is one more."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from embedding_core.records import Actor


class Action(StrEnum):
    """What was decided. The value is stored."""

    KEEP = "keep"
    REMOVE = "remove"  # from versions that follow; nothing is deleted from the source
    RELABEL = "relabel"
    UNSURE = "unsure"
    TAG = "tag"
    UNTAG = "untag"
    UNDO = "undo"  # of one earlier decision


@dataclass(frozen=True, slots=True)
class Decision:
    """One record of the log of a dataset."""

    id: str  # 32 hex digits
    at: float  # seconds since the epoch
    actor: str  # the id of who decided
    who: str  # the name they gave
    action: Action
    ids: tuple[int, ...]  # of the images it is about
    value: str | None = None  # the label or the tag; of an undo, the id of the decision that is undone
    finding: str = ""  # the check whose case it was; empty when nobody was asked
    case: str = ""  # `Case.key`
    reason: str = ""  # why: what the check said, or what the person wrote
    score: float | None = field(default=None)  # that the check gave the case


def decided(
    actor: Actor,
    action: Action,
    ids: Iterable[int],
    *,
    value: str | None = None,
    finding: str = "",
    case: str = "",
    reason: str = "",
    score: float | None = None,
) -> Decision:
    """A decision of this moment, not stored yet."""
    return Decision(
        secrets.token_hex(16),
        time.time(),
        actor.id,
        actor.name,
        action,
        tuple(map(int, ids)),
        value,
        finding,
        case,
        reason,
        score,
    )
