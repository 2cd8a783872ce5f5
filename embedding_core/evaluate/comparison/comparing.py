"""Several encoders on the same images: the same folds, the same neighbours' votes, the same untouched test part."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from embedding_core.evaluate.comparison import paired, spaces
from embedding_core.evaluate.comparison.found import FOLDS, Comparison, K
from embedding_core.evaluate.comparison.votes import ranked
from embedding_core.evaluate.comparison.ways import seen
from embedding_core.quality.groups import witnesses
from embedding_core.quality.probing.probe import fit_probe, out_of_fold, reduced
from embedding_core.vectors import read_only, unit_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from embedding_core.evaluate.holding import Held
    from embedding_core.records import Progress

KEPT = 5_000  # images whose vectors are held of all encoders at once, to compare spaces
ASKED = 2_000  # images whose neighbours are compared


@dataclass(frozen=True, eq=False, slots=True)
class Images:
    """What encoders are compared on: n images, of which those in `tried` are learnt from and choose."""

    ids: NDArray[np.int64]  # (n,)
    codes: NDArray[np.int64]  # (n,) class, −1 for none
    classes: tuple[str, ...]
    groups: NDArray[np.int32]  # (n,) of near-duplicates, −1 for an image that is alone
    judges: NDArray[np.bool_]  # (n,) nobody has decided on it
    tried: NDArray[np.int64]  # (t,) rows that have a label and are not set aside; may be empty
    held: (
        Held | None
    )  # of which `test` and `clusters` count; None where too few images have a label to set a part aside


def compare(
    encoders: Sequence[str],
    vectors_of: Callable[[str], NDArray[np.float32]],
    images: Images,
    *,
    seed: int = 0,
    progress: Progress,
) -> Comparison:
    """Compare encoders by the vectors (n, d) that each gives `images`; the matrices of one at a time are held.

    Without labels of two classes only the spaces are compared. Raises `InvalidInput` for fewer than 20 images to judge
    by where there are labels.
    """
    codes, tried = images.codes[images.tried], images.tried
    labelled = len(np.unique(codes)) > 1
    asked = np.flatnonzero(images.judges[tried]) if labelled else np.empty(0, np.int64)
    if labelled:
        paired.enough(codes[asked])
    some = _drawn(len(images.ids), KEPT, seed)
    near_to = _drawn(len(images.ids), ASKED, seed + 1)
    kept, neighbours, dims = [], [], []
    answers: dict[str, list[NDArray[np.int64]]] = {"predicted": [], "voted": [], "tested": []}
    for number, encoder in enumerate(encoders):
        progress("comparing encoders", number, len(encoders))
        vectors = vectors_of(encoder)
        dims.append(vectors.shape[1])
        kept.append(vectors[some])
        k = min(spaces.NEAREST, len(vectors) - 1)
        neighbours.append(np.sort(spaces.nearest(unit_rows(vectors), near_to, k), axis=1))
        if labelled:
            for name, found in _answers(vectors, images, asked, seed).items():
                answers[name].append(found)
    progress("comparing encoders", len(encoders), len(encoders))
    cka, overlap = _spaces(kept, neighbours)
    test = images.held.test if images.held is not None else np.empty(0, np.int64)
    judged = tried[asked]
    return Comparison(
        encoders=tuple(encoders),
        dims=tuple(dims),
        ids=read_only(images.ids[judged]),
        codes=read_only(images.codes[judged]),
        clusters=read_only(witnesses(images.groups[judged])),
        **{name: read_only(_stacked(found, len(encoders))) for name, found in answers.items()},
        test_ids=read_only(images.ids[test]),
        test_codes=read_only(images.codes[test]),
        test_clusters=read_only(images.held.clusters if images.held is not None else test),
        cka=read_only(cka),
        overlap=read_only(overlap),
        classes=images.classes,
        images=len(images.ids),
        trained=len(tried),
    )


def _answers(
    vectors: NDArray[np.float32], images: Images, asked: NDArray[np.int64], seed: int
) -> dict[str, NDArray[np.int64]]:
    """What the probe, out of fold, and the neighbours say of the images that judge, and a probe of the test part."""
    tried, held = images.tried, images.held
    codes, groups = images.codes[tried], images.groups[tried]
    own = vectors[tried]
    probable = out_of_fold(reduced(own), codes, folds=FOLDS, seed=seed, groups=groups)
    voted = ranked(seen(own, "cosine"), codes, groups, asked, k=K, precise=False).voted
    tested = np.empty(0, np.int64)
    if held is not None:
        probe = fit_probe(own, codes, seed=seed, calibrated=False)
        tested = probe.probabilities(vectors[held.test]).argmax(axis=1)
    return {"predicted": probable[asked].argmax(axis=1), "voted": voted, "tested": tested}


def _spaces(
    kept: Sequence[NDArray[np.float32]], neighbours: Sequence[NDArray[np.int32]]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """CKA and the overlap of neighbours (m, m) for each two encoders, 1 on the diagonal."""
    cka, overlap = np.eye(len(kept)), np.eye(len(kept))
    for one, other in combinations(range(len(kept)), 2):
        if len(kept[one]) >= spaces.FEWEST:
            cka[one, other] = cka[other, one] = spaces.linear_cka(kept[one], kept[other])
        overlap[one, other] = overlap[other, one] = spaces.overlap(neighbours[one], neighbours[other])
    return cka, overlap


def _stacked(found: Sequence[NDArray[np.int64]], count: int) -> NDArray[np.int64]:
    return np.stack(found) if found else np.empty((count, 0), np.int64)


def _drawn(n: int, most: int, seed: int) -> NDArray[np.int64]:
    """Up to `most` of n rows, ascending."""
    if n <= most:
        return np.arange(n)
    return np.sort(np.random.default_rng(seed).choice(n, most, replace=False))
