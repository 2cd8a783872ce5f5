"""What a repair is worth: the parts that are compared, the difference and its interval, the words."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from embedding_core import derived, effect
from embedding_core.effect import Effect, Parts, Side, compare, differences, part, parts_of
from embedding_core.effect.parting import FEWEST
from embedding_core.encoders import registry
from embedding_core.errors import InvalidInput, UnknownVersion
from embedding_core.evaluate.comparison import paired
from embedding_core.fingerprint import digest
from embedding_core.quality.probing.probe import fit_probe
from embedding_core.records import LOCAL, ImageRecord
from embedding_core.review.decisions import Action, decided
from embedding_core.workspace import Dataset, Workspace

quick = partial(fit_probe, calibrated=False)
CLASSES = 4


class Nearest:
    """A probe that takes no time: the class whose mean is nearest."""

    def __init__(self, vectors: NDArray[np.float32], codes: NDArray[np.int64]) -> None:
        self.means = np.stack([vectors[codes == code].mean(axis=0) for code in range(CLASSES)])

    def probabilities(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        return vectors @ self.means.T - (self.means**2).sum(axis=1) / 2


def clouds(n: int, rng: np.random.Generator, noise: float = 1.0) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Vectors (n, 8) of four classes that overlap."""
    codes = rng.integers(0, CLASSES, n)
    middles = 1.2 * np.eye(CLASSES, 8)
    return (middles[codes] + noise * rng.normal(size=(n, 8))).astype(np.float32), codes


def flipped(codes: NDArray[np.int64], share: float, rng: np.random.Generator) -> NDArray[np.int64]:
    """Some labels wrong, and always in the same direction, as a careless hand does."""
    wrong = rng.random(len(codes)) < share
    return np.where(wrong, (codes + 1) % CLASSES, codes)


def side(codes: NDArray[np.int64], name: str = "a", splits: list[str | None] | None = None) -> Side:
    return Side(name, codes, splits or [None] * len(codes))


def compared(
    vectors: NDArray[np.float32], before: Side, after: Side, *, fit: effect.comparing.Fit = quick, seeds: int = 4
) -> Effect:
    parts = parts_of(before, after, seeds)
    names = [f"class {code}" for code in range(CLASSES)]
    return compare(np.arange(len(vectors)), vectors, before, after, parts, classes=names, fit=fit)


# -- parts -----------------------------------------------------------------------------------------------------------


def test_the_split_for_tests_judges_what_both_versions_agree_on() -> None:
    n = 100
    codes = np.arange(n) % CLASSES
    splits: list[str | None] = ["Test" if row < 50 else "train" if row < 90 else "val" for row in range(n)]
    cleaned = codes.copy()
    cleaned[0] = -1  # removed
    cleaned[1] = (cleaned[1] + 1) % CLASSES  # relabelled
    cleaned[60] = -1
    touched = np.arange(n) == 2
    parts = part(side(codes, splits=splits), side(cleaned, splits=splits), decided=touched)
    assert parts.chosen == "split"
    assert parts.test.tolist() == list(range(3, 50))
    assert parts.left_out == 3
    assert parts.before.tolist() == list(range(50, 90)), "neither validation nor touched test images are trained on"
    assert parts.after.tolist() == [row for row in range(50, 90) if row != 60]


def test_validation_stands_in_for_a_missing_test_split() -> None:
    splits: list[str | None] = ["validation" if row < 40 else "train" for row in range(100)]
    both = side(np.arange(100) % CLASSES, splits=splits)
    assert part(both, both).test.tolist() == list(range(40))


def test_without_a_split_a_part_is_drawn_of_every_class_and_from_a_seed() -> None:
    codes = np.repeat(np.arange(CLASSES), [400, 200, 100, 40])
    both = side(codes)
    parts = part(both, both)
    assert parts.chosen == "drawn"
    counts = np.bincount(codes[parts.test], minlength=CLASSES)
    np.testing.assert_allclose(counts / [400, 200, 100, 40], 0.3, atol=0.03)
    assert not set(parts.test) & set(parts.before)
    assert len(parts.test) + len(parts.before) == len(codes)
    assert part(both, both).test.tolist() == parts.test.tolist()
    assert part(both, both, seed=1).test.tolist() != parts.test.tolist()


def test_nothing_that_anybody_touched_is_drawn() -> None:
    rng = np.random.default_rng(0)
    codes = rng.integers(0, CLASSES, 500)
    cleaned = codes.copy()
    cleaned[:100] = -1
    cleaned[100:200] = (cleaned[100:200] + 1) % CLASSES
    decided_on = np.arange(500) < 250
    parts = part(side(codes), side(cleaned), decided=decided_on)
    assert parts.test.min() >= 250


