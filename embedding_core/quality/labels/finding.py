"""Wrong labels: which images are something else than they are labelled, as far as their look-alikes can tell.

Three opinions that have not seen an image's own label are averaged: a logistic probe and a linear discriminant, out of
fold, and the votes of its neighbours. The score compares the likeliest other label with the given one, as odds. With
one label in twenty exchanged at random among 3,781 photographs it ranks with an average precision of .94, where the
margin of the probe alone reaches .83. Fitting anew without the suspects gains nothing here and loses much where
classes have few members; the counts of confident learning (Northcutt et al. 2021) take every image that is hard to
tell for a wrong label, so that of a clean set of 711 drawings they call 150 wrong. Hence a line on the score, which
people move by answering (`review.calibration`), and an estimate from what is easy to tell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from embedding_core.errors import InvalidInput, TooLarge
from embedding_core.quality import intervals
from embedding_core.quality.labels.found import LINE, LabelIssues, Share
from embedding_core.quality.labels.votes import speaking_for, votes
from embedding_core.quality.probing.probe import out_of_fold
from embedding_core.records import silent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from embedding_core.neighbours import NeighbourGraph
    from embedding_core.records import Progress

FEWEST = 5  # images of a class below which nothing is said of it
VOTES = 0.25  # weight of the neighbours' votes beside those of the classifiers
REPEATS = 2  # times that folds are dealt
LARGEST = 4e8  # images times classes, 1.6 GB of probabilities

_FLOOR = 0.01  # added to both sides of the odds: differences between the very improbable mean nothing
_SLOW = 5e6  # images that are fitted on times classes, above which the discriminant has to do alone


def judge_labels(
    ids: NDArray[np.int64],
    vectors: NDArray[np.float32],
    graph: NeighbourGraph,
    labels: Sequence[str | None],
    *,
    groups: NDArray[np.integer] | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> LabelIssues:
    """Judge the labels (n,) of images `ids` (n,) by their `vectors` (n, d) and their neighbour `graph`.

    None is no label. Images that vouch for each other for no reason but that they are copies are named by `groups`
    (n,), −1 for one that is alone: they lie in one fold and have no vote on each other. Raises `InvalidInput` with
    fewer than two classes of five images, and `TooLarge` for classes by the thousand over images by the million.
    """
    names, codes = _coded(labels)
    sizes = np.bincount(codes[codes >= 0], minlength=len(names))
    _check(ids, codes, sizes)
    progress("labels", 0, 2)
    slow = min(len(ids), 50_000) * len(names) > _SLOW
    probable = out_of_fold(
        vectors,
        codes,
        seed=seed,
        groups=groups,
        repeats=1 if slow else REPEATS,
        models=("discriminant",) if slow else ("logistic", "discriminant"),
    )
    progress("labels", 1, 2)
    heard = votes(graph, codes, len(names), groups=groups)
    probable = (1 - np.float32(VOTES)) * probable + np.float32(VOTES) * heard
    every, labelled, own = np.arange(len(ids)), codes >= 0, np.maximum(codes, 0)
    judged = labelled & (sizes[own] >= FEWEST)
    share = _share(codes, probable, judged)
    given = np.where(labelled, probable[every, own], 0)
    probable[labelled, codes[labelled]] = -1
    suggested = probable.argmax(axis=1).astype(np.int32)
    others = probable[every, suggested]
    score = (others + _FLOOR) / (others + given + 2 * _FLOOR)
    witnesses, likeness = speaking_for(graph, codes, suggested, groups=groups)
    return LabelIssues(
        ids=ids,
        names=tuple(names),
        codes=codes,
        suggested=suggested,
        score=np.where(judged, score, 0).astype(np.float32),
        given=given,
        other=others,
        votes_given=np.where(labelled, heard[every, own], 0),
        votes_other=heard[every, suggested],
        witnesses=witnesses,
        likeness=likeness,
        share=share,
        line=LINE,
    )


def _coded(labels: Sequence[str | None]) -> tuple[list[str], NDArray[np.int32]]:
    """The classes by name, and the number (n,) of each image's, −1 for none."""
    names = sorted({label for label in labels if label is not None})
    number = {name: code for code, name in enumerate(names)}
    return names, np.array([-1 if label is None else number[label] for label in labels], np.int32)


def _check(ids: NDArray[np.int64], codes: NDArray[np.int32], sizes: NDArray[np.int64]) -> None:
    if len(codes) != len(ids):
        raise InvalidInput(f"{len(ids):,} images want as many labels or gaps, not {len(codes):,}.")
    if not len(sizes):
        raise InvalidInput(
            "Wrong labels are looked for among labels, and no image has one. Take them from folders or a column "
            "(`label NAME --labels folders`), or join a table of them (`label NAME --join TABLE`)."
        )
    if np.count_nonzero(sizes >= FEWEST) < 2:
        raise InvalidInput(
            f"Wrong labels are found by comparing classes: two at least need {FEWEST} images each, and "
            f"{np.count_nonzero(sizes >= FEWEST)} of {len(sizes):,} have them. Label more images, or take other labels."
        )
    if len(ids) * len(sizes) > LARGEST:
        raise TooLarge(
            f"{len(ids):,} images times {len(sizes):,} classes is more than the {LARGEST:,.0f} probabilities that are "
            "held at once. Look at a part of the images, or take coarser labels."
        )


def _share(codes: NDArray[np.int32], probable: NDArray[np.float32], judged: NDArray[np.bool_]) -> Share:
    """How often the surest quarter of the predictions contradicts the label.

    The interval begins where chance may have it in that quarter, and ends where it may in the surest half: what is
    contradicted there besides is hard to tell, or wrong.
    """
    rows = np.flatnonzero(judged)
    rows = rows[np.argsort(-probable[rows].max(axis=1), kind="stable")]
    quarter, half = (-(-len(rows) // part) for part in (4, 2))
    wrong = probable[rows[:half]].argmax(axis=1) != codes[rows[:half]]
    found = int(np.count_nonzero(wrong[:quarter]))
    low = intervals.share(found, quarter)[0]
    high = intervals.share(int(np.count_nonzero(wrong)), half)[1]
    return Share(found / quarter, low, high, looked_at=quarter, labelled=len(rows))
