"""PCA, UMAP and t-SNE beyond what every projection promises: against their sources, and on awkward sets."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from typing import Any

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.decomposition import PCA

from embedding_core import trust
from embedding_core.neighbours import NeighbourGraph, graph
from embedding_core.projection import METHODS, fuzzy, pca, project, tsne, umap
from embedding_core.vectors import unit_rows


def scattered(n: int, d: int, seed: int = 0) -> np.ndarray:
    return unit_rows(np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32))


@pytest.mark.parametrize(("n", "d"), [(40, 90), (90, 40)])
def test_principal_components_are_those_of_scikit_learn(n: int, d: int) -> None:
    vectors = scattered(n, d)
    points, shares = pca.components(vectors, 3)
    whole = PCA(3, svd_solver="full")
    np.testing.assert_allclose(np.abs(points), np.abs(whole.fit_transform(vectors)), atol=1e-4)
    np.testing.assert_allclose(shares, whole.explained_variance_ratio_, rtol=1e-4)


def test_variance_that_is_not_there_is_none() -> None:
    points, shares = pca.components(np.ones((9, 4), np.float32), 3)
    assert not points.any()
    assert shares == (0.0, 0.0, 0.0)
    line = np.linspace(0, 1, 9, dtype=np.float32)[:, None]
    points, shares = pca.components(line, 3)
    assert shares == pytest.approx((1.0, 0.0, 0.0))
    assert not points[:, 1:].any()


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 100), st.integers(2, 12), st.booleans())
def test_memberships_are_those_of_umap_learn(seed: int, k: int, copies: bool) -> None:
    compute_membership_strengths, smooth_knn_dist, _ = umap_learn()
    vectors = scattered(40, 5, seed)
    if copies:
        vectors[::4] = vectors[0]
    known = graph(vectors, k)
    distances = np.column_stack([np.zeros(40), np.maximum(1 - known.similarity, 0)]).astype(np.float32)
    distances[distances < 1e-6] = 0
    rows = np.column_stack([np.arange(40), known.rows]).astype(np.int32)
    # `py_func`: as written, without compiling for seconds.
    sigma, rho = smooth_knn_dist.py_func(distances, float(k + 1))
    heads, tails, values, _ = compute_membership_strengths.py_func(rows, distances, sigma, rho)
    expected = np.zeros((40, 40))
    np.add.at(expected, (heads, tails), values)
    expected = expected + expected.T - expected * expected.T
    edges = fuzzy.union(known.rows, known.similarity)
    ours = np.zeros((40, 40))
    ours[np.repeat(np.arange(40), np.diff(edges.starts)), edges.tails] = edges.weight
    np.testing.assert_allclose(ours, expected, atol=2e-4)


@pytest.mark.parametrize("min_dist", [0.0, 0.1, 0.5, 0.9])
def test_the_curve_is_that_of_umap_learn(min_dist: float) -> None:
    *_, find_ab_params = umap_learn()
    np.testing.assert_allclose(fuzzy.curve(min_dist), find_ab_params(1.0, min_dist), rtol=1e-3)


def test_a_map_is_as_true_as_that_of_umap_learn() -> None:
    centres = np.eye(12, 24, dtype=np.float32) * 6
    vectors = centres[np.arange(600) % 12] + np.random.default_rng(0).normal(size=(600, 24)).astype(np.float32)
    umap_learn()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from umap import UMAP

        theirs = UMAP(metric="cosine", random_state=0, n_epochs=500).fit_transform(vectors)
    ours = project("umap", vectors, graph(vectors))
    assert (ours.trustworthiness or 0) > trust.trustworthiness(vectors, theirs)[0] - 0.01


@pytest.mark.parametrize("dims", [2, 3])
def test_the_same_seed_draws_the_same_map_on_any_number_of_threads(dims: int) -> None:
    vectors = scattered(6_000, 8)
    known = graph(vectors, 14)
    edges = fuzzy.union(known.rows, known.similarity)
    begin = np.ascontiguousarray(vectors[:, :dims])
    asked = {"min_dist": 0.1, "epochs": 20, "negatives": 5, "seed": 3}
    several = umap.run(begin, edges, **asked)
    before = numba.get_num_threads()
    numba.set_num_threads(1)
    try:
        one = umap.run(begin, edges, **asked)
    finally:
        numba.set_num_threads(before)
    assert before > 1 or os.cpu_count() == 1
    np.testing.assert_array_equal(several, one)


def test_points_that_are_fixed_stay_and_the_others_come_to_their_neighbours() -> None:
    random = np.random.default_rng(0)
    still = np.concatenate([random.normal(size=(50, 2)), random.normal(size=(50, 2)) + 20]).astype(np.float32)
    begin = np.concatenate([still, np.full((4, 2), 10, np.float32)])
    starts = np.concatenate([np.zeros(101), [3, 6, 9, 12]]).astype(np.int64)
    tails = np.array([0, 1, 2, 3, 4, 5, 60, 61, 62, 63, 64, 65], np.int32)
    edges = fuzzy.Edges(starts, tails, np.ones(12, np.float32))
    points = umap.run(begin, edges, min_dist=0.1, epochs=100, negatives=5, seed=0, fixed=100)
    np.testing.assert_array_equal(points[:100], still)
    assert (np.linalg.norm(points[100:102], axis=1) < 5).all()
    assert (np.linalg.norm(points[102:] - 20, axis=1) < 5).all()


def test_islands_without_a_bridge_are_drawn_apart() -> None:
    left, right = scattered(40, 6, 1), scattered(40, 6, 2)
    vectors = np.zeros((80, 12), np.float32)
    vectors[:40, :6], vectors[40:, 6:] = np.abs(left), np.abs(right)
    points = project("umap", vectors, graph(vectors, 10)).points
    near = np.argsort(((points[:, None] - points[None]) ** 2).sum(2), axis=1)[:, 1:6]
    assert ((near < 40) == (np.arange(80) < 40)[:, None]).mean() > 0.95


def test_many_copies_do_not_blow_the_map_up() -> None:
    vectors = np.concatenate([np.repeat(scattered(1, 8), 60, axis=0), scattered(60, 8, 3)])
    points = project("umap", vectors, graph(vectors)).points
    assert np.isfinite(points).all()
    assert np.abs(points).max() < 100


def test_umap_is_trusted_more_than_pca_where_two_axes_do_not_do() -> None:
    centres = np.eye(12, 24, dtype=np.float32) * 6
    vectors = centres[np.arange(360) % 12] + np.random.default_rng(0).normal(size=(360, 24)).astype(np.float32)
    known = graph(vectors)
    trusted = {method: project(method, vectors, known) for method in ("umap", "pca")}
    values = {method: drawn.trustworthiness or 0 for method, drawn in trusted.items()}
    assert values["umap"] > values["pca"] + 0.1
    shares = {method: drawn.trust.mean() for method, drawn in trusted.items() if drawn.trust is not None}
    assert shares["umap"] > shares["pca"] + 0.1


def test_seeds_matter_to_umap_and_not_to_pca() -> None:
    vectors = scattered(80, 10)
    known = graph(vectors)
    for method, same in (("umap", False), ("pca", True)):
        one, two = (project(method, vectors, known, seed=seed).points for seed in (0, 1))
        assert np.array_equal(one, two) == same, method


def test_parameters_are_kept_as_used() -> None:
    vectors = scattered(40, 6)
    drawn = project("umap", vectors, graph(vectors, 8), parameters={"n_neighbors": 30})
    assert drawn.parameters["n_neighbors"] == 9, "the graph has 8, and UMAP counts the image itself"
    assert project("tsne", vectors, graph(vectors)).parameters["perplexity"] == 13.0


def test_vectors_are_compared_by_direction() -> None:
    vectors = scattered(50, 6)
    louder = vectors * np.random.default_rng(1).uniform(0.5, 200, size=(50, 1)).astype(np.float32)
    known = graph(vectors)
    for method in METHODS:
        one, two = project(method, vectors, known), project(method, louder, known)
        assert one.trust is not None
        assert two.trust is not None
        assert two.trust.mean() == pytest.approx(one.trust.mean(), abs=0.12), method


def test_tsne_does_not_need_the_graph() -> None:
    empty = NeighbourGraph(np.zeros((30, 0), np.int32), np.zeros((30, 0), np.float32))
    layout = tsne.draw(scattered(30, 5), empty, dims=2, seed=0, parameters={})
    assert np.isfinite(layout.points).all()


def test_looking_at_the_methods_loads_nothing_heavy() -> None:
    code = (
        "import sys; from embedding_core import clusters, naming, neighbours, projection, trust;"
        "heavy = {'torch', 'numba', 'umap', 'evoc', 'sklearn', 'scipy'} & set(sys.modules); print(*heavy)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split() == []


def test_what_the_layout_compiles_is_kept_on_disk() -> None:
    from embedding_core.projection import layout

    vectors = scattered(30, 5)
    umap.draw(vectors, graph(vectors), dims=2, seed=0, parameters={})
    stats = layout.epochs.stats
    assert stats.cache_path is not None
    assert sum(stats.cache_hits.values()) + sum(stats.cache_misses.values()) >= 1


def umap_learn() -> tuple[Any, Any, Any]:
    """Functions of umap-learn, imported without its warnings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from umap.umap_ import compute_membership_strengths, find_ab_params, smooth_knn_dist
    return compute_membership_strengths, smooth_knn_dist, find_ab_params
