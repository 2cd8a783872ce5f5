"""An embedding joined with other blocks: what each is worth for telling labels, and one matrix of all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from embedding_core.effect.intervals import Difference
from embedding_core.evaluate.axes.dimensions import paired
from embedding_core.evaluate.axes.judging import FOLDS, LENGTH, parts, told_by_probe
from embedding_core.evaluate.joined.blocks import Fitted, fit_blocks, frame, weight
from embedding_core.parallel import in_order
from embedding_core.quality.groups import joined
from embedding_core.quality.intervals import clustered
from embedding_core.quality.probing.folding import deal
from embedding_core.records import silent
from embedding_core.vectors import read_only

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embedding_core.evaluate.joined.blocks import Block
    from embedding_core.quality.intervals import Interval
    from embedding_core.records import Progress

EMBEDDING = "embedding"  # name of the block of vectors
OUTRIGHT = 0.9  # accuracy of a block alone from which it says the label outright


@dataclass(frozen=True, slots=True)
class Worth:
    """A block, and what it is worth; figures are None without labels."""

    name: str
    kind: str
    given: int  # columns that it was made from
    made: int  # columns that it makes
    missing: float  # share of its values
    alone: float | None = None  # accuracy of a probe that sees nothing else
    interval: Interval | None = None
    adds: Difference | None = None  # before is without it, after with all blocks

    @property
    def outright(self) -> bool:
        """Does it say the label, so that scores with it prove nothing?"""
        return self.name != EMBEDDING and self.alone is not None and self.alone >= OUTRIGHT


@dataclass(frozen=True, eq=False, slots=True)
class Features:
    """One matrix of n images: columns of the embedding, then of every other block, all blocks of equal mean square."""

    ids: NDArray[np.int64]  # (n,)
    rest: NDArray[np.float32]  # (n, D) of the blocks besides the embedding
    names: tuple[str, ...]  # (D,)
    mean: NDArray[np.float32]  # (d,) taken off the unit vectors
    scale: float  # then they are multiplied by it
    blocks: tuple[Worth, ...]  # the embedding first
    gain: Difference | None  # on the folds: before is the embedding alone, after is all blocks; None without labels
    test: Difference | None  # likewise on the untouched test part
    judged: int  # images of the folds
    tested: int
    fitted: int  # images that scales, medians and words were taken from
    right: NDArray[np.bool_]  # (k,) which test images were told rightly by all blocks, in the order of their rows
    commonest: float = 0.0  # share of the commonest class, which guessing gets
    why_not: str = ""  # why nothing is scored though there are labels

    @property
    def warnings(self) -> list[str]:
        return ([self.why_not] if self.why_not else []) + [
            f"{one.name} gives the label away: alone it gets {one.alone:.0%} of the images right. Scores with it prove "
            "nothing about the pictures. Leave it out, unless it will be known of new images as well."
            for one in self.blocks
            if one.outright and one.alone is not None
        ]

    def joined(self, unit: NDArray[np.float32], rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """The matrix (m, d + D) of these rows (m,), whose unit vectors are given (m, d)."""
        return np.hstack([(unit - self.mean) * np.float32(self.scale), self.rest[rows]])

    def arrays(self) -> dict[str, NDArray[Any]]:
        return {"ids": self.ids, "rest": self.rest, "mean": self.mean, "right": self.right}

    def facts(self) -> dict[str, Any]:
        plain = ("scale", "judged", "tested", "fitted", "commonest", "why_not")
        return {
            "names": list(self.names),
            "blocks": [asdict(one) for one in self.blocks],
            "gain": None if self.gain is None else asdict(self.gain),
            "test": None if self.test is None else asdict(self.test),
            **{name: getattr(self, name) for name in plain},
        }

    @classmethod
    def restored(cls, arrays: Mapping[str, Any], facts: Mapping[str, Any]) -> Self:
        of = {name: None if facts[name] is None else Difference(**facts[name]) for name in ("gain", "test")}
        return cls(
            arrays["ids"],
            arrays["rest"],
            tuple(facts["names"]),
            arrays["mean"],
            facts["scale"],
            tuple(_worth(one) for one in facts["blocks"]),
            of["gain"],
            of["test"],
            facts["judged"],
            facts["tested"],
            facts["fitted"],
            arrays["right"],
            facts["commonest"],
            facts.get("why_not", ""),
        )


@dataclass(frozen=True, eq=False, slots=True)
class Asked:
    """Labelled rows that blocks are judged by."""

    rows: NDArray[np.int64]  # (m,) that folds are made of
    codes: NDArray[np.int64]  # (n,) classes of all images
    groups: NDArray[np.integer]  # (n,) near-duplicates, −1 for an image that is alone
    test: NDArray[np.int64]  # (k,) of the untouched test part; may be empty
    clusters: NDArray[np.int64]  # (k,)


def join(
    ids: NDArray[np.int64],
    unit: NDArray[np.float32],
    blocks: Sequence[Block],
    *,
    asked: Asked | None,
    why_not: str = "",
    seed: int = 0,
    progress: Progress = silent,
) -> Features:
    """Join unit vectors (n, d) with blocks (n,), and score all together, without each, and each alone.

    What a block takes from images (medians, words, scales) is taken on every fold from what is taught there, and for
    the matrix from all images but those of the test part. Without `asked` nothing is scored, and
    `why_not` says why. Raises `InvalidInput`.
    """
    given = frame(blocks)
    test = asked.test if asked is not None else np.empty(0, np.int64)
    fitted = np.setdiff1d(np.arange(len(ids)), test)
    made = fit_blocks(blocks, given.iloc[fitted]) if blocks else None
    rest = made(given) if made is not None else np.empty((len(ids), 0), np.float32)
    mean = unit[fitted].mean(axis=0, dtype=np.float64).astype(np.float32)
    scale = weight(unit[fitted] - mean)
    worth = [Worth(EMBEDDING, "vectors", unit.shape[1], unit.shape[1], 0.0), *(_bare(one, made) for one in blocks)]
    gain = held = None
    right = np.empty(0, bool)
    if asked is not None:
        worth, gain = _scored(unit, blocks, given, asked, worth, seed, progress)
        if len(test):
            held, right = _tested(unit, blocks, given, asked, seed)
    return Features(
        ids,
        read_only(rest),
        made.names if made is not None else (),
        read_only(mean),
        scale,
        tuple(worth),
        gain,
        held,
        0 if asked is None else len(asked.rows),
        len(test),
        len(fitted),
        read_only(right),
        0.0 if asked is None else float(np.bincount(asked.codes[asked.rows]).max() / len(asked.rows)),
        why_not,
    )


def _bare(block: Block, made: Fitted | None) -> Worth:
    place = made.slices[block.name] if made is not None else slice(0, 0)
    return Worth(block.name, block.kind, len(block.columns), place.stop - place.start, block.missing)


def _scored(
    unit: NDArray[np.float32],
    blocks: Sequence[Block],
    given: Any,
    asked: Asked,
    bare: Sequence[Worth],
    seed: int,
    progress: Progress,
) -> tuple[list[Worth], Difference]:
    names = [one.name for one in bare]
    ways = _ways(names)
    codes = asked.codes[asked.rows]
    folds = parts(deal(codes, FOLDS, seed=seed, groups=asked.groups[asked.rows]))
    right = {way: np.zeros(len(codes), bool) for way in ways}
    progress("training", 0, len(folds))

    def told(number: int) -> dict[tuple[str, ...], NDArray[np.bool_]]:
        taught, out = asked.rows[folds[number].taught], asked.rows[folds[number].asked]
        return _told(unit, blocks, given, ways, taught, out, asked.codes)

    for number, found in enumerate(in_order(told, range(len(folds)))):
        for way, told_rightly in found.items():
            right[way][folds[number].asked] = told_rightly
        progress("training", number + 1, len(folds))
    clusters = joined([asked.groups[asked.rows]], len(codes))
    whole = right[tuple(names)]

    def against(way: tuple[str, ...]) -> Difference:
        return paired(right[way], whole, codes, clusters, seed=seed)

    worth = []
    for one in bare:
        alone = right[(one.name,)]
        adds = against(tuple(name for name in names if name != one.name)) if len(names) > 1 else None
        facts = {name: getattr(one, name) for name in ("name", "kind", "given", "made", "missing")}
        band = clustered(alone, clusters)
        worth.append(Worth(**facts, alone=float(alone.mean()), interval=band, adds=adds))
    return worth, against((EMBEDDING,))


def _tested(
    unit: NDArray[np.float32], blocks: Sequence[Block], given: Any, asked: Asked, seed: int
) -> tuple[Difference, NDArray[np.bool_]]:
    whole = (EMBEDDING, *(one.name for one in blocks))
    found = _told(unit, blocks, given, [(EMBEDDING,), whole], asked.rows, asked.test, asked.codes)
    compared = paired(found[(EMBEDDING,)], found[whole], asked.codes[asked.test], asked.clusters, seed=seed)
    return compared, found[whole]


def _ways(names: Sequence[str]) -> list[tuple[str, ...]]:
    """All blocks, each alone, all but each: every combination once."""
    without = [tuple(other for other in names if other != name) for name in names]
    return list(dict.fromkeys([tuple(names), *((name,) for name in names), *(way for way in without if way)]))


def _told(
    unit: NDArray[np.float32],
    blocks: Sequence[Block],
    given: Any,
    ways: Sequence[tuple[str, ...]],
    taught: NDArray[np.int64],
    out: NDArray[np.int64],
    codes: NDArray[np.int64],
) -> dict[tuple[str, ...], NDArray[np.bool_]]:
    """Which rows `out` (k,) a probe tells rightly by these blocks, everything fitted on `taught` (t,) alone."""
    mean = unit[taught].mean(axis=0)
    centred = unit[taught] - mean
    by = np.float32(weight(centred))
    sides = {EMBEDDING: (centred * by, (unit[out] - mean) * by)}
    if blocks:
        made = fit_blocks(blocks, given.iloc[taught])
        first, second = made(given.iloc[taught]), made(given.iloc[out])
        sides |= {name: (first[:, place], second[:, place]) for name, place in made.slices.items()}
    found = {}
    for way in ways:
        # Each block alone has the length that a probe over it has, so one more holds none of the others back.
        pair = (np.hstack([sides[name][side] for name in way]) * np.float32(LENGTH) for side in range(2))
        known, asked = pair
        found[way] = told_by_probe(known, codes[taught], asked) == codes[out]
    return found


def _worth(facts: Mapping[str, Any]) -> Worth:
    adds = None if facts["adds"] is None else Difference(**facts["adds"])
    interval = None if facts["interval"] is None else tuple(facts["interval"])
    return Worth(**{**facts, "adds": adds, "interval": interval})
