"""What every projection promises, from one image to a few hundred, whatever they look like."""

from __future__ import annotations

import numpy as np
import pytest

from embedding_core.errors import InvalidInput, InvalidVectors
from embedding_core.neighbours import graph
from embedding_core.projection import METHODS, Projection, project


def blobs(n: int, groups: int = 4, seed: int = 0) -> np.ndarray:
    random = np.random.default_rng(seed)
    centres = np.eye(groups, 12) * 8
    return (centres[np.arange(n) % groups] + random.normal(size=(n, 12))).astype(np.float32)


def drawn(method: str, vectors: np.ndarray, **named: object) -> Projection:
    return project(method, vectors, graph(vectors), **named)  # type: ignore[arg-type]


@pytest.mark.parametrize("dims", [2, 3])
@pytest.mark.parametrize("method", METHODS)
def test_a_map_is_finite_repeatable_and_judged(method: str, dims: int) -> None:
    vectors = blobs(120)
    one, two = drawn(method, vectors, dims=dims, seed=3), drawn(method, vectors, dims=dims, seed=3)
    np.testing.assert_array_equal(one.points, two.points)
    assert one.points.shape == (120, dims)
    assert one.points.dtype == np.float32
    assert np.isfinite(one.points).all()
    spread = one.points.std(axis=0)
    assert (np.diff(spread) <= 0).all(), "the longest side lies across, as on a screen"
    np.testing.assert_allclose(np.corrcoef(one.points.T), np.eye(dims), atol=1e-3)
    assert (one.method, one.note) == (method, "")
    assert one.trust is not None
    assert one.trust.shape == (120,)
    assert 0 <= one.trust.min() <= one.trust.max() <= 1
    assert one.trustworthiness is not None
    assert one.trustworthiness > 0.7
    assert (one.explained_variance is not None) == (method == "pca")
    with pytest.raises(ValueError, match="read-only"):
        one.points[0, 0] = 0


@pytest.mark.parametrize("n", [0, *range(1, 20), 31])
@pytest.mark.parametrize("method", METHODS)
def test_any_number_of_images_can_be_drawn(method: str, n: int) -> None:
    made = drawn(method, blobs(n))
    assert made.points.shape == (n, 2)
    assert np.isfinite(made.points).all()
    assert made.method == ("grid" if n < 4 else "pca" if n < 16 else method)
    assert bool(made.note) == (n < 16), "few images get a sentence in place of trust"
    assert (made.trust is None) == (made.trustworthiness is None) == (n < 16)
    assert len(np.unique(made.points, axis=0)) == n


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("vectors", [np.ones((40, 6)), np.zeros((40, 6)), np.repeat(blobs(4), 12, axis=0)])
def test_copies_and_emptiness_do_no_harm(method: str, vectors: np.ndarray) -> None:
    made = drawn(method, vectors.astype(np.float32))
    assert np.isfinite(made.points).all()
    assert made.trustworthiness is None or np.isfinite(made.trustworthiness)


@pytest.mark.parametrize("method", [name for name, method in METHODS.items() if method.parameters])
def test_parameters_change_the_map_and_are_bounded(method: str) -> None:
    vectors = blobs(60)
    for parameter in METHODS[method].parameters:
        low, high = (
            drawn(method, vectors, parameters={parameter.name: value}) for value in (parameter.low, parameter.high)
        )
        assert np.abs(low.points - high.points).max() > 0, parameter.name
        with pytest.raises(InvalidInput, match=parameter.name):
            drawn(method, vectors, parameters={parameter.name: parameter.high * 10 + 1})


def test_groups_that_are_apart_stay_apart_under_umap() -> None:
    vectors, group = blobs(200), np.arange(200) % 4
    points = drawn("umap", vectors).points
    near = np.argsort(((points[:, None] - points[None]) ** 2).sum(2), axis=1)[:, 1:6]
    assert (group[near] == group[:, None]).mean() > 0.9


def test_wrong_wishes_are_explained() -> None:
    vectors = blobs(30)
    for wish, word in (
        ({"method": "lda"}, "umap"),
        ({"dims": 4}, "2 or 3"),
        ({"parameters": {"speed": 1.0}}, "n_neighbors"),
    ):
        asked = {"method": "umap", **wish}
        with pytest.raises(InvalidInput, match=word):
            drawn(str(asked.pop("method")), vectors, **asked)
    with pytest.raises(InvalidInput, match="same images"):
        project("pca", vectors, graph(vectors[:10]))
    with pytest.raises(InvalidVectors):
        project("pca", np.full((30, 3), np.nan), graph(vectors))
