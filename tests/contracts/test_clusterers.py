"""What every clustering promises, from one image to a few hundred, whatever they look like."""

from __future__ import annotations

import numpy as np
import pytest

from embedding_core.clusters import METHODS, NOISE, Clustering, centroids, cluster, evaluate
from embedding_core.errors import InvalidInput
from tests.contracts.test_projectors import blobs


def sound(found: Clustering, n: int) -> None:
    assert found.labels.shape == (n,)
    assert found.labels.dtype == np.int32
    assert found.labels.min(initial=0) >= NOISE
    assert set(found.labels.tolist()) - {NOISE} == set(range(found.count))
    assert list(found.sizes) == sorted(found.sizes, reverse=True)
    assert sum(found.sizes) + found.noise == n
    assert found.silhouette is None or -1 <= found.silhouette <= 1
    for group, rows in enumerate(found.exemplars):
        assert len(rows) == len(set(rows)) == min(3, found.sizes[group])
        assert (found.labels[list(rows)] == group).all()


@pytest.mark.parametrize("method", METHODS)
def test_groups_that_are_there_are_found_again_and_again(method: str) -> None:
    vectors = blobs(400)
    one, two = cluster(method, vectors, seed=1), cluster(method, vectors, seed=1)
    sound(one, 400)
    np.testing.assert_array_equal(one.labels, two.labels)
    judged = evaluate(one, [str(row % 4) for row in range(400)])
    assert judged.nmi is not None
    assert judged.nmi > 0.4  # EVoC takes these four groups apart: .43 to .82, by the last bit of the vectors
    assert judged.purity is not None
    assert judged.purity > 0.8


@pytest.mark.parametrize("n", [0, *range(1, 20), 33, 63])
@pytest.mark.parametrize("method", METHODS)
def test_any_number_of_images_can_be_grouped(method: str, n: int) -> None:
    sound(cluster(method, blobs(n)), n)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("vectors", [np.ones((80, 6)), np.zeros((80, 6)), np.repeat(blobs(4), 20, axis=0)])
def test_copies_and_emptiness_do_no_harm(method: str, vectors: np.ndarray) -> None:
    sound(cluster(method, vectors.astype(np.float32)), 80)


def test_kmeans_makes_as_many_as_asked_and_finds_a_good_number_itself() -> None:
    vectors = blobs(200)
    assert cluster("kmeans", vectors, k=7).count == 7
    assert 3 <= cluster("kmeans", vectors).count <= 5


def test_without_groups_there_is_a_sentence() -> None:
    found = cluster("hdbscan", np.random.default_rng(0).normal(size=(40, 64)), min_size=20)
    assert found.count == 0, "scattered images make no group"
    assert found.noise == 40
    assert "noise" in found.note
    assert found.silhouette is None


@pytest.mark.parametrize("method", [name for name in METHODS if name != "kmeans"])
def test_too_few_images_are_grouped_by_kmeans_and_said_so(method: str) -> None:
    few = METHODS[method].smallest - 1
    found = cluster(method, blobs(few))
    assert found.method == "kmeans"
    assert METHODS[method].title in found.note
    enough = cluster(method, blobs(few + 1))
    assert enough.method == method


@pytest.mark.parametrize(
    ("method", "wish", "word"),
    [
        ("dbscan", {}, "kmeans"),
        ("kmeans", {"k": 0}, "1 to 50"),
        ("kmeans", {"k": 51}, "1 to 50"),
        ("hdbscan", {"k": 3}, r"smallest group \(min_size\), and not"),
        ("kmeans", {"min_size": 3}, r"number of groups \(k\), and not"),
        ("hdbscan", {"min_size": 1}, "2 to 25"),
    ],
)
def test_wrong_wishes_are_explained(method: str, wish: dict[str, int], word: str) -> None:
    with pytest.raises(InvalidInput, match=word):
        cluster(method, blobs(50), **wish)  # type: ignore[arg-type]


def test_judging_leaves_unlabelled_images_out() -> None:
    found = cluster("kmeans", blobs(40), k=4)
    labels = [str(row % 4) for row in range(40)]
    partly = evaluate(found, [label if row < 20 else None for row, label in enumerate(labels)])
    assert partly.nmi == pytest.approx(evaluate(cluster("kmeans", blobs(40), k=4), labels).nmi, abs=0.2)
    assert evaluate(found, [None] * 40).nmi is None
    with pytest.raises(InvalidInput, match="40 images is wanted, not 3"):
        evaluate(found, labels[:3])


def test_exemplars_are_no_copies_of_each_other() -> None:
    random = np.random.default_rng(0)
    centre = random.normal(size=16)
    spread = centre + random.normal(size=(30, 16)) * 0.6
    vectors = np.concatenate([np.repeat(centre[None], 10, axis=0), spread]).astype(np.float32)
    [rows] = cluster("kmeans", vectors, k=1).exemplars
    assert sum(row < 10 for row in rows) == 1


def test_centroids_are_the_means() -> None:
    vectors = blobs(12)
    labels = np.array([0, 1] * 6, np.int32)
    np.testing.assert_allclose(centroids(vectors, labels)[1], vectors[1::2].mean(axis=0), rtol=1e-5)
