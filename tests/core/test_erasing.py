"""Axes and properties taken out: gone for good, fitted on the taught rows alone, and what it costs is measured."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.linear_model import LinearRegression

from embedding_core.errors import InvalidInput
from embedding_core.evaluate.axes.components import fit_space
from embedding_core.evaluate.axes.dimensions import curves
from embedding_core.evaluate.axes.erasing import Treatment, fit
from embedding_core.evaluate.axes.meaning import Said
from embedding_core.evaluate.axes.storing import packed, steps, stored
from embedding_core.evaluate.axes.trial import Bench, Trial, attempt
from tests.core.test_components import Array, blobs


def bench(unit: Array, codes: np.ndarray, *, tested: int = 0) -> tuple[Bench, np.ndarray]:
    rows = np.arange(len(unit) - tested)
    probe, near, dealt = curves(unit[rows], codes[rows], groups=np.full(len(rows), -1))
    test = np.arange(len(rows), len(unit))
    known = Bench(rows, dealt, codes[rows], rows, probe.right[-1], near.right[-1], test, codes[test], test)
    return known, rows


def bright(seed: int = 0, n: int = 300, d: int = 24) -> tuple[Array, np.ndarray, Said]:
    """Vectors in which brightness is by far the largest difference, and has nothing to do with the classes."""
    rng = np.random.default_rng(seed)
    unit, codes = blobs(seed, n=n, d=d, apart=0.8)
    light = rng.uniform(0, 255, n)
    values = unit + 3 * (light - 128)[:, None] / 128 @ np.linalg.qr(rng.normal(size=(d, 1)))[0].T
    return (
        (values / np.linalg.norm(values, axis=1, keepdims=True)).astype(np.float32),
        codes,
        Said("brightness", "property", light),
    )


def test_the_first_axes_are_those_of_scikit_learn() -> None:
    unit, _ = blobs()
    made = fit(unit, Treatment(keep=5), known=fit_space(unit))
    theirs = PCA(5).fit(unit).transform(unit)
    np.testing.assert_allclose(np.abs(made(unit)), np.abs(theirs), atol=2e-4)


def test_whitened_axes_are_those_of_scikit_learn() -> None:
    unit, _ = blobs()
    made = fit(unit, Treatment(keep=5, whiten=True), known=fit_space(unit))(unit)
    theirs = PCA(5, whiten=True).fit(unit).transform(unit)
    # scikit-learn divides by the deviation of a sample, this by that of all.
    np.testing.assert_allclose(np.abs(made) / np.sqrt(len(unit) / (len(unit) - 1)), np.abs(theirs), atol=5e-3)
    np.testing.assert_allclose(made.std(axis=0), 1, atol=1e-3)


def test_noise_taken_out_is_scikit_learns_way_back() -> None:
    unit, _ = blobs()
    made = fit(unit, Treatment(keep=5, denoise=True), known=fit_space(unit))
    theirs = PCA(5).fit(unit)
    np.testing.assert_allclose(made(unit), theirs.inverse_transform(theirs.transform(unit)), atol=2e-4)
    assert made.dim == unit.shape[1]


def test_an_axis_that_was_taken_out_is_gone() -> None:
    unit, _ = blobs()
    space = fit_space(unit)
    made = fit(unit, Treatment(axes=(1, 3)), known=space)
    assert np.abs(space.axes[:, [0, 2]].T @ made.axes).max() < 1e-4
    assert made.dim == space.axes.shape[1] - 2


def test_of_other_rows_the_axis_is_taken_that_is_most_like_it() -> None:
    rng = np.random.default_rng(0)
    wide = np.array([1.0, 0.98, 0.3, 0.1])  # the first two may change places
    unit = (rng.normal(size=(400, 4)) * wide).astype(np.float32)
    for seed in range(6):
        rows = np.random.default_rng(seed).choice(400, 200, replace=False)
        space = fit_space(unit)
        made = fit(unit[rows], Treatment(axes=(1,)), known=space)
        kept = made.axes @ made.axes.T
        assert np.linalg.norm(kept @ space.axes[:, 0]) < np.linalg.norm(kept @ space.axes[:, 1])


def test_no_linear_model_tells_a_property_that_was_taken_out() -> None:
    unit, _, light = bright()
    rows = np.arange(200)
    made = fit(unit[rows], Treatment(properties=("brightness",)), known=fit_space(unit), said=[light.of(rows)])
    ranks = light.of(rows).columns()[:, 0]
    placed = made.on(unit[rows])
    np.testing.assert_allclose(placed.T @ (ranks - ranks.mean()) / len(rows), 0, atol=1e-5)  # nothing varies with it
    taught = LinearRegression().fit(placed, ranks)
    assert taught.score(placed, ranks) < 1e-3
    assert LinearRegression().fit(unit[rows], ranks).score(unit[rows], ranks) > 0.9


def test_a_category_that_was_taken_out_is_gone() -> None:
    unit, codes = blobs(apart=2.0)
    said = Said("kind", "metadata", codes=codes, values=tuple("abcd"))
    made = fit(unit, Treatment(properties=("kind",)), known=fit_space(unit), said=[said])
    means = np.stack([made.on(unit)[codes == code].mean(axis=0) for code in range(4)])
    np.testing.assert_allclose(means, 0, atol=1e-4)


def test_what_its_removal_does_is_measured() -> None:
    unit, codes, light = bright()
    known, fitted = bench(unit, codes, tested=60)
    of = (unit, Treatment(properties=("brightness",)), fit_space(unit))
    found = attempt(*of, said=[light], fitted=fitted, bench=known)
    (seen,) = found.seen
    assert seen.before > 0.9 and abs(seen.after) < 0.2
    assert found.probe is not None and found.near is not None and found.test is not None
    assert found.near.better  # the light drowned the classes
    assert found.near.low <= found.near.change <= found.near.high
    assert found.tested == 60 == len(found.right)
    assert found.test.after == pytest.approx(found.right.mean())


def test_nothing_is_learned_from_what_is_judged() -> None:
    """Shuffled labels stay at chance after every step, also when what is taken out is the label itself."""
    rights = []
    for seed in range(3):
        unit, codes, light = bright(seed)
        shuffled = np.random.default_rng(seed).permutation(codes)
        known, fitted = bench(unit, shuffled)
        own = Said("kind", "metadata", codes=shuffled, values=tuple("abcd"))
        for treatment, said in (
            (Treatment(keep=4), []),
            (Treatment(keep=8, whiten=True), []),
            (Treatment(axes=(1, 2)), []),
            (Treatment(properties=("brightness",)), [light]),
            (Treatment(properties=("kind",)), [own]),
        ):
            found = attempt(unit, treatment, fit_space(unit), said=said, fitted=fitted, bench=known, seed=seed)
            assert found.probe is not None and found.near is not None
            rights.append([found.probe.after, found.near.after])
    # Taking out what the taught rows say of a label pushes the others below chance, never above.
    assert abs(np.mean(rights[:4]) - 0.25) < 0.06
    assert np.mean(rights) < 0.28


def test_without_labels_the_map_is_made_all_the_same() -> None:
    unit, _ = blobs()
    found = attempt(unit, Treatment(keep=3), fit_space(unit), fitted=np.arange(len(unit)), bench=None)
    assert found.probe is None and found.reduction(unit).shape == (len(unit), 3)


def test_a_trial_is_put_together_again() -> None:
    unit, codes, light = bright()
    known, fitted = bench(unit, codes, tested=40)
    asked = Treatment(axes=(2,), properties=("brightness",), keep=6)
    found = attempt(unit, asked, fit_space(unit), said=[light], fitted=fitted, bench=known)
    again = Trial.restored(found.arrays(), found.facts())
    assert again.facts() == found.facts()
    np.testing.assert_array_equal(again.reduction(unit), found.reduction(unit))
    assert asked.words == "without axis 2, without brightness, 6 axes kept"


def test_int8_is_off_by_half_a_step_at_most() -> None:
    values = np.random.default_rng(0).normal(size=(100, 6)).astype(np.float32)
    widths = steps(values)
    assert packed(values, "int8", widths).dtype == np.int8
    assert (np.abs(stored(values, "int8", values) - values) <= widths / 2 * 1.001).all()
    np.testing.assert_array_equal(stored(values, "float16", values), values.astype(np.float16).astype(np.float32))
    with pytest.raises(InvalidInput, match="float64"):
        packed(values, "float64", widths)


@pytest.mark.parametrize("wrong", [{"keep": 0}, {"axes": (0,)}, {"whiten": True, "denoise": True}])
def test_what_cannot_be_done_is_said(wrong: dict[str, object]) -> None:
    with pytest.raises(InvalidInput):
        Treatment(**wrong)  # type: ignore[arg-type]


def test_an_axis_that_there_is_not_is_said() -> None:
    unit, _ = blobs(d=6)
    with pytest.raises(InvalidInput, match="no axis 9"):
        fit(unit, Treatment(axes=(9,)), known=fit_space(unit))
    with pytest.raises(InvalidInput, match="Nothing would be left"):
        fit(unit, Treatment(axes=(1, 2, 3, 4, 5, 6)), known=fit_space(unit))
