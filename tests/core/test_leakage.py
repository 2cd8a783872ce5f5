"""Groups across splits are found, and what they feign is what planting them has added."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from embedding_core.errors import InvalidInput
from embedding_core.quality import intervals
from embedding_core.quality.groups import alike, by_value, joined
from embedding_core.quality.leakage.feigned import Feigned
from embedding_core.quality.leakage.finding import DUPLICATE, Leakage, leakage

CLASSES, EACH, D = 5, 80, 160
COPIES = 50


@dataclass(frozen=True)
class Set:
    vectors: NDArray[np.float32]
    labels: list[str | None]
    splits: list[str | None]
    groups: NDArray[np.int32]

    def found(self, **groupings: NDArray[np.int32]) -> Leakage:
        ids = np.arange(100, 100 + len(self.vectors))
        return leakage(ids, self.vectors, self.labels, self.splits, groupings or {DUPLICATE: self.groups})


@pytest.fixture(scope="module")
def clean() -> Set:
    """Five classes that overlap, three quarters of them for training."""
    random = np.random.default_rng(0)
    codes = np.repeat(np.arange(CLASSES), EACH)
    vectors = 0.2 * random.normal(size=(CLASSES, D))[codes] + random.normal(size=(len(codes), D))
    splits = np.where(random.random(len(codes)) < 0.75, "train", "test")
    labels: list[str | None] = [f"class {code}" for code in codes]
    return Set(vectors.astype(np.float32), labels, splits.tolist(), np.full(len(codes), -1, np.int32))


@pytest.fixture(scope="module")
def planted(clean: Set) -> Set:
    """The same, and copies of test images among those that train, hardly changed."""
    random = np.random.default_rng(1)
    n = len(clean.vectors)
    chosen = random.choice(np.flatnonzero(np.array(clean.splits) == "test"), COPIES, replace=False)
    copies = clean.vectors[chosen] + 0.05 * random.normal(size=(COPIES, D)).astype(np.float32)
    groups = np.full(n + COPIES, -1, np.int32)
    groups[chosen] = groups[n:] = np.arange(COPIES)
    return Set(
        np.concatenate([clean.vectors, copies]),
        [*clean.labels, *(clean.labels[row] for row in chosen)],
        [*clean.splits, *["train"] * COPIES],
        groups,
    )


def measured(found: Leakage) -> Feigned:
    assert found.feigned is not None
    return found.feigned


def test_what_is_feigned_is_what_planting_has_added(clean: Set, planted: Set) -> None:
    truth = measured(clean.found())
    found = planted.found()
    feigned = measured(found)
    assert found.count == feigned.taken == COPIES
    assert feigned.accuracy_without == pytest.approx(truth.accuracy_with, abs=0.01)
    assert feigned.feigned > 0.02, "the copies do feign something here"
    assert feigned.difference[0] < feigned.feigned < feigned.difference[1]
    assert abs(feigned.accuracy_fewer - feigned.accuracy_with) < feigned.feigned, "fewer images alone cost less"


def test_without_leakage_nothing_is_feigned(clean: Set) -> None:
    found = clean.found()
    assert found.count == 0
    assert measured(found).feigned == measured(found).taken == 0
    assert measured(found).difference == (0, 0)


def test_cases_show_the_test_image_first_and_would_remove_the_copy(planted: Set) -> None:
    found = planted.found()
    n = len(planted.vectors) - COPIES
    cases = found.cases()
    assert len(cases) == COPIES
    assert [case.score for case in cases] == sorted((case.score for case in cases), reverse=True)
    for case in cases:
        kept, copy = (image - 100 for image in case.ids)
        assert planted.splits[kept] == "test"
        assert copy >= n
        assert case.suggestion is not None
        assert case.suggestion.ids == (copy + 100,)
        assert "1 in train and 1 in test" in case.reason


def test_a_column_is_a_kind_of_its_own_and_suggests_no_removal(clean: Set) -> None:
    patients = by_value([f"patient {row % 40}" if row % 3 else None for row in range(len(clean.vectors))])
    found = clean.found(**{DUPLICATE: clean.groups, "column:patient": patients})
    assert {found.kind(group) for group in range(found.count)} == {"column:patient"}
    assert all(case.suggestion is None for case in found.cases())
    assert all(len(found.counts(group)) == 2 for group in range(found.count))


def test_where_all_that_trains_has_leaked_no_figure_is_given(clean: Set) -> None:
    found = clean.found(**{"column:patient": by_value(["the only one"] * len(clean.vectors))})
    assert found.count == 1
    assert found.feigned is None
    assert "too little is left" in found.said


def test_images_of_no_split_leak_nothing() -> None:
    splits = ["train", None, "test", None]
    groups = np.array([0, 0, 1, 1], np.int32)
    found = Set(np.eye(4, dtype=np.float32), [None] * 4, splits, groups).found()
    assert found.count == 0
    assert found.feigned is None


def test_validation_is_scored_where_there_is_no_test(clean: Set) -> None:
    splits: list[str | None] = ["val" if split == "test" else split for split in clean.splits]
    found = Set(clean.vectors, clean.labels, splits, clean.groups).found()
    assert (found.train, found.test) == ("train", "val")
    other: list[str | None] = ["a" if split == "test" else "b" for split in clean.splits]
    found = Set(clean.vectors, clean.labels, other, clean.groups).found()
    assert {found.train, found.test} == {"a", "b"}


def test_without_splits_the_two_commands_that_make_them_are_named() -> None:
    with pytest.raises(InvalidInput, match=r"label NAME --split.*split NAME --apply"):
        Set(np.eye(3, dtype=np.float32), [None] * 3, [None, "train", None], np.full(3, -1, np.int32)).found()


def test_a_result_is_restored_without_loss(planted: Set) -> None:
    found = planted.found()
    again = Leakage.restored(found.arrays(), found.facts())
    assert again.cases() == found.cases()
    assert (again.feigned, again.said) == (found.feigned, found.said)


def test_groups_that_overlap_are_joined() -> None:
    one, other = np.array([0, 0, -1, -1, -1]), np.array([-1, 4, 4, -1, -1])
    groups = joined([one, other], 5)
    assert groups[0] == groups[1] == groups[2]
    assert len(set(groups.tolist())) == 3
    with pytest.raises(InvalidInput, match="shape"):
        joined([one[:3]], 5)


def test_alike_groups_follow_chains_of_neighbours() -> None:
    from embedding_core.neighbours import graph

    angles = np.array([0, 0.1, 0.2, 1.5, 3])
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    groups = alike(graph(vectors, 2), 0.99)
    assert groups[0] == groups[1] == groups[2] >= 0
    assert groups[3] == groups[4] == -1


@pytest.mark.parametrize(("rate", "n"), [(0.5, 50), (0.9, 50), (0.97, 200)])
def test_intervals_of_shares_hold_what_they_promise(rate: float, n: int) -> None:
    drawn = np.random.default_rng(0).binomial(n, rate, 2_000)
    held = [low <= rate <= high for low, high in (intervals.share(int(hits), n) for hits in drawn)]
    assert 0.92 < np.mean(held) < 0.99
