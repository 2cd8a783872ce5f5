"""Where a dataset stands: a linear probe trained on what may be trained on, judged by the part that was set aside."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from embedding_core.deciding.versions import NOW
from embedding_core.derived.kept import keep
from embedding_core.derived.labelled import held_out, labelled
from embedding_core.derived.runs import record
from embedding_core.evaluate.judged import Judged
from embedding_core.fingerprint import digest, fingerprint
from embedding_core.records import silent

if TYPE_CHECKING:
    from embedding_core.derived.kept import Kept
    from embedding_core.derived.labelled import Labelled
    from embedding_core.evaluate.holding import Held
    from embedding_core.records import Actor, Reporter
    from embedding_core.workspace import Dataset, Embedding, Workspace

REVISION = 1
KIND = "measure"


def measure(
    workspace: Workspace,
    dataset: Dataset,
    embedding: Embedding,
    actor: Actor,
    *,
    version: str = NOW,
    after: str = "",
    progress: Reporter = silent,
) -> Kept[Judged]:
    """What a linear probe over `embedding` gets right of the test part, remembered as a run.

    `after` says in words what was done before. The same images, labels and vectors are measured once. Raises
    `UnknownVersion`, and `InvalidInput` where there is too little to train on or to judge by.
    """
    known = labelled(workspace, dataset, [embedding], version=version, progress=progress)
    known.need_classes()
    held = held_out(workspace, dataset, known, encoder=embedding.card.id)
    key = measure_key(embedding, known, held)
    progress("training", 0, None)
    kept = keep(
        workspace,
        dataset,
        key,
        kind=KIND,
        parent=embedding.fingerprint,
        of=Judged,
        find=lambda: _judged(embedding.rows(known.ids), known, held),
    )
    if kept.new or after:
        record(
            workspace,
            dataset,
            actor,
            kind=KIND,
            encoder=embedding.card.id,
            version=version,
            data=known.fingerprint,
            scores={},
            parameters={"probe": "logistic", "trained": len(held.train), **({"after": after} if after else {})},
            seconds=kept.seconds,
            result=key,
            judged=kept.found,
        )
    return kept


def measure_key(embedding: Embedding, known: Labelled, held: Held) -> str:
    """The fingerprint of what is measured."""
    parts = digest(known.ids[held.train].tobytes()), digest(known.ids[held.test].tobytes())
    return fingerprint(KIND, REVISION, embedding.fingerprint, known.fingerprint, *parts)


def _judged(vectors: np.ndarray, known: Labelled, held: Held) -> Judged:
    from embedding_core.quality.probing.probe import fit_probe

    probe = fit_probe(vectors[held.train], known.codes[held.train], calibrated=False)
    guessed = probe.probabilities(vectors[held.test]).argmax(axis=1)
    truth = known.codes[held.test]
    return Judged(known.ids[held.test], truth.astype(np.int32), held.clusters, guessed == truth, known.classes)
