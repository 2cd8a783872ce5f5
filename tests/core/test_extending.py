"""A graph that is extended is the one that would be found anew; a sketch finds true neighbours among its landmarks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedding_core import neighbours
from embedding_core.neighbours import NeighbourGraph, graph
from embedding_core.vectors import unit_rows


def scattered(n: int, d: int = 8, seed: int = 0) -> np.ndarray:
    return unit_rows(np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32))


def same(one: NeighbourGraph, other: NeighbourGraph) -> None:
    np.testing.assert_allclose(one.similarity, other.similarity, atol=1e-6)
    assert (np.sort(one.rows) == np.sort(other.rows)).mean() > 0.999, "but for those that tie"


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 1000),
    old=st.integers(12, 90),
    new=st.integers(0, 40),
    gone=st.integers(0, 30),
    shuffled=st.booleans(),
)
def test_an_extended_graph_is_the_one_found_anew(seed: int, old: int, new: int, gone: int, shuffled: bool) -> None:
    random = np.random.default_rng(seed)
    before = scattered(old, seed=seed)
    stayed = np.sort(random.choice(old, old - min(gone, old - 10), replace=False))
    rows = np.concatenate([stayed, np.full(new, -1)])
    vectors = np.concatenate([before[stayed], scattered(new, seed=seed + 1)])
    if shuffled:
        order = random.permutation(len(rows))
        rows, vectors = rows[order], vectors[order]
    known = graph(before, 6)
    same(neighbours.extended(vectors, known, neighbours.change(known, rows)), graph(vectors, 6))


def test_only_new_rows_and_those_that_lost_a_neighbour_are_searched_for() -> None:
    before = scattered(200)
    known = graph(before, 5)
    rows = np.append(np.delete(np.arange(200), 7), [-1, -1])
    lacking = neighbours.change(known, rows)
    bereft = [np.flatnonzero(rows == row)[0] for row in np.flatnonzero((known.rows == 7).any(axis=1)) if row != 7]
    assert sorted(lacking.searched.tolist()) == sorted([*bereft, 199, 200])
    assert lacking.new.tolist() == [199, 200]


def test_a_copy_that_comes_later_is_found_by_its_original() -> None:
    before = scattered(50)
    known = graph(before, 5)
    vectors = np.concatenate([before, before[20:21]])
    extended = neighbours.extended(vectors, known, neighbours.change(known, np.append(np.arange(50), -1)))
    assert extended.rows[20, 0] == 50
    assert extended.rows[50, 0] == 20


def test_a_graph_found_approximately_stays_so() -> None:
    before = scattered(60)
    exact = graph(before, 5)
    known = NeighbourGraph(exact.rows, exact.similarity, recall=0.97)
    vectors = np.concatenate([before, scattered(5, seed=3)])
    lacking = neighbours.change(known, np.append(np.arange(60), np.full(5, -1)))
    assert neighbours.extended(vectors, known, lacking).recall == 0.97


@pytest.mark.parametrize("exact", [True, False])
def test_neighbours_among_others_are_the_true_ones(exact: bool) -> None:
    centres = scattered(40, 16, 5) * 3
    random = np.random.default_rng(0)
    rows, queries = (
        unit_rows((centres[random.integers(0, 40, n)] + random.normal(size=(n, 16))).astype(np.float32))
        for n in (4_000, 500)
    )
    found, similarity, recall = neighbours.among(queries, rows, 10, exact=exact)
    cosine = queries @ rows.T
    true = np.argsort(-cosine, axis=1)[:, :10]
    shared = np.mean([len(np.intersect1d(one, other)) for one, other in zip(found, true, strict=True)]) / 10
    assert shared > (0.9999 if exact else 0.95)
    assert recall == pytest.approx(shared, abs=0.03)
    np.testing.assert_allclose(similarity, np.take_along_axis(cosine, found.astype(np.int64), axis=1), atol=1e-5)
    assert (np.diff(similarity, axis=1) <= 0).all()


def test_a_sketch_looks_among_landmarks_alone_and_nobody_is_its_own() -> None:
    vectors = scattered(300)
    vectors[10:30] = vectors[9]
    sketch = neighbours.sketch(vectors, 5, landmarks=60, seed=1)
    assert sketch.among is not None
    assert sketch.among.shape == (60,)
    assert (np.diff(sketch.among) > 0).all()
    assert np.isin(sketch.rows, sketch.among).all()
    assert not (sketch.rows == np.arange(300)[:, None]).any()
    cosine = vectors @ vectors[sketch.among].T
    cosine[sketch.among, np.arange(60)] = -np.inf
    np.testing.assert_allclose(sketch.similarity, -np.sort(-cosine, axis=1)[:, :5], atol=1e-5)
    again = neighbours.sketch(vectors, 5, landmarks=60, seed=1)
    np.testing.assert_array_equal(again.rows, sketch.rows)
    assert not np.array_equal(neighbours.sketch(vectors, 5, landmarks=60, seed=2).among, sketch.among)
