"""What each step of cleaning is worth at training, worked out on a dataset and kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from embedding_core.deciding.versions import NOW, snapshot
from embedding_core.derived.effect import classes_of, digest_of_groups, quick_fit, side_of
from embedding_core.derived.kept import Kept, keep, read_kept
from embedding_core.derived.suggested import known_groups
from embedding_core.effect.comparing import SEEDS
from embedding_core.effect.parting import Side, part
from embedding_core.effect.repair import (
    NAMES,
    REMOVAL,
    REWEIGHTING,
    STANDARDISATION,
    Repairs,
    Step,
    label_suspects,
    label_weights,
    repair,
)
from embedding_core.errors import InvalidInput
from embedding_core.fingerprint import digest, fingerprint
from embedding_core.records import silent

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embedding_core.records import Progress
    from embedding_core.workspace import Dataset, Embedding, Workspace

REVISION = 1  # raised when the same steps come out otherwise


def measure_repairs(
    workspace: Workspace,
    dataset: Dataset,
    embedding: Embedding,
    *,
    version: str = NOW,
    steps: Sequence[str] = (),
    without: Mapping[str, NDArray[np.int64]] | None = None,
    groups: NDArray[np.integer] | None = None,
    seeds: int = SEEDS,
    progress: Progress = silent,
) -> Kept[Repairs]:
    """What each step of cleaning a version is worth.

    `without` says for a step (`duplicates`, `outliers`, `photos`, …) the ids that it removes; suspected labels and
    their weights are found here, on the images that are trained on alone. Without `steps` all are tried that can be.
    Raises `UnknownVersion`, and `InvalidInput` for a step of which nothing is known.
    """
    without = without or {}
    known = [*without, REMOVAL, REWEIGHTING, STANDARDISATION]
    chosen = list(dict.fromkeys(steps)) or known
    for step in chosen:
        if step not in known:
            advice = "Find them first." if step in NAMES else f"Known: {', '.join(known)}."
            raise InvalidInput(f"There is nothing to go by for the step {step!r}. {advice}")
    groups = known_groups(workspace, embedding) if groups is None else groups
    state = snapshot(workspace, dataset, version)

    def find_it() -> Repairs:
        vectors = embedding.matrix()
        classes = classes_of([state])
        side = side_of(embedding, state, classes)
        parts = part(side, side, groups=groups)
        made = partial(_step, embedding=embedding, vectors=vectors, side=side, train=parts.before, without=without)
        return repair(
            embedding.ids,
            vectors,
            side.codes,
            parts.before,
            parts.test,
            parts.clusters,
            [made(step) for step in chosen],
            classes=classes,
            fit=quick_fit(),
            seeds=seeds,
            progress=progress,
        )

    removals = digest(repr([(one, _ids_digest(without[one])) for one in chosen if one in without]).encode())
    inputs = [embedding.fingerprint, state.fingerprint, removals, digest_of_groups(groups)]
    key = fingerprint("repairs", REVISION, *inputs, *chosen, seeds=seeds)
    asked = {"version": version, "state": state.fingerprint, "steps": chosen, "seeds": seeds}
    return keep(
        workspace,
        dataset,
        key,
        kind="repairs",
        parent=embedding.fingerprint,
        of=Repairs,
        find=find_it,
        asked=asked,
    )


def read_repairs(workspace: Workspace, key: str) -> Kept[Repairs] | None:
    """Repairs that are kept; None where they have not been worked out."""
    return read_kept(workspace, key, Repairs)


def _step(
    step: str,
    *,
    embedding: Embedding,
    vectors: NDArray[np.float32],
    side: Side,
    train: NDArray[np.int64],
    without: Mapping[str, NDArray[np.int64]],
) -> Step:
    from embedding_core.quality.probing.probe import out_of_fold

    if step == STANDARDISATION:
        return Step(step, standardise=True)
    weights = np.ones(len(embedding), np.float32)
    if step in without:
        weights[np.isin(embedding.ids, without[step])] = 0
        return Step(step, weights)
    codes = side.codes[train]
    probabilities = out_of_fold(vectors[train], codes)
    if step == REWEIGHTING:
        weights[train] = label_weights(probabilities, codes)
    else:
        weights[train[label_suspects(probabilities, codes)]] = 0
    return Step(step, weights)


def _ids_digest(ids: NDArray[np.int64]) -> str:
    return digest(np.sort(ids).astype(np.int64).tobytes())
