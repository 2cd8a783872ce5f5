"""Steps of cleaning, each alone and all together, against doing nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from embedding_core import effect
from embedding_core.effect import Repairs, Step, label_suspects, label_weights, repair
from embedding_core.effect.repair import NAMES, REMOVAL, REWEIGHTING
from embedding_core.errors import InvalidInput
from embedding_core.records import LOCAL, silent
from embedding_core.tasks import TASKS
from embedding_core.workspace import Workspace
from tests.core.test_effect import CLASSES, Nearest, clouds

N, TEST = 1200, 600


@pytest.fixture(scope="module")
def damaged() -> dict[str, NDArray[Any]]:
    """Training images of which a fifth lies far off and is called by one class, whatever it is."""
    rng = np.random.default_rng(0)
    vectors, codes = clouds(N, rng)
    bad = (np.arange(N) >= TEST) & (rng.random(N) < 0.2)
    given = np.where(bad, 0, codes)
    vectors[bad] += 3
    return {"vectors": vectors, "codes": given, "bad": bad}


def tried(damaged: dict[str, NDArray[Any]], *steps: Step, seeds: int = 4) -> Repairs:
    test, train = np.arange(TEST), np.arange(TEST, N)
    vectors, codes = damaged["vectors"], damaged["codes"]
    names = [f"class {code}" for code in range(CLASSES)]
    return repair(np.arange(N), vectors, codes, train, test, test, steps, classes=names, fit=Nearest, seeds=seeds)


def without(rows: NDArray[np.bool_]) -> NDArray[np.float32]:
    return np.where(rows, 0, 1).astype(np.float32)


def test_a_step_that_takes_the_damage_out_is_worth_something_and_one_that_does_not_is_not(
    damaged: dict[str, NDArray[Any]],
) -> None:
    good = ~damaged["bad"] & (np.random.default_rng(1).random(N) < 0.05)
    found = tried(damaged, Step("outliers", without(damaged["bad"])), Step("duplicates", without(good)))
    assert found.arms == ("outliers", "duplicates", "together")
    outliers, duplicates, together = (one.accuracy for one in found.differences)
    assert outliers.low > 0
    assert not duplicates.better
    assert together.low > 0
    assert found.lost[0] == pytest.approx(damaged["bad"].sum() / (N - TEST))
    assert found.lost[2] == pytest.approx(found.lost[0] + found.lost[1])
    again = Repairs.restored(found.arrays(), json.loads(json.dumps(found.facts())))
    assert again.differences == found.differences
    assert again.facts() == found.facts()


def test_less_weight_is_between_nothing_and_removal(damaged: dict[str, NDArray[Any]]) -> None:
    less = np.where(damaged["bad"], 0.3, 1).astype(np.float32)
    found = tried(damaged, Step(REMOVAL, without(damaged["bad"])), Step(REWEIGHTING, less), seeds=8)
    assert found.arms == (REMOVAL, REWEIGHTING), "the same suspects are not answered twice at once"
    removal, reweighting = (one.accuracy for one in found.differences)
    assert 0 < reweighting.change < removal.change


def test_removal_and_reweighting_are_both_tried_with_the_rest(damaged: dict[str, NDArray[Any]]) -> None:
    every = np.ones(N, np.float32)
    steps = [Step(REMOVAL, without(damaged["bad"])), Step(REWEIGHTING, every), Step("photos", every)]
    found = tried(damaged, *steps, seeds=2)
    assert found.arms == (REMOVAL, REWEIGHTING, "photos", "together", "together-reweighted")
    assert set(found.arms) <= NAMES.keys()
    by_arm = dict(zip(found.arms, found.differences, strict=True))
    assert by_arm["photos"].accuracy.change == 0
    assert by_arm["photos"].accuracy.low < 0 < by_arm["photos"].accuracy.high, "other images may differ"
    assert by_arm["together"].accuracy.change == by_arm[REMOVAL].accuracy.change


def test_standardising_makes_columns_alike() -> None:
    """One column is a thousand times as large as the others and says nothing."""
    rng = np.random.default_rng(0)
    vectors, codes = clouds(N, rng)
    vectors = np.column_stack([vectors, 50 * rng.normal(size=N)]).astype(np.float32)
    found = tried({"vectors": vectors, "codes": codes}, Step("standardisation", standardise=True))
    assert found.differences[0].accuracy.low > 0
    assert found.lost == (0,)


@pytest.mark.parametrize("weights", [np.full(N, 1.5, np.float32), np.full(N, -0.1, np.float32), np.ones(3, np.float32)])
def test_weights_out_of_range_are_refused(damaged: dict[str, NDArray[Any]], weights: NDArray[np.float32]) -> None:
    with pytest.raises(InvalidInput, match="from 0 to 1"):
        tried(damaged, Step("photos", weights))


def test_too_little_left_or_asked_is_refused(damaged: dict[str, NDArray[Any]]) -> None:
    with pytest.raises(InvalidInput, match="fewer than two classes"):
        tried(damaged, Step("photos", np.zeros(N, np.float32)))
    with pytest.raises(InvalidInput, match="at least one step"):
        tried(damaged)
    with pytest.raises(InvalidInput, match="Train 2 to"):
        tried(damaged, Step("photos", np.ones(N, np.float32)), seeds=1)


def test_suspects_are_those_that_another_class_is_sure_of() -> None:
    probabilities = np.array(
        [[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.2, 0.8], [0.1, 0.9], [0.45, 0.55], [0.5, 0.5]], np.float32
    )
    codes = np.array([0, 0, 1, 1, 0, 0, -1])
    assert np.flatnonzero(label_suspects(probabilities, codes)).tolist() == [4]
    weights = label_weights(probabilities, codes)
    np.testing.assert_allclose(weights, [1, 1, 1, 1, 1 / 9, 9 / 11, 1], rtol=1e-6)


def test_the_task_tries_all_steps_that_can_be_and_keeps_them(tmp_path: Path) -> None:
    from embedding_core import derived, places

    workspace = Workspace.open(str(tmp_path / "workspace"))

    def run(kind: str, **asked: Any) -> dict[str, Any]:
        return TASKS[kind](workspace, {"name": "few", "encoder": "pixels", **asked}, silent, LOCAL)

    for folder in ("bird", "clock", "fruit", "bug", "boat"):
        run("add", source=str(places.SAMPLE / folder))
    dataset = workspace.dataset("few")
    ids = dataset.images()["id"].to_pylist()
    dataset.put_attributes(ids, labels=["bird" if number % 2 else "clock" for number in range(len(ids))])
    found = run("repair", seeds=2)
    steps = ["duplicates", "outliers", "photos", "labels", "reweighting", "standardisation"]
    assert [one["step"] for one in found["steps"]] == [*steps, "together", "together-reweighted"]
    assert all(one["low"] <= one["change"] <= one["high"] for one in found["steps"])
    assert run("repair", seeds=2)["fingerprint"] == found["fingerprint"]
    kept = derived.measure_repairs(
        workspace,
        dataset,
        dataset.embedding("pixels"),
        steps=["photos"],
        without={"photos": np.array(ids[:5])},
        seeds=2,
    )
    assert kept.found.arms == ("photos",)
    assert effect.points(kept.found.differences[0].accuracy)
