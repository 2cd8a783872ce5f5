"""What fine-tuning would bring, by a short trial among the images that may be trained on."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np

from embedding_core.derived.scouting import drawn
from embedding_core.derived.training_pictures import prepared
from embedding_core.encoders import registry
from embedding_core.encoders.choosing import measured
from embedding_core.errors import InvalidInput
from embedding_core.evaluate.advice import Proposal, proposed
from embedding_core.evaluate.holding import hold_out
from embedding_core.evaluate.judged import Judged, difference
from embedding_core.quality.groups import witnesses
from embedding_core.train.finetune.choosing import choosing
from embedding_core.train.finetune.recipe import recipe_for

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embedding_core.derived.labelled import Labelled
    from embedding_core.records import Reporter
    from embedding_core.workspace import Dataset, Embedding

MODE = "last"  # what is tried, and what is done
TRAINED, JUDGED = 400, 300  # images of a trial at most
FEWEST = 3  # of a class, on the mean, below which a trial says nothing
MINUTES = 2.0  # of its training, at most
# At a smaller size it takes half as long and finds nothing: where fine-tuning gains 7 points it foretold −1.2.
_SHORT = {"epochs": 6, "minutes": MINUTES, "views": 3, "patience": 0}


def fine_tuning(
    dataset: Dataset, embedding: Embedding, known: Labelled, train: NDArray[np.int64], *, progress: Reporter
) -> list[Proposal]:
    """A proposal to fine-tune the encoder; none where it cannot be. Rows `train` (t,) are of `known`.

    The trial is short and on few images, so more may come of the whole.
    """
    from embedding_core.train.finetune import costs

    encoder_id = embedding.card.id
    if encoder_id not in registry.CARDS or encoder_id == "pixels" or not registry.available_offline(encoder_id):
        return []
    codes = np.full(len(known.codes), -1)
    codes[train] = known.codes[train]
    try:
        inner = hold_out(codes, [None] * len(codes), groups=known.groups)
    except InvalidInput:  # too few images to judge by
        return []
    taught = drawn(known, inner.train, TRAINED)
    judges = drawn(known, inner.test, JUDGED)
    if len(np.unique(known.codes[taught])) < 2 or len(taught) < FEWEST * len(known.classes):
        return []
    try:
        before, after = _tried(dataset, embedding, known, taught, judges, progress)
        change = difference(before, after)
    except InvalidInput:  # too few originals can be read, or too few are no copies of others
        return []
    cost = costs.seconds(recipe_for(MODE), len(train), dataset.count, measured(embedding.card))
    return [
        proposed(
            change,
            kind="finetune",
            target=MODE,
            title=f"Fine-tune {embedding.card.name}",
            basis=f"A short trial on {len(taught):,} images, judged by {len(before.ids):,} of the training part. "
            "More may come of all of them.",
            machine_seconds=cost,
        )
    ]


def _tried(
    dataset: Dataset,
    embedding: Embedding,
    known: Labelled,
    taught: NDArray[np.int64],
    judges: NDArray[np.int64],
    progress: Reporter,
) -> tuple[Judged, Judged]:
    """What a linear probe and a fine-tuned network get right of `judges`, both taught by the same images."""
    from embedding_core.quality.probing.probe import fit_probe
    from embedding_core.train.finetune.features import predicted
    from embedding_core.train.finetune.loop import train

    chooses = choosing(known.codes[taught], known.groups[taught])
    with TemporaryDirectory() as folder:
        model, (part, chosen, asked), read = prepared(
            dataset,
            embedding,
            known,
            recipe_for(MODE, _SHORT),
            (taught[~chooses], taught[chooses], judges),
            Path(folder),
            progress,
        )
        train(model, part, chosen, progress=progress)
        said = predicted(model, asked.inputs)[1].numpy().argmax(axis=1)
    taught, judges = np.concatenate(read[:2]), read[2]
    probe = fit_probe(embedding.rows(known.ids[taught]), known.codes[taught], calibrated=False)
    guessed = probe.probabilities(embedding.rows(known.ids[judges])).argmax(axis=1)
    return _answers(known, judges, guessed), _answers(known, judges, said)


def _answers(known: Labelled, rows: NDArray[np.int64], said: NDArray[np.int64]) -> Judged:
    truth, groups = known.codes[rows], known.groups[rows]
    return Judged(known.ids[rows], truth.astype(np.int32), witnesses(groups), said == truth, known.classes)
