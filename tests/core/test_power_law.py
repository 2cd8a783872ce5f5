"""The law of learning curves: planted ones come back, and what is foretold holds as often as it says."""

import numpy as np
import pytest
from scipy.optimize import curve_fit
from scipy.stats import norm

from embedding_core.evaluate.curve.power_law import PowerLaw, errors, fit, law, resampled

SIZES = np.array([20, 40, 80, 160, 320, 640, 1280, 2560], float)


@pytest.mark.parametrize("planted", [(1.0, 0.35, 0.05), (0.8, 0.25, 0.0), (3.0, 0.9, 0.12), (1.5, 0.6, 0.02)])
def test_a_planted_law_comes_back(planted: tuple[float, float, float]) -> None:
    found = fit(SIZES, errors(np.array([planted]), SIZES), np.ones(len(SIZES)))
    beyond = np.array([100, 3000, 25_000])
    assert errors(found, beyond) == pytest.approx(errors(np.array([planted]), beyond), abs=1e-3)
    assert found[0, 1] == pytest.approx(planted[1], abs=0.03)


def test_it_is_the_least_squares_of_scipy() -> None:
    rng = np.random.default_rng(3)
    variances = 1e-4 * np.linspace(3, 1, len(SIZES))
    measured = errors(np.array([[1.2, 0.45, 0.08]]), SIZES)[0] + rng.normal(size=len(SIZES)) * np.sqrt(variances)
    ours = fit(SIZES, measured, variances)[0]
    theirs, _ = curve_fit(
        lambda n, a, b, c: a * n**-b + c,
        SIZES,
        measured,
        p0=(1, 0.5, 0.05),
        sigma=np.sqrt(variances),
        bounds=([0, 0.02, 0], [np.inf, 2, 1]),
    )

    def left(one: np.ndarray) -> float:
        return float((((one[0] * SIZES ** -one[1] + one[2]) - measured) ** 2 / variances).sum())

    assert left(ours) == pytest.approx(left(theirs), rel=1e-3)


def test_errors_that_grow_are_flat_and_never_below_the_floor() -> None:
    a, _, c = fit(SIZES, np.linspace(0.2, 0.3, len(SIZES)), np.ones(len(SIZES)))[0]
    assert a == 0
    assert c == pytest.approx(0.25)
    steep = fit(SIZES, errors(np.array([[1.0, 0.3, -0.05]]), SIZES), np.ones(len(SIZES)))[0]
    assert steep[2] >= 0


def simulated(
    rng: np.random.Generator, planted: tuple[float, float, float], *, tested: int = 400, draws: int = 5
) -> np.ndarray:
    """Right (s, m, k): images differ in difficulty, draws of the training set in luck, more so where it is small."""
    a, b, c = planted
    hard = rng.normal(size=tested) * np.sqrt(0.8)
    right = np.zeros((draws, len(SIZES), tested), bool)
    shared = rng.normal()
    for at, n in enumerate(SIZES):
        part, spread = n / SIZES[-1], 0.1 * a * n**-b
        for draw in range(draws):
            luck = spread * (np.sqrt(part) * shared + np.sqrt(1 - part) * rng.normal())
            wrong = hard + rng.normal(size=tested) * np.sqrt(0.2) < norm.ppf(
                np.clip(a * n**-b + c + luck, 0.001, 0.999)
            )
            right[draw, at] = ~wrong
    right[1:, -1] = right[0, -1]
    return right


@pytest.mark.parametrize("planted", [(1.0, 0.35, 0.05), (0.8, 0.25, 0.0), (0.0, 0.5, 0.3)])
def test_what_is_foretold_holds_in_90_to_99_of_100(planted: tuple[float, float, float]) -> None:
    a, b, c = planted
    ahead = np.array([2660, 3560, 5120, 25_600])
    truth = 1 - (a * ahead**-b + c)
    gain = a * SIZES[-1] ** -b - a * ahead**-b
    held, gained = np.zeros(len(ahead)), np.zeros(len(ahead))
    for seed in range(100):
        found = law(SIZES, simulated(np.random.default_rng(seed), planted), np.arange(400), draws=400, seed=seed)
        _, low, high = found.accuracy(ahead)
        held += (low <= truth) & (truth <= high)
        _, low, high = found.gain(ahead)
        gained += (low <= gain + 1e-9) & (gain <= high + 1e-9)
    assert held.min() >= 90
    assert held.max() <= 99
    assert gained.min() >= 90  # gains err on the side of caution


def test_a_gain_counts_from_the_labels_that_are_there() -> None:
    """A law drawn through a part of them, continued: the rest of them brings nothing new."""
    planted = np.array([[1.0, 0.35, 0.05]])
    found = PowerLaw(planted[0], np.repeat(planted, 9, axis=0), 700)
    assert found.gain([1000], since=1000) == pytest.approx(0)
    foretold = errors(planted, [1000]) - errors(planted, [1500])
    assert found.gain([1500], since=1000)[:, 0] == pytest.approx(np.full(3, foretold[0, 0]))
    assert (found.gain([1500]) > found.gain([1500], since=1000)).all()


def test_images_of_one_cluster_are_one_witness() -> None:
    right = simulated(np.random.default_rng(0), (1.0, 0.35, 0.05), tested=200)
    each = np.repeat(right, 4, axis=2)
    spread = [
        resampled(each, clusters, rng=np.random.default_rng(0))[1][:, -1].std()
        for clusters in (np.arange(800), np.repeat(np.arange(200), 4))
    ]
    assert spread[1] == pytest.approx(2 * spread[0], rel=0.15)
