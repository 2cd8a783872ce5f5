"""A job as others see it, and as it is stored."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from embedding_core.records import Actor

ACTIVE = ("queued", "running")
ENDED = ("done", "failed", "cancelled")
LONG, TRAINING, INTERACTIVE = "long", "training", "interactive"
LANES = (LONG, TRAINING, INTERACTIVE)


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of work. A snapshot: ask the runner again to see it move."""

    id: str
    kind: str
    dataset: str  # uuid, or the name of one that is yet to be made; empty when there is none
    parameters: Mapping[str, Any]  # as asked for; JSON-able
    actor: Actor
    lane: str = LONG
    state: str = "queued"  # queued, running, done, failed, cancelled
    stage: str = ""
    done: int = 0
    total: int | None = None
    note: str = ""
    seconds_left: float | None = None  # in this stage
    created: float = field(default_factory=time.time)  # seconds since the epoch, as all times here
    started: float | None = None
    finished: float | None = None
    error: str = ""  # one sentence or two, for people
    result: Mapping[str, Any] = field(default_factory=dict)
    suspects: Mapping[str, int] = field(default_factory=dict)  # crashes by the path that was being read
    unexplained: int = 0  # crashes since the last one that pointed at one file
    attempts: int = 0  # servers that ended while they ran it
    owner: str = ""  # the server that has it; empty when none has
    lease_until: float = 0.0  # until then no other server takes it over

    @property
    def active(self) -> bool:
        return self.state in ACTIVE

    @property
    def lasting(self) -> bool:
        """Written down, and carried on by the next server; what is asked and answered within seconds is not."""
        return self.lane != INTERACTIVE

    @property
    def key(self) -> str:
        """Equal for the same work asked for twice."""
        return json.dumps([self.lane, self.kind, self.dataset, dict(self.parameters)], sort_keys=True)

    def ended(self, state: str, *, error: str = "", note: str = "", result: Mapping[str, Any] | None = None) -> Job:
        """The job at its end: `done`, `failed` or `cancelled`."""
        return replace(
            self,
            state=state,
            error=error,
            note=note or self.note,
            result=result or {},
            finished=time.time(),
            seconds_left=None,
            suspects={},
        )

    def queued_again(self, owner: str) -> Job:
        """The job as its next server begins it: from the start, though what was committed stays."""
        return replace(self, state="queued", stage="", done=0, total=None, note="", seconds_left=None, owner=owner)

    def to_record(self) -> dict[str, Any]:
        """JSON-able, for the workspace."""
        return asdict(
            replace(self, parameters=dict(self.parameters), result=dict(self.result), suspects=dict(self.suspects))
        )

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Job:
        """A record that an older or newer Kindred wrote may have fewer or more columns."""
        known = {one.name for one in fields(cls)}
        facts = {name: value for name, value in record.items() if name in known}
        return cls(**{**facts, "actor": Actor(**record["actor"])})
