"""Trust: scikit-learn's number in less memory, and a share per point that means what it says."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.manifold import trustworthiness as reference

from embedding_core import trust
from embedding_core.errors import InvalidInput
from embedding_core.neighbours import graph
from embedding_core.vectors import unit_rows


@pytest.mark.parametrize("seed", range(4))
def test_trustworthiness_is_that_of_scikit_learn(seed: int) -> None:
    random = np.random.default_rng(seed)
    vectors = random.normal(size=(200, 20)).astype(np.float32)
    points = (vectors[:, :2] + random.normal(size=(200, 2)) * seed / 3).astype(np.float32)
    ours, rows = trust.trustworthiness(vectors, points)
    assert rows == 200
    assert ours == pytest.approx(reference(vectors, points, n_neighbors=15, metric="cosine"), abs=1e-6)


def test_blocks_and_samples_say_what_they_are_from(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(0)
    vectors = random.normal(size=(400, 10)).astype(np.float32)
    points = vectors[:, :2]
    whole, _ = trust.trustworthiness(vectors, points)
    monkeypatch.setattr(trust, "_CELLS", 400 * 3)
    assert trust.trustworthiness(vectors, points)[0] == pytest.approx(whole, abs=1e-9)
    estimate, rows = trust.trustworthiness(vectors, points, sample=150)
    assert rows == 150
    assert 0 <= estimate <= 1


def test_a_perfect_map_is_trusted_everywhere_and_a_torn_one_where_it_is_whole() -> None:
    angle = np.linspace(0, np.pi / 2, 60)
    vectors = np.column_stack([np.cos(angle), np.sin(angle)]).astype(np.float32)
    line = np.column_stack([angle, np.zeros(60)]).astype(np.float32)
    neighbours = graph(vectors, 30)
    assert trust.per_point(line, neighbours, 6).min() > 0.8
    torn = line.copy()
    torn[30:] = torn[np.random.default_rng(0).permutation(30) + 30]  # the second half is shuffled
    torn[30:, 1] = 5
    share = trust.per_point(torn, neighbours, 6)
    assert share[3:24].min() > 0.8
    assert share[33:].mean() < 0.6


def test_what_does_not_belong_together_is_refused() -> None:
    vectors = np.eye(20, 5, dtype=np.float32) + 1
    with pytest.raises(InvalidInput, match="same images"):
        trust.per_point(np.zeros((3, 2), np.float32), graph(vectors, 3))
    with pytest.raises(InvalidInput, match="k from 1 to 9"):
        trust.trustworthiness(vectors, np.zeros((20, 2), np.float32), 10)


def test_words_never_praise_a_worse_map_more() -> None:
    said = [trust.words(value / 100) for value in range(101)]
    assert len(dict.fromkeys(said)) == 4
    assert said == sorted(said, key=list(dict.fromkeys(said)).index)
    assert "too few" in trust.words(None)


def test_copies_among_themselves_are_true_neighbours() -> None:
    vectors = np.repeat(np.eye(3, dtype=np.float32), 10, axis=0)
    points = np.repeat(np.array([[0, 0], [5, 0], [0, 5]], np.float32), 10, axis=0)
    jitter = np.random.default_rng(0).normal(scale=0.01, size=points.shape)
    known = graph(vectors, 12)
    assert trust.per_point(points + jitter, known, 4).min() == 1.0, "which of nine copies come first is chance"
    assert trust.per_point(points, known, 4).min() == 1.0, "all on one spot"


def test_an_image_is_never_its_own_map_neighbour() -> None:
    points = np.zeros((8, 2), np.float32)
    near = trust.map_neighbours(points, 3)
    assert not (near == np.arange(8)[:, None]).any()
    assert all(len(set(row)) == 3 for row in near.tolist())


def test_trust_of_one_point_is_its_own() -> None:
    assert trust.per_point(np.zeros((1, 2)), graph(np.ones((1, 4)))).tolist() == [1.0]


def test_images_drawn_among_strangers_are_misplaced_and_no_others() -> None:
    random = np.random.default_rng(0)
    kinds = np.repeat(np.arange(6), 100)
    vectors = np.eye(6, 12)[kinds] * 8 + random.normal(size=(600, 12)) * [*[0.3] * 6, 1, 1, *[0.3] * 4]
    known = graph(vectors, 30)
    # Each kind is drawn by the two directions in which it varies most: neighbours are mostly right.
    points = np.stack([40 * np.cos(kinds), 40 * np.sin(kinds)], axis=1) + vectors[:, 6:8]
    before = trust.per_point(points, known)
    unit = unit_rows(vectors.astype(np.float32))
    assert not trust.misplaced(unit, points).any()
    moved = np.arange(0, 600, 20)
    drawn = points.copy()
    drawn[moved] = points[(moved + 250) % 600]
    share = trust.per_point(drawn, known)
    assert np.flatnonzero(trust.misplaced(unit, drawn)).tolist() == moved.tolist()
    assert trust.agreement(share) < trust.agreement(before)


@pytest.mark.parametrize("n", [300, 3_000])
def test_chance_does_not_save_an_image_in_the_wrong_place(n: int) -> None:
    random = np.random.default_rng(0)
    vectors = unit_rows(random.normal(size=(n, 10)).astype(np.float32))
    points = random.normal(size=(n, 2)).astype(np.float32)
    assert trust.misplaced(vectors, points).mean() > 0.95
    assert trust.agreement(trust.per_point(points, graph(vectors, 15))) == pytest.approx(15 / n, abs=0.015)


def test_an_image_among_its_kind_is_in_its_place_also_where_none_of_its_nearest_is_near() -> None:
    """In large sets an image has thousands of its kind: who of them is nearest to it says little."""
    random = np.random.default_rng(0)
    kinds = np.repeat(np.arange(10), 300)
    vectors = unit_rows((np.eye(10, 24)[kinds] * 6 + random.normal(size=(3_000, 24))).astype(np.float32))
    turn = kinds / 10 * 2 * np.pi
    points = np.stack([np.cos(turn), np.sin(turn)], axis=1) * 50 + random.normal(size=(3_000, 2))
    assert trust.agreement(trust.per_point(points, graph(vectors, 15))) < 0.1
    assert not trust.misplaced(vectors, points.astype(np.float32)).any()


def test_without_images_all_agree() -> None:
    assert trust.agreement(np.zeros(0, np.float32)) == 1
    assert trust.agreement(np.array([1, 0.1, 2 / 15, 1 / 15, 0], np.float32)) == pytest.approx(0.26)
