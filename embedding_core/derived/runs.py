"""The record of what was tried: each training and each report with what it was given and what came of it."""

from __future__ import annotations

import secrets
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from embedding_core.fingerprint import fingerprint

if TYPE_CHECKING:
    from collections.abc import Mapping

    from embedding_core.records import Actor
    from embedding_core.workspace import Dataset, Workspace

KIND = "run"


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


def record(
    workspace: Workspace,
    dataset: Dataset,
    actor: Actor,
    *,
    kind: str,
    encoder: str,
    version: str,
    data: str,
    scores: Mapping[str, Score],
    parameters: Mapping[str, Any],
    seconds: float,
    test: str = "",
    seed: int = 0,
    result: str = "",
) -> Run:
    """Remember a run; parameters as JSON."""
    created = time.time()
    key = fingerprint(KIND, 1, dataset.uuid, kind, secrets.token_hex(8), created=created)
    run = Run(key, kind, encoder, version, data, test, seed, parameters, scores, seconds, created, actor.name, result)
    workspace.results.put(
        key,
        kind=KIND,
        dataset=dataset.uuid,
        parent=data,
        arrays={},
        parameters={**asdict(run), "scores": {name: asdict(score) for name, score in scores.items()}},
        seconds=seconds,
    )
    return run


def runs(workspace: Workspace, dataset: Dataset) -> list[Run]:
    """What was tried on a dataset, newest first."""
    return [_read(stored.parameters) for stored in workspace.results.find(dataset.uuid, KIND)]


def _read(facts: Mapping[str, Any]) -> Run:
    return Run(**{**facts, "scores": {name: Score(**score) for name, score in facts["scores"].items()}})