@pytest.mark.parametrize("split", [False, True])
def test_groups_are_never_parted(split: bool) -> None:
    rng = np.random.default_rng(0)
    codes = rng.integers(0, CLASSES, 600)
    groups = np.where(rng.random(600) < 0.5, rng.integers(0, 80, 600), -1).astype(np.int32)
    splits: list[str | None] = [("test" if row % 3 else "train") if split else None for row in range(600)]
    cleaned = codes.copy()
    cleaned[groups == 3] = -1
    parts = part(side(codes, splits=splits), side(cleaned, splits=splits), groups=groups)
    tested = set(groups[parts.test].tolist()) - {-1}
    assert tested
    assert not tested & set(groups[parts.before].tolist())
    assert not tested & set(groups[parts.after].tolist())
    alone = parts.clusters[groups[parts.test] == -1]
    assert len(set(alone.tolist())) == len(alone)


def test_a_twin_of_what_was_touched_is_not_drawn() -> None:
    codes = np.arange(200) % CLASSES
    cleaned = codes.copy()
    cleaned[0] = -1
    groups = np.full(200, -1, np.int32)
    groups[[0, 4, 8]] = 7
    assert not {4, 8} & set(part(side(codes), side(cleaned), groups=groups).test.tolist())


def test_too_little_to_judge_by_is_said() -> None:
    codes = np.arange(60) % CLASSES
    with pytest.raises(InvalidInput, match=f"at least {FEWEST} images"):
        part(side(codes), side((codes + 1) % CLASSES))
    with pytest.raises(InvalidInput, match="two classes"):
        part(side(np.zeros(200, np.int64)), side(np.zeros(200, np.int64)))


