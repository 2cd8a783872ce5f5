"""Encoders on the same folds, against scikit-learn; where they disagree, and which one to take."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

from embedding_core.effect.intervals import Difference
from embedding_core.errors import InvalidInput
from embedding_core.evaluate.comparison import pareto
from embedding_core.evaluate.comparison.comparing import Images, compare
from embedding_core.evaluate.comparison.found import FOLDS, Comparison
from embedding_core.evaluate.holding import Held, hold_out
from embedding_core.quality.probing.folding import deal
from embedding_core.quality.probing.probe import reduced
from embedding_core.records import silent

CLASSES = 4
Vectors = NDArray[np.float32]


def clouds(n: int = 400, *, noise: float = 1.0, seed: int = 0, d: int = 24) -> tuple[Vectors, NDArray[np.int64]]:
    """Vectors (n, d) of four classes that overlap. The classes are those of every seed."""
    codes = np.arange(n) % CLASSES
    middles = 2.0 * np.eye(CLASSES, d)
    return (middles[codes] + noise * np.random.default_rng(seed).normal(size=(n, d))).astype(np.float32), codes


def images(codes: NDArray[np.int64], *, groups: NDArray[np.int32] | None = None, held: bool = False) -> Images:
    n = len(codes)
    together = np.full(n, -1, np.int32) if groups is None else groups
    aside: Held | None = hold_out(codes, [None] * n, groups=together) if held else None
    tried = np.flatnonzero(codes >= 0) if aside is None else aside.train
    names = tuple(f"class {code}" for code in range(CLASSES))
    return Images(np.arange(n) + 1000, codes, names, together, np.ones(n, bool), tried, aside)


def compared(spaces: dict[str, Vectors], of: Images) -> Comparison:
    return compare(list(spaces), spaces.__getitem__, of, progress=silent)


# -- encoders --------------------------------------------------------------------------------------------------------


def test_the_probe_is_scikit_learns_on_the_same_folds() -> None:
    vectors, codes = clouds(noise=1.6)
    groups = np.where(np.arange(len(codes)) < 120, np.arange(len(codes)) // 3, -1).astype(np.int32)
    found = compared({"a": vectors, "b": vectors[:, :3]}, images(codes, groups=groups))
    dealt = deal(codes, FOLDS, groups=groups)
    for at, space in enumerate((vectors, vectors[:, :3])):
        rows = reduced(space).rows
        said = np.empty_like(codes)
        for fold in range(FOLDS):
            model = LogisticRegression(tol=1e-3, max_iter=500).fit(rows[dealt != fold], codes[dealt != fold])
            said[dealt == fold] = model.predict(rows[dealt == fold])
        assert (said == found.predicted[at]).mean() > 0.995
        assert found.accuracy(at) == pytest.approx((said == codes).mean(), abs=0.005)
    assert 0.4 < found.accuracy(0) < 0.9, "neither trivial nor hopeless"


def test_the_vote_is_scikit_learns_without_the_image_itself() -> None:
    """Two classes and five neighbours: nothing is ever tied."""
    vectors, codes = clouds(200, noise=1.6)
    codes = codes % 2
    found = compared({"a": vectors, "b": vectors[:, ::-1].copy()}, images(codes))
    for row in range(0, 200, 7):
        others = np.arange(200) != row
        model = KNeighborsClassifier(5, metric="cosine").fit(vectors[others], codes[others])
        assert model.predict(vectors[row][None])[0] == found.voted[0, row]
    assert found.knn(0) == found.knn(1), "the same space with its columns turned round"


def test_copies_do_not_vote_for_each_other() -> None:
    chance = np.random.default_rng(0)
    vectors = np.repeat(chance.normal(size=(100, 16)), 4, axis=0).astype(np.float32)
    codes = np.repeat(chance.integers(0, CLASSES, 100), 4)
    groups = np.repeat(np.arange(100), 4).astype(np.int32)
    spaces = {"a": vectors, "b": vectors[:, :8]}
    assert compared(spaces, images(codes)).knn(0) > 0.9, "labels by chance look well known"
    grouped = compared(spaces, images(codes, groups=groups))
    assert grouped.knn(0) < 0.4
    assert grouped.accuracy(0) < 0.4
    low, high = grouped.interval(0)
    assert high - low > 0.15, "and four copies are one witness"


def test_the_part_set_aside_has_no_part_in_choosing() -> None:
    vectors, codes = clouds(noise=1.6)
    of = images(codes, held=True)
    assert of.held is not None
    found = compared({"a": vectors, "b": vectors[:, :3]}, of)
    assert not np.isin(found.test_ids, found.ids).any()
    assert len(found.ids) + len(found.test_ids) == len(codes)
    shuffled = codes.copy()
    shuffled[of.held.test] = np.random.default_rng(0).permutation(codes[of.held.test])
    other = compared(
        {"a": vectors, "b": vectors[:, :3]},
        Images(of.ids, shuffled, of.classes, of.groups, of.judges, of.tried, of.held),
    )
    assert (other.predicted == found.predicted).all()
    assert (other.test_accuracy(0) or 0) < 0.5 < (found.test_accuracy(0) or 0)


def test_images_that_were_decided_on_judge_nothing() -> None:
    vectors, codes = clouds()
    of = images(codes)
    judges = np.arange(len(codes)) >= 100
    found = compared({"a": vectors, "b": vectors}, Images(**{**_fields(of), "judges": judges}))
    assert found.ids.min() == 1100
    assert found.trained == len(codes)
    with pytest.raises(InvalidInput, match="20 labelled"):
        compared({"a": vectors}, Images(**{**_fields(of), "judges": np.arange(len(codes)) < 19}))


def test_without_labels_only_spaces_are_compared() -> None:
    vectors, codes = clouds()
    found = compared({"a": vectors, "b": 3 * vectors}, images(np.full(len(codes), -1)))
    assert not found.labelled
    assert found.overlap[0, 1] == 1
    assert found.cka[0, 1] == pytest.approx(1, abs=1e-5)


def test_where_two_disagree_is_counted_and_named() -> None:
    vectors, codes = clouds(noise=1.6)
    found = compared({"a": vectors, "b": vectors[:, :3]}, images(codes))
    only, back = found.only(0, 1), found.only(1, 0)
    both, neither = found.both(0, 1)
    assert len(only) + len(back) + both + neither == len(codes)
    rows = only - 1000
    assert (found.predicted[0, rows] == codes[rows]).all() and (found.predicted[1, rows] != codes[rows]).all()
    assert [int(name[-1]) for name in found.said(1, only)] == found.predicted[1, rows].tolist()
    assert found.differences()[0, 1].change == pytest.approx((len(back) - len(only)) / len(codes))
    assert len(set(codes[rows[:3]].tolist())) == 3, "one of each class in turn"
    kept = Comparison.restored(found.arrays(), found.facts())
    assert kept.facts() == found.facts() and kept.differences() == found.differences()


@pytest.mark.parametrize("seed", range(20))
def test_the_same_space_turned_and_scaled_is_never_called_different(seed: int) -> None:
    vectors, codes = clouds(200, noise=1.6, seed=seed)
    turn, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(24, 24)))
    spaces = {"a": vectors, "b": (vectors @ turn).astype(np.float32), "c": 5 * vectors}
    found = compared(spaces, images(codes))
    assert not any(one.better or one.worse for one in found.differences().values())


def test_encoders_that_are_as_good_are_hardly_ever_called_different() -> None:
    """As good, and wrong on other images. With 95 % none of three is told apart, so in 20 tables one or so is."""
    wrong = 0
    for seed in range(20):
        spaces = {name: clouds(300, noise=1.6, seed=100 * seed + at)[0] for at, name in enumerate("abc")}
        found = compared(spaces, images(clouds(300)[1]))
        wrong += any(one.better or one.worse for one in found.differences().values())
    assert wrong <= 3


def test_a_worse_encoder_is_told_and_the_interval_holds_its_gap() -> None:
    gaps, found = [], []
    for seed in range(20):
        spaces = {"a": clouds(300, noise=1.4, seed=seed)[0], "b": clouds(300, noise=2.2, seed=500 + seed)[0]}
        one = compared(spaces, images(clouds(300)[1])).differences()[0, 1]
        gaps.append(one.change)
        found.append(one)
    truth = float(np.mean(gaps))
    assert all(one.worse for one in found)
    assert sum(one.low <= truth <= one.high for one in found) >= 17


# -- which one to take -----------------------------------------------------------------------------------------------


def _table(*values: float, half: float) -> dict[tuple[int, int], Difference]:
    return {
        (a, b): Difference(values[a], values[b], values[b] - values[a] - half, values[b] - values[a] + half)
        for a, b in [pair for one in combinations(range(len(values)), 2) for pair in (one, one[::-1])]
    }


def test_a_front_is_what_none_beats() -> None:
    assert pareto.front([(0.9, 10.0), (0.8, 20.0), (0.7, 15.0), (0.8, 20.0)]) == [0, 1, 3]


def test_the_faster_of_those_that_cannot_be_told_apart_is_taken() -> None:
    candidates = [pareto.Candidate("Lite0", 0.866, 60, 18), pareto.Candidate("Lite2", 0.870, 30, 25)]
    take, said = pareto.take(candidates, _table(0.866, 0.870, half=0.01))
    assert take == 0
    assert said == ("Take Lite0: Lite2 is 0.4 points better, which may be chance, and takes twice as long.")


@pytest.mark.parametrize("other", [0.870, 0.866])
def test_one_that_is_no_worse_and_faster_is_taken_for_that(other: float) -> None:
    candidates = [pareto.Candidate("Lite0", 0.870, 60, 18), pareto.Candidate("Lite2", other, 20, 25)]
    take, said = pareto.take(candidates, _table(0.870, other, half=0.01))
    assert (take, said) == (0, "Take Lite0: Lite2 is no better and takes 3.0 times as long.")


def test_the_better_one_is_taken_where_it_is_told() -> None:
    candidates = [pareto.Candidate("Lite0", 0.86, 60, 18), pareto.Candidate("Lite2", 0.88, 20, 25)]
    take, said = pareto.take(candidates, _table(0.86, 0.88, half=0.01))
    assert take == 1
    assert said == (
        "Take Lite2: it is 2.0 points better than Lite0; where speed counts more, that one is 3.0 times as fast."
    )


def test_a_wide_interval_is_no_reason_to_give_points_away() -> None:
    candidates = [pareto.Candidate("Lite0", 0.60, 60, 18), pareto.Candidate("Lite2", 0.66, 20, 25)]
    take, said = pareto.take(candidates, _table(0.60, 0.66, half=0.1))
    assert take == 1
    assert "More labelled images would tell" in said


def test_speed_that_is_not_known_is_no_argument() -> None:
    candidates = [pareto.Candidate("own", 0.866, None, 0), pareto.Candidate("Lite2", 0.870, 30, 25)]
    assert pareto.take(candidates, _table(0.866, 0.870, half=0.01))[0] == 1


def _fields(of: Images) -> dict[str, object]:
    names = ("ids", "codes", "classes", "groups", "judges", "tried", "held")
    return {name: getattr(of, name) for name in names}
