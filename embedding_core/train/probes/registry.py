"""Which families of probes there are. Adding one is a file with its card, and a line here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embedding_core.errors import InvalidInput
from embedding_core.train import space
from embedding_core.train.probes import boosting, linear, neighbours, network, svm
from embedding_core.train.probes.family import CLASS_WEIGHT, NONE, Family, Task

if TYPE_CHECKING:
    from collections.abc import Mapping

    from embedding_core.train.space import Parameter, Value

FAMILIES: dict[str, Family] = {
    one.id: one
    for one in (
        linear.LOGISTIC,
        linear.RIDGE,
        svm.LINEAR,
        svm.CURVED,
        neighbours.NEIGHBOURS,
        boosting.BOOSTING,
        network.NETWORK,
    )
}


def families(task: Task) -> list[Family]:
    """Those that a task can be done with, the simplest first."""
    return [one for one in FAMILIES.values() if task in one.tasks]


def family(family_id: str, task: Task) -> Family:
    """The card of a family. Raises `InvalidInput` for one that there is not, or not for this task."""
    known = {one.id: one for one in families(task)}
    if family_id not in known:
        what = "labels" if task == "classification" else "numbers"
        raise InvalidInput(f"There is no probe {family_id!r} for {what}. Known: {', '.join(known)}.")
    return known[family_id]


def parameters(family_id: str, task: Task) -> tuple[Parameter, ...]:
    """Those of a family that a task has a use for: numbers are of no class, so they have no class weight. Raises
    `InvalidInput`."""
    card = family(family_id, task)
    return tuple(one for one in card.parameters if one is not CLASS_WEIGHT or task == "classification")


def setting(family_id: str, task: Task, given: Mapping[str, object] | None = None) -> dict[str, Value]:
    """All parameters of a family, checked, with defaults for what is not given; of numbers without a class weight,
    which may be given as none. Raises `InvalidInput`."""
    known = parameters(family_id, task)
    none = {CLASS_WEIGHT.name} - {one.name for one in known} if (given or {}).get(CLASS_WEIGHT.name) == NONE else set()
    return space.checked(known, {name: value for name, value in (given or {}).items() if name not in none})
