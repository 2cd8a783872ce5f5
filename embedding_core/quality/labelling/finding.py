"""What to label next: images that stand for many others, that cover what is there, or that a probe cannot decide on.

*typical*: groups without a label, the largest first, and of each its densest image (Hacohen, Dekel & Weinshall 2022,
"Active learning on a budget": TypiClust); best while there are few labels. *diverse*: again and again the image that is
farthest from all that are labelled or chosen (k-centre greedy; Sener & Savarese 2018, "Active learning for
convolutional neural networks: a core-set approach"). *uncertain*: where a probe of the labels hesitates between two
classes, among many alike images, no two of them alike. *combined* is typical while there are few labels, then
uncertain.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from embedding_core.errors import InvalidInput
from embedding_core.quality.labelling.choosing import densities, farthest, reach, typical
from embedding_core.quality.probing.probe import fit_probe
from embedding_core.review.cases import Case, Suggestion
from embedding_core.vectors import checked, read_only, unit_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embedding_core.neighbours import NeighbourGraph

STRATEGIES = ("combined", "diverse", "typical", "uncertain")
FEW = 6  # labels of a class on average, below which *combined* goes by what is typical alone
POOL = 50_000  # images that are chosen among, drawn by chance of more
ALL_LABELLED = "Every image has a label, so these are chosen as if none had."  # begins a note
_HESITANT = 8  # times as many hesitant images as are wanted, among which no two alike are chosen

TYPICAL, DIVERSE, UNCERTAIN = 0, 1, 2  # why an image was chosen


@dataclass(frozen=True, eq=False, slots=True)
class Next:
    """Images to label, in the order in which to label them."""

    ids: NDArray[np.int64]  # (m,)
    why: NDArray[np.int8]  # (m,) TYPICAL, DIVERSE or UNCERTAIN
    scores: NDArray[np.float32]  # (m,) by `why`: density, distance to what is known, or how little decided; 0 to 1
    stands: NDArray[np.int32]  # (m,) images of the group that a typical one stands for, else 0
    likely: NDArray[np.int16]  # (m, 2) what the probe hesitates between, into `names`; −1 without a probe
    belief: NDArray[np.float32]  # (m, 2) its probabilities
    names: tuple[str, ...]  # (c,) of the labels
    note: str = ""  # a sentence where it was not chosen as asked

    def __post_init__(self) -> None:
        for name in _ARRAYS:
            object.__setattr__(self, name, read_only(getattr(self, name)))

    def reason(self, row: int) -> str:
        """Why an image is worth a label."""
        if self.why[row] == TYPICAL:
            bare = "" if self.note.startswith(ALL_LABELLED) else ", none of which has a label"
            return f"The most typical of {self.stands[row]:,} alike images{bare}."
        if self.why[row] == DIVERSE:
            return f"Farthest from all that is labelled or chosen: a cosine distance of {self.scores[row]:.2f}."
        first, second = (
            f"{self.names[code]} ({chance:.0%})"
            for code, chance in zip(self.likely[row], self.belief[row], strict=True)
        )
        return f"Hard to tell: {first} or {second}."

    def cases(self, limit: int = 200) -> list[Case]:
        """The images in their order; with a probe, its label is suggested."""
        found = []
        for row in range(min(limit, len(self.ids))):
            image, code = int(self.ids[row]), int(self.likely[row, 0])
            suggestion = Suggestion("relabel", (image,), self.names[code]) if code >= 0 else None
            found.append(Case("next", (image,), float(self.scores[row]), self.reason(row), suggestion))
        return found

    def arrays(self) -> dict[str, NDArray[Any]]:
        return {name: getattr(self, name) for name in _ARRAYS}

    def facts(self) -> dict[str, Any]:
        return {"names": list(self.names), "note": self.note}

    @classmethod
    def restored(cls, arrays: Mapping[str, Any], facts: Mapping[str, Any]) -> Next:
        return cls(**arrays, names=tuple(facts["names"]), note=facts["note"])


_ARRAYS = ("ids", "why", "scores", "stands", "likely", "belief")


def choose(
    ids: NDArray[np.int64],
    vectors: NDArray[np.float32],
    codes: NDArray[np.integer],
    names: tuple[str, ...],
    graph: NeighbourGraph,
    count: int,
    *,
    by: str = "combined",
    seed: int = 0,
) -> Next:
    """The `count` images without a label that are most worth one, or all, where there are fewer.

    `vectors` (n, d), `codes` (n,) of the labels `names`, −1 without one, and the graph have the rows of `ids` (n,).
    Where every image has a label, it is chosen as if none had. The same seed chooses the same. Raises `InvalidInput`
    for an unknown strategy, for a count below 1, and for *uncertain* with labels of fewer than two classes.
    """
    if by not in STRATEGIES:
        raise InvalidInput(f"Choose what to label by {', '.join(STRATEGIES)}, not {by!r}.")
    if count < 1:
        raise InvalidInput(f"Ask for at least 1 image to label, not {count}.")
    note = ""
    if len(codes) and (codes >= 0).all():
        codes, note = np.full_like(codes, -1), ALL_LABELLED
    density, rows = densities(graph), _drawn(codes, seed)
    if len(rows) < len(codes):
        ids, vectors, codes, density = ids[rows], vectors[rows], codes[rows], density[rows]
        note = f"{note} Chosen among {np.count_nonzero(codes < 0):,} images drawn by chance.".strip()
    unit = unit_rows(checked(vectors))
    pool, known = np.flatnonzero(codes < 0), np.flatnonzero(codes >= 0)
    count = min(count, len(pool))
    belief = _belief(unit, codes, pool)
    if belief is None and by == "uncertain":
        raise InvalidInput(
            "What a probe hesitates about shows once two classes have labels. Until then choose by typical or diverse."
        )
    kind = _kind(by, known=len(known), classes=len(names), probe=belief is not None)
    stands = np.zeros(count, np.int64)
    if kind == TYPICAL:
        at, stands = typical(unit, pool, known, density, count, seed=seed)
        scores = density[pool[at]]
    elif kind == DIVERSE:
        weight = 1 + 1e-4 * density[pool]  # decides where all are as far: the first one, where nothing has a label
        at, scores = farthest(unit, pool, reach(unit, known, pool), count, weight=weight)
    elif belief is not None:
        at, scores = _hesitant(unit, pool, belief, density[pool], count)
    likely, chance = _two(belief, at)
    why = np.full(count, kind, np.int8)
    return Next(ids[pool[at]], why, scores, stands.astype(np.int32), likely, chance, names, note)


def _drawn(codes: NDArray[np.integer], seed: int) -> NDArray[np.int64]:
    """Rows (m,), ascending, of at most `POOL` images without a label and as many with one."""
    random = np.random.default_rng(seed)
    parts = [np.flatnonzero(codes < 0), np.flatnonzero(codes >= 0)]
    return np.sort(
        np.concatenate([part if len(part) <= POOL else random.choice(part, POOL, replace=False) for part in parts])
    )


def _hesitant(
    unit: NDArray[np.float32],
    pool: NDArray[np.int64],
    belief: NDArray[np.float32],
    density: NDArray[np.float32],
    count: int,
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Positions (count,) in the pool (p,) of what is hard to tell, stands for others, and is not all alike; and how
    hard to tell each is, 1 less the margin of its two likeliest classes."""
    doubt = 1 - np.diff(np.partition(belief, -2, axis=1)[:, -2:], axis=1)[:, 0]
    # Of what is hard to tell, much is like nothing else and teaches nothing else.
    worth = doubt * ((density - density.min()) / max(float(np.ptp(density)), 1e-6) + 1e-3)
    first = np.argsort(-worth, kind="stable")[: _HESITANT * count]
    nothing = np.full(len(first), -1, np.float32)
    at = first[farthest(unit, pool[first], nothing, count, weight=worth[first])[0]]
    return at, doubt[at]


