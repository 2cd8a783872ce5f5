"""Optimisers, the learning rate over a training, and the average of weights over its steps."""

from __future__ import annotations

import math
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    import torch

    from embedding_core.train.finetune.model import Model
    from embedding_core.train.finetune.recipe import Schedule

MOMENTUM = 0.9
SGD_TIMES = 30.0  # what a rate for Adam is multiplied by for SGD, whose steps follow the size of the gradient


def optimiser(model: Model) -> torch.optim.Optimizer:
    """The recipe's optimiser over all that is trained."""
    import torch

    groups = model.groups()
    if model.recipe.optimiser == "sgd":
        for group in groups:
            group["base"] *= SGD_TIMES
            group["lr"] = group["base"]
        return torch.optim.SGD(groups, momentum=MOMENTUM, nesterov=True)
    made = torch.optim.AdamW if model.recipe.optimiser == "adamw" else torch.optim.Adam
    return made(groups)


def rate_at(share: float, schedule: Schedule, warmup: float) -> float:
    """What part of its rate a step learns at, when a `share` of all steps is behind, 0 to 1.

    "cosine" falls to zero after a linear warm-up (Loshchilov & Hutter 2017); "one-cycle" rises over three tenths and
    falls to a thousandth (Smith & Topin 2018); "constant" stays after the warm-up.
    """
    if schedule == "one-cycle":
        if share < 0.3:
            return 0.04 + 0.96 * _cosine(1 - share / 0.3)
        return 0.001 + 0.999 * _cosine((share - 0.3) / 0.7)
    if share < warmup:
        return (share + 1e-3) / (warmup + 1e-3)
    return 1.0 if schedule == "constant" else _cosine((share - warmup) / (1 - warmup))


def _cosine(share: float) -> float:
    return 0.5 * (1 + math.cos(math.pi * min(1.0, max(0.0, share))))


class Average:
    """An exponential moving average of all that is trained; of the first steps more is forgotten.

    Polyak & Juditsky 1992; Morales-Brotons et al. 2024, "Exponential moving average of weights in deep learning".
    """

    def __init__(self, model: Model, keep: float) -> None:
        self._model = model
        self._keep = keep
        self.values = {name: parameter.detach().clone() for name, parameter in model.learnt.items()}

    def update(self, step: int) -> None:
        """Take in the weights after so many steps."""
        import torch

        keep = min(self._keep, (1 + step) / (10 + step)) if self._keep else 0.0
        with torch.no_grad():
            for name, parameter in self._model.learnt.items():
                self.values[name].lerp_(parameter, 1 - keep)

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Within, the model has the averaged weights."""
        now = {name: parameter.detach().clone() for name, parameter in self._model.learnt.items()}
        self._model.put(self.values)
        try:
            yield
        finally:
            self._model.put(now)
