"""The record of what was tried: each training and each report with what it was given and what came of it."""

from __future__ import annotations

import secrets
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from embedding_core.derived.labelled import LABEL
from embedding_core.evaluate.judged import Judged
from embedding_core.evaluate.runs import Run, Score
from embedding_core.fingerprint import digest, fingerprint

if TYPE_CHECKING:
    from collections.abc import Mapping

    from embedding_core.records import Actor
    from embedding_core.workspace import Dataset, Workspace

KIND = "run"


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
    judged: Judged | None = None,
) -> Run:
    """Remember a run; parameters as JSON. With `judged`, what it got right of the untouched test part: then `test` and
    the score "accuracy" follow from it, and the run can be compared with others, image by image."""
    created = time.time()
    if judged is not None:
        test = digest(judged.ids.tobytes())
        scores = {"accuracy": Score(judged.accuracy, *judged.interval), **scores}
    key = fingerprint(KIND, 1, dataset.uuid, kind, secrets.token_hex(8), created=created)
    run = Run(key, kind, encoder, version, data, test, seed, parameters, scores, seconds, created, actor.name, result)
    workspace.results.put(
        key,
        kind=KIND,
        dataset=dataset.uuid,
        parent=data,
        arrays={} if judged is None else judged.arrays(),
        parameters={
            **asdict(run),
            "scores": {name: asdict(score) for name, score in scores.items()},
            "judged": None if judged is None else judged.facts(),
        },
        seconds=seconds,
    )
    return run


def runs(workspace: Workspace, dataset: Dataset) -> list[Run]:
    """What was tried on a dataset, newest first."""
    return [_read(stored.parameters) for stored in workspace.results.find(dataset.uuid, KIND)]


def learnt(run: Run) -> str:
    """The column that a run was to tell: the label, unless it says another. Only runs of one column are comparable."""
    return str(run.parameters.get("target") or LABEL)


def judged_by(workspace: Workspace, run: str) -> Judged | None:
    """What the run of that id got right of the test part; None where it recorded none, or is not there."""
    stored = workspace.results.get(run)
    if stored is None or stored.parameters.get("judged") is None:
        return None
    return Judged.restored(stored.arrays, stored.parameters["judged"])


def _read(facts: Mapping[str, Any]) -> Run:
    known = {name: value for name, value in facts.items() if name != "judged"}
    return Run(**{**known, "scores": {name: Score(**score) for name, score in facts["scores"].items()}})