def _kind(by: str, *, known: int, classes: int, probe: bool) -> int:
    if by == "combined":
        return UNCERTAIN if probe and known >= FEW * classes else TYPICAL
    return {"typical": TYPICAL, "diverse": DIVERSE, "uncertain": UNCERTAIN}[by]


def _belief(
    unit: NDArray[np.float32], codes: NDArray[np.integer], rows: NDArray[np.int64]
) -> NDArray[np.float32] | None:
    """Probabilities (p, c) of some rows under a probe of the labels; None where fewer than two classes have any."""
    known = np.flatnonzero(codes >= 0)
    if len(np.unique(codes[known])) < 2:
        return None
    belief: NDArray[np.float32] = fit_probe(unit[known], codes[known]).probabilities(unit[rows])
    return belief


def _two(belief: NDArray[np.float32] | None, at: NDArray[np.int64]) -> tuple[NDArray[np.int16], NDArray[np.float32]]:
    """The two likeliest classes (m, 2) of the chosen, and how likely they are."""
    if belief is None:
        return np.full((len(at), 2), -1, np.int16), np.zeros((len(at), 2), np.float32)
    two = np.argsort(-belief[at], axis=1, kind="stable")[:, :2]
    return two.astype(np.int16), np.take_along_axis(belief[at], two, axis=1)
