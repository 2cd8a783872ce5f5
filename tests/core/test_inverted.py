"""The index: what it says of its recall is what it finds, and what it cannot answer is answered exactly."""

from __future__ import annotations

import numpy as np
import pytest

from embedding_core.neighbours import METRICS, Flat, inverted, partitions
from embedding_core.neighbours.inverted import DEPTHS, SERVED, Index, Indexed, measured
from embedding_core.neighbours.partitions import Partitions

N = 6_000


@pytest.fixture
def vectors(monkeypatch: pytest.MonkeyPatch) -> np.ndarray:
    """Crowds that overlap, of about equally long vectors."""
    monkeypatch.setattr(partitions, "MEMBERS", 50)
    random = np.random.default_rng(0)
    centres = random.normal(size=(60, 16))
    return (centres[random.integers(60, size=N)] + 0.5 * random.normal(size=(N, 16))).astype(np.float32)


def indexed(vectors: np.ndarray, index: Index) -> Indexed:
    ordered = np.empty_like(vectors)
    ordered[inverted.places(index)] = vectors
    return Indexed.of(ordered, index)


def seen(vectors: np.ndarray, through: Indexed, metric: str, k: int, asked: int = 200) -> float:
    """The share of the true neighbours that searches find for rows of the set."""
    flat, shares = Flat(vectors), []
    for row in range(0, N, N // asked):
        true = flat.search(vectors[row], k, metric, exclude=[row]).rows[0]
        found = through.search(vectors[row], k, metric, exclude=[row]).rows[0]
        assert row not in found
        shares.append(np.isin(true, found).mean())
    return float(np.mean(shares))


def test_the_recall_is_the_one_that_is_seen(vectors: np.ndarray) -> None:
    index = measured(vectors, partitions.partition(vectors))
    through = indexed(vectors, index)
    for metric in ("cosine", "euclidean"):
        assert metric in index.at_ten()
        for k in (9, 29):
            said = through.search(vectors[0], k, metric, exclude=[0]).recall
            assert inverted.LEAST <= said < 1
            assert seen(vectors, through, metric, k) == pytest.approx(said, abs=0.02)


def test_a_poor_index_says_so(vectors: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    """With fewer partitions looked into than are needed, by a low aim, the figure is low as well."""
    monkeypatch.setattr(inverted, "AIM", 0.6)
    monkeypatch.setattr(inverted, "LEAST", 0.0)
    through = indexed(vectors, measured(vectors, partitions.partition(vectors)))
    said = through.search(vectors[0], 9, exclude=[0]).recall
    assert said < 0.8
    assert seen(vectors, through, "cosine", 9) == pytest.approx(said, abs=0.04)


def test_an_index_below_the_least_recall_answers_nothing(vectors: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inverted, "AIM", 0.6)
    through = indexed(vectors, measured(vectors, partitions.partition(vectors)))
    assert through.index.at_ten() == {}
    assert through.search(vectors[0], 9).recall == 1
    assert seen(vectors, through, "cosine", 9, asked=20) == 1


def test_partitions_that_have_nothing_to_do_with_the_vectors_are_noticed(vectors: np.ndarray) -> None:
    cut = partitions.partition(vectors)
    wrong = Partitions(cut.centres, np.random.default_rng(1).permutation(cut.partition))
    index = measured(vectors, wrong)
    assert not index.probes.any(), "rows scattered over all partitions cannot be found in a few"
    assert seen(vectors, indexed(vectors, index), "cosine", 9, asked=20) == 1


def test_the_dot_product_of_very_unequal_lengths_is_exact(vectors: np.ndarray) -> None:
    unequal = vectors * np.random.default_rng(0).lognormal(0, 2, (N, 1)).astype(np.float32)
    index = measured(unequal, partitions.partition(unequal))
    assert "cosine" in index.at_ten()
    assert "dot" not in index.at_ten(), "the longest rows are everyone's neighbours, in whichever partition"
    assert indexed(unequal, index).search(unequal[0], 9, "dot").recall == 1


def test_what_the_index_does_not_answer_is_exact(vectors: np.ndarray) -> None:
    through = indexed(vectors, measured(vectors, partitions.partition(vectors)))
    flat = Flat(vectors)
    most = np.random.default_rng(0).random(N) < 0.5
    few = np.ones(N, bool)
    few[::600] = False
    cases = [(metric, 9, ()) for metric in METRICS if metric not in SERVED]
    cases += [("cosine", DEPTHS[-1] + 1, ()), ("cosine", 9, most), ("euclidean", 9, few)]
    for metric, k, exclude in cases:
        found = through.search(vectors[5], k, metric, exclude=exclude)
        true = flat.search(vectors[5], k, metric, exclude=exclude)
        assert found.recall == 1
        np.testing.assert_array_equal(found.rows, true.rows)


def test_rows_that_are_left_out_do_not_come_through_the_index(vectors: np.ndarray) -> None:
    through = indexed(vectors, measured(vectors, partitions.partition(vectors)))
    nearest = Flat(vectors).search(vectors[5], 8).rows[0]
    for exclude in (nearest, np.isin(np.arange(N), nearest)):
        found = through.search(vectors[5], 9, exclude=exclude)
        assert found.recall < 1, "it went through the index"
        assert not np.isin(found.rows, nearest).any()


def test_what_is_found_is_as_alike_as_an_exact_search_says(vectors: np.ndarray) -> None:
    through = indexed(vectors, measured(vectors, partitions.partition(vectors)))
    found = through.search(vectors[5], 9)
    true = Flat(vectors).search(vectors[5], N)
    like = dict(zip(true.rows[0].tolist(), true.similarity[0].tolist(), strict=True))
    assert [like[row] for row in found.rows[0].tolist()] == found.similarity[0].tolist()
    assert found.rows[0, 0] == 5


def test_partitions_with_fewer_rows_than_are_asked_for_are_not_the_end(vectors: np.ndarray) -> None:
    index = measured(vectors, partitions.partition(vectors))
    lonely = index.cut.partition.copy()
    lonely[:] = 1
    lonely[0] = 0  # one row in the first partition
    centres = index.cut.centres.copy()
    centres[0] = vectors[0] / np.linalg.norm(vectors[0])
    one = Index(Partitions(centres, lonely), np.ones_like(index.probes), index.recall)
    found = indexed(vectors, one).search(vectors[0], 9)
    np.testing.assert_array_equal(found.rows, Flat(vectors).search(vectors[0], 9).rows)


def test_the_same_vectors_make_the_same_index(vectors: np.ndarray) -> None:
    one, two = (measured(vectors, partitions.partition(vectors)) for _ in range(2))
    np.testing.assert_array_equal(one.cut.partition, two.cut.partition)
    np.testing.assert_array_equal(one.probes, two.probes)
    np.testing.assert_array_equal(one.recall, two.recall)
