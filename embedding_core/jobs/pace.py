"""How long a stage still takes."""

from __future__ import annotations

import math

MEMORY = 10.0  # seconds after which an observed speed has lost two thirds of its weight
SAMPLE = 0.5  # seconds over which a speed is observed


class Pace:
    """Estimates the time left from a speed that forgets: files that were skipped quickly say little of the rest."""

    def __init__(self) -> None:
        self._stage = ""
        self._at = 0.0
        self._done = 0
        self._speed: float | None = None  # items per second

    def seconds_left(self, stage: str, done: int, total: int | None, now: float) -> float | None:
        """Note that `stage` has come to `done` of `total` at `now` seconds. None when there is no telling yet."""
        if stage != self._stage or done < self._done:
            self._stage, self._at, self._done, self._speed = stage, now, done, None
        elapsed = now - self._at
        if elapsed >= SAMPLE:
            observed = (done - self._done) / elapsed
            weight = 1.0 if self._speed is None else 1.0 - math.exp(-elapsed / MEMORY)
            self._speed = (self._speed or 0.0) * (1.0 - weight) + observed * weight
            self._at, self._done = now, done
        if not total or not self._speed:
            return None
        return max(0.0, (total - done) / self._speed)
