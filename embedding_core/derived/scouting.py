"""What another encoder would bring, tried on the part that is trained on: on all of it, or on a sample where it has
not seen the images yet."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from embedding_core.derived.encoders import is_fitted
from embedding_core.encoders import registry
from embedding_core.errors import InvalidInput, NotEmbedded
from embedding_core.evaluate.advice import Proposal, proposed
from embedding_core.evaluate.curve.measuring import learning_curve
from embedding_core.evaluate.curve.power_law import law
from embedding_core.evaluate.holding import hold_out
from embedding_core.evaluate.judged import FEWEST, Judged, difference
from embedding_core.quality.groups import witnesses
from embedding_core.quality.probing.folding import deal

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embedding_core.derived.labelled import Labelled
    from embedding_core.records import Reporter
    from embedding_core.workspace import Dataset, Embedding

SAMPLE = 600  # images on which an encoder is tried that has not seen them
FOLDS = 5
SEEDS = 4  # draws of a learning curve
MOST_LABELS = 1000  # that anybody is asked for at once


def other_encoders(
    dataset: Dataset, embedding: Embedding, known: Labelled, train: NDArray[np.int64], *, progress: Reporter
) -> list[Proposal]:
    """A proposal for each other encoder that can be had without a download; rows `train` (t,) are of `known`."""
    there = {one.card.id: one.card for one in dataset.encodings()}
    mine = embedding.card
    found: list[Proposal] = []
    if len(train) < FEWEST:
        return found
    base = _judged(embedding.rows(known.ids[train]), known, train)
    for card in there.values():
        if card.id in (mine.id, "pixels") or is_fitted(card.id):
            continue
        try:
            vectors = dataset.embedding(card.id)
        except NotEmbedded:
            continue
        if not np.isin(known.ids[train], vectors.ids).all():
            continue
        progress("comparing encoders", 0, None, card.name)
        change = difference(base, _judged(vectors.rows(known.ids[train]), known, train))
        basis = f"Both encoders, a probe in {FOLDS} folds of the {len(train):,} images that may be trained on."
        found.append(proposed(change, kind="encoder", target=card.id, title=f"Look through {card.name}", basis=basis))
    untried = [
        one for one in registry.CARDS if one not in there and one != "pixels" and registry.available_offline(one)
    ]
    sample = drawn(known, train, SAMPLE)
    for encoder_id in untried:
        tried, seconds = _encoded(dataset, encoder_id, known.ids[sample], progress)
        rows = np.isfinite(tried[:, 0])
        asked = sample[rows]
        if len(asked) < FEWEST:  # the originals cannot be read any more
            continue
        first = _judged(embedding.rows(known.ids[asked]), known, asked)
        change = difference(first, _judged(tried[rows], known, asked))
        name = registry.card(encoder_id).name
        basis = f"Both encoders, a probe in {FOLDS} folds of a sample of {len(asked):,} images."
        cost = seconds * dataset.count / max(len(asked), 1)
        found.append(
            proposed(
                change,
                kind="encoder",
                target=encoder_id,
                title=f"Look through {name}",
                basis=basis,
                machine_seconds=cost,
            )
        )
    return found


def more_labels(
    vectors: NDArray[np.float32],
    known: Labelled,
    train: NDArray[np.int64],
    unlabelled: int,
    *,
    progress: Reporter,
) -> list[Proposal]:
    """What more labels would bring, by a learning curve drawn and judged among the rows `train` (t,) of `known`.

    It is about the images without a label, of which there are `unlabelled`, else about half as many again as there are.
    """
    codes = np.full(len(known.codes), -1)
    codes[train] = known.codes[train]
    try:
        inner = hold_out(codes, [None] * len(codes), groups=known.groups)
        curve = learning_curve(
            vectors[inner.train],
            codes[inner.train],
            vectors[inner.test],
            codes[inner.test],
            classes=known.classes,
            clusters=inner.clusters,
            groups=known.groups[inner.train],
            seeds=SEEDS,
            progress=progress,
        )
    except InvalidInput:  # too few labels for a curve
        return []
    more = min(unlabelled or max(len(train) // 2, 10), MOST_LABELS)
    power = law(curve.sizes, curve.right, curve.clusters, whole=float(len(train)))
    gain, low, high = power.gain([len(train) + more], since=len(train))[:, 0].tolist()
    title = f"Label {more:,} of the images without one" if unlabelled else f"Collect and label {more:,} new images"
    return [
        Proposal(
            "label",
            str(more),
            title,
            "By the learning curve of the images that may be trained on, continued.",
            gain,
            low,
            high,
            images=more,
        )
    ]


def drawn(known: Labelled, rows: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """At most so many of `rows` of `known`, every class in its share, no group parted."""
    if len(rows) <= most:
        return rows
    dealt = deal(known.codes[rows], len(rows) // most + 1, groups=known.groups[rows])
    found: NDArray[np.int64] = rows[dealt == 0]
    return found


def _encoded(
    dataset: Dataset, encoder_id: str, ids: NDArray[np.int64], progress: Reporter
) -> tuple[NDArray[np.float32], float]:
    """Vectors (m, d) of these images, NaN for one that cannot be read, and the seconds that took, loading left out."""
    from embedding_core.batching import encoded
    from embedding_core.embed import read_inputs

    progress("loading", 0, None, registry.card(encoder_id).name)
    encoder = registry.load(encoder_id)
    found = np.full((len(ids), encoder.card.dim), np.nan, np.float32)
    place = {image: row for row, image in enumerate(ids.tolist())}
    begun = time.perf_counter()
    for done, (image, vector) in enumerate(encoded(encoder, read_inputs(dataset, encoder, ids.tolist()))):
        progress("embedding", done, len(ids))
        if vector is not None:
            found[place[image]] = vector
    return found, time.perf_counter() - begun


def _judged(vectors: NDArray[np.float32], known: Labelled, rows: NDArray[np.int64]) -> Judged:
    """Which of the rows (m,) of `known` a probe gets right that has not seen them."""
    from embedding_core.quality.probing.probe import out_of_fold

    codes, groups = known.codes[rows], known.groups[rows]
    guessed = out_of_fold(vectors, codes, folds=FOLDS, groups=groups).argmax(axis=1)
    return Judged(known.ids[rows], codes.astype(np.int32), witnesses(groups), guessed == codes, known.classes)
