"""Which learning rate: Smith 2017, "Cyclical learning rates for training neural networks", the range test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from embedding_core.train.finetune import losses
from embedding_core.train.finetune.augment import batches
from embedding_core.train.finetune.features import mixed_seed, precision
from embedding_core.train.finetune.optimising import SGD_TIMES, optimiser

if TYPE_CHECKING:
    from embedding_core.records import Progress
    from embedding_core.train.finetune.loop import Part
    from embedding_core.train.finetune.model import Model

STEPS = 40
LOW, HIGH = 1e-6, 3e-2
_WORSE = 1.5  # times the least loss at which the test ends


def range_test(model: Model, part: Part, *, steps: int = STEPS, progress: Progress) -> tuple[float, list[list[float]]]:
    """A rate for `model`, and what was seen: [rate, loss] of each step. The model comes back as it was.

    The rate rises geometrically from step to step; the one returned is a fifth of that at which the smoothed loss was
    least, from which on training begins to fall apart.
    """
    import torch

    recipe = model.recipe
    before = model.state()
    made = optimiser(model)
    relative = [group["base"] / max(group["base"] for group in made.param_groups) for group in made.param_groups]
    codes = torch.from_numpy(part.codes.copy())
    seen: list[list[float]] = []
    smooth, step = 0.0, 0
    while step < steps:
        chance = torch.Generator().manual_seed(mixed_seed(recipe.seed, 7, step))
        for rows in batches(len(codes), recipe.batch, chance):
            progress("range test", step, steps)
            rate = LOW * (HIGH / LOW) ** (step / max(1, steps - 1))
            for group, share in zip(made.param_groups, relative, strict=True):
                group["lr"] = rate * share
            with precision(model.device):
                vectors = model.above(part.inputs.take(rows, mixed_seed(recipe.seed, 8, step)))
            logits = model.head(vectors.float())
            target = losses.targets(codes[rows].to(model.device), logits.shape[1], recipe.smoothing)
            loss = losses.cross_entropy(logits, target)
            made.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            made.step()
            smooth = 0.8 * smooth + 0.2 * float(loss.detach())
            seen.append([rate, smooth / (1 - 0.8 ** (step + 1))])
            step += 1
            least = min(one[1] for one in seen)
            if step >= steps or not np.isfinite(seen[-1][1]) or (step > 10 and seen[-1][1] > _WORSE * least):
                steps = 0
                break
    model.put(before)
    finite = [one for one in seen if np.isfinite(one[1])]
    at = min(finite[5:] or finite, key=lambda one: one[1])[0]
    rate = float(np.clip(at / 5, LOW * 10, HIGH / 3))
    return rate / (SGD_TIMES if recipe.optimiser == "sgd" else 1), finite
