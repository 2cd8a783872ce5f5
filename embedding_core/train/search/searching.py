"""Try parameters one after the other: by a grid, by chance, or by a model of what has worked; give up what lags.

By chance: Bergstra and Bengio 2012, "Random search for hyper-parameter optimization". By a model: tree-structured
Parzen estimators, Bergstra et al. 2011, "Algorithms for hyper-parameter optimization". Given up: the median rule of
Golovin et al. 2017, "Google Vizier", or Hyperband, Li et al. 2018. All by Optuna, Akiba et al. 2019.
"""

from __future__ import annotations

import itertools
import time
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from embedding_core.errors import InvalidInput
from embedding_core.train import space as spaces
from embedding_core.train.search.trials import PRUNERS, SAMPLERS, Ended, GivenUp, Pruner, Sampler, Trial, Tried

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from optuna.distributions import BaseDistribution
    from optuna.pruners import BasePruner
    from optuna.samplers import BaseSampler
    from optuna.study import Study
    from optuna.trial import Trial as OptunaTrial

    from embedding_core.train.search.trials import Objective
    from embedding_core.train.space import Parameter, Value

MOST = 2_000  # trials
EACH = 3  # values of a number that a grid tries

_REPEATS = 100  # draws in a row that were tried before, after which there is nothing new to find
_STARTUP = 10  # trials by chance before a model is made of them
_GRID = 100_000  # points of a grid at most, drawn by chance from a larger one


def search(
    space: Sequence[Parameter],
    objective: Objective,
    *,
    sampler: Sampler = "tpe",
    pruner: Pruner = "median",
    steps: int = 5,
    seconds: float = 600.0,
    trials: int | None = None,
    seed: int = 0,
    first: Sequence[Mapping[str, Value]] = (),
    before: Sequence[Trial] = (),
    reserve: Callable[[float], float] = lambda longest: 0.0,
    stop: Callable[[], bool] = lambda: False,
    told: Callable[[Sequence[Trial]], None] = lambda trials: None,
) -> Tried:
    """Try parameters of `space` until `seconds` or `trials` are used up, `stop` says so, or a grid is done.

    `objective` gives a trial's value, higher is better, and reports after each of its `steps`. Trial 0 has the defaults
    and is never given up, so that a search is never worse than none; `first` are tried next. What was tried `before`
    counts, and nothing is tried twice. Of the time, what `reserve` says of the longest step so far is left for what
    comes after. `told` hears of every trial that has ended. Raises `InvalidInput`.
    """
    if sampler not in SAMPLERS or pruner not in PRUNERS:
        raise InvalidInput(f"A search goes by {', '.join(SAMPLERS)}, and prunes by {', '.join(PRUNERS)}.")
    if not seconds > 0 or (trials is not None and not 1 <= trials <= MOST):
        raise InvalidInput(f"A search takes some time, and 1 to {MOST:,} trials.")
    run = _Run(objective, steps, seconds, reserve, stop)
    study = _study(space, sampler, pruner, steps, seed, before)
    seen = {_key(one.parameters) for one in before if one.state != "stopped"}
    planned = _planned(space, sampler, seed, first, seen)
    found = list(before)
    ended: Ended = "trials"
    while len(found) < (trials or MOST):
        if found and (why := run.over()):
            ended = why
            break
        asked = next(planned, None)
        if asked is None and sampler == "grid":
            ended = "all"
            break
        if asked is not None:
            study.enqueue_trial(dict(asked))
        new = _new(space, study, seen)
        if new is None:
            ended = "repeats"
            break
        found.append(run.tried(study, *new, len(found)))
        told(found)
    return Tried(tuple(found), ended)


def importance(space: Sequence[Parameter], trials: Sequence[Trial], *, seed: int = 0) -> dict[str, float]:
    """How much of the differences between trials each parameter accounts for, the most first; of sum 1.

    Only parameters that count in all of the trials can be compared. Functional ANOVA over a random forest: Hutter, Hoos
    and Leyton-Brown 2014, "An efficient approach for assessing hyperparameter importance". Empty of fewer than eight
    trials that went all the way, or where all came out alike.
    """
    from optuna.importance import FanovaImportanceEvaluator, get_param_importances

    done = [one for one in trials if one.state == "done" and one.value is not None]
    if len(done) < 8 or len({one.value for one in done}) < 2:
        return {}
    study = _study(space, "random", "none", 1, seed, done)
    varied = [
        one.name
        for one in space
        if all(one.name in trial.parameters for trial in done)
        and len({trial.parameters[one.name] for trial in done}) > 1
    ]
    if not varied:
        return {}
    found = get_param_importances(study, evaluator=FanovaImportanceEvaluator(seed=seed), params=varied)
    return {name: float(value) for name, value in found.items()}


