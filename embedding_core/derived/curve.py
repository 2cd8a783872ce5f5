"""The learning curve of a dataset, and training from nothing beside it: worked out in the worker, kept, recorded."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from embedding_core.deciding.versions import NOW, snapshot
from embedding_core.derived.kept import Kept, keep, read_kept
from embedding_core.derived.labelled import held_out, labelled
from embedding_core.derived.runs import record
from embedding_core.derived.speeds import measured_speed
from embedding_core.errors import InvalidInput
from embedding_core.evaluate.curve.found import Curve
from embedding_core.evaluate.curve.measuring import SEEDS, learning_curve, parts_of, sizes_of
from embedding_core.evaluate.curve.scratch_found import Scratch
from embedding_core.evaluate.curve.words import told_of
from embedding_core.evaluate.judged import Judged
from embedding_core.evaluate.runs import Score
from embedding_core.fingerprint import digest, fingerprint
from embedding_core.records import LOCAL, silent

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embedding_core.derived.labelled import Labelled
    from embedding_core.encoders.base import Encoder
    from embedding_core.evaluate.holding import Held
    from embedding_core.records import Actor, Progress, Reporter
    from embedding_core.workspace import Dataset, Embedding, Workspace

REVISION = 1  # raised when the same images come out otherwise
SCRATCH_REVISION = 2
CURVE, SCRATCH = "learning_curve", "from_scratch"

MINUTES = 2.0  # of training from nothing, by default
MOST_MINUTES = 120.0
MOST_PICTURES = 20_000  # labels that training from nothing reads at most, and a quarter as many test images
SHARES = (1 / 16, 1 / 4, 1.0)  # of the labels that it is tried with

_FEWEST = 28  # labels below which a network learns nothing


def draw_curve(
    workspace: Workspace,
    dataset: Dataset,
    embedding: Embedding,
    *,
    version: str = NOW,
    seeds: int = SEEDS,
    actor: Actor = LOCAL,
    progress: Reporter = silent,
) -> Kept[Curve]:
    """The learning curve of a version under one embedding, judged by the part that is set aside. Recorded as a run.

    Raises `UnknownVersion`, and `InvalidInput` where there are too few labels.
    """
    known, held = _parts(workspace, dataset, embedding, version, progress)
    key = fingerprint(CURVE, REVISION, embedding.fingerprint, known.fingerprint, _digest(held), seeds=seeds)
    there = read_kept(workspace, key, Curve)
    if there is not None:
        return there

    def find() -> Curve:
        vectors = embedding.matrix()
        at = embedding.positions(known.ids)
        return learning_curve(
            vectors[at[held.train]],
            known.codes[held.train],
            vectors[at[held.test]],
            known.codes[held.test],
            classes=known.classes,
            clusters=held.clusters,
            groups=known.groups[held.train],
            seeds=seeds,
            progress=progress,
        )

    kept = keep(
        workspace,
        dataset,
        key,
        kind=CURVE,
        parent=embedding.fingerprint,
        of=Curve,
        find=find,
        asked={"version": version, "state": snapshot(workspace, dataset, version).fingerprint, "seeds": seeds},
    )
    found = kept.found
    outlook = found.outlook(told_of(found))
    record(
        workspace,
        dataset,
        actor,
        kind=CURVE,
        encoder=embedding.card.id,
        version=version,
        data=known.fingerprint,
        scores={
            "accuracy": Score(*found.accuracy[:, -1].tolist()),
            "knn": Score(*found.near_accuracy[:, -1].tolist()),
            "gain": Score(outlook.gain, *outlook.gain_interval),
        },
        parameters={"seeds": seeds, "labels": found.total, "more": outlook.more},
        seconds=kept.seconds,
        result=key,
        judged=_judged(known, held.test, held.clusters, found.right[0, -1]),
    )
    return kept


def train_scratch(
    workspace: Workspace,
    dataset: Dataset,
    embedding: Embedding,
    *,
    version: str = NOW,
    minutes: float = MINUTES,
    seed: int = 0,
    load: Callable[[], Encoder] | None = None,
    actor: Actor = LOCAL,
    progress: Reporter = silent,
) -> Kept[Scratch]:
    """Train small networks from nothing on parts of the same labels, in so many minutes altogether, and record it.

    `load` gives the encoder, so that embedding can be timed; without it its time is not known. Raises `InvalidInput`.
    """
    if not 0 < minutes <= MOST_MINUTES:
        raise InvalidInput(f"Training from nothing takes up to {MOST_MINUTES:.0f} minutes, not {minutes:g}.")
    known, held = _parts(workspace, dataset, embedding, version, progress)
    key = fingerprint(
        SCRATCH, SCRATCH_REVISION, embedding.fingerprint, known.fingerprint, _digest(held), minutes=minutes, seed=seed
    )
    there = read_kept(workspace, key, Scratch)
    if there is not None:
        return there

    def find() -> Scratch:
        speed = None if load is None else measured_speed(workspace, dataset, embedding.card, load)
        return _trained(
            dataset, known, held, minutes, seed, None if speed is None else speed.images_per_second, progress
        )

    kept = keep(
        workspace,
        dataset,
        key,
        kind=SCRATCH,
        parent=embedding.fingerprint,
        of=Scratch,
        find=find,
        asked={
            "version": version,
            "state": snapshot(workspace, dataset, version).fingerprint,
            "minutes": minutes,
            "seed": seed,
        },
    )
    most = kept.found.runs[-1]
    record(
        workspace,
        dataset,
        actor,
        kind=SCRATCH,
        encoder="",
        version=version,
        data=known.fingerprint,
        seed=seed,
        scores={},
        parameters={"minutes": minutes, "labels": most.labels, "side": kept.found.side},
        seconds=kept.seconds,
        result=key,
        judged=_judged(known, *_tested(held, seed), most.right),
    )
    return kept


def read_curve(workspace: Workspace, key: str) -> Kept[Curve] | None:
    """A curve that is kept; None where it has not been drawn."""
    return read_kept(workspace, key, Curve)


def read_scratch(workspace: Workspace, key: str) -> Kept[Scratch] | None:
    """What training from nothing came to; None where it has not been tried."""
    return read_kept(workspace, key, Scratch)


def _parts(
    workspace: Workspace, dataset: Dataset, embedding: Embedding, version: str, progress: Reporter
) -> tuple[Labelled, Held]:
    known = labelled(workspace, dataset, [embedding], version=version, progress=progress)
    known.need_classes()
    return known, held_out(workspace, dataset, known)


def _trained(
    dataset: Dataset,
    known: Labelled,
    held: Held,
    minutes: float,
    seed: int,
    images_per_second: float | None,
    progress: Progress,
) -> Scratch:
    from embedding_core.train.scratch import SIDE, train_from_scratch

    train = held.train
    if len(train) > MOST_PICTURES:
        train = np.sort(np.random.default_rng(seed).choice(train, MOST_PICTURES, replace=False))
    test, clusters = _tested(held, seed)
    codes, groups = known.codes[train], known.groups[train]
    sizes_of(codes)  # says what is missing, before anything is trained
    wanted = sorted({max(round(share * len(train)), _FEWEST) for share in SHARES})
    parts = parts_of(codes, [min(one, len(train)) for one in wanted], groups=groups, seed=seed)
    pictures = _pictures(dataset, known.ids[np.concatenate([train, test])], SIDE, progress)
    shares = np.sqrt([len(part) for part in parts])  # a larger part has more to learn, but not by as much
    shares /= shares.sum()
    runs = tuple(
        train_from_scratch(
            pictures[part],
            codes[part],
            pictures[len(train) :],
            known.codes[test],
            groups=groups[part],
            clusters=clusters,
            seconds=60 * minutes * share,
            seed=seed,
            progress=_within(progress, begun, share),
        )
        for part, begun, share in zip(parts, np.cumsum(shares) - shares, shares.tolist(), strict=True)
    )
    return Scratch(runs, SIDE, minutes, None if not images_per_second else 1 / images_per_second)


def _tested(held: Held, seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The rows (k,) of the test part that training from nothing is judged by, and their clusters (k,)."""
    if len(held.test) <= MOST_PICTURES // 4:
        return held.test, held.clusters
    at = np.sort(np.random.default_rng(seed).choice(len(held.test), MOST_PICTURES // 4, replace=False))
    return held.test[at], held.clusters[at]


def _within(progress: Progress, begun: float, share: float) -> Progress:
    """What is told of one of several trainings, as a part of all of them."""

    def told(stage: str, done: int = 0, total: int | None = None, note: str = "") -> None:
        if total:
            done, total = round(100 * (begun + share * done / total)), 100
        progress(stage, done, total, note)

    return told


def _pictures(dataset: Dataset, ids: NDArray[np.int64], side: int, progress: Progress) -> NDArray[np.uint8]:
    """(n, 3, side, side) of these images, from their thumbnails, brought to a square whole."""
    from PIL import Image

    found = np.zeros((len(ids), 3, side, side), np.uint8)
    for start in range(0, len(ids), 512):
        progress("reading pictures", start, len(ids))
        some = ids[start : start + 512].tolist()
        thumbnails = dataset.thumbnails(some)
        for at, image in enumerate(some, start=start):
            with Image.open(io.BytesIO(thumbnails[image])) as opened:
                square = opened.convert("RGB").resize((side, side), Image.Resampling.BILINEAR)
            found[at] = np.asarray(square).transpose(2, 0, 1)
    return found


def _digest(held: Held) -> str:
    return digest(held.train.tobytes() + held.test.tobytes() + held.clusters.tobytes())


def _judged(known: Labelled, test: NDArray[np.int64], clusters: NDArray[np.int64], right: NDArray[np.bool_]) -> Judged:
    """Which of the test rows (k,) of `known` were right, to be held against other runs."""
    return Judged(known.ids[test], known.codes[test].astype(np.int32), clusters, right, known.classes)
