"""The verdict follows from the figures: shortcuts, luck and copies are named, and good is called good."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from embedding_core import neighbours
from embedding_core.evaluate.card.controls import Controls
from embedding_core.evaluate.card.found import LabelFree, ReportCard, Scores
from embedding_core.evaluate.card.intervals import Figure
from embedding_core.evaluate.card.scoring import enough, score
from embedding_core.evaluate.card.shape import Shape
from embedding_core.evaluate.card.stability import Way
from embedding_core.evaluate.card.verdict import skill, verdict
from tests.core.test_knn import clouds


@pytest.fixture(scope="module")
def card() -> ReportCard:
    vectors, codes = clouds(200, classes=4, apart=1.2)
    return made(vectors, codes)


def made(vectors: np.ndarray, codes: np.ndarray) -> ReportCard:
    ids, groups = np.arange(len(codes)), np.full(len(codes), -1)
    return score(ids, vectors, codes, tuple("abcd"), groups, neighbours.graph(vectors, 10))


def with_(card: ReportCard, probe: float, **controls: Figure | float) -> ReportCard:
    assert card.scores is not None
    scores = replace(
        card.scores,
        probe=Figure(probe, probe - 0.02, probe + 0.02),
        evened=around(0.25),
        controls=replace(card.scores.controls, **controls),  # type: ignore[arg-type]
    )
    return replace(card, scores=scores)


def around(value: float) -> Figure:
    return Figure(value, value - 0.02, value + 0.02)


def test_skill_is_the_part_of_what_guessing_leaves() -> None:
    assert skill(0.75, 0.5) == pytest.approx(0.5)
    assert skill(0.5, 0.5) == 0
    assert skill(1, 0.9) == pytest.approx(1)


@pytest.mark.parametrize(
    ("probe", "level"), [(0.97, "strong"), (0.7, "fair"), (0.45, "weak"), (0.3, "useless"), (0.26, "useless")]
)
def test_levels_rise_with_accuracy(card: ReportCard, probe: float, level: str) -> None:
    assert verdict(with_(card, probe, majority=0.29, shuffled=around(0.25))).level == level


def test_a_wide_interval_calls_nothing_luck(card: ReportCard) -> None:
    found = with_(card, 0.42, majority=0.33, shuffled=around(0.3), pixels=around(0.33))
    assert found.scores is not None
    few = replace(found.scores, probe=Figure(0.42, 0.16, 0.73), knn_grouped={"5": Figure(0.33, 0.1, 0.65)})
    said = verdict(replace(found, scores=few))
    assert said.level == "unclear"
    assert said.sentence.startswith("Too few labelled images to tell: between 16% and 73% right")
    assert not any("far less" in one for one in said.reasons)
    near = replace(
        found.scores, probe=Figure(0.6, 0.4, 0.8), controls=replace(found.scores.controls, pixels=around(0.42))
    )
    assert any("do not tell it from the embedding" in one for one in verdict(replace(found, scores=near)).reasons)
    assert any("may be no more than guessing" in one for one in said.reasons)


def rare(apart: float, seed: int = 1) -> ReportCard:
    """15 images of 300 bear the second label; `apart` from the others."""
    rng = np.random.default_rng(seed)
    codes = np.zeros(300, np.int64)
    codes[:15] = 1
    vectors = rng.normal(size=(300, 32)).astype(np.float32)
    vectors[codes == 1, 0] += apart
    return score(
        np.arange(300), vectors, codes, ("no", "yes"), np.full(300, -1), neighbours.graph(vectors, 10), seed=seed
    )


def test_rare_labels_that_are_known_are_not_luck() -> None:
    found = rare(3.2)
    assert found.scores is not None
    assert found.scores.probe.low <= found.scores.controls.majority, "accuracy alone could not tell"
    said = verdict(found)
    assert said.level == "weak"
    assert "no better than always saying the commonest label" in said.sentence and "luck finds 50%" in said.sentence


def test_rare_labels_that_are_noise_are_luck() -> None:
    assert sum(verdict(rare(0, seed)).level != "useless" for seed in range(20)) <= 1


@pytest.mark.parametrize("rival", ["pixels", "pixels_knn", "metadata"])
def test_a_control_that_comes_close_is_a_shortcut(card: ReportCard, rival: str) -> None:
    found = verdict(with_(card, 0.9, majority=0.3, shuffled=around(0.25), **{rival: around(0.85)}))
    assert found.level == "shortcut"
    assert found.sentence.startswith("Be careful")
    assert ("files" if rival == "metadata" else "16×16") in found.sentence
    assert any("shortcut" in reason for reason in found.reasons)


def test_a_control_that_goes_half_the_way_is_a_reason_and_no_verdict(card: ReportCard) -> None:
    found = verdict(with_(card, 0.95, majority=0.3, shuffled=around(0.25), pixels=around(0.7)))
    assert found.level == "strong"
    assert any("good part of the way" in reason for reason in found.reasons)


def test_what_copies_feign_is_said(card: ReportCard) -> None:
    scores = card.scores
    assert scores is not None
    leaking = replace(card, scores=replace(scores, leakage=replace(scores.leakage, knn=0.12, copies=90)))
    assert any("inflate accuracy by 12.0 points" in reason for reason in verdict(leaking).reasons)
    few = replace(card, scores=replace(scores, leakage=replace(scores.leakage, knn=0.0, copies=9)))
    assert any("hardly inflate anything" in reason for reason in verdict(few).reasons)


def test_neighbours_far_behind_the_probe_are_said(card: ReportCard) -> None:
    scores = with_(card, 0.9).scores
    assert scores is not None
    behind = replace(scores, knn_grouped={**scores.knn_grouped, "5": around(0.7)})
    assert any("Fine-tuning" in reason for reason in verdict(replace(card, scores=behind)).reasons)


def free(found: float, stability: float = 0.9) -> ReportCard:
    ways = tuple(Way(name, around(found), 0.9) for name in ("mirrored", "cropped"))
    rest = LabelFree(Shape(12.0, 0.5, 0.2, 40.0), ways, 10, stability)
    nothing = np.empty(0)
    return ReportCard(nothing, nothing, nothing, nothing, nothing, nothing, (), None, rest, 0)  # type: ignore[arg-type]


def test_without_labels_it_goes_by_steadiness() -> None:
    assert verdict(free(0.97)).level == "steady"
    assert "not firm" in verdict(free(0.97, 0.2)).sentence
    shaky = verdict(free(0.4))
    assert shaky.level == "unsteady"
    assert any("mirrored or cropped" in reason for reason in shaky.reasons)
    unknown = replace(free(0.9), free=replace(free(0.9).free, stability=()))
    assert verdict(unknown).level == "unclear"


def test_too_few_labels_are_not_scored() -> None:
    assert not enough(np.array([0, 0, 1, 1] + [-1] * 40))
    assert not enough(np.zeros(40, np.int64))
    assert not enough(np.arange(40))
    assert enough(np.repeat([0, 1], 5))
    vectors, _ = clouds(60)
    assert made(vectors, np.full(60, -1)).scores is None


def test_a_card_comes_back_as_it_was_kept(card: ReportCard) -> None:
    again = ReportCard.restored(card.arrays(), card.facts())
    assert again.facts() == card.facts()
    assert (again.scores, again.free) == (card.scores, card.free)
    assert again.table == card.table
    assert verdict(again) == verdict(card)
    bare = made(clouds(60)[0], np.full(60, -1))
    assert ReportCard.restored(bare.arrays(), bare.facts()).free == bare.free


def test_copies_inflate_plain_neighbours_and_what_they_feign_is_told() -> None:
    rng = np.random.default_rng(0)
    single, labels = rng.normal(size=(150, 16)).astype(np.float32), rng.integers(0, 3, 150)
    vectors = np.concatenate([single, single + np.float32(0.01) * rng.normal(size=single.shape).astype(np.float32)])
    codes, groups = np.tile(labels, 2), np.tile(np.arange(150), 2)
    found = score(np.arange(300), vectors, codes, tuple("abc"), groups, neighbours.graph(vectors, 10))
    assert isinstance(found.scores, Scores) and isinstance(found.scores.controls, Controls)
    assert found.scores.knn["1"].value == 1
    assert found.scores.knn_grouped["1"].value < 0.45
    assert found.scores.leakage.probe > 0.05
    assert found.scores.leakage.low > 0
    assert found.scores.leakage.copies == 300
    assert verdict(found).level == "useless"
