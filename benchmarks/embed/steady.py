"""Images a second in the middle of an `add`, and of its encoder alone: `steady FOLDER WORKSPACE SECONDS TURNS`.

A process of its own, in which the two take turns: alone, in earnest, alone, …
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from embedding_core.encoders import registry
from embedding_core.encoders.agreement import trial_pictures
from embedding_core.encoders.base import Encoder
from embedding_core.parallel import in_order
from embedding_core.records import LOCAL
from embedding_core.tasks import TASKS
from embedding_core.tasks.shared import kept_encoder
from embedding_core.workspace import Workspace

FROM, TO = 0.2, 0.9  # of the images


class Clock:
    """Remembers when how many images were done."""

    def __init__(self) -> None:
        self.seen: list[tuple[float, int, int]] = []  # seconds, done, total

    def __call__(self, stage: str, done: int = 0, total: int | None = None, note: str = "") -> None:
        if stage == "reading" and total:
            self.seen.append((time.perf_counter(), done, total))

    def reading(self, paths: Sequence[str]) -> None:
        """Which files are read does not matter here."""

    def rate(self) -> float:
        """Images a second between the first moments at which `FROM` and `TO` of them were done."""
        begun, ended = (next(one for one in self.seen if one[1] >= share * one[2]) for share in (FROM, TO))
        return (ended[1] - begun[1]) / (ended[0] - begun[0])


def alone(encoder: Encoder, seconds: float) -> float:
    """Images a second with as many calls under way as `add` has, and the inputs in memory."""
    pictures = trial_pictures(encoder.card.input_size, count=16)
    batch = np.resize(pictures, (encoder.batch, *pictures.shape[1:]))
    begun = time.perf_counter()
    done = 0

    def turns() -> Iterator[np.ndarray]:
        while time.perf_counter() - begun < seconds:
            yield batch

    for vectors in in_order(encoder.encode, turns(), workers=encoder.lanes, window=encoder.lanes):
        done += len(vectors)
    return done / (time.perf_counter() - begun)


def main(folder: str, workspace: str, seconds: str, turns: str) -> None:
    encoder = kept_encoder(registry.DEFAULT)
    alone(encoder, float(seconds) / 4)  # warm
    rates = [alone(encoder, float(seconds))]
    rounds = []
    for turn in range(int(turns)):
        clock = Clock()
        parameters = {"name": "steady", "source": str(Path(folder)), "encoder": registry.DEFAULT}
        TASKS["add"](Workspace.open(f"{workspace}-{turn}"), parameters, clock, LOCAL)
        rates.append(alone(encoder, float(seconds)))
        rounds.append({"earnest": clock.rate(), "alone": (rates[-2] + rates[-1]) / 2})
    facts = {"device": encoder.device, "lanes": encoder.lanes, "batch": encoder.batch}
    print(json.dumps({"rounds": rounds, **facts}))


if __name__ == "__main__":
    main(*sys.argv[1:])