def test_of_very_many_images_some_judge_and_some_teach(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(effect.parting, "MOST", 100)
    monkeypatch.setattr(effect.comparing, "MOST_TRAINED", 200)
    both = side(np.arange(2000) % CLASSES)
    parts = part(both, both)
    assert len(parts.test) == 100
    assert len(parts.before) == 1400, "nobody is taught with what might have judged"
    chance = np.random.default_rng(0).random(2000)
    some = effect.comparing.drawn(parts.before, chance)
    assert len(some) == 200
    fewer = effect.comparing.drawn(parts.before[::2], chance)
    shared = set(parts.before[::2].tolist())
    assert set(some.tolist()) & shared <= set(fewer.tolist()), "an image that is in stays in when others go"


# -- differences -------------------------------------------------------------------------------------------------------


def test_repaired_labels_are_worth_something_that_can_be_told() -> None:
    rng = np.random.default_rng(0)
    vectors, codes = clouds(3000, rng)
    splits: list[str | None] = ["test" if row < 1500 else "train" for row in range(3000)]
    wrong = np.where(np.arange(3000) < 1500, codes, flipped(codes, 0.1, rng))
    wrong = np.where((np.arange(3000) >= 1500) & (rng.random(3000) < 0.3), (codes + 1) % CLASSES, wrong)
    found = compared(vectors, side(wrong, "original", splits), side(codes, "now", splits), fit=Nearest)
    accuracy = found.differences.accuracy
    assert accuracy.low > 0
    assert accuracy.low < accuracy.change < accuracy.high
    assert effect.verdict(found) == "better"
    assert effect.said(found)[0].startswith(
        f"Accuracy +{100 * accuracy.change:.1f} points ({100 * accuracy.low:.1f} to"
    )
    back = compared(vectors, side(codes, "original", splits), side(wrong, "now", splits), fit=Nearest)
    assert effect.verdict(back) == "worse"
    assert effect.said(back)[0].startswith("It did not help. Accuracy −")


def test_ten_of_a_hundred_labels_flipped_and_repaired() -> None:
    """With the probe that is used, on classes that lie close."""
    rng = np.random.default_rng(1)
    codes = rng.integers(0, CLASSES, 2400)
    middles = rng.normal(size=(CLASSES, 64))
    vectors = (middles[codes] + 2.6 * rng.normal(size=(2400, 64))).astype(np.float32)
    splits: list[str | None] = ["test" if row < 1600 else "train" for row in range(2400)]
    wrong = np.where(np.arange(2400) < 1600, codes, flipped(codes, 0.1, rng))
    found = compared(vectors, side(wrong, "original", splits), side(codes, "now", splits))
    assert found.differences.accuracy.low > 0
    assert found.differences.balanced.low > 0
    assert found.changed.relabelled == np.count_nonzero(wrong != codes)


def test_no_change_is_no_difference() -> None:
    vectors, codes = clouds(400, np.random.default_rng(0))
    found = compared(vectors, side(codes, "original"), side(codes, "now"))
    for one in (found.differences.accuracy, found.differences.balanced, *found.differences.classes):
        assert one is not None
        assert (one.change, one.low, one.high) == (0, 0, 0), "no image can tell a training from itself"
    assert effect.verdict(found) == "same"
    assert effect.said(found)[0].startswith("No difference: original and now are trained on the same images")


def test_a_change_that_is_worth_nothing_cannot_be_told() -> None:
    rng = np.random.default_rng(3)
    vectors, codes = clouds(800, rng)
    fewer = np.where(rng.random(800) < 0.05, -1, codes)
    found = compared(vectors, side(codes, "original"), side(fewer, "now"), fit=Nearest)
    assert effect.verdict(found) == "unclear"
    assert effect.said(found)[0].startswith("No difference can be told. Accuracy")
    assert not found.alike


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    """A hundred data sets; the truth of each is measured on 10,000 further images and more trainings."""
    held = 0
    for number in range(100):
        rng = np.random.default_rng(number)
        vectors, codes = clouds(700, rng)
        far, truth = clouds(10_000, rng)
        every, known = np.concatenate([vectors, far]), np.concatenate([codes, truth])
        test, train = np.arange(300), np.arange(300, 700)
        wrong = known.copy()
        wrong[train] = flipped(codes[train], 0.25, rng)
        sides = side(wrong), side(known)
        changes = []
        for rows, seeds in ((test, 6), (np.arange(700, len(every)), 10)):
            parts = [Parts(rows, rows, train, train, rows, 0, "split")] * seeds
            found = compare(np.arange(len(every)), every, *sides, parts, classes=list("abcd"), fit=Nearest)
            changes.append(found)
        real = float(changes[1].after.mean() - changes[1].before.mean())
        accuracy = changes[0].differences.accuracy
        held += accuracy.low <= real <= accuracy.high
    assert 90 <= held <= 99


def test_parts_that_are_drawn_anew_hang_on_no_single_draw() -> None:
    rng = np.random.default_rng(0)
    vectors, codes = clouds(900, rng)
    before, after = side(flipped(codes, 0.02, rng)), side(codes)
    parts = parts_of(before, after, 6)
    assert len({one.test.tobytes() for one in parts}) == 6
    assert all(not set(one.test.tolist()) & set(one.before.tolist()) for one in parts)
    found = compared(vectors, before, after, fit=Nearest, seeds=6)
    assert len(found.ids) > 2 * len(parts[0].test)
    assert found.tested.sum() == sum(len(one.test) for one in parts)
    accuracy = found.differences.accuracy
    assert accuracy.before == pytest.approx(found.before.sum() / found.tested.sum())
    assert accuracy.after == pytest.approx(found.after.sum() / found.tested.sum())
    for seed, one in enumerate(parts):
        assert found.ids[found.tested[seed]].tolist() == one.test.tolist()
    splits: list[str | None] = ["test" if row < 300 else "train" for row in range(900)]
    assert len({one.test.tobytes() for one in parts_of(side(codes, splits=splits), side(codes, splits=splits), 3)}) == 1


def test_every_class_counts_alike_in_the_balanced_figure() -> None:
    truth = np.array([0] * 90 + [1] * 10)
    before = np.repeat((truth == 0)[None], 3, axis=0)
    after = np.repeat((truth == 1)[None], 3, axis=0)
    found = differences(before, after, truth, np.arange(100), 3)
    assert (found.accuracy.before, found.accuracy.after) == pytest.approx((0.9, 0.1))
    assert (found.balanced.before, found.balanced.after) == (0.5, 0.5)
    assert [one and (one.before, one.after) for one in found.classes] == [(1, 0), (0, 1), None]


def test_few_images_that_are_gained_tell_nothing() -> None:
    """Four of 200 and none lost: McNemar's exact p is 0.125. Nor do none of twelve, over one training or over five."""
    right, truth = np.ones((1, 200), bool), np.arange(200) % 2
    first = right.copy()
    first[0, :4] = False
    found = differences(first, right, truth, np.arange(200), 2)
    assert (found.accuracy.change, found.accuracy.better) == (pytest.approx(0.02), False)
    assert not found.balanced.better
    assert not differences(np.repeat(first, 5, 0), np.repeat(right, 5, 0), truth, np.arange(200), 2).accuracy.better
    for runs in (1, 5):
        same = np.ones((runs, 12), bool)
        none = differences(same, same, truth[:12], np.arange(12), 2)
        for one in (none.accuracy, none.balanced, *none.classes):
            assert one is not None
            assert one.low < -0.05 and one.high > 0.05


def test_one_training_has_the_interval_of_compared_encoders() -> None:
    rng = np.random.default_rng(0)
    before, after = rng.random(300) < 0.7, rng.random(300) < 0.75
    clusters = np.arange(300) // 2
    found = differences(before[None], after[None], np.arange(300) % 3, clusters, 3)
    assert found.accuracy == paired.difference(before, after, clusters)
    even = found.balanced
    assert even.change == pytest.approx(found.accuracy.change), "each class has as many images"
    assert even.high - even.low == pytest.approx(found.accuracy.high - found.accuracy.low, rel=0.1)


def test_twins_among_the_test_images_widen_the_interval() -> None:
    rng = np.random.default_rng(0)
    once = np.tile(rng.random(100) < 0.7, (4, 1))
    other = np.tile(rng.random(100) < 0.8, (4, 1))
    truth = np.zeros(500, np.int64)
    alone = differences(np.repeat(once, 5, 1), np.repeat(other, 5, 1), truth, np.arange(500), 1).accuracy
    tied = differences(np.repeat(once, 5, 1), np.repeat(other, 5, 1), truth, np.arange(500) // 5, 1).accuracy
    assert tied.high - tied.low > 1.7 * (alone.high - alone.low)


def test_an_effect_comes_back_from_what_is_kept() -> None:
    vectors, codes = clouds(300, np.random.default_rng(0))
    found = compared(vectors, side(codes), side(np.where(np.arange(300) < 20, -1, codes), "b"), fit=Nearest)
    again = Effect.restored(found.arrays(), found.facts())
    assert again.facts() == found.facts()
    assert again.differences == found.differences
    assert effect.said(again) == effect.said(found)


# -- on a dataset ------------------------------------------------------------------------------------------------------


@pytest.fixture
def noisy(tmp_path: Path) -> tuple[Workspace, Dataset, NDArray[np.int64], NDArray[np.int64]]:
    """800 images with vectors of four classes, a tenth of the labels wrong; with the true and the given classes."""
    workspace = Workspace.open(str(tmp_path / "workspace"))
    dataset = workspace.create("noisy")
    rng = np.random.default_rng(0)
    card = registry.card("pixels")
    codes = rng.integers(0, CLASSES, 800)
    middles = rng.normal(size=(CLASSES, card.dim))
    vectors = (middles[codes] + 6 * rng.normal(size=(800, card.dim))).astype(np.float32)
    given = flipped(codes, 0.1, rng)
    paths = [f"{number:04d}.png" for number in range(800)]
    ids = dataset.image_ids(paths)
    shas = [digest(path.encode()) for path in paths]
    records = [
        ImageRecord(path, sha, 9, 9, "PNG", 4, b"", path[:4].encode()) for path, sha in zip(paths, shas, strict=True)
    ]
    dataset.put_images(ids, records)
    dataset.put_attributes(ids, labels=[f"class {code}" for code in given.tolist()])
    dataset.vectors.put(card, ids, shas, vectors)
    return workspace, dataset, codes, given


def test_decisions_are_measured_kept_and_measured_again_when_more_come(
    noisy: tuple[Workspace, Dataset, NDArray[np.int64], NDArray[np.int64]],
) -> None:
    workspace, dataset, codes, given = noisy
    embedding = dataset.embedding("pixels")
    ids = np.array(dataset.images()["id"].to_pylist())
    wrong = np.flatnonzero(codes != given)

    def repaired(rows: NDArray[np.int64]) -> None:
        dataset.decisions.add(
            decided(LOCAL, Action.RELABEL, [ids[row]], value=f"class {codes[row]}") for row in rows.tolist()
        )

    repaired(wrong[:40])
    measure = partial(derived.measure_effect, workspace, dataset, embedding, seeds=3)
    first = measure()
    assert first.found.changed.relabelled == 40
    assert not set(first.found.ids.tolist()) & set(ids[wrong[:40]].tolist()), "nobody decided on what judges"
    assert first.fingerprint == derived.effect_key(workspace, dataset, embedding, seeds=3)
    assert derived.read_effect(workspace, first.fingerprint) is not None
    repaired(wrong[40:])
    second = measure()
    assert second.fingerprint != first.fingerprint
    assert second.found.differences.accuracy.change > 0
    with pytest.raises(UnknownVersion):
        measure(second="nothing")
