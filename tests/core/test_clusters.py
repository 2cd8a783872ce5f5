"""Clusters beyond what every method promises: how many, how good, and which images stand for one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import normalized_mutual_info_score, silhouette_score

from embedding_core.clusters import NOISE, Clustering, cluster, evaluate, judge, kmeans
from embedding_core.vectors import unit_rows


def groups(count: int, each: int, d: int = 32, spread: float = 0.05, seed: int = 0) -> np.ndarray:
    random = np.random.default_rng(seed)
    centres = unit_rows(random.normal(size=(count, d)).astype(np.float32))
    return (centres[np.arange(count * each) % count] + random.normal(scale=spread, size=(count * each, d))).astype("f4")


@pytest.mark.parametrize("count", [2, 4, 8])
def test_kmeans_finds_how_many_groups_there_are(count: int) -> None:
    found = cluster("kmeans", groups(count, 40))
    assert found.count == found.parameters["k"] == count
    assert found.parameters["chosen"] is True
    assert found.sizes == (40,) * count


def test_of_nearly_equal_numbers_the_finer_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    scores = {2: 0.50, 3: 0.46, 4: 0.44, 5: 0.10}
    monkeypatch.setattr(kmeans, "silhouette", lambda rows, labels, seed: scores.get(len(set(labels.tolist())), 0.0))
    assert cluster("kmeans", groups(6, 10)).parameters["k"] == 3


def test_direction_alone_matters() -> None:
    vectors = groups(4, 30)
    louder = vectors * np.random.default_rng(0).uniform(0.1, 100, size=(120, 1)).astype(np.float32)
    for method in ("kmeans", "hdbscan"):
        one, two = cluster(method, vectors), cluster(method, louder)
        assert normalized_mutual_info_score(one.labels, two.labels) > 0.99, method


def test_hdbscan_finds_groups_without_being_told_how_many() -> None:
    found = cluster("hdbscan", groups(6, 40))
    assert found.count == 6
    assert found.noise < 24
    assert cluster("hdbscan", groups(6, 40), min_size=50).count < 6, "no group of 40 is large enough"


@given(st.lists(st.integers(-1, 6), max_size=40))
def test_renumbering_keeps_the_groups_and_sorts_them(labels: list[int]) -> None:
    before = np.array(labels, np.int64)
    after = judge.by_size(before)
    assert after.dtype == np.int32
    assert np.array_equal(before == NOISE, after == NOISE)
    pairs = {(int(one), int(two)) for one, two in zip(before, after, strict=True)}
    assert len(pairs) == len(set(before.tolist())) == len(set(after.tolist()))
    sizes = np.bincount(after[after >= 0])
    assert (np.diff(sizes) <= 0).all()
    assert (sizes > 0).all()


def test_the_silhouette_is_scikit_learns_without_noise() -> None:
    vectors = unit_rows(groups(3, 20, spread=0.3))
    labels = (np.arange(60) % 3).astype(np.int32)
    labels[::7] = NOISE
    kept = labels != NOISE
    expected = silhouette_score(vectors[kept], labels[kept], metric="cosine")
    assert judge.silhouette(vectors, labels) == pytest.approx(expected, abs=1e-6)
    assert judge.silhouette(vectors, np.zeros(60, np.int32)) is None
    assert judge.silhouette(vectors, np.full(60, NOISE, np.int32)) is None
    assert judge.silhouette(vectors[:3], np.arange(3, dtype=np.int32)) is None, "single images have no silhouette"


def test_a_sampled_silhouette_is_near_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = unit_rows(groups(4, 300, spread=0.2))
    labels = (np.arange(1200) % 4).astype(np.int32)
    whole = judge.silhouette(vectors, labels)
    monkeypatch.setattr(judge, "SAMPLE", 300)
    part = judge.silhouette(vectors, labels)
    assert part != whole
    assert part == pytest.approx(whole, abs=0.05)


def test_agreement_counts_what_it_says() -> None:
    found = np.array([0, 0, 0, 1, 1, NOISE, NOISE], np.int32)
    truth = ["cat", "cat", "dog", "dog", None, "dog", "cat"]
    nmi, purity = judge.agreement(found, truth)
    assert purity == pytest.approx(3 / 4), "two cats and one dog; one dog; noise and the unlabelled left out"
    kept = [0, 1, 2, 3, 5, 6]
    assert nmi == pytest.approx(normalized_mutual_info_score([truth[row] or "" for row in kept], found[kept]))
    assert judge.agreement(np.full(2, NOISE, np.int32), ["cat", "dog"])[1] is None


def test_an_exemplar_is_typical() -> None:
    vectors = groups(1, 60, spread=0.2)
    centre = unit_rows(unit_rows(vectors).mean(axis=0, keepdims=True))[0]
    typical = unit_rows(vectors) @ centre
    [rows] = cluster("kmeans", vectors, k=1).exemplars
    assert rows[0] == int(typical.argmax())
    assert typical[list(rows)].min() > np.quantile(typical, 0.9)


def test_copies_stand_for_a_cluster_when_there_is_nothing_else() -> None:
    [rows] = cluster("kmeans", np.ones((5, 4)), k=1).exemplars
    assert len(set(rows)) == 3


def test_evaluation_leaves_the_clustering_alone() -> None:
    found = cluster("kmeans", groups(3, 10), k=3)
    judged = evaluate(found, [str(row % 3) for row in range(30)])
    assert (found.nmi, found.purity) == (None, None)
    assert (judged.nmi, judged.purity) == (pytest.approx(1.0), 1.0)
    assert isinstance(judged, Clustering)
    assert judged.exemplars == found.exemplars
    with pytest.raises(ValueError, match="read-only"):
        judged.labels[0] = 1
