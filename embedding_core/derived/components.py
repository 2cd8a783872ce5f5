"""The axes of a dataset's embedding, and what becomes of it without some of them: worked out once, and kept."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import numpy as np

from embedding_core.deciding.versions import NOW, snapshot
from embedding_core.derived.columns import label_of, metadata_of, properties_of
from embedding_core.derived.effect import decided_on
from embedding_core.derived.encoders import refuse_fitted
from embedding_core.derived.kept import Kept, keep, read_kept
from embedding_core.derived.labelled import held_out_if_any, labelled, set_aside
from embedding_core.derived.looks import looks, looks_key
from embedding_core.errors import InvalidInput, UnknownName
from embedding_core.evaluate.axes.components import broken_stick, more_than_noise, space_of
from embedding_core.evaluate.axes.dimensions import curves
from embedding_core.evaluate.axes.judging import ROWS
from embedding_core.evaluate.axes.laboratory import AT_ENDS, SHOWN, Laboratory, Quality
from embedding_core.evaluate.axes.meaning import ends, goes_with
from embedding_core.evaluate.axes.trial import Bench, Trial, attempt
from embedding_core.fingerprint import digest, fingerprint
from embedding_core.ids import find
from embedding_core.quality.groups import joined
from embedding_core.records import silent
from embedding_core.vectors import read_only, unit_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embedding_core.derived.labelled import Labelled
    from embedding_core.evaluate.axes.erasing import Treatment
    from embedding_core.evaluate.axes.meaning import Said
    from embedding_core.evaluate.holding import Held
    from embedding_core.records import Reporter
    from embedding_core.workspace import Dataset, Embedding, Workspace

KIND, TRIAL = "pca", "pca_trial"
REVISION = 3  # raised when the same images come out otherwise


class UnknownProperty(UnknownName):
    noun = "column or image property"


def laboratory(
    workspace: Workspace,
    dataset: Dataset,
    embedding: Embedding,
    *,
    version: str = NOW,
    seed: int = 0,
    progress: Reporter = silent,
) -> Kept[Laboratory]:
    """The axes of the images of a version: variance, meaning and, with labels, how many keep the quality.

    Raises `UnknownVersion`, and `InvalidInput` where all vectors are alike.
    """
    known = labelled(workspace, dataset, [embedding], version=version, progress=progress)
    held, too_few = None, ""
    try:
        held = held_out_if_any(workspace, dataset, known)  # first: what is set aside is part of the key
    except InvalidInput as error:
        too_few = str(error)

    def find_it() -> Laboratory:
        unit, space = space_of(vectors_of(embedding, known))
        by_noise, noise = more_than_noise(unit, seed=seed, progress=progress)
        columns = columns_of(workspace, dataset, known, progress)
        placed = space.on(unit, SHOWN)
        low, high = _ends(placed, known)
        quality, why_not, tested = None, "", 0
        try:
            known.need_classes()
            if too_few:
                raise InvalidInput(too_few)
            refuse_fitted(embedding.card.id, "scores of its axes")
            rows = judged_rows(known, held, seed)
            tested = 0 if held is None else len(held.test)
            groups = known.groups[rows]
            probe, near, dealt = curves(unit[rows], known.codes[rows], groups=groups, seed=seed, progress=progress)
            quality = Quality(probe, near, known.ids[rows], dealt)
        except InvalidInput as error:
            why_not = str(error)
        return Laboratory(
            known.ids,
            space,
            read_only(noise),
            by_noise,
            broken_stick(space.shares, unit.shape[1]),
            low,
            high,
            tuple(goes_with(placed, columns)),
            tuple((one.name, one.kind) for one in columns),
            quality,
            why_not,
            tested,
        )

    return keep(
        workspace,
        dataset,
        laboratory_key(workspace, dataset, embedding, version=version, seed=seed),
        kind=KIND,
        parent=embedding.fingerprint,
        of=Laboratory,
        find=find_it,
        asked={"version": version, "seed": seed},
    )


def laboratory_key(
    workspace: Workspace, dataset: Dataset, embedding: Embedding, *, version: str = NOW, seed: int = 0
) -> str:
    """The fingerprint of what `laboratory` finds as things stand. Raises `UnknownVersion`."""
    return fingerprint(KIND, REVISION, looks_key(dataset), state_of(workspace, dataset, embedding, version), seed=seed)


def read_laboratory(workspace: Workspace, key: str) -> Kept[Laboratory] | None:
    return read_kept(workspace, key, Laboratory)


def try_without(
    workspace: Workspace,
    dataset: Dataset,
    embedding: Embedding,
    treatment: Treatment,
    *,
    version: str = NOW,
    seed: int = 0,
    progress: Reporter = silent,
) -> Kept[Trial]:
    """What becomes of the quality under a treatment, and the map that does it. The axes are worked out first.

    Raises `UnknownProperty`, `UnknownVersion` and `InvalidInput`.
    """
    lab = laboratory(workspace, dataset, embedding, version=version, seed=seed, progress=progress)

    def find_it() -> Trial:
        known = labelled(workspace, dataset, [embedding], version=version, progress=progress)
        unit = unit_rows(vectors_of(embedding, known))
        columns = {one.name: one for one in columns_of(workspace, dataset, known, progress) if one.kind != "label"}
        for name in treatment.properties:
            if name not in columns:
                raise UnknownProperty(name, columns)
        said = [columns[name] for name in treatment.properties]
        bench, fitted = _bench(workspace, dataset, known, lab.found)
        return attempt(
            unit,
            treatment,
            lab.found.space,
            said=said,
            fitted=fitted,
            bench=bench,
            seed=seed,
            progress=progress,
        )

    return keep(
        workspace,
        dataset,
        trial_key(lab.fingerprint, treatment),
        kind=TRIAL,
        parent=embedding.fingerprint,
        of=Trial,
        find=find_it,
        asked={**asdict(treatment), "version": version, "seed": seed, "of": lab.fingerprint},
    )


def trial_key(of: str, treatment: Treatment) -> str:
    """The fingerprint of a trial over the axes with the fingerprint `of`."""
    names = {
        "axes": ",".join(map(str, sorted(treatment.axes))),
        "properties": digest(repr(treatment.properties).encode()),
    }
    rest = {"keep": treatment.keep, "whiten": treatment.whiten, "denoise": treatment.denoise}
    return fingerprint(TRIAL, REVISION, of, **names, **rest)


def read_trial(workspace: Workspace, key: str) -> Kept[Trial] | None:
    return read_kept(workspace, key, Trial)


def columns_of(workspace: Workspace, dataset: Dataset, known: Labelled, progress: Reporter = silent) -> list[Said]:
    """What axes are held against: the label, metadata, image properties, rows as in `known`."""
    seen = properties_of(looks(workspace, dataset, progress).found, known.ids)
    labels = [label_of(known)] if len(known.classes) > 1 else []
    names = {one.name for one in seen} | {"label"}
    return [*labels, *(one for one in metadata_of(dataset, known.ids) if one.name not in names), *seen]


def vectors_of(embedding: Embedding, known: Labelled) -> NDArray[np.float32]:
    matrix = embedding.matrix()
    rows = find(known.ids, embedding.ids)
    return matrix if len(rows) == len(matrix) and (rows == np.arange(len(rows))).all() else matrix[rows]


def judged_rows(known: Labelled, held: Held | None, seed: int) -> NDArray[np.int64]:
    """The labelled rows that folds are made of: none of the test part."""
    rows = np.flatnonzero(known.codes >= 0) if held is None else np.union1d(held.train, held.validation)
    if len(rows) > ROWS:
        rows = np.sort(np.random.default_rng(seed).choice(rows, ROWS, replace=False))
    return rows


def _bench(
    workspace: Workspace, dataset: Dataset, known: Labelled, lab: Laboratory
) -> tuple[Bench | None, NDArray[np.int64]]:
    """What a treatment is judged by, and the rows that the final map is fitted on."""
    everything = np.arange(len(known.ids))
    if lab.quality is None:
        return None, everything
    held = held_out_if_any(workspace, dataset, known)
    nobody = np.empty(0, np.int64)
    test, clusters = (nobody, nobody) if held is None else (held.test, held.clusters)
    rows = find(lab.quality.ids, known.ids)
    bench = Bench(
        rows,
        lab.quality.dealt,
        known.codes[rows],
        joined([known.groups[rows]], len(rows)).astype(np.int64),
        lab.quality.probe.right[-1],
        lab.quality.near.right[-1],
        test,
        known.codes[test],
        clusters,
    )
    return bench, np.setdiff1d(everything, test)


def _ends(placed: NDArray[np.float32], known: Labelled) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    low, high = (np.full((placed.shape[1], AT_ENDS), -1, np.int64) for _ in range(2))
    for axis, places in enumerate(placed.T):
        for at, rows in zip((low, high), ends(places, known.groups, AT_ENDS), strict=True):
            at[axis, : len(rows)] = known.ids[rows]
    return read_only(low), read_only(high)


def state_of(workspace: Workspace, dataset: Dataset, embedding: Embedding, version: str) -> str:
    """Names vectors, the version's images, labels and splits, what was decided on or set aside, and the metadata."""
    state = snapshot(workspace, dataset, version)
    decided = digest(decided_on(dataset.decisions.all()).tobytes())
    _, metadata = dataset.said_of(state.ids)
    told = digest(b"".join(_bytes(metadata[name], name) for name in metadata.column_names))
    aside = set_aside(workspace, dataset)
    return fingerprint("axes", REVISION, embedding.fingerprint, state.fingerprint, decided, told, aside)


def _bytes(column: object, name: str) -> bytes:
    from embedding_core.fingerprint import digest_of_texts

    texts = column.combine_chunks()  # type: ignore[attr-defined]
    return f"{name}:{digest_of_texts(texts.cast('string'))}".encode()
