"""What a version is worth, before and after, worked out on a dataset and kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from embedding_core.deciding.versions import NOW, ORIGINAL, snapshot
from embedding_core.derived.kept import Kept, keep, read_kept
from embedding_core.derived.suggested import known_groups
from embedding_core.effect.comparing import SEEDS, Effect, check_runs, compare
from embedding_core.effect.parting import Side, parts_of
from embedding_core.fingerprint import digest, fingerprint
from embedding_core.ids import find
from embedding_core.records import silent
from embedding_core.review.decisions import Action
from embedding_core.review.standing import in_force

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embedding_core.effect.comparing import Fit
    from embedding_core.records import Progress
    from embedding_core.review.decisions import Decision
    from embedding_core.review.snapshots import Snapshot
    from embedding_core.workspace import Dataset, Embedding, Workspace

REVISION = 2  # raised when the same versions come out otherwise

_VERDICTS = (Action.KEEP, Action.REMOVE, Action.RELABEL, Action.UNSURE)


def measure_effect(
    workspace: Workspace,
    dataset: Dataset,
    embedding: Embedding,
    *,
    first: str = ORIGINAL,
    second: str = NOW,
    groups: NDArray[np.integer] | None = None,
    seeds: int = SEEDS,
    progress: Progress = silent,
) -> Kept[Effect]:
    """The second version against the first. `groups` (n,), rows as in `embedding.ids`, are of near-duplicates, by
    default those that are known.

    Raises `UnknownVersion`, and `InvalidInput` where there is too little to judge by.
    """
    check_runs(seeds)
    groups = known_groups(workspace, embedding) if groups is None else groups
    states = [snapshot(workspace, dataset, name) for name in (first, second)]
    decided = decided_on(dataset.decisions.all())

    def find_it() -> Effect:
        classes = classes_of(states)
        before, after = (side_of(embedding, state, classes) for state in states)
        touched = np.isin(embedding.ids, decided)
        parts = parts_of(before, after, seeds, decided=touched, groups=groups)
        return compare(
            embedding.ids,
            embedding.matrix(),
            before,
            after,
            parts,
            classes=classes,
            fit=quick_fit(),
            progress=progress,
        )

    return keep(
        workspace,
        dataset,
        _effect_key(embedding, states, decided, groups, seeds),
        kind="effect",
        parent=embedding.fingerprint,
        of=Effect,
        find=find_it,
        asked={"from": first, "to": second, "seeds": seeds},
    )


def effect_key(
    workspace: Workspace,
    dataset: Dataset,
    embedding: Embedding,
    *,
    first: str = ORIGINAL,
    second: str = NOW,
    groups: NDArray[np.integer] | None = None,
    seeds: int = SEEDS,
) -> str:
    """The fingerprint of an effect as it stands now. Raises `UnknownVersion`."""
    groups = known_groups(workspace, embedding) if groups is None else groups
    states = [snapshot(workspace, dataset, name) for name in (first, second)]
    return _effect_key(embedding, states, decided_on(dataset.decisions.all()), groups, seeds)


def read_effect(workspace: Workspace, key: str) -> Kept[Effect] | None:
    """An effect that is kept; None where it has not been worked out."""
    return read_kept(workspace, key, Effect)


def quick_fit() -> Fit:
    """The probe that all are judged by; which class is likeliest needs no calibration."""
    from embedding_core.quality.probing.probe import fit_probe

    return partial(fit_probe, calibrated=False)


def classes_of(states: Iterable[Snapshot]) -> list[str]:
    """The labels of all these versions, sorted."""
    return sorted({label for state in states for label in state.labels.tolist() if label is not None})


def side_of(embedding: Embedding, state: Snapshot, classes: Sequence[str]) -> Side:
    """A version in the rows of the embedding."""
    number = {label: code for code, label in enumerate(classes)}
    # One more at the end, to which −1 leads: what an image is called that is not there.
    codes = np.array([*(number.get(label, -1) for label in state.labels.tolist()), -1], np.int64)
    splits: list[str | None] = [*state.splits.tolist(), None]
    at = find(embedding.ids, state.ids)
    return Side(state.name, codes[at], [splits[row] for row in at.tolist()])


def decided_on(log: Sequence[Decision]) -> NDArray[np.int64]:
    """The images that a verdict in force is about, ascending."""
    ids: set[int] = set()
    for one, stands in zip(log, in_force(log), strict=True):
        if stands and one.action in _VERDICTS:
            ids.update(one.ids)
    return np.array(sorted(ids), np.int64)


def _effect_key(
    embedding: Embedding,
    states: Sequence[Snapshot],
    decided: NDArray[np.int64],
    groups: NDArray[np.integer] | None,
    seeds: int,
) -> str:
    inputs = [embedding.fingerprint, *(state.fingerprint for state in states), digest(decided.tobytes())]
    names = {"first": states[0].name, "second": states[1].name}  # which the kept sentences say
    return fingerprint("effect", REVISION, *inputs, digest_of_groups(groups), seeds=seeds, **names)


def digest_of_groups(groups: NDArray[np.integer] | None) -> str:
    return "" if groups is None else digest(groups.astype(np.int64).tobytes())
