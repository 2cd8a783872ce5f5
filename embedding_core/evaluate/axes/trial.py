"""What becomes of the quality when axes or properties are taken out of an embedding, or fewer axes are kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from embedding_core.effect.intervals import Difference
from embedding_core.evaluate.axes.dimensions import paired
from embedding_core.evaluate.axes.erasing import Reduction, Treatment, fit
from embedding_core.evaluate.axes.judging import neighbours_at, parts, scaled, told_by_probe
from embedding_core.evaluate.axes.storing import PRECISIONS, steps, stored
from embedding_core.parallel import in_order
from embedding_core.records import silent
from embedding_core.vectors import read_only

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embedding_core.evaluate.axes.components import Space
    from embedding_core.evaluate.axes.meaning import Said
    from embedding_core.records import Progress


@dataclass(frozen=True, slots=True)
class Seen:
    """How well a property can be told from the vectors by a linear model, on images that it was not taught."""

    name: str
    measure: str  # "r" of a number: prediction against truth; "accuracy" of classes
    before: float
    after: float
    guessing: float  # 0 of a number; the share of the commonest class


@dataclass(frozen=True, eq=False, slots=True)
class Trial:
    """A treatment, fitted on all rows that are no test images, and what it does to the quality."""

    treatment: Treatment
    reduction: Reduction
    widths: NDArray[np.float32]  # (dim,) steps in which int8 counts, of what is fitted on
    d: int  # numbers of an image before
    probe: Difference | None  # on the folds; None without labels
    near: Difference | None
    test: Difference | None  # of the probe, on the untouched test part; None where there is none
    tested: int
    precision: Mapping[str, Difference]  # name of a number type → probe on numbers stored so, against float32
    seen: tuple[Seen, ...]  # a property that was taken out each
    right: NDArray[np.bool_]  # (k,) which images of the test part the probe told rightly, in the order of its rows

    def arrays(self) -> dict[str, NDArray[Any]]:
        of = self.reduction
        return {"mean": of.mean, "axes": of.axes, "widths": self.widths, "right": self.right}

    def facts(self) -> dict[str, Any]:
        return {
            "treatment": asdict(self.treatment),
            "d": self.d,
            "probe": _facts(self.probe),
            "near": _facts(self.near),
            "test": _facts(self.test),
            "tested": self.tested,
            "precision": {name: asdict(one) for name, one in self.precision.items()},
            "seen": [asdict(one) for one in self.seen],
        }

    @classmethod
    def restored(cls, arrays: Mapping[str, Any], facts: Mapping[str, Any]) -> Self:
        asked = facts["treatment"]
        treatment = Treatment(**{**asked, "axes": tuple(asked["axes"]), "properties": tuple(asked["properties"])})
        return cls(
            treatment,
            Reduction(arrays["mean"], arrays["axes"], treatment.denoise),
            arrays["widths"],
            facts["d"],
            probe=_restored(facts["probe"]),
            near=_restored(facts["near"]),
            test=_restored(facts["test"]),
            tested=facts["tested"],
            precision={name: Difference(**one) for name, one in facts["precision"].items()},
            seen=tuple(Seen(**one) for one in facts["seen"]),
            right=arrays["right"],
        )


@dataclass(frozen=True, eq=False, slots=True)
class Bench:
    """Labelled rows of an embedding that a treatment is bench by, and how they were told without one."""

    rows: NDArray[np.int64]  # (m,) that folds are made of
    dealt: NDArray[np.int32]  # (m,) their folds
    codes: NDArray[np.int64]  # (m,)
    clusters: NDArray[np.int64]  # (m,) rows with the same number are drawn together
    probe: NDArray[np.bool_]  # (m,) which the probe told rightly
    near: NDArray[np.bool_]  # (m,) which their neighbours told rightly
    test: NDArray[np.int64]  # (k,) rows of the untouched test part; empty where there is none
    test_codes: NDArray[np.int64]  # (k,)
    test_clusters: NDArray[np.int64]  # (k,)


def attempt(
    unit: NDArray[np.float32],
    treatment: Treatment,
    known: Space,
    *,
    said: Sequence[Said] = (),
    fitted: NDArray[np.int64],
    bench: Bench | None,
    seed: int = 0,
    progress: Progress = silent,
) -> Trial:
    """Try a treatment of unit vectors (n, d).

    `said` are the columns that it names, (n,) each; `fitted` (t,) are the rows that the final map is fitted on, test
    images not among them. On each fold it is fitted anew, on what is taught. Without `bench` nothing is scored.
    """
    reduction = fit(unit[fitted], treatment, known=known, said=[one.of(fitted) for one in said])
    widths = steps(reduction(unit[fitted]))
    if bench is None:
        return Trial(treatment, reduction, widths, unit.shape[1], None, None, None, 0, {}, (), np.empty(0, bool))
    folds = parts(bench.dealt)
    m = len(bench.rows)
    right = {name: np.zeros(m, bool) for name in ("probe", "near", *PRECISIONS)}
    predicted = [np.full((2, m), np.nan) for _ in said]
    progress("training", 0, len(folds) + 1)

    def told(number: int) -> tuple[dict[str, NDArray[np.bool_]], list[NDArray[np.float64]]]:
        taught, asked = bench.rows[folds[number].taught], bench.rows[folds[number].asked]
        made = fit(unit[taught], treatment, known=known, said=[one.of(taught) for one in said])
        first, second = made.on(unit[taught]), made.on(unit[asked])
        codes, truth = bench.codes[folds[number].taught], bench.codes[folds[number].asked]
        found = {
            "probe": _probed(first, codes, second) == truth,
            "near": neighbours_at(first, codes, second, [first.shape[1]])[0] == truth,
        }
        for name in PRECISIONS:
            small = (stored(one, name, like=first) for one in (first, second))
            found[name] = _probed(next(small), codes, next(small)) == truth
        whole = unit[taught].mean(axis=0)
        bare = unit[taught] - whole, unit[asked] - whole
        foretold = [
            np.stack([_foretold(pair[0], pair[1], one.of(taught)) for pair in (bare, (first, second))]) for one in said
        ]
        return found, foretold

    for number, (found, foretold) in enumerate(in_order(told, range(len(folds)))):
        asked = folds[number].asked
        for name, one in found.items():
            right[name][asked] = one
        for place, one_of in zip(predicted, foretold, strict=True):
            place[:, asked] = one_of
        progress("training", number + 1, len(folds) + 1)
    against = (bench.codes, bench.clusters)
    test, after = None, np.empty(0, bool)
    if len(bench.test):
        plain = Reduction(unit[bench.rows].mean(axis=0), np.eye(unit.shape[1], dtype=np.float32))
        before, after = (
            _probed(one.on(unit[bench.rows]), bench.codes, one.on(unit[bench.test])) == bench.test_codes
            for one in (plain, reduction)
        )
        test = paired(before, after, bench.test_codes, bench.test_clusters, seed=seed)
    progress("training", len(folds) + 1, len(folds) + 1)
    return Trial(
        treatment,
        reduction,
        widths,
        unit.shape[1],
        paired(bench.probe, right["probe"], *against, seed=seed),
        paired(bench.near, right["near"], *against, seed=seed),
        test,
        len(bench.test),
        {name: paired(right["probe"], right[name], *against, seed=seed) for name in PRECISIONS},
        tuple(_seen(one.of(bench.rows), place) for one, place in zip(said, predicted, strict=True)),
        read_only(after),
    )


def _probed(taught: NDArray[np.float32], codes: NDArray[np.int64], asked: NDArray[np.float32]) -> NDArray[np.int64]:
    first, second = scaled(taught, asked)
    return told_by_probe(first, codes, second)


def _foretold(taught: NDArray[np.float32], asked: NDArray[np.float32], said: Said) -> NDArray[np.float64]:
    """What a linear model says of a column (k,): a number as a rank, or a class; taught where something is known."""
    from sklearn.linear_model import Ridge

    there = said.known
    first, second = scaled(taught, asked)
    if said.codes is not None:
        return told_by_probe(first[there], said.codes[there], second).astype(np.float64)
    if not there.any():
        return np.full(len(asked), np.nan)
    told: NDArray[np.float64] = Ridge(alpha=1.0).fit(first[there], said.columns()[there, 0]).predict(second)
    return told


def _seen(said: Said, predicted: NDArray[np.float64]) -> Seen:
    there = said.known & np.isfinite(predicted).all(axis=0)
    if said.codes is not None:
        codes = said.codes[there]
        before, after = ((one[there] == codes).mean() if len(codes) else 0.0 for one in predicted)
        guessing = np.bincount(codes).max() / len(codes) if len(codes) else 0.0
        return Seen(said.name, "accuracy", float(before), float(after), float(guessing))
    truth = said.columns()[there, 0]
    before, after = (_correlation(one[there], truth) for one in predicted)
    return Seen(said.name, "r", before, after, 0.0)


def _correlation(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    if len(first) < 2 or np.ptp(first) < 1e-9 or np.ptp(second) < 1e-9:
        return 0.0
    return float(np.corrcoef(first, second)[0, 1])


def _restored(facts: Mapping[str, float] | None) -> Difference | None:
    return None if facts is None else Difference(**facts)


def _facts(one: Difference | None) -> dict[str, float] | None:
    return None if one is None else asdict(one)
