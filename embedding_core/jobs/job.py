"""A job as others see it, and as it is stored."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from embedding_core.records import Actor

ACTIVE = ("queued", "running")
ENDED = ("done", "failed", "cancelled")
LANES = ("long", "interactive")

SETTLE = 1.0  # seconds of a stage before its speed says anything


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of work. A snapshot: ask the runner again to see it move."""

    id: str
    kind: str
    dataset: str  # uuid, or the name of one that is yet to be made; empty when there is none
    parameters: Mapping[str, Any]
    actor: Actor
    lane: str = "long"
    state: str = "queued"  # queued, running, done, failed, cancelled
    stage: str = ""
    done: int = 0
    total: int | None = None
    note: str = ""
    seconds_left: float | None = None  # in this stage
    created: float = field(default_factory=time.time)  # seconds since the epoch, as all times here
    started: float | None = None
    finished: float | None = None
    error: str = ""
    result: Mapping[str, Any] = field(default_factory=dict)
    owner: str = ""  # the server that runs it
    lease_until: float = 0.0  # until then nobody else takes it over
    attempts: int = 0  # servers that have begun it
    stage_began: tuple[float, int] = (0.0, 0)  # when, and how much was done

    @property
    def key(self) -> str:
        """Equal for the same work asked for twice."""
        return json.dumps([self.kind, self.dataset, dict(self.parameters)], sort_keys=True)

    def at(self, stage: str, done: int, total: int | None, note: str) -> Job:
        """The job further on, with the time that this stage still takes at its speed so far."""
        now = time.time()
        began = self.stage_began if stage == self.stage and done >= self.stage_began[1] else (now, done)
        elapsed, progressed = now - began[0], done - began[1]
        left = None
        if total and progressed > 0 and elapsed >= SETTLE:
            left = max(0.0, (total - done) * elapsed / progressed)
        return replace(self, stage=stage, done=done, total=total, note=note, seconds_left=left, stage_began=began)

    def ended(self, state: str, *, error: str = "", result: Mapping[str, Any] | None = None) -> Job:
        return replace(
            self,
            state=state,
            error=error,
            result=result or {},
            finished=time.time(),
            seconds_left=None,
            lease_until=0.0,
        )

    def to_record(self) -> dict[str, Any]:
        """JSON-able, for the workspace."""
        return asdict(replace(self, parameters=dict(self.parameters), result=dict(self.result)))

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Job:
        facts = dict(record)
        return cls(**{**facts, "actor": Actor(**facts["actor"]), "stage_began": tuple(facts["stage_began"])})
