"""Separation, shape, confusion and stability, against scikit-learn, SciPy and sets whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import skew
from sklearn.metrics import (
    adjusted_rand_score,
    confusion_matrix,
    normalized_mutual_info_score,
    precision_recall_fscore_support,
    silhouette_samples,
)
from sklearn.metrics.pairwise import cosine_similarity

from embedding_core import neighbours
from embedding_core.clusters import cluster
from embedding_core.evaluate.card import stability
from embedding_core.evaluate.card.confusion import Confusion
from embedding_core.evaluate.card.separation import separation
from embedding_core.evaluate.card.shape import anisotropy_of, dimension_of, effective_rank_of, hubness_of, shape
from embedding_core.vectors import unit_rows
from tests.core import emojis
from tests.core.test_knn import clouds, of


def unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    return unit_rows(vectors.astype(np.float32))


# -- separation --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_silhouettes_are_those_of_scikit_learn(seed: int) -> None:
    vectors, codes = clouds(seed=seed)
    codes[0] = 9  # alone in its class
    found = separation(vectors, codes)
    assert found.silhouettes == pytest.approx(silhouette_samples(vectors, codes, metric="cosine"), abs=1e-5)


def test_agreement_with_groups_is_that_of_scikit_learn(tmp_path_factory: pytest.TempPathFactory) -> None:
    vectors, codes = of(emojis.workspace(tmp_path_factory).dataset(emojis.NAME), "efficientnet-lite0")
    found = separation(vectors, codes, seed=3)
    groups = cluster("kmeans", vectors, k=22, seed=3).labels
    assert found.nmi == pytest.approx(normalized_mutual_info_score(codes, groups))
    assert found.ari == pytest.approx(adjusted_rand_score(codes, groups))
    assert found.silhouette == pytest.approx(silhouette_samples(vectors, codes, metric="cosine").mean(), abs=1e-5)


def test_images_without_a_label_have_no_silhouette() -> None:
    vectors, codes = clouds()
    partly = np.where(np.arange(240) % 3, codes, -1)
    found = separation(vectors, partly)
    assert np.isnan(found.silhouettes).tolist() == (partly < 0).tolist()
    assert found.silhouette == pytest.approx(
        silhouette_samples(vectors[partly >= 0], codes[partly >= 0], metric="cosine").mean(), abs=1e-5
    )


# -- shape -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dimension", [2, 5, 9])
def test_a_flat_set_has_the_dimension_that_it_was_made_with(dimension: int) -> None:
    rng = np.random.default_rng(dimension)
    flat = rng.random((2000, dimension)) @ rng.normal(size=(dimension, 40)) * 0.05 + rng.normal(size=40)
    vectors = unit(flat)
    rows = neighbours.graph(vectors, 10).rows
    assert dimension_of(vectors, rows) == pytest.approx(dimension, rel=0.2)


def test_copies_do_not_change_the_dimension() -> None:
    rng = np.random.default_rng(0)
    single = unit(rng.random((1000, 6)) @ rng.normal(size=(6, 40)) * 0.05 + rng.normal(size=40))
    doubled = unit(np.concatenate([single, single + 1e-4 * rng.normal(size=single.shape)]))
    groups = np.tile(np.arange(1000), 2)
    alone = dimension_of(single, neighbours.graph(single, 10).rows)
    rows = neighbours.graph(doubled, 10).rows
    assert dimension_of(doubled, rows, groups) == pytest.approx(alone)
    assert dimension_of(doubled, rows) < alone / 2  # without knowing the copies


def test_hubness_is_the_skewness_of_how_often_each_is_a_neighbour() -> None:
    vectors = unit(np.random.default_rng(0).normal(size=(300, 50)))
    rows = neighbours.graph(vectors, 10).rows
    counts = np.bincount(rows.ravel(), minlength=300)
    assert hubness_of(rows, 300) == pytest.approx(skew(counts))
    flat = unit(np.random.default_rng(0).normal(size=(300, 3)))
    assert hubness_of(neighbours.graph(flat, 10).rows, 300) < hubness_of(rows, 300)  # hubs come with dimensions


def test_anisotropy_is_the_mean_of_all_cosines() -> None:
    vectors = unit(np.random.default_rng(0).normal(size=(80, 6)) + 0.5)
    likeness = cosine_similarity(vectors)
    assert anisotropy_of(vectors) == pytest.approx(likeness[~np.eye(80, dtype=bool)].mean(), abs=1e-6)


@pytest.mark.parametrize(("n", "d"), [(200, 30), (30, 200)])
def test_effective_rank_is_the_exponential_of_the_entropy_of_singular_values(n: int, d: int) -> None:
    vectors = unit(np.random.default_rng(0).normal(size=(n, d)) * np.linspace(1, 0.1, d))
    singular = np.linalg.svd(vectors - vectors.mean(axis=0), compute_uv=False)
    shares = singular[singular > 1e-6] / singular.sum()
    assert effective_rank_of(vectors) == pytest.approx(np.exp(-(shares * np.log(shares)).sum()), rel=1e-3)


def test_few_images_have_no_shape() -> None:
    vectors = np.eye(3, dtype=np.float32)
    found = shape(vectors, neighbours.graph(vectors, 10))
    assert np.isnan(found.dimension)
    assert found.anisotropy == 0
    one = shape(vectors[:1], neighbours.graph(vectors[:1], 10))
    assert np.isnan([one.dimension, one.hubness, one.anisotropy, one.effective_rank]).all()


# -- confusion ---------------------------------------------------------------------------------------------------


def confused() -> Confusion:
    rng = np.random.default_rng(0)
    codes = np.concatenate([rng.integers(0, 4, 200), [-1, -1]])
    predicted = np.where(rng.random(202) < 0.7, codes, rng.integers(0, 4, 202))
    predicted[codes < 0] = -1
    return Confusion(codes, predicted.astype(np.int32), rng.random(202).astype(np.float32), tuple("abcd"))


def test_counts_and_shares_are_those_of_scikit_learn() -> None:
    found = confused()
    known = found.codes >= 0
    codes, predicted = found.codes[known], found.predicted[known]
    assert found.counts.tolist() == confusion_matrix(codes, predicted).tolist()
    precision, recall, f1, support = precision_recall_fscore_support(codes, predicted)
    table = {row.name: row for row in found.table(np.zeros(202, bool), np.zeros(202))}
    for code, name in enumerate("abcd"):
        row = table[name]
        assert (row.precision, row.recall, row.f1, row.images) == pytest.approx(
            (precision[code], recall[code], f1[code], support[code])
        )
        assert row.confidence == pytest.approx(found.confidence[found.codes == code].mean())


def test_the_weakest_class_comes_first() -> None:
    table = confused().table(np.zeros(202, bool), np.zeros(202))
    assert [row.f1 for row in table] == sorted(row.f1 for row in table)


def test_a_cell_holds_exactly_its_images_the_surest_first() -> None:
    found = confused()
    for actual in range(4):
        for predicted in range(4):
            rows = found.cell(actual, predicted)
            assert len(rows) == found.counts[actual, predicted]
            assert (found.codes[rows] == actual).all()
            assert (found.predicted[rows] == predicted).all()
            assert (np.diff(found.confidence[rows]) <= 0).all()


def test_pairs_are_the_cells_off_the_diagonal_the_fullest_first() -> None:
    found = confused()
    pairs = found.pairs()
    assert sum(pair.images for pair in pairs) == found.counts.sum() - np.trace(found.counts)
    assert [pair.images for pair in pairs] == sorted((pair.images for pair in pairs), reverse=True)
    assert all(pair.share == pair.images / found.counts[pair.actual].sum() for pair in pairs)
    assert found.pairs(2) == pairs[:2]


# -- stability ---------------------------------------------------------------------------------------------------


def test_a_copy_is_found_when_its_original_is_nearest() -> None:
    vectors = unit(np.random.default_rng(0).normal(size=(50, 20)))
    rows = stability.sampled(50)
    same = stability.steady("mirrored", vectors, rows, vectors[rows])
    assert (same.found.value, same.cosine) == pytest.approx((1, 1))
    others = stability.steady("mirrored", vectors, rows, vectors[np.roll(rows, 1)])
    assert others.found.value == 0
    assert others.cosine == pytest.approx(np.mean(np.sum(vectors[rows] * vectors[np.roll(rows, 1)], axis=1)), abs=1e-5)


def test_a_near_duplicate_of_the_original_is_as_good_as_itself() -> None:
    single = unit(np.random.default_rng(0).normal(size=(30, 20)))
    vectors = np.concatenate([single, single + np.float32(0.01)])
    rows = np.arange(30)
    copies, groups = vectors[30:], np.tile(np.arange(30), 2)
    assert stability.steady("cropped", vectors, rows, copies).found.value == 0
    assert stability.steady("cropped", vectors, rows, copies, groups=groups).found.value == 1


def test_real_groups_come_out_again_and_chance_ones_do_not() -> None:
    apart, _ = clouds(400, classes=4, apart=6)
    noise = np.random.default_rng(0).normal(size=(400, 30)).astype(np.float32)
    assert stability.cluster_stability(apart, 4) > 0.95
    assert stability.cluster_stability(noise, 4) < 0.4
    assert np.isnan(stability.cluster_stability(apart[:6], 4))
