"""Ways to compare vectors, on the same questions, against scipy and scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from sklearn.metrics import average_precision_score

from embedding_core import neighbours
from embedding_core.errors import InvalidInput
from embedding_core.evaluate.comparison.metrics import compare_metrics, sentences
from embedding_core.evaluate.comparison.votes import ranked
from embedding_core.evaluate.comparison.ways import WAYS, seen, similarities, whitened
from embedding_core.records import silent
from tests.core.test_compare_encoders import CLASSES, clouds


@pytest.mark.parametrize(
    ("way", "oracle"),
    [("cosine", "cosine"), ("euclidean", "sqeuclidean"), ("manhattan", "cityblock"), ("dot", None)],
)
def test_each_way_ranks_as_scipy_does(way: str, oracle: str | None) -> None:
    vectors, _ = clouds(150)
    vectors = vectors + 2
    found = similarities(seen(vectors, way), np.arange(150))
    exact = (
        vectors.astype(np.float64) @ vectors.T.astype(np.float64)
        if oracle is None
        else -cdist(vectors, vectors, oracle)
    )
    np.fill_diagonal(exact, -np.inf)
    np.fill_diagonal(found, -np.inf)
    best = np.take_along_axis(exact, np.argsort(-found, axis=1)[:, :20], axis=1)
    np.testing.assert_allclose(best, np.sort(exact, axis=1)[:, ::-1][:, :20], rtol=1e-4, atol=1e-4)


def test_bits_are_those_of_search_and_scipys_hamming() -> None:
    vectors, _ = clouds(150, d=100)
    ready = seen(vectors, "hamming")
    assert ready.nbytes == 13  # of 400
    bits = vectors > vectors.mean(axis=0, dtype=np.float64)
    found = similarities(ready, np.arange(150))
    np.testing.assert_allclose((1 - found / 100) / 2, cdist(bits, bits, "hamming"), atol=1e-6)
    near = neighbours.search(neighbours.Flat(vectors).vectors, vectors[0], 10, "hamming")
    np.testing.assert_allclose(np.sort((found[0] / 100 + 1) / 2)[::-1][:10], near.similarity[0], atol=1e-6)


def test_whitened_vectors_are_uncorrelated_and_as_the_mahalanobis_distance_has_them() -> None:
    chance = np.random.default_rng(0)
    vectors = (chance.normal(size=(400, 12)) @ chance.normal(size=(12, 12)) + 5).astype(np.float32)
    rows = whitened(vectors)
    np.testing.assert_allclose(np.cov(rows.T, bias=True), np.eye(rows.shape[1]), atol=5e-3)
    inverse = np.linalg.inv(np.cov(vectors.T, bias=True))
    np.testing.assert_allclose(
        cdist(rows, rows), cdist(vectors, vectors, "mahalanobis", VI=inverse), rtol=1e-2, atol=1e-2
    )


def test_whitening_keeps_no_more_axes_than_images_can_tell() -> None:
    vectors = np.random.default_rng(0).normal(size=(40, 64)).astype(np.float32)
    assert whitened(vectors).shape == (40, 10)


@pytest.mark.parametrize("way", ["cosine", "hamming"])
def test_average_precision_is_scikit_learns_also_where_bits_tie(way: str) -> None:
    vectors, codes = clouds(120)
    codes = np.where(np.arange(120) < 5, -1, codes)
    groups = np.where(np.arange(120) > 100, 1, -1)
    asked = np.arange(50, 110, 3)
    ready = seen(vectors, way)
    found = ranked(ready, codes, groups, asked)
    alike = similarities(ready, asked)
    for line, row in enumerate(asked.tolist()):
        there = (np.arange(120) != row) & (codes >= 0) & ~((groups == groups[row]) & (groups[row] >= 0))
        expected = average_precision_score(codes[there] == codes[row], alike[line, there])
        assert found.precision[line] == pytest.approx(expected, abs=1e-5)
    quick = ranked(ready, codes, groups, asked, precise=False)
    if way == "cosine":
        assert (quick.voted == found.voted).all()


def test_a_class_of_one_image_is_not_retrieved_and_a_tie_goes_to_the_nearest() -> None:
    vectors = np.array([[1, 0], [1, 0.1], [1, 0.2], [1, 0.3], [1, 0.4]], np.float32)
    codes = np.array([0, 1, 2, 2, 1])
    found = ranked(seen(vectors, "cosine"), codes, np.full(5, -1), np.array([0]), k=4)
    assert np.isnan(found.precision[0])
    assert found.voted[0] == 1  # of 1, 2, 2, 1


def test_metrics_are_judged_on_the_same_images_and_bits_take_a_32nd() -> None:
    _, codes = clouds(400)
    chance = np.random.default_rng(0)
    vectors = (chance.normal(size=(CLASSES, 64))[codes] + chance.normal(0, 2.5, (400, 64))).astype(np.float32)
    groups = np.where(np.arange(400) < 40, np.arange(400) // 4, -1)
    found = compare_metrics(np.arange(400), vectors, codes, groups, images=1000, progress=silent)
    assert found.ways == WAYS
    assert found.bytes_of("cosine") == 32 * found.bytes_of("hamming") == 4 * found.bytes_of("int8")
    assert abs(found.accuracy("int8") - found.accuracy("cosine")) < 0.02
    assert found.accuracy("hamming") > 0.5
    for way, one in found.differences().items():
        assert one.change == pytest.approx(found.accuracy(way) - found.accuracy("cosine"))
    assert "32 times less room" in sentences(found)[-1]
    kept = type(found).restored(found.arrays(), found.facts())
    assert kept.differences() == found.differences() and kept.bytes_of("whitened") == found.bytes_of("whitened")


def test_vectors_of_one_length_rank_alike_by_cosine_euclidean_and_dot() -> None:
    vectors, codes = clouds(200)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    found = compare_metrics(np.arange(200), unit, codes, np.full(200, -1), progress=silent)
    assert [way for way in WAYS if found.same(way)][:3] == ["cosine", "euclidean", "dot"]
    assert not found.same("hamming")
    assert "rank as cosine does" in sentences(found)[0]


def test_what_length_spoils_is_told() -> None:
    """Directions say the class; lengths are noise, and mislead every metric that looks at them."""
    vectors, codes = clouds(400, noise=0.6)
    vectors, lengths = vectors + 1, np.exp(np.random.default_rng(1).normal(0, 1, 400))[:, None]
    found = compare_metrics(
        np.arange(400), (vectors * lengths).astype(np.float32), codes, np.full(400, -1), progress=silent
    )
    assert found.differences()["dot"].worse
    assert sentences(found)[0].startswith("Stay with cosine")


def test_a_metric_of_another_name_is_refused() -> None:
    with pytest.raises(InvalidInput, match="Known: cosine"):
        seen(np.ones((3, 2), np.float32), "chebyshev")
