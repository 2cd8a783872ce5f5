"""What to do next with a dataset, found by trying everything on the part that may be trained on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from embedding_core.derived import cleaning, scouting, trialling
from embedding_core.derived.encoders import is_fitted
from embedding_core.derived.kept import keep, read_kept
from embedding_core.derived.labelled import held_out, labelled
from embedding_core.derived.measuring import measure
from embedding_core.effect.repair import NAMES, TOGETHER
from embedding_core.errors import InvalidInput
from embedding_core.evaluate.advice import Advice, Proposal, proposed, ranked
from embedding_core.fingerprint import fingerprint
from embedding_core.records import silent

if TYPE_CHECKING:
    from embedding_core.derived.kept import Kept
    from embedding_core.derived.labelled import Labelled
    from embedding_core.evaluate.holding import Held
    from embedding_core.records import Actor, Reporter
    from embedding_core.workspace import Dataset, Embedding, Workspace

REVISION = 2  # raised when the same steps are foretold otherwise
ADVICE = "advice"


def advise(
    workspace: Workspace, dataset: Dataset, embedding: Embedding, actor: Actor, *, progress: Reporter = silent
) -> Kept[Advice]:
    """Measure where the dataset stands and try each step.

    Raises `InvalidInput` where there is too little to judge by.
    """
    measured = measure(workspace, dataset, embedding, actor, progress=progress)
    known = labelled(workspace, dataset, [embedding], progress=progress)
    held = held_out(workspace, dataset, known)

    def find() -> Advice:
        proposals = []
        if not is_fitted(embedding.card.id):  # on what it was fitted on, whatever is tried looks good
            vectors = embedding.rows(known.ids)
            proposals = [
                *_cleaning(workspace, dataset, embedding, known, held, progress),
                *scouting.other_encoders(dataset, embedding, known, held.train, progress=progress),
                *scouting.more_labels(vectors, known, held.train, int((known.codes < 0).sum()), progress=progress),
                *trialling.fine_tuning(dataset, embedding, known, held.train, progress=progress),
            ]
        stands = measured.found
        return Advice(
            stands.accuracy, stands.interval, len(stands.ids), len(held.train), ranked(proposals), measured.fingerprint
        )

    return keep(
        workspace,
        dataset,
        fingerprint(ADVICE, REVISION, measured.fingerprint, state_of(dataset)),
        kind=ADVICE,
        parent=embedding.fingerprint,
        of=Advice,
        find=find,
        asked={"encoder": embedding.card.id, "state": state_of(dataset), "images": images_of(dataset)},
    )


def state_of(dataset: Dataset) -> str:
    """Changes with all that advice hangs on: images, what is said and decided of them, who has embedded them."""
    there = [f"{one.card.fingerprint}:{one.count}" for one in dataset.encodings()]
    return ";".join([images_of(dataset), *sorted(there)])


def images_of(dataset: Dataset) -> str:
    """Changes with images, and with what is said and decided of them."""
    return f"{dataset.token};{dataset.decisions.token}"


def read_advice(workspace: Workspace, key: str) -> Kept[Advice] | None:
    return read_kept(workspace, key, Advice)


def _cleaning(
    workspace: Workspace,
    dataset: Dataset,
    embedding: Embedding,
    known: Labelled,
    held: Held,
    progress: Reporter,
) -> list[Proposal]:
    found = cleaning.suspects(workspace, dataset, embedding, known, held.train, progress=progress)
    if not found:
        return []
    try:
        changes = cleaning.tried(embedding, known, held, found, progress=progress)
    except InvalidInput:  # too few images of the part that is trained on are left to judge by
        return []
    counts = {name: len(ids) for name, ids in found.items()}
    counts[TOGETHER] = len(np.unique(np.concatenate(list(found.values()))))
    return [
        proposed(
            change,
            kind="clean",
            target=arm,
            title=TITLES.get(arm, NAMES[arm]),
            basis=f"Left out on trial, over {cleaning.SEEDS} trainings, judged by images of the training part.",
            images=counts[arm],
        )
        for arm, change in changes.items()
    ]


TITLES = {
    "duplicates": "Remove duplicates",
    "outliers": "Remove outliers",
    "photos": "Remove bad photographs",
    "labels": "Remove suspected labels",
    TOGETHER: "Clean all at once",
}
