"""Two sets of one kind are not told apart, two of different kinds are, and what is new is named."""

from __future__ import annotations

import json

import numpy as np
import pytest
from numpy.typing import NDArray

from embedding_core.errors import InvalidInput
from embedding_core.neighbours import partitions
from embedding_core.quality.drift import discrepancy, nearest, ranking
from embedding_core.quality.drift.finding import SAMPLE, drift
from embedding_core.quality.drift.found import Drift, First

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
    assert "not like the first set" in found.verdict


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


def test_a_few_that_are_new_among_many_that_are_not_are_said_first() -> None:
    few = np.random.default_rng(3).normal(size=(12, D)).astype(np.float32)
    found = held(drawn(400, 0), np.concatenate([drawn(300, 1), few]))
    assert set(range(300, 312)) <= set(found.new().tolist())
    assert found.verdict.startswith(f"{len(found.new())} of 312 images are unlike anything before")
    assert not held(drawn(400, 0), drawn(300, 1)).verdict[0].isdigit()


def test_the_line_can_be_moved_afterwards() -> None:
    found = held(drawn(400, 0), drawn(300, 1))
    counts = [len(found.new(quantile)) for quantile in (0.5, 0.9, 0.99)]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] == pytest.approx(150, abs=40), "half of the first are farther than that from each other"
    assert found.scores(0.9).shape == (300,)


def test_cases_show_the_nearest_and_say_which_dataset_it_is_of() -> None:
    first, second = drawn(100, 0), drawn(50, 1, shift=4)
    found = drift(first, second, np.arange(100), np.arange(100, 150), called=First("uuid-of-first", "animals"))
    row = found.new()[0]
    case = found.cases()[0]
    assert (case.finding, case.ids) == ("new", (found.ids[row],))
    assert (case.evidence, case.evidence_of) == ((found.nearest[row],), "uuid-of-first")
    assert case.said == (f"{1 - found.distance[row]:.0%} alike",)
    alike, usual = 1 - found.distance[row], 1 - found.line()
    assert alike < usual
    assert f"“animals” is only {alike:.0%} alike" in case.reason and f"at least {usual:.0%} alike" in case.reason
    assert "not like “animals”" in found.verdict


def test_a_result_is_restored_without_loss() -> None:
    first, second = drawn(100, 0), drawn(50, 1, shift=4)
    found = drift(first, second, np.arange(100), np.arange(100, 150), called=First("uuid", "animals"))
    again = Drift.restored(found.arrays(), json.loads(json.dumps(found.facts())))
    assert again.verdict == found.verdict
    assert again.cases() == found.cases()
    assert (again.seen, again.first) == (found.seen, found.first)


def test_one_that_was_kept_before_it_was_said_what_was_seen_can_still_be_read() -> None:
    found = held(drawn(100, 0), drawn(50, 1, shift=4))
    before = {name: fact for name, fact in found.facts().items() if name not in ("seen", "first")}
    again = Drift.restored(found.arrays(), {**before, "together": False})
    assert again.seen is None
    assert len(again.cases()) == len(found.cases())


def test_what_was_drawn_is_said_and_the_same_seed_draws_the_same() -> None:
    first, second = drawn(SAMPLE + 500, 0), drawn(300, 1)
    found = held(first, second, seed=3)
    assert found.seen is not None and not found.seen.all
    assert (found.seen.first, found.seen.second) == (SAMPLE + 500, 300)
    assert found.seen.probe == (SAMPLE, 300)
    assert found.seen.kernel == (discrepancy.SAMPLE, 300)
    assert (found.seen.own, found.seen.recall) == (SAMPLE + 500, 1)
    assert f"the probe saw {SAMPLE:,} and 300" in found.seen.said
    again, other = held(first, second, seed=3), held(first, second, seed=4)
    assert (again.auc, again.mmd) == (found.auc, found.mmd)
    assert other.mmd != found.mmd, "another seed draws others"
    few = held(first[:200], second)
    assert few.seen is not None and few.seen.all


def test_of_many_the_nearest_partitions_are_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nearest, "OWN", 1_000)
    first, second = drawn(6_000, 0), drawn(2_000, 1)
    one, other = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True) for vectors in (first, second))
    exact = nearest.nearest(one, other)
    assert (exact.recall, exact.measured) == (1, 1_000)
    assert (exact.rows == (other @ one.T).argmax(axis=1)).all()
    monkeypatch.setattr(nearest, "EXACT", 0)
    cuts: list[partitions.Partitions] = []

    def cut() -> partitions.Partitions:
        cuts.append(partitions.partition(one))
        return cuts[-1]

    searched = nearest.nearest(one, other, cut=cut)
    assert len(cuts) == 1, "the partitions that somebody keeps serve both searches"
    assert 0.95 <= searched.recall < 1
    assert (searched.rows == exact.rows).mean() >= 0.95
    assert np.abs(searched.own - exact.own).mean() < 0.01
    assert held(first, second).seen.recall == searched.recall  # type: ignore[union-attr]
    said = held(first, second).seen.said  # type: ignore[union-attr]
    assert f"a search that finds {searched.recall:.1%}" in said


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
