"""Principal axes: what they explain, how many are more than noise, how many keep the quality, what they show."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import spearmanr
from sklearn.decomposition import PCA
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import KNeighborsClassifier

from embedding_core.errors import InvalidInput
from embedding_core.evaluate.axes.components import broken_stick, more_than_noise, space_of
from embedding_core.evaluate.axes.dimensions import curve, curves, sizes
from embedding_core.evaluate.axes.judging import neighbours_at, parts
from embedding_core.evaluate.axes.meaning import Said, ends, goes_with, sentence
from embedding_core.vectors import unit_rows

Array = NDArray[np.float32]


def blobs(
    seed: int = 0, n: int = 240, d: int = 24, classes: int = 4, apart: float = 1.0
) -> tuple[Array, NDArray[np.int64]]:
    """Unit vectors (n, d) around a centre for each class, and the classes."""
    rng = np.random.default_rng(seed)
    codes = np.arange(n) % classes
    centres = apart * rng.normal(size=(classes, d))
    return unit_rows((centres[codes] + rng.normal(size=(n, d)) + 3).astype(np.float32)), codes


# -- what they explain -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [200, 16])  # more rows than columns, and fewer
def test_variance_and_axes_are_those_of_scikit_learn(n: int) -> None:
    unit, _ = blobs(n=n)
    _, space = space_of(unit)
    theirs = PCA().fit(unit)
    count = min(n - 1, unit.shape[1])
    np.testing.assert_allclose(space.shares[:count], theirs.explained_variance_ratio_[:count], rtol=1e-3, atol=1e-6)
    np.testing.assert_allclose(np.abs((space.axes[:, :5].T * theirs.components_[:5]).sum(axis=1)), 1, atol=1e-3)
    np.testing.assert_allclose(np.abs(space.on(unit, 3)), np.abs(theirs.transform(unit)[:, :3]), atol=2e-4)


def test_vectors_are_scaled_to_length_one_first() -> None:
    unit, _ = blobs()
    lengths = np.random.default_rng(1).uniform(1, 50, (len(unit), 1)).astype(np.float32)
    np.testing.assert_allclose(space_of(unit * lengths)[1].variance, space_of(unit)[1].variance, rtol=1e-3, atol=1e-7)


def test_vectors_that_are_all_alike_have_no_axes() -> None:
    with pytest.raises(InvalidInput, match="alike"):
        space_of(np.ones((10, 4), np.float32))


@pytest.mark.parametrize("rank", [2, 5])
@pytest.mark.parametrize("n", [400, 40])
def test_parallel_analysis_finds_a_planted_rank(rank: int, n: int) -> None:
    rng = np.random.default_rng(rank)
    planted = 3 * rng.normal(size=(n, rank)) @ np.linalg.qr(rng.normal(size=(60, rank)))[0].T
    count, levels = more_than_noise((planted + 0.3 * rng.normal(size=(n, 60))).astype(np.float32))
    assert count == rank
    assert (np.diff(levels) <= 1e-12).all()


def test_noise_has_no_axis_that_is_more_than_noise() -> None:
    counts = [
        more_than_noise(np.random.default_rng(seed).normal(size=(300, 40)).astype(np.float32))[0] for seed in range(5)
    ]
    assert max(counts) <= 1 and sorted(counts)[2] == 0


def test_the_broken_stick_by_hand() -> None:
    # Of three pieces: 11/18, 5/18, 2/18.
    assert broken_stick(np.array([0.62, 0.28, 0.10]), 3) == 2
    assert broken_stick(np.array([0.60, 0.30, 0.10]), 3) == 0


# -- how many keep the quality -----------------------------------------------------------------------------------


def test_counts_double_and_end_with_all() -> None:
    assert sizes(20, 100) == (2, 4, 8, 16, 20)
    assert sizes(1280, 30) == (2, 4, 8, 16, 1280)
    assert sizes(2, 30) == (2,)


def test_neighbours_over_all_axes_are_those_of_cosine() -> None:
    unit, codes = blobs(apart=0.4)
    space = space_of(unit)[1]
    taught, asked = np.arange(160), np.arange(160, 240)
    told = neighbours_at(space.on(unit[taught]), codes[taught], space.on(unit[asked]), [4, unit.shape[1]])
    similarity = unit[asked] @ unit[taught].T
    for row, near in enumerate(np.argsort(-similarity, axis=1)[:, :5]):
        counts = np.bincount(codes[taught][near])
        assert counts[told[1, row]] == counts.max()
    theirs = KNeighborsClassifier(1).fit(space.on(unit[taught], 4), codes[taught])
    nearest = theirs.kneighbors(space.on(unit[asked], 4), 5)[1]
    for row, near in enumerate(nearest):
        counts = np.bincount(codes[taught][near])
        assert counts[told[0, row]] == counts.max()


def test_a_quality_that_lies_in_few_axes_is_kept_by_few() -> None:
    rng = np.random.default_rng(0)
    codes = np.arange(400) % 4
    values = rng.normal(size=(400, 40)) * 0.3
    values[:, :3] += 4 * np.eye(4)[codes][:, :3]
    probe, near, dealt = curves(unit_rows((values + 2).astype(np.float32)), codes, groups=np.full(400, -1))
    assert probe.enough <= 4 and near.enough <= 4
    assert probe.accuracy[-1] > 0.95
    assert probe.against_all[-1].change == 0 and len(set(dealt.tolist())) == 5
    for low, accuracy, high in zip(
        *np.array(probe.intervals).T[:1], probe.accuracy, np.array(probe.intervals).T[1], strict=True
    ):
        assert low <= accuracy <= high


def test_labels_that_mean_nothing_stay_at_chance_for_any_number_of_axes() -> None:
    rights = []
    for seed in range(6):
        unit, codes = blobs(seed, apart=1.5)
        shuffled = np.random.default_rng(seed).permutation(codes)
        probe, near, _ = curves(unit, shuffled, groups=np.full(len(codes), -1), seed=seed)
        rights += [probe.right[-1].mean(), probe.right[1].mean(), near.right[-1].mean()]
    assert abs(np.mean(rights) - 0.25) < 0.03


def test_near_duplicates_never_lie_on_both_sides() -> None:
    unit, codes = blobs(n=60)
    groups = np.repeat(np.arange(20), 3)
    dealt = curves(np.repeat(unit[:20], 3, axis=0), np.repeat(codes[:20], 3), groups=groups)[2]
    for part in parts(dealt):
        assert not set(groups[part.taught]) & set(groups[part.asked])


# -- what they show ----------------------------------------------------------------------------------------------


def test_copies_do_not_narrow_the_interval() -> None:
    right, codes = np.random.default_rng(0).random((2, 100)) < 0.7, np.arange(100) % 2
    once = curve((1, 2), right, codes, np.arange(100))
    twice = curve((1, 2), np.repeat(right, 2, axis=1), np.repeat(codes, 2), np.repeat(np.arange(100), 2))
    np.testing.assert_allclose(twice.intervals, once.intervals, atol=2e-3)


def test_a_planted_brightness_is_found_and_named() -> None:
    rng = np.random.default_rng(0)
    brightness = rng.uniform(0, 255, 300)
    values = rng.normal(size=(300, 30)) * 0.2
    direction = np.linalg.qr(rng.normal(size=(30, 1)))[0].T
    values += 3 * (brightness - 128)[:, None] / 128 @ direction
    unit, space = space_of((values + 4).astype(np.float32))
    said = [Said("brightness", "property", brightness), Said("sharpness", "property", rng.uniform(0, 1, 300))]
    placed = space.on(unit, 3)
    first, *others = goes_with(placed, said)
    assert first[0].name == "brightness" and first[0].sure and abs(first[0].value) > 0.9
    assert first[0].value == pytest.approx(spearmanr(placed[:, 0], brightness).statistic)
    dark_low = first[0].value > 0
    assert (first[0].low, first[0].high) == (("dark", "bright") if dark_low else ("bright", "dark"))
    assert sentence(1, first).startswith("Axis 1 shows brightness (r = ")
    assert all(abs(one.value) < 0.4 for each in others for one in each)
    assert "goes with nothing" in sentence(2, others[0])


def test_a_label_is_measured_by_eta_and_its_ends_by_the_curve() -> None:
    rng = np.random.default_rng(0)
    codes = np.arange(150) % 3
    places = (np.array([-2.0, 0.0, 3.0])[codes] + rng.normal(size=150)).astype(np.float32)[:, None]
    said = Said("label", "label", codes=codes, values=("hat", "shirt", "shoe"))
    one = goes_with(places, [said])[0][0]
    values = places[:, 0].astype(float)
    between = sum((codes == c).sum() * (values[codes == c].mean() - values.mean()) ** 2 for c in range(3))
    eta = between / ((values - values.mean()) ** 2).sum()
    assert one.value == pytest.approx(1 - (1 - eta) * 149 / 147)
    assert (one.low, one.high) == ("hat", "shoe")
    assert one.high_auc == pytest.approx(roc_auc_score(codes == 2, values))
    assert one.low_auc == pytest.approx(roc_auc_score(codes == 0, -values))
    assert "hat at − (AUC" in sentence(4, [one]) and sentence(4, [one]).startswith("Axis 4 shows the label (η² = .")


def test_chance_is_not_named() -> None:
    rng = np.random.default_rng(3)
    placed = rng.normal(size=(60, 20)).astype(np.float32)
    said = [Said(f"column {number}", "metadata", rng.normal(size=60)) for number in range(20)]
    said.append(Said("kind", "metadata", codes=rng.integers(0, 5, 60), values=tuple("abcde")))
    assert not any(one.sure for each in goes_with(placed, said) for one in each)


def test_values_that_are_missing_do_not_count() -> None:
    rng = np.random.default_rng(0)
    placed = rng.normal(size=(100, 1)).astype(np.float32)
    numbers = placed[:, 0].astype(float)
    numbers[::2] = np.nan
    (one,) = goes_with(placed, [Said("size", "metadata", numbers)])[0]
    assert one.value == pytest.approx(1)


def test_ends_show_near_duplicates_once_and_no_image_twice() -> None:
    places = np.arange(12, dtype=np.float32)
    groups = np.array([0, 0, -1, -1, -1, -1, -1, -1, -1, 1, 1, 1])
    low, high = ends(places, groups, 4)
    assert low.tolist() == [0, 2, 3, 4]
    assert high.tolist() == [11, 8, 7, 6]
    low, high = ends(places[:3], groups[3:6], 4)
    assert sorted([*low, *high]) == [0, 1, 2]
