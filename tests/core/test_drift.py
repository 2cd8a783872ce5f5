"""Two sets of one kind are not told apart, two of different kinds are, and what is new is named."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from embedding_core.errors import InvalidInput
from embedding_core.quality.drift import discrepancy, ranking
from embedding_core.quality.drift.finding import Drift, drift

D = 48


def drawn(n: int, seed: int, shift: float = 0.0) -> NDArray[np.float32]:
    """Images of six kinds; `shift` moves all of them a little in one direction."""
    random = np.random.default_rng(seed)
    kinds = np.random.default_rng(7).normal(size=(6, D))
    vectors = kinds[random.integers(6, size=n)] + 0.5 * random.normal(size=(n, D))
    vectors[:, 0] += shift
    return vectors.astype(np.float32)


def held(first: NDArray[np.float32], second: NDArray[np.float32], seed: int = 0) -> Drift:
    return drift(first, second, np.arange(len(first)), 10_000 + np.arange(len(second)), seed=seed)


def test_two_halves_of_one_set_are_not_told_apart() -> None:
    found = [held(drawn(400, 2 * seed), drawn(300, 2 * seed + 1), seed) for seed in range(10)]
    assert sum(one.interval[0] <= 0.5 <= one.interval[1] for one in found) >= 9
    assert sum(one.p > 0.05 for one in found) >= 8
    assert not any(one.drifted for one in found)
    assert np.mean([len(one.new()) for one in found]) < 9, "one in a hundred is expected"
    assert "No sign of drift" in found[0].verdict or "Perhaps" in found[0].verdict


@pytest.mark.parametrize("seed", range(3))
def test_a_shifted_set_is(seed: int) -> None:
    found = held(drawn(400, seed), drawn(300, 50 + seed, shift=0.7), seed)
    assert found.drifted
    assert found.interval[0] > 0.6
    assert found.interval[0] < found.auc < found.interval[1]
    assert found.p < 0.05
    assert "not like the first" in found.verdict


def test_images_unlike_anything_before_are_named_with_their_nearest() -> None:
    first, second = drawn(400, 0), drawn(300, 1)
    strange = np.random.default_rng(5).normal(size=(8, D)).astype(np.float32) * 2
    found = held(first, np.concatenate([second, strange]))
    new = found.ids[found.new()]
    assert set(new[:8].tolist()) == set(range(10_300, 10_308)), "the strange ones lead"
    row = found.new()[0]
    unit = first / np.linalg.norm(first, axis=1, keepdims=True)
    query = strange[found.ids[row] - 10_300]
    similarity = unit @ (query / np.linalg.norm(query))
    assert found.nearest[row] == similarity.argmax()
    assert found.distance[row] == pytest.approx(1 - similarity.max(), abs=1e-4)


def test_the_line_can_be_moved_afterwards() -> None:
    found = held(drawn(400, 0), drawn(300, 1))
    counts = [len(found.new(quantile)) for quantile in (0.5, 0.9, 0.99)]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] == pytest.approx(150, abs=40), "half of the first are farther than that from each other"
    assert found.scores(0.9).shape == (300,)


def test_cases_show_the_nearest_only_where_it_is_in_the_same_dataset() -> None:
    first, second = drawn(100, 0), drawn(50, 1, shift=4)
    found = held(first, second)
    assert found.cases()[0].evidence == ()
    together = drift(first, second, np.arange(100), np.arange(100, 150), together=True)
    case = together.cases()[0]
    assert case.finding == "new"
    assert case.evidence == (together.nearest[together.new()[0]],)
    assert "times as far" in case.reason


def test_a_result_is_restored_without_loss() -> None:
    found = held(drawn(100, 0), drawn(50, 1, shift=4))
    again = Drift.restored(found.arrays(), found.facts())
    assert again.verdict == found.verdict
    assert again.cases() == found.cases()


def test_too_few_images_and_other_encoders_are_refused() -> None:
    with pytest.raises(InvalidInput, match="at least 10"):
        held(drawn(400, 0), drawn(9, 1))
    with pytest.raises(InvalidInput, match="one encoder"):
        held(drawn(40, 0), drawn(40, 1)[:, :8])


def test_the_area_is_the_share_of_pairs_in_order_and_its_error_that_of_many_draws() -> None:
    random = np.random.default_rng(0)
    positive, negative = random.integers(3, 12, 40), random.integers(0, 9, 60)
    area, _ = ranking.auc(positive, negative)
    pairs = (positive[:, None] > negative).mean() + (positive[:, None] == negative).mean() / 2
    assert area == pytest.approx(pairs)
    many = [ranking.auc(random.normal(1, 1, 50), random.normal(size=80)) for _ in range(400)]
    areas, errors = np.array(many).T
    assert errors.mean() == pytest.approx(areas.std(), rel=0.1)


def test_the_discrepancy_is_that_of_its_definition() -> None:
    first, second = drawn(12, 0), drawn(9, 1)
    first, second = (one / np.linalg.norm(one, axis=1, keepdims=True) for one in (first, second))
    both = np.concatenate([first, second]).astype(np.float64)
    squares = ((both[:, None] - both) ** 2).sum(axis=2)
    kernel = np.exp(-squares / np.median(squares[np.triu_indices(21, 1)]))
    np.fill_diagonal(kernel, 0)
    wanted = kernel[:12, :12].sum() / (12 * 11) + kernel[12:, 12:].sum() / (9 * 8) - 2 * kernel[:12, 12:].mean()
    found, p = discrepancy.compare(first, second)
    assert found == pytest.approx(wanted, abs=1e-5)
    assert 0 < p <= 1
