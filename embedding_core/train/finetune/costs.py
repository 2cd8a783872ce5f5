"""How long a fine-tuning takes, told before it is begun."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from embedding_core.train.finetune.recipe import Recipe

USUAL = 60.0  # images per second, where the encoder has never been timed here
READING = 250.0  # images per second that are decoded

# Of the time that the fastest way takes for an image: torch forward alone, and forward with backward through all of a
# network, as measured for EfficientNet-Lite0 on two cores.
_FORWARD = 2.0
_BOTH = 9.0
_LAST = 0.2  # share of the network that the last blocks are


def seconds(recipe: Recipe, images: int, total: int, speed: float | None) -> float:
    """Of a fine-tuning on so many `images` (to train on) of a set of `total`, where an encoder makes `speed` vectors a
    second. Never more than the recipe's budget for training, and rough: within a factor of two."""
    each = 1 / (speed or USUAL)
    around = images / READING + total * each  # reading, and embedding all in the end
    if recipe.mode == "head":
        return around + recipe.views * images * each * _FORWARD + min(recipe.minutes * 60, recipe.epochs * images / 5e3)
    share = {"last": _LAST, "all": 1.0, "lora": 0.7}[recipe.mode]
    epoch = images * each * _BOTH * share * recipe.size**2
    kept = recipe.views * images * each * _FORWARD if recipe.mode == "last" else 0.0
    return around + kept + min(recipe.minutes * 60, recipe.epochs * epoch)
