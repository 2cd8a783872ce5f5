"""A search among probes: which family, with which parameters, over how many axes. The training part alone is seen."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from embedding_core.train import space as spaces
from embedding_core.train.probes import registry
from embedding_core.train.probes.choosing import FOLDS, Chosen, score
from embedding_core.train.probes.fitting import out_of_fold
from embedding_core.train.space import Parameter

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from embedding_core.train.model import Material
    from embedding_core.train.probes.family import Task
    from embedding_core.train.search.trials import Report
    from embedding_core.train.space import Value

FAMILY = "family"
STEPS = FOLDS

_SHARED = ("axes", "scaling", "class_weight")  # one parameter for all families, so that they can be compared


def space_of(families: Sequence[str], task: Task) -> tuple[Parameter, ...]:
    """Which family, what all share, then what each has of its own, as `knn.k`. Raises `InvalidInput`."""
    cards = [registry.family(one, task) for one in families] or registry.families(task)
    which = Parameter(FAMILY, "Family", "choice", cards[0].id, choices=tuple(one.id for one in cards))
    shared: dict[str, Parameter] = {}
    own: list[Parameter] = []
    for card in cards:
        for one in registry.parameters(card.id, task):
            if one.name not in _SHARED:
                title = f"{card.name}: {one.title if one.title.isupper() else one.title.lower()}"
                own.append(replace(one, name=f"{card.id}.{one.name}", title=title, only=(FAMILY, (card.id,))))
            else:
                has = (*(shared[one.name].only or ("", ()))[1], card.id) if one.name in shared else (card.id,)
                shared[one.name] = replace(shared.get(one.name, one), only=(FAMILY, has))
    kept = [replace(one, only=None) if len((one.only or ("", ()))[1]) == len(cards) else one for one in shared.values()]
    return (which, *kept, *own)


def setting_of(values: Mapping[str, Value]) -> tuple[str, dict[str, Value]]:
    """The family of a trial's parameters, and they as the family calls them."""
    family = str(values[FAMILY])
    return family, {
        name.removeprefix(f"{family}."): value
        for name, value in values.items()
        if name in _SHARED or name.startswith(f"{family}.")
    }


def trial_of(space: Sequence[Parameter], family_id: str, task: Task) -> dict[str, Value]:
    """A family's defaults as parameters of a trial."""
    values: dict[str, Value] = {FAMILY: family_id}
    for name, value in registry.setting(family_id, task).items():
        values[name if name in _SHARED else f"{family_id}.{name}"] = value
    return spaces.active(space, values)


class Tries:
    """The objective: cross-validated accuracy or R² of a trial, a step a fold. The best are at hand afterwards."""

    def __init__(self, on: Material) -> None:
        self._on = on
        self._first: tuple[Mapping[str, Value], Chosen] | None = None
        self._best: tuple[Mapping[str, Value], Chosen] | None = None

    def __call__(self, values: Mapping[str, Value], report: Report) -> float:
        found = chosen(self._on, values, report)
        self._first = self._first or (dict(values), found)
        if self._best is None or found.inner > self._best[1].inner:
            self._best = dict(values), found
        return found.inner

    def of(self, values: Mapping[str, Value]) -> Chosen:
        """What came of a trial; worked out again where it is neither the first nor the best."""
        for kept in (self._first, self._best):
            if kept is not None and kept[0] == values:
                return kept[1]
        return chosen(self._on, values)


def chosen(on: Material, values: Mapping[str, Value], report: Report | None = None) -> Chosen:
    """A trial's parameters, with what they give out of fold."""
    family, parameters = setting_of(values)

    def told(fold: int, so_far: NDArray[np.float64]) -> None:
        if report is not None:
            report(score(so_far, on.target, on.task))

    outputs: NDArray[Any] = out_of_fold(
        on.of,
        on.target,
        family,
        parameters,
        folds=on.folds,
        task=on.task,
        classes=len(on.classes) or None,
        seed=on.seed,
        told=told if report is not None else None,
    )
    whole = registry.setting(family, on.task, parameters)
    return Chosen(whole, score(outputs, on.target, on.task), outputs)


def warm() -> None:
    """Import what trials need, which takes seconds and would pass for the first one's."""
    from importlib import import_module

    for name in ("optuna", *(f"sklearn.{part}" for part in ("linear_model", "svm", "neighbors", "ensemble"))):
        import_module(name)
    import_module("sklearn.neural_network")
