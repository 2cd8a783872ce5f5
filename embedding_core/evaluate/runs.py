"""A run: something that was tried, what it was given, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Score:
    """A figure of a run; `low` and `high` are its 95 % interval where one is known."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """Something that was tried on a dataset."""

    id: str
    kind: str  # the task: report, probe, finetune, …
    encoder: str
    version: str  # of the dataset that was read
    data: str  # fingerprint of images, labels and splits: runs with the same one are comparable
    test: str  # fingerprint of the images that judged; empty where none were set aside
    seed: int
    parameters: Mapping[str, Any]
    scores: Mapping[str, Score]  # by name, as "accuracy"
    seconds: float
    created: float
    who: str
    result: str = ""  # fingerprint of the finding, or id of the model, that came of it
