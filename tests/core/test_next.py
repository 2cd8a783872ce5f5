"""What is worth a label covers, stands for many, or is hard to tell; labels that spread say how far to trust them."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from embedding_core.errors import InvalidInput
from embedding_core.neighbours import NeighbourGraph, graph
from embedding_core.quality.labelling import finding as labelling
from embedding_core.quality.labelling import propagation
from embedding_core.quality.labelling.finding import Next, choose
from embedding_core.quality.labelling.propagation import Propagated, propagate

SIZES = (160, 80, 40, 20)  # images of four kinds
STRAY = 6  # images that are like nothing else
D = 32
NAMES = ("a", "b", "c", "d")


@pytest.fixture(scope="module")
def vectors() -> NDArray[np.float32]:
    random = np.random.default_rng(0)
    kinds = random.normal(size=(4, D)) * 1.5
    near = kinds[np.repeat(np.arange(4), SIZES)] + 0.5 * random.normal(size=(sum(SIZES), D))
    return np.concatenate([near, 3 * random.normal(size=(STRAY, D))]).astype(np.float32)


@pytest.fixture(scope="module")
def near(vectors: NDArray[np.float32]) -> NeighbourGraph:
    return graph(vectors, 30)


def kinds() -> NDArray[np.int32]:
    return np.concatenate([np.repeat(np.arange(4), SIZES), np.full(STRAY, -1)]).astype(np.int32)


def unlabelled() -> NDArray[np.int32]:
    return np.full(sum(SIZES) + STRAY, -1, np.int32)


def chosen(
    vectors: NDArray[np.float32], near: NeighbourGraph, codes: NDArray[np.int32], count: int, by: str, seed: int = 0
) -> Next:
    return choose(np.arange(len(vectors)), vectors, codes, NAMES, near, count, by=by, seed=seed)


def test_typical_images_stand_for_every_kind_and_are_no_strays(
    vectors: NDArray[np.float32], near: NeighbourGraph
) -> None:
    found = chosen(vectors, near, unlabelled(), 4, "typical")
    assert sorted(kinds()[found.ids].tolist()) == [0, 1, 2, 3]
    assert kinds()[found.ids[0]] == 0, "the largest kind first"
    assert "most typical of 1" in found.reason(0)


def test_typical_images_leave_kinds_alone_that_have_labels(vectors: NDArray[np.float32], near: NeighbourGraph) -> None:
    codes = np.where((kinds() == 0) & (np.arange(len(vectors)) % 4 == 0), 0, -1).astype(np.int32)
    found = chosen(vectors, near, codes, 3, "typical")
    assert 0 not in kinds()[found.ids]
    assert (codes[found.ids] < 0).all()


def test_diverse_images_cover_more_than_chance_does(vectors: NDArray[np.float32], near: NeighbourGraph) -> None:
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    def farthest_from(rows: NDArray[np.int64]) -> float:
        return float((1 - (unit @ unit[rows].T).max(axis=1)).max())

    found = chosen(vectors, near, unlabelled(), 12, "diverse")
    assert len(set(found.ids.tolist())) == 12
    by_chance = [farthest_from(np.random.default_rng(seed).permutation(len(vectors))[:12]) for seed in range(20)]
    assert farthest_from(found.ids) < min(by_chance)
    assert (np.diff(found.scores[1:]) <= 1e-3).all(), "each is at most as far from the ones before as the last one was"


def test_diverse_images_keep_away_from_what_has_labels(vectors: NDArray[np.float32], near: NeighbourGraph) -> None:
    codes = np.where(kinds() == 0, 0, -1).astype(np.int32)
    found = chosen(vectors, near, codes, 8, "diverse")
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    first = unit[found.ids[0]]
    assert found.scores[0] == pytest.approx(1 - (unit[codes == 0] @ first).max(), abs=1e-4)


def test_uncertain_images_lie_between_two_classes(vectors: NDArray[np.float32]) -> None:
    random = np.random.default_rng(3)
    one, other = vectors[kinds() == 0], vectors[kinds() == 1]
    between = (one[:30] + other[:30]) / 2 + 0.1 * random.normal(size=(30, D)).astype(np.float32)
    all_of = np.concatenate([one[:80], other[:80], between])
    codes = np.full(190, -1, np.int32)
    codes[:30], codes[80:110] = 0, 1
    found = chosen(all_of, graph(all_of, 20), codes, 10, "uncertain")
    assert np.mean(found.ids >= 160) >= 0.9
    assert "a (" in found.reason(0)
    assert "b (" in found.reason(0)
    case = found.cases()[0]
    assert case.suggestion is not None
    assert case.suggestion.label in NAMES


def test_combined_goes_from_typical_to_uncertain_as_labels_come(
    vectors: NDArray[np.float32], near: NeighbourGraph
) -> None:
    few, many = unlabelled(), unlabelled()
    few[[0, 170]] = kinds()[[0, 170]]
    rows = np.random.default_rng(0).permutation(sum(SIZES))[: labelling.FEW * len(NAMES) + 4]
    many[rows] = kinds()[rows]
    assert set(chosen(vectors, near, few, 5, "combined").why) == {labelling.TYPICAL}
    assert set(chosen(vectors, near, many, 5, "combined").why) == {labelling.UNCERTAIN}


@pytest.mark.parametrize("by", labelling.STRATEGIES)
def test_only_what_has_no_label_is_chosen_once_and_the_same_again(
    vectors: NDArray[np.float32], near: NeighbourGraph, by: str
) -> None:
    codes = np.where(np.arange(len(vectors)) % 5 == 0, kinds(), -1).astype(np.int32)
    found = chosen(vectors, near, codes, 1_000, by)
    assert sorted(found.ids.tolist()) == np.flatnonzero(codes < 0).tolist()
    one, again = (chosen(vectors, near, codes, 9, by) for _ in range(2))
    assert np.array_equal(one.ids, again.ids)
    assert Next.restored(one.arrays(), one.facts()).cases() == one.cases()


def test_where_all_have_labels_it_is_as_if_none_had(vectors: NDArray[np.float32], near: NeighbourGraph) -> None:
    found = chosen(vectors, near, np.abs(kinds()), 4, "combined")
    assert np.array_equal(found.ids, chosen(vectors, near, unlabelled(), 4, "combined").ids)
    assert "as if none" in found.note


def test_what_cannot_be_chosen_is_explained(vectors: NDArray[np.float32], near: NeighbourGraph) -> None:
    with pytest.raises(InvalidInput, match="two classes"):
        chosen(vectors, near, unlabelled(), 4, "uncertain")
    with pytest.raises(InvalidInput, match="typical"):
        chosen(vectors, near, unlabelled(), 4, "prettiest")
    with pytest.raises(InvalidInput, match="at least 1"):
        chosen(vectors, near, unlabelled(), 0, "typical")


def test_of_very_many_images_a_part_is_looked_at(
    vectors: NDArray[np.float32], near: NeighbourGraph, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(labelling, "POOL", 100)
    found = chosen(vectors, near, unlabelled(), 1_000, "diverse")
    assert len(set(found.ids.tolist())) == 100
    assert "among 100 images" in found.note
    codes = np.where(np.arange(len(vectors)) % 2, np.abs(kinds()), -1).astype(np.int32)
    assert (codes[chosen(vectors, near, codes, 9, "uncertain").ids] < 0).all()


def few_labels(count: int, seed: int) -> NDArray[np.int32]:
    codes = unlabelled()
    rows = np.random.default_rng(seed).permutation(sum(SIZES))[:count]
    codes[rows] = kinds()[rows]
    return codes


def test_labels_spread_to_their_kind_and_known_ones_stay(near: NeighbourGraph) -> None:
    codes = few_labels(40, 0)
    found = propagate(np.arange(len(codes)), near, codes, NAMES)
    assert np.array_equal(found.codes[codes >= 0], codes[codes >= 0])
    spread = found.spread()
    real = spread[kinds()[spread] >= 0]
    assert np.mean(found.codes[real] == kinds()[real]) > 0.9
    assert (np.diff(found.confidence[spread]) <= 0).all()
    assert (codes[spread] < 0).all()


@pytest.fixture(scope="module")
def blurred() -> tuple[NeighbourGraph, NDArray[np.int32]]:
    """Kinds that overlap, so that spreading errs."""
    random = np.random.default_rng(4)
    codes = np.repeat(np.arange(4), 150).astype(np.int32)
    vectors = random.normal(size=(4, D))[codes] * 0.45 + random.normal(size=(600, D))
    return graph(vectors.astype(np.float32), 30), codes


def test_the_estimate_is_honest(blurred: tuple[NeighbourGraph, NDArray[np.int32]]) -> None:
    near, truth = blurred
    held, gaps = [], []
    for seed in range(12):
        codes = np.full(600, -1, np.int32)
        rows = np.random.default_rng(seed).permutation(600)[:120]
        codes[rows] = truth[rows]
        found = propagate(np.arange(600), near, codes, NAMES, seed=seed)
        hidden = codes < 0
        real = float(np.mean(found.codes[hidden] == truth[hidden]))
        assert found.accuracy is not None
        assert found.interval is not None
        held.append(found.interval[0] <= real <= found.interval[1])
        gaps.append(found.accuracy - real)
    assert np.mean(held) >= 0.8
    assert abs(np.mean(gaps)) < 0.05
    assert real < 0.95, "there is something to err in"


def test_copies_do_not_give_a_hidden_label_away() -> None:
    random = np.random.default_rng(0)
    noise = random.normal(size=(100, D))  # says nothing of any label
    vectors = np.concatenate([noise, noise + 0.01 * random.normal(size=noise.shape)]).astype(np.float32)
    codes = np.tile(random.integers(0, 4, 100), 2).astype(np.int32)
    groups = np.tile(np.arange(100), 2)
    near = graph(vectors, 30)
    fooled = propagate(np.arange(200), near, codes, NAMES)
    honest = propagate(np.arange(200), near, codes, NAMES, groups=groups)
    assert fooled.accuracy is not None
    assert honest.accuracy is not None
    assert fooled.accuracy > 0.7
    assert honest.accuracy < 0.45


def test_what_counts_as_confident_is_as_precise_as_asked(
    blurred: tuple[NeighbourGraph, NDArray[np.int32]],
) -> None:
    near, truth = blurred
    codes = np.where(np.arange(600) % 2 == 0, truth, -1).astype(np.int32)
    found = propagate(np.arange(600), near, codes, NAMES)
    confident = found.confident(0.9)
    assert 0 < len(confident) < len(found.spread())
    assert np.mean(found.codes[confident] == truth[confident]) > 0.84
    assert len(found.confident(0.8)) >= len(confident)


def test_too_few_labels_are_no_evidence_for_any_line(near: NeighbourGraph) -> None:
    found = propagate(np.arange(near.n), near, few_labels(12, 1), NAMES)
    assert found.line() is None
    assert len(found.confident()) == 0
    again = Propagated.restored(found.arrays(), found.facts())
    assert (again.accuracy, again.interval) == (found.accuracy, found.interval)


def test_labels_of_one_class_spread_nothing(near: NeighbourGraph) -> None:
    codes = unlabelled()
    codes[:5] = 0
    with pytest.raises(InvalidInput, match="two classes"):
        propagate(np.arange(near.n), near, codes, NAMES)


def test_what_no_label_reaches_gets_none() -> None:
    vectors = np.concatenate([np.eye(2, 8).repeat(4, axis=0), np.eye(8)[6:].repeat(2, axis=0)]).astype(np.float32)
    codes = np.array([0, -1, -1, -1, 1, -1, -1, -1, -1, -1, -1, -1], np.int32)
    found = propagate(np.arange(12), graph(vectors, 1), codes, ("a", "b"))
    assert found.codes[8:].tolist() == [-1] * 4
    assert set(found.spread().tolist()).isdisjoint({8, 9, 10, 11})


def test_the_line_needs_evidence() -> None:
    right = np.ones(propagation._EVIDENCE - 1, bool)
    hidden = np.linspace(1, 0.5, len(right)).astype(np.float32)
    empty = np.empty(0, np.int64)
    nothing = Propagated(empty, empty.astype(np.int32), hidden[:0], empty.astype(bool), hidden, right, ("a",))
    assert nothing.line() is None
    more = Propagated(
        empty,
        empty.astype(np.int32),
        hidden[:0],
        empty.astype(bool),
        np.append(hidden, 0.4),
        np.append(right, True),
        ("a",),
    )
    assert more.line() == pytest.approx(0.4)
