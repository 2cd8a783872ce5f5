"""Neighbours and search, against numpy written out in full."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from embedding_core import neighbours
from embedding_core.errors import InvalidInput, InvalidQuery, InvalidVectors
from embedding_core.neighbours import (
    METRICS,
    exhaustive,
    graph,
    kernels,
    mean_query,
    partitioned,
    partitions,
    ranks,
    search,
)
from embedding_core.vectors import unit_rows

numbers = st.floats(-100, 100, width=32).map(lambda value: float(round(value, 2)))
matrices = st.tuples(st.integers(2, 12), st.integers(1, 5)).flatmap(
    lambda shape: arrays(np.float32, shape, elements=numbers)
)


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    lengths = float(np.linalg.norm(a)) * float(np.linalg.norm(b))
    return float(a.astype(np.float64) @ b) / lengths if lengths else 0.0


def oracle(metric: str, row: np.ndarray, query: np.ndarray, middle: np.ndarray) -> float:
    if metric == "cosine":
        return cosine(row, query)
    if metric == "dot":
        return float(row.astype(np.float64) @ query)
    if metric == "euclidean":
        return -float(np.linalg.norm(row.astype(np.float64) - query))
    if metric == "manhattan":
        return -float(np.abs(row.astype(np.float64) - query).sum())
    return float(((row > middle) == (query > middle)).mean())


@settings(max_examples=60, deadline=None)
@given(matrices, st.integers(1, 20))
def test_the_graph_is_exact_and_leaves_each_row_out(vectors: np.ndarray, k: int) -> None:
    n = len(vectors)
    found = graph(vectors, k)
    assert found.rows.shape == found.similarity.shape == (n, min(k, n - 1))
    for row in range(n):
        others = [other for other in range(n) if other != row]
        assert row not in found.rows[row]
        assert len(set(found.rows[row].tolist())) == found.k
        best = sorted((cosine(vectors[row], vectors[other]) for other in others), reverse=True)[: found.k]
        np.testing.assert_allclose(found.similarity[row], best, atol=1e-5)
        own = [cosine(vectors[row], vectors[other]) for other in found.rows[row]]
        np.testing.assert_allclose(found.similarity[row], own, atol=1e-5)


def test_copies_of_a_row_are_its_neighbours() -> None:
    vectors = np.array([[1, 0], [1, 0], [1, 0], [0, 1]], np.float32)
    found = graph(vectors, 2)
    assert [set(row) for row in found.rows[:3].tolist()] == [{1, 2}, {0, 2}, {0, 1}]


def test_a_set_larger_than_a_block_gives_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = np.random.default_rng(0).normal(size=(300, 8)).astype(np.float32)
    whole = graph(vectors, 5)
    monkeypatch.setattr(exhaustive, "TILE", 70)
    parts = graph(vectors, 5)
    np.testing.assert_array_equal(whole.rows, parts.rows)


def crowds(n: int, d: int = 16) -> np.ndarray:
    """Vectors (n, d) in 40 crowds, as those of images are, some of them copies."""
    random = np.random.default_rng(0)
    vectors = random.normal(size=(40, d))[random.integers(40, size=n)] + 0.4 * random.normal(size=(n, d))
    vectors[n - n // 20 :] = vectors[: n // 20]
    return vectors.astype(np.float32)


def test_a_large_set_is_searched_by_partitions_and_says_how_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partitions, "MEMBERS", 50)
    vectors = crowds(4_000)
    whole, parts = graph(vectors, 20, exact=True), graph(vectors, 20, exact=False)
    assert whole.recall == 1
    found = (parts.rows[:, :15, None] == whole.rows[:, None, :15]).any(axis=2).mean()
    assert 0.95 < found < 1, "all of them would mean that nothing was saved"
    assert parts.recall >= partitioned.RECALL
    assert parts.recall == pytest.approx(found, abs=0.02)
    rows = np.arange(len(vectors))[:, None]
    assert not (parts.rows == rows).any()
    assert all(len(set(row)) == 20 for row in parts.rows.tolist())
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    np.testing.assert_allclose(parts.similarity, np.einsum("nd,nkd->nk", unit, unit[parts.rows]), atol=1e-5)
    assert (np.diff(parts.similarity, axis=1) <= 0).all()


def test_partitions_give_the_same_graph_each_time() -> None:
    vectors = crowds(2_000)
    one, two = graph(vectors, 5, exact=False), graph(vectors, 5, exact=False)
    np.testing.assert_array_equal(one.rows, two.rows)


def test_rows_whose_partitions_hold_too_few_are_compared_with_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """With more neighbours asked for than the partitions that are looked at have rows."""
    monkeypatch.setattr(partitions, "MEMBERS", 20)
    monkeypatch.setattr(partitioned, "RECALL", 0.1)
    vectors = crowds(600)
    whole = graph(vectors, 40, exact=True)
    rows, similarity, _ = partitioned.best(unit_rows(vectors), 40, recall=0.1)
    assert (rows >= 0).all()
    short = np.isclose(similarity[:, -1], whole.similarity[:, -1], atol=1e-6)
    assert short.any(), "none was short of rows"


def test_what_a_graph_costs_decides_whether_it_is_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = crowds(1_000)
    monkeypatch.setattr("embedding_core.neighbours.building.EXACT", 1_000**2 * 16 / 2)
    assert graph(vectors, 5).recall == 1
    monkeypatch.setattr("embedding_core.neighbours.building.EXACT", 1_000**2 * 16 / 2 - 1)
    monkeypatch.setattr(partitioned, "best", lambda unit, k, cut, progress: (*kernels.empty(1_000, k), 0.5))
    assert graph(vectors, 5).recall == 0.5


@pytest.mark.parametrize("n", [0, 1, 2])
def test_few_rows_have_few_neighbours(n: int) -> None:
    assert graph(np.ones((n, 3), np.float32), 5).rows.shape == (n, max(0, n - 1))


@pytest.mark.parametrize("metric", METRICS)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_search_agrees_with_numpy_under_every_metric(metric: str, data: st.DataObject) -> None:
    vectors = data.draw(matrices)
    query = data.draw(arrays(np.float32, vectors.shape[1], elements=numbers))
    excluded = data.draw(st.sets(st.integers(0, len(vectors) - 1), max_size=len(vectors) - 1))
    k = data.draw(st.integers(1, len(vectors) - len(excluded)))
    found = search(vectors, query, k, metric, exclude=sorted(excluded))
    middle = vectors.mean(axis=0, dtype=np.float64)
    scores = [oracle(metric, row, query, middle) for row in vectors]
    allowed = sorted((score for row, score in enumerate(scores) if row not in excluded), reverse=True)
    np.testing.assert_allclose(found.similarity[0], allowed[:k], rtol=1e-4, atol=2e-3)
    assert not excluded & set(found.rows[0].tolist())
    assert len(set(found.rows[0].tolist())) == k


@pytest.mark.parametrize(
    ("query", "k", "metric", "exclude", "word"),
    [
        (np.ones(4), 1, "cosine", (), r"\(q, 3\)"),
        (np.full(3, np.nan), 1, "cosine", (), "finite"),
        (np.ones(3), 0, "cosine", (), "1 to 5"),
        (np.ones(3), 6, "cosine", (), "1 to 5"),
        (np.ones(3), 5, "cosine", (0,), "1 to 4"),
        (np.ones(3), 1, "chebyshev", (), "manhattan"),
        (np.ones(3), 1, "cosine", (9,), "9"),
    ],
)
def test_a_query_that_cannot_be_answered_is_explained(
    query: np.ndarray, k: int, metric: str, exclude: tuple[int, ...], word: str
) -> None:
    with pytest.raises(InvalidQuery, match=word):
        search(np.eye(5, 3, dtype=np.float32) + 1, query, k, metric, exclude=exclude)


def test_bad_vectors_are_refused() -> None:
    with pytest.raises(InvalidVectors, match="finite"):
        graph(np.array([[1, np.inf], [0, 1]], np.float32))
    with pytest.raises(InvalidVectors, match="shape"):
        graph(np.ones(3, np.float32))
    with pytest.raises(InvalidInput, match="0"):
        graph(np.ones((3, 2), np.float32), 0)


def test_a_mean_query_weighs_images_alike_under_cosine() -> None:
    loud, quiet = np.array([100, 0], np.float32), np.array([0, 1], np.float32)
    mean = mean_query(np.stack([loud, quiet]))
    assert mean[0] == pytest.approx(mean[1])


def test_arrays_cannot_be_written() -> None:
    found = graph(np.eye(3, dtype=np.float32))
    with pytest.raises(ValueError, match="read-only"):
        found.rows[0, 0] = 1


def test_zero_vectors_are_like_nothing_and_never_nan() -> None:
    vectors = np.array([[0, 0], [1, 0], [0, 0], [-1, 0]], np.float32)
    found = graph(vectors, 3)
    assert (found.similarity[[0, 2]] == 0).all()
    assert search(vectors, np.zeros(2), 4).similarity.tolist() == [[0, 0, 0, 0]]


def test_the_same_picture_is_at_no_distance_from_itself() -> None:
    vectors = np.random.default_rng(0).normal(scale=40, size=(50, 300)).astype(np.float32)
    for metric in ("euclidean", "manhattan"):
        found = search(vectors, vectors[7], 1, metric)
        assert (found.rows[0, 0], found.similarity[0, 0]) == (7, 0.0)
        assert str(found.similarity[0, 0].item()) == "0.0", "not -0.0"


def test_several_queries_in_blocks_agree_with_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = np.random.default_rng(0).normal(size=(60, 6)).astype(np.float32)
    monkeypatch.setattr("embedding_core.neighbours.estimates._NEAR", 6 * 7)
    for metric in METRICS:
        together = search(vectors, vectors[:7], 5, metric)
        for row in range(7):
            alone = search(vectors, vectors[row], 5, metric)
            np.testing.assert_array_equal(together.rows[row], alone.rows[0])


@pytest.mark.parametrize(
    ("metric", "value", "said"),
    [
        ("cosine", 0.8312, "similarity 0.83"),
        ("dot", 1234.5, "product 1,234"),
        ("euclidean", -12.44, "distance 12.4"),
        ("manhattan", -0.0, "distance 0"),
        ("hamming", 0.97, "97 % of bits equal"),
    ],
)
def test_similarities_are_said_as_people_read_them(metric: str, value: float, said: str) -> None:
    assert neighbours.words(metric, value) == said


def test_progress_ends_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[int, int | None]] = []
    monkeypatch.setattr(exhaustive, "TILE", 8)
    graph(
        np.eye(20, dtype=np.float32), 3, progress=lambda stage, done=0, total=None, note="": told.append((done, total))
    )
    assert told == [(0, 6), (1, 6), (3, 6), (6, 6)]


@pytest.mark.parametrize("metric", METRICS)
def test_ranks_are_the_places_in_a_search(metric: str) -> None:
    vectors = np.random.default_rng(0).normal(size=(60, 7)).astype(np.float32)
    vectors[50:] = vectors[10:20]  # copies, which tie
    for first, second in ((0, 1), (12, 52), (52, 12), (3, 55), (59, 58)):
        found = ranks(vectors, first, second, metric)
        for query, other, rank in ((first, second, found.second), (second, first, found.first)):
            listed = search(vectors, vectors[query], 59, metric, exclude=[query])
            assert listed.rows[0, rank - 1] == other
            assert listed.similarity[0, rank - 1] == pytest.approx(found.similarity, rel=1e-5)
        assert (found.others, found.metric) == (59, metric)


def test_ranks_are_the_same_block_by_block(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = np.random.default_rng(0).normal(size=(60, 7)).astype(np.float32)
    whole = ranks(vectors, 3, 9)
    monkeypatch.setattr("embedding_core.neighbours.estimates._NEAR", 7 * 11)
    found = ranks(vectors, 3, 9)
    assert (found.first, found.second) == (whole.first, whole.second)
    assert found.similarity == pytest.approx(whole.similarity, abs=1e-6)


def test_a_crowd_is_not_mutual() -> None:
    vectors = np.array([[1, 0], [1, 0.1], [1, 0.11], [1, 0.12], [1, 0.9]], np.float32)
    found = ranks(vectors, 4, 3)
    assert (found.second, found.first) == (1, 4)


def test_ranks_of_rows_that_are_not_two_are_refused() -> None:
    for first, second in ((1, 1), (0, 5), (-1, 2)):
        with pytest.raises(InvalidQuery, match="two different rows in 0 to 4"):
            ranks(np.eye(5, dtype=np.float32), first, second)
