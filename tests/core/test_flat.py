"""Exact search in a set made ready once: the same rows as numpy finds, whatever the scale, ties and gaps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from embedding_core.errors import InvalidQuery, InvalidVectors
from embedding_core.neighbours import METRICS, Flat
from embedding_core.neighbours.estimates import Estimates

# Whole numbers times powers of two: their products are exact in float64, so ties are ties.
whole = st.tuples(st.integers(2, 12), st.integers(1, 4)).flatmap(
    lambda shape: arrays(np.float32, shape, elements=st.integers(-3, 3).map(float))
)


def truth(metric: str, vectors: np.ndarray, query: np.ndarray) -> np.ndarray:
    """Similarities (n,) written out in float64, rounded once."""
    rows, asked = vectors.astype(np.float64), query.astype(np.float64)
    if metric == "hamming":
        middle = vectors.mean(axis=0, dtype=np.float64)
        return ((rows > middle) == (asked > middle)).mean(axis=1).astype(np.float32)
    if metric == "euclidean":
        return (0 - np.sqrt(((rows - asked) ** 2).sum(axis=1))).astype(np.float32)
    if metric == "manhattan":
        return (0 - np.abs(rows - asked).sum(axis=1)).astype(np.float32)
    product = (rows * asked).sum(axis=1)
    if metric == "dot":
        return product.astype(np.float32)
    lengths = np.sqrt((rows**2).sum(axis=1)) * np.sqrt((asked**2).sum())
    return np.clip(product / np.where(lengths > 0, lengths, 1), -1, 1).astype(np.float32)


def best(metric: str, vectors: np.ndarray, query: np.ndarray, allowed: np.ndarray, k: int) -> np.ndarray:
    """The best rows (k,), equals by row number."""
    rows = np.flatnonzero(allowed)
    return rows[np.lexsort((rows, -truth(metric, vectors, query)[rows]))][:k]


@pytest.mark.parametrize("metric", METRICS)
@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_rows_and_ties_are_those_of_numpy_at_any_scale(metric: str, data: st.DataObject) -> None:
    vectors = data.draw(whole)
    n = len(vectors)
    if metric in ("cosine", "dot"):  # of the others far apart scales leave float64 itself inexact
        vectors = vectors * np.exp2(data.draw(arrays(np.float32, (n, 1), elements=st.sampled_from([-90, -3, 0, 40]))))
    query = vectors[data.draw(st.integers(0, n - 1))]
    excluded = data.draw(st.sets(st.integers(0, n - 1), max_size=n - 1))
    allowed = ~np.isin(np.arange(n), list(excluded))
    k = data.draw(st.integers(1, n - len(excluded)))
    wanted = best(metric, vectors, query, allowed, k)
    order = np.array(data.draw(st.permutations(range(n))), np.int32)
    for flat in (Flat(vectors), Flat(vectors[order], order)):
        for exclude in (sorted(excluded), ~allowed):
            found = flat.search(query, k, metric, exclude=exclude)
            assert found.rows[0].tolist() == wanted.tolist()
            assert found.recall == 1


@pytest.mark.parametrize("metric", METRICS)
def test_copies_tie_by_row_wherever_they_lie(metric: str) -> None:
    vectors = np.random.default_rng(0).normal(size=(997, 131)).astype(np.float32)
    copies = [3, 64, 500, 995, 996]
    vectors[copies] = vectors[3]
    found = Flat(vectors).search(vectors[3], 5, metric)
    assert found.rows[0].tolist() == copies
    assert len(set(found.similarity[0].tolist())) == 1


def test_distances_far_from_the_origin_are_told_apart() -> None:
    """Expanded squares alone lose them: of numbers around 1,000 they keep no digit of distances around 0.01."""
    vectors = (1000 + 1e-3 * np.random.default_rng(0).normal(size=(400, 64))).astype(np.float32)
    wanted = best("euclidean", vectors, vectors[9], np.ones(400, bool), 20)
    found = Flat(vectors).search(vectors[9], 20, "euclidean")
    assert found.rows[0].tolist() == wanted.tolist()
    expanded = vectors @ vectors[9] - (vectors * vectors).sum(axis=1) / 2
    assert np.argsort(-expanded)[:20].tolist() != wanted.tolist(), "the case is too easy"


@pytest.mark.parametrize("metric", ["cosine", "dot", "euclidean", "manhattan"])
def test_estimates_err_by_no_more_than_they_say(metric: str) -> None:
    random = np.random.default_rng(0)
    vectors = (random.normal(size=(3_000, 500)) * random.uniform(0.1, 30, (3_000, 1)) + 5).astype(np.float32)
    query = vectors[7]
    likeness, error = Estimates(vectors).of(metric, query, slice(0, 3_000))
    rows, asked = vectors.astype(np.float64), query.astype(np.float64)
    true = truth(metric, vectors, query).astype(np.float64)
    if metric == "euclidean":
        true = rows @ asked - (rows**2).sum(axis=1) / 2
    off = np.abs(likeness - true)
    assert (off <= error).all()
    assert off.max() > error.max() / 1_000, "an error that says nothing makes every row a candidate"


def test_parts_by_number_are_estimated_as_parts_in_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("embedding_core.neighbours.estimates._NEAR", 7 * 11)
    vectors = np.random.default_rng(0).normal(size=(60, 7)).astype(np.float32)
    vectors[20] = 0
    estimates = Estimates(vectors)
    for metric in METRICS:
        by_number = estimates.of(metric, vectors[3], np.arange(10, 50))
        in_a_row = estimates.of(metric, vectors[3], slice(10, 50))
        for one, other in zip(by_number, in_a_row, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


def test_of_few_that_are_left_each_is_compared() -> None:
    vectors = np.random.default_rng(0).normal(size=(500, 9)).astype(np.float32)
    for left in (3, 100, 400):
        mask = np.ones(500, bool)
        mask[np.random.default_rng(left).choice(500, left, replace=False)] = False
        for metric in METRICS[:4]:
            found = Flat(vectors).search(vectors[0], 3, metric, exclude=mask)
            assert found.rows[0].tolist() == best(metric, vectors, vectors[0], ~mask, 3).tolist()


def test_what_cannot_be_left_out_is_explained() -> None:
    flat = Flat(np.eye(5, 3, dtype=np.float32))
    with pytest.raises(InvalidQuery, match=r"shape \(5,\), not \(4,\)"):
        flat.search(np.ones(3), 1, exclude=np.zeros(4, bool))
    with pytest.raises(InvalidQuery, match="0 to 4, not -1 to 2"):
        flat.search(np.ones(3), 1, exclude=[-1, 2])
    with pytest.raises(InvalidQuery, match="1 to 0"):
        flat.search(np.ones(3), 1, exclude=np.ones(5, bool))
    with pytest.raises(InvalidVectors, match="finite"):
        Flat(np.full((2, 2), np.nan, np.float32))


def test_vectors_are_not_copied() -> None:
    vectors = np.random.default_rng(0).normal(size=(50, 6)).astype(np.float32)
    flat = Flat(vectors)
    for metric in METRICS:
        flat.search(vectors[0], 3, metric)
    assert np.shares_memory(flat.vectors, vectors)
    with pytest.raises(ValueError, match="read-only"):
        flat.vectors[0, 0] = 1


def test_products_that_float32_cannot_hold_are_compared_all_the_same() -> None:
    vectors = np.array([[3e38, 0], [2e38, 2e38], [1e-40, 1e-40], [0, 1]], np.float32)
    found = Flat(vectors).search(np.array([1e-40, 1e-40]), 4)
    assert found.rows[0].tolist() == [1, 2, 0, 3]
    far = Flat(vectors).search(vectors[0], 4, "euclidean")
    assert far.rows[0].tolist() == [0, 1, 2, 3]
    assert np.isfinite(far.similarity).all()
