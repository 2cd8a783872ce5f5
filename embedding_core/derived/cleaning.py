"""Cleaning as a step of its own: what each check would take out of the part that is trained on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from embedding_core.derived.effect import quick_fit
from embedding_core.derived.suggested import CHECKS, suggested
from embedding_core.effect.repair import NAMES, REMOVAL, TOGETHER, Step, label_suspects, repair
from embedding_core.errors import InvalidInput
from embedding_core.evaluate.holding import hold_out
from embedding_core.records import silent
from embedding_core.review.decisions import Action, decided

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from embedding_core.derived.labelled import Labelled
    from embedding_core.effect.intervals import Difference
    from embedding_core.evaluate.holding import Held
    from embedding_core.records import Actor, Reporter
    from embedding_core.review.decisions import Decision
    from embedding_core.workspace import Dataset, Embedding, Workspace

SEEDS = 4  # trainings of each step
STEPS = (*CHECKS, REMOVAL)


def suspects(
    workspace: Workspace,
    dataset: Dataset,
    embedding: Embedding,
    known: Labelled,
    train: NDArray[np.int64],
    *,
    steps: Sequence[str] = STEPS,
    progress: Reporter = silent,
) -> dict[str, NDArray[np.int64]]:
    """For each of `steps` the ids among the rows `train` (t,) of `known` that it would remove, where there are any.

    Labels are suspected by predictions out of fold among these rows alone, so that what judges has no say.
    """
    found: dict[str, NDArray[np.int64]] = {}
    there = known.ids[train]
    for step in steps:
        if step == REMOVAL:
            ids = _suspected(embedding, known, train)
        else:
            try:
                ids = np.intersect1d(suggested(workspace, dataset, embedding, step, progress=progress), there)
            except InvalidInput:  # as of too few images
                continue
        if len(ids):
            found[step] = ids
    return found


def tried(
    embedding: Embedding,
    known: Labelled,
    held: Held,
    found: Mapping[str, NDArray[np.int64]],
    *,
    progress: Reporter = silent,
) -> dict[str, Difference]:
    """What leaving out each of `found` at training is worth, and all together; judged by a part of `held.train`.

    Labels are suspected anew, without those of that part: else they would have a say in what is left out. Raises
    `InvalidInput` where that part is too small to judge by.
    """
    codes = np.full(len(known.codes), -1)
    codes[held.train] = known.codes[held.train]
    inner = hold_out(codes, [None] * len(codes), groups=known.groups)
    steps = []
    for name, ids in found.items():
        out = _suspected(embedding, known, inner.train) if name == REMOVAL else ids
        weights = np.ones(len(codes), np.float32)
        weights[np.isin(known.ids, out)] = 0
        steps.append(Step(name, weights))
    trial = repair(
        known.ids,
        embedding.rows(known.ids),
        codes,
        inner.train,
        inner.test,
        inner.clusters,
        steps,
        classes=known.classes,
        fit=quick_fit(),
        seeds=SEEDS,
        progress=progress,
    )
    return {arm: one.accuracy for arm, one in zip(trial.arms, trial.differences, strict=True)}


def _suspected(embedding: Embedding, known: Labelled, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """The ids among `rows` (t,) whose labels are suspected by predictions out of fold among these alone."""
    from embedding_core.quality.probing.probe import out_of_fold

    probable = out_of_fold(embedding.rows(known.ids[rows]), known.codes[rows], groups=known.groups[rows])
    return known.ids[rows][label_suspects(probable, known.codes[rows])]


def removals(found: Mapping[str, NDArray[np.int64]], step: str, actor: Actor) -> list[Decision]:
    """The decisions that take one step, or "together" all of them, out of every version from now on; each can be
    undone. Raises `InvalidInput` where there is nothing to remove."""
    taken = dict(found) if step == TOGETHER else {step: found[step]} if step in found else {}
    if not taken:
        raise InvalidInput(f"{NAMES.get(step, step)}: there is nothing to remove.")
    made, before = [], np.empty(0, np.int64)
    for name, ids in taken.items():
        new = np.setdiff1d(ids, before)
        if len(new):
            made.append(decided(actor, Action.REMOVE, new.tolist(), finding=name, reason=NAMES[name]))
        before = np.union1d(before, ids)
    return made