class _Run:
    """The clock of one search."""

    def __init__(
        self,
        objective: Objective,
        steps: int,
        seconds: float,
        reserve: Callable[[float], float],
        stop: Callable[[], bool],
    ) -> None:
        self._objective, self._steps = objective, steps
        self._end = time.monotonic() + seconds
        self._reserve, self._stop = reserve, stop
        self._longest = 0.0  # seconds of a step

    def over(self) -> Literal["stopped", "time"] | None:
        """Why there is no other step; None where there is."""
        if self._stop():
            return "stopped"
        there = time.monotonic() + self._longest + self._reserve(self._longest) < self._end
        return None if there else "time"

    def tried(self, study: Study, trial: OptunaTrial, values: dict[str, Value], number: int) -> Trial:
        from optuna.trial import TrialState

        begun = last = time.monotonic()
        heard: list[float] = []
        ended: list[str] = []

        def report(value: float) -> None:
            nonlocal last
            now = time.monotonic()
            self._longest, last = max(self._longest, now - last), now
            heard.append(value)
            trial.report(value, len(heard))
            if number == 0 or len(heard) >= self._steps:
                return
            if self.over():
                ended.append("stopped")
            elif trial.should_prune():
                ended.append("pruned")
            if ended:
                raise GivenUp

        try:
            value: float | None = self._objective(values, report)
        except GivenUp:
            value = heard[-1] if heard else None
            study.tell(trial, state=TrialState.PRUNED)
            state: Any = ended[0] if ended else "stopped"
        else:
            study.tell(trial, value)
            state = "done"
        return Trial(number, values, state, value, len(heard), round(time.monotonic() - begun, 3))


def _study(
    space: Sequence[Parameter], sampler: Sampler, pruner: Pruner, steps: int, seed: int, before: Sequence[Trial]
) -> Study:
    import optuna
    from optuna.trial import TrialState, create_trial

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    # A search that goes on draws anew: the same seed alone would draw what it has drawn before.
    drawn = int(np.random.SeedSequence([seed, len(before)]).generate_state(1)[0])
    by: BaseSampler = (
        optuna.samplers.TPESampler(seed=drawn, n_startup_trials=_STARTUP)
        if sampler == "tpe"
        else optuna.samplers.RandomSampler(seed=drawn)
    )
    prunes: dict[str, Callable[[], BasePruner]] = {
        "median": lambda: optuna.pruners.MedianPruner(n_startup_trials=4, n_warmup_steps=2),
        "hyperband": lambda: optuna.pruners.HyperbandPruner(min_resource=1, max_resource=steps, reduction_factor=2),
        "none": optuna.pruners.NopPruner,
    }
    study = optuna.create_study(direction="maximize", sampler=by, pruner=prunes[pruner](), study_name="search")
    for one in before:
        if one.value is not None:
            study.add_trial(
                create_trial(
                    params=dict(one.parameters),
                    distributions={each.name: _range(each) for each in space if each.name in one.parameters},
                    value=one.value if one.state == "done" else None,
                    state=TrialState.COMPLETE if one.state == "done" else TrialState.PRUNED,
                    intermediate_values={one.steps: one.value},
                )
            )
    return study


def _new(
    space: Sequence[Parameter], study: Study, seen: set[tuple[tuple[str, Value], ...]]
) -> tuple[OptunaTrial, dict[str, Value]] | None:
    """The next trial with parameters that are not among those `seen`, to which they are added; None where none come."""
    from optuna.trial import TrialState

    for _ in range(_REPEATS):
        trial = study.ask()
        values = _suggested(space, trial)
        if _key(values) not in seen:
            seen.add(_key(values))
            return trial, values
        study.tell(trial, state=TrialState.FAIL)  # which neither sampler nor pruner goes by
    return None


def _suggested(space: Sequence[Parameter], trial: Any) -> dict[str, Value]:
    """The sampler's choice; only parameters that count are asked for."""
    found: dict[str, Value] = {}
    for one in space:
        if one.only is not None and found.get(one.only[0]) not in one.only[1]:
            continue
        if one.kind == "choice":
            found[one.name] = trial.suggest_categorical(one.name, list(one.choices))
        elif one.kind == "whole":
            found[one.name] = trial.suggest_int(one.name, int(one.low), int(one.high), log=one.log)
        else:
            found[one.name] = float(trial.suggest_float(one.name, one.low, one.high, log=one.log))
    return found


def _range(one: Parameter) -> BaseDistribution:
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if one.kind == "choice":
        return CategoricalDistribution(list(one.choices))
    if one.kind == "whole":
        return IntDistribution(int(one.low), int(one.high), log=one.log)
    return FloatDistribution(one.low, one.high, log=one.log)


def _planned(
    space: Sequence[Parameter],
    sampler: Sampler,
    seed: int,
    first: Sequence[Mapping[str, Value]],
    seen: Collection[tuple[tuple[str, Value], ...]],
) -> Iterator[Mapping[str, Value]]:
    """What is tried in any case: the defaults, what comes first, and all points of a grid; nothing that was `seen`."""
    grid = _grid(space, seed) if sampler == "grid" else iter(())
    for one in itertools.chain([spaces.defaults(space)], first, grid):
        values = spaces.active(space, one)
        if _key(values) not in seen:
            yield values


def _grid(space: Sequence[Parameter], seed: int) -> Iterator[Mapping[str, Value]]:
    """All combinations of a few values each, in an order of chance, so that a search that ends early has seen most."""
    values = [one.steps(EACH) for one in space]
    total = int(np.prod([len(one) for one in values], dtype=np.float64).clip(max=2**62))
    rng = np.random.default_rng(seed)
    order = rng.permutation(total) if total <= _GRID else rng.integers(0, total, _GRID)
    for place in order.tolist():
        chosen: dict[str, Value] = {}
        left = place
        for one, steps in zip(space, values, strict=True):
            left, at = divmod(left, len(steps))
            chosen[one.name] = steps[at]
        yield chosen


def _key(values: Mapping[str, Value]) -> tuple[tuple[str, Value], ...]:
    return tuple(sorted(values.items()))
