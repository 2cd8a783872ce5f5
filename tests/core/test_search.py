"""The search: never worse than the defaults, within its budget, and blind to what judges."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from embedding_core.errors import InvalidInput
from embedding_core.quality.probing import probe as house
from embedding_core.train import space
from embedding_core.train.probes import registry
from embedding_core.train.search import probing
from embedding_core.train.search.searching import importance, search
from embedding_core.train.search.trials import SAMPLERS, Report, Sampler, Tried, best_of, history
from embedding_core.train.space import Parameter, Value
from tests.core.clouds import clouds, parts

SPACE = (
    Parameter("kind", "Kind", "choice", "flat", choices=("flat", "steep")),
    Parameter("x", "X", "real", 0.5, 0.0, 1.0),
    Parameter("n", "N", "whole", 8, 2, 64, log=True),
    Parameter("slope", "Slope", "real", 1.0, 0.1, 10.0, log=True, only=("kind", ("steep",))),
)


def hill(values: Mapping[str, Value], report: Report) -> float:
    """Highest, at 2, where it is steep and x is 0.8; five steps."""
    top = float(values.get("slope", 0) != 0) + 1 - abs(float(values["x"]) - 0.8)
    for step in range(5):
        report(top - 0.01 * (4 - step))
    return top


def keys_of(found: Tried) -> set[tuple[tuple[str, Value], ...]]:
    return {tuple(sorted(one.parameters.items())) for one in found.trials}


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_the_defaults_come_first_and_the_best_is_no_worse(sampler: Sampler) -> None:
    found = search(SPACE, hill, sampler=sampler, trials=40, seconds=60).trials
    assert found[0].parameters == space.defaults(SPACE) and found[0].state == "done"
    best = best_of(found)
    assert best is not None and best.value is not None and found[0].value is not None
    assert best.value >= found[0].value + 1, "it has found the steep side"
    assert [one.number for one in found] == list(range(len(found)))
    assert all(("slope" in one.parameters) == (one.parameters["kind"] == "steep") for one in found)
    seen = [value for value in history(found) if value is not None]
    assert seen == sorted(seen) and seen[-1] == best.value


def test_a_grid_ends_when_all_was_tried_and_tries_nothing_twice() -> None:
    found = search(SPACE, hill, sampler="grid", pruner="none", seconds=60)
    assert found.ended == "all"
    assert len(keys_of(found)) == len(found.trials) == 3 * 3 + 3 * 3 * 3


def test_a_grid_that_time_cuts_off_was_not_tried_whole() -> None:
    """Though much time is left: the reserve for judging is what ends it."""
    cut = search(SPACE, hill, sampler="grid", pruner="none", seconds=60, reserve=lambda longest: 60.0)
    assert (cut.ended, len(cut.trials)) == ("time", 1)
    assert search(SPACE, hill, sampler="grid", seconds=60, trials=4).ended == "trials"
    assert search(SPACE, hill, sampler="grid", seconds=60, stop=lambda: True).ended == "stopped"


def test_what_was_cut_off_is_tried_again() -> None:
    *whole, last = search(SPACE, hill, sampler="grid", pruner="none", seconds=60).trials
    found = search(SPACE, hill, sampler="grid", seconds=60, before=[*whole, replace(last, state="stopped")])
    assert found.trials[-1].parameters == last.parameters
    assert found.trials[-1].state == "done"


def test_the_same_seed_tries_the_same() -> None:
    first, again, other = (
        [one.parameters for one in search(SPACE, hill, trials=15, seconds=60, seed=seed).trials] for seed in (1, 1, 2)
    )
    assert first == again != other


@pytest.mark.parametrize("pruner", ["median", "hyperband"])
def test_what_lags_is_given_up_and_the_defaults_never_are(pruner: registry.Task) -> None:
    found = search(SPACE, hill, sampler="random", pruner=pruner, trials=40, seconds=60).trials
    given_up = [one for one in found if one.state == "pruned"]
    assert given_up and all(one.steps < 5 for one in given_up)
    assert found[0].state == "done"


def test_it_stops_in_its_budget_and_leaves_the_reserve() -> None:
    def slow(values: Mapping[str, Value], report: Report) -> float:
        for _ in range(5):
            time.sleep(0.05)
            report(1.0)
        return 1.0

    begun = time.monotonic()
    found = search(SPACE, slow, seconds=2.0, reserve=lambda longest: 0.8).trials
    assert 1 < len(found) < 12
    assert time.monotonic() - begun < 1.9, "0.8 seconds were to be left"
    assert found[0].state == "done"
    short = search(SPACE, slow, seconds=0.01).trials
    assert [one.state for one in short] == ["done"], "the defaults are always tried"


def test_a_stop_ends_it_and_keeps_what_was_found() -> None:
    tried: list[int] = []
    found = search(SPACE, hill, seconds=60, stop=lambda: len(tried) >= 3, told=lambda so_far: tried.append(len(so_far)))
    assert len(found.trials) == 3 and best_of(found.trials) is not None


def test_a_search_goes_on_from_what_was_tried_before() -> None:
    before = search(SPACE, hill, trials=12, seconds=60).trials
    found = search(SPACE, hill, trials=20, seconds=60, before=before).trials
    assert found[:12] == before and len(found) == 20
    assert found[12].parameters != space.defaults(SPACE)


def test_a_random_search_that_goes_on_draws_anew() -> None:
    before = search(SPACE, hill, sampler="random", pruner="none", trials=12, seconds=60).trials
    found = search(SPACE, hill, sampler="random", pruner="none", trials=24, seconds=60, before=before)
    assert len(keys_of(found)) == 24, "nothing twice"
    again = search(SPACE, hill, sampler="random", pruner="none", trials=24, seconds=60, before=before)
    assert keys_of(again) == keys_of(found), "the same seed goes on alike"


@pytest.mark.parametrize("sampler", ["random", "tpe"])
def test_of_few_combinations_none_is_tried_twice(sampler: Sampler) -> None:
    few = (SPACE[0], Parameter("x", "X", "choice", 0.5, choices=(0.25, 0.5, 0.75)))
    found = search(few, hill, sampler=sampler, pruner="none", trials=50, seconds=60)
    assert len(keys_of(found)) == len(found.trials) <= 6
    assert found.ended == "repeats"


def test_what_matters_is_told_apart_from_what_does_not() -> None:
    found = search(SPACE, hill, sampler="random", pruner="none", trials=60, seconds=60).trials
    shares = importance(SPACE, found)
    assert sum(shares.values()) == pytest.approx(1)
    assert shares["kind"] > shares["x"] > shares["n"]
    assert "slope" not in shares, "not every trial has it"
    assert importance(SPACE, found[:5]) == {}


def test_nonsense_is_refused() -> None:
    for asked in ({"seconds": 0}, {"trials": 0}, {"sampler": "magic"}, {"pruner": "magic"}):
        with pytest.raises(InvalidInput):
            search(SPACE, hill, **asked)  # type: ignore[arg-type]


def test_a_search_among_probes_sees_the_training_part_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors, codes = clouds(150, apart=0.6)
    on, by = parts(vectors, codes, ("a", "b", "c"))
    fits: list[int] = []
    logistic = registry.FAMILIES["logistic"].build

    def spy(task: registry.Task, values: Mapping[str, Value], rows: np.ndarray, seed: int) -> object:
        fits.append(len(rows))
        return logistic(task, values, rows, seed)

    card = type(registry.FAMILIES["logistic"])(
        **{**{name: getattr(registry.FAMILIES["logistic"], name) for name in registry.Family.__slots__}, "build": spy}
    )
    monkeypatch.setitem(registry.FAMILIES, "logistic", card)
    monkeypatch.setattr(house, "reduced", lambda *_: pytest.fail("the axes are those of the training part"))
    found = search(
        probing.space_of(["logistic"], "classification"), probing.Tries(on), trials=6, seconds=60, steps=probing.STEPS
    ).trials
    assert len(found) == 6 and fits and max(fits) <= len(on.target) < len(vectors)
    del by


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_every_family_can_be_searched(task: registry.Task) -> None:
    whole = probing.space_of([], task)
    for card in registry.families(task):
        values = probing.trial_of(whole, card.id, task)
        family, parameters = probing.setting_of(values)
        assert family == card.id
        assert registry.setting(family, task, parameters) == registry.setting(card.id, task)
    rng = np.random.default_rng(0)
    vectors, codes = clouds(90)
    on, _ = parts(
        vectors,
        codes if task == "classification" else rng.normal(size=90),
        ("a", "b", "c") if task == "classification" else (),
    )
    tries = probing.Tries(on)
    found = search(whole, tries, sampler="random", pruner="none", trials=8, seconds=120, steps=probing.STEPS).trials
    best = best_of(found)
    assert best is not None and tries.of(best.parameters).inner == best.value
