"""What a fine-tuning is told: which part of the network is trained, how, and for how long."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Literal, get_args

from embedding_core.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Mapping

Mode = Literal["head", "last", "all", "lora"]
Optimiser = Literal["adamw", "adam", "sgd"]
Schedule = Literal["cosine", "one-cycle", "constant"]
Loss = Literal["cross-entropy", "supcon", "triplet"]
Activation = Literal["relu", "gelu", "tanh"]
Weighting = Literal["none", "balanced"]


@dataclass(frozen=True, slots=True)
class Augmentation:
    """How pictures are changed each time they are seen; see `augment.py`."""

    crop: float = 0.4  # least share of the picture's area that is cut out; 1 cuts nothing
    flip: bool = True  # left and right, half of the time
    colour: float = 0.2  # most that brightness, contrast and saturation change, as a share
    randaugment: int = 0  # magnitude from 1 to 30 of two operations drawn at random; 0 for none (Cubuk 2020)
    mixup: float = 0.0  # alpha of the beta distribution by which two pictures are mixed; 0 for none (Zhang 2018)


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that decides how a network is fine-tuned. Raises `InvalidInput` for values that make no sense.

    The defaults were chosen on the validation part of a set of photographs; `recipe_for` has those of each mode.
    """

    mode: Mode = "last"
    blocks: int = 3  # stages of the network, from its end, that "last" trains
    rank: int = 8  # of the matrices that "lora" adds to attention
    loss: Loss = "cross-entropy"
    hidden: int = 0  # width of a layer between network and classifier, whose outputs become the vectors; 0 for none
    activation: Activation = "gelu"  # of that layer
    dropout: float = 0.2  # before the classifier
    optimiser: Optimiser = "adamw"
    rate: float = 2e-4  # learning rate of the network's last block; 0 to find one by a range test
    head_rate: float = 1e-3  # of the classifier, which starts from the linear probe
    factor: float = 0.85  # each block learns at this share of the rate of the one after it (Howard & Ruder 2018)
    schedule: Schedule = "cosine"
    warmup: float = 0.08  # share of the steps in which the rate rises
    weight_decay: float = 0.05
    smoothing: float = 0.1  # of labels
    weighting: Weighting = "none"  # whether rare classes count more
    batch: int = 32  # images a step
    average: float = 0.98  # of the weights over steps, exponentially; 0 takes the last ones
    size: float = 0.72  # share of the network's own input size that is trained at; it is judged at the full one
    views: int = 4  # of each picture that are computed once, where the lower part of the network is frozen
    augmentation: Augmentation = Augmentation()
    epochs: int = 8  # at most
    minutes: float = 15.0  # at most, of training alone
    patience: int = 4  # epochs without a better validation score before it stops; 0 never stops early
    seed: int = 0

    def __post_init__(self) -> None:
        for name, options in _CHOICES.items():
            if getattr(self, name) not in options:
                raise InvalidInput(f"{name} is one of {', '.join(options)}, not {getattr(self, name)!r}.")
        for name, (low, high) in _RANGES.items():
            _within(name, getattr(self, name), low, high)
        for name, (low, high) in _OF_AUGMENTATION.items():
            _within(name, getattr(self.augmentation, name), low, high)
        if self.mode == "head" and not self.hidden:
            raise InvalidInput(
                "With mode head the network stays as it is, so the head needs a hidden layer whose outputs become the "
                "new vectors: hidden is a width from 8 on, such as 256."
            )
        if self.hidden and self.hidden < 8:
            raise InvalidInput(f"hidden is 0 for no layer, or a width from 8 on, not {self.hidden}.")
        if self.loss != "cross-entropy" and self.augmentation.mixup:
            raise InvalidInput("mixup mixes labels, which only the loss cross-entropy can read. Set mixup to 0.")

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    def but(self, changes: Mapping[str, Any]) -> Recipe:
        """The same with these settings, of the augmentation as well. Raises `InvalidInput`."""
        own = {field.name for field in fields(Augmentation)}
        inner = {name: value for name, value in changes.items() if name in own}
        outer = _known({name: value for name, value in changes.items() if name not in own})
        return replace(self, **outer, augmentation=replace(self.augmentation, **inner))


_MODES: dict[str, dict[str, Any]] = {
    "head": {"hidden": 256, "rate": 1e-3, "views": 2, "epochs": 20, "minutes": 3.0, "size": 1.0, "dropout": 0.3},
    "last": {"rate": 3e-4, "views": 4, "epochs": 8, "minutes": 8.0, "size": 1.0},
    "all": {"epochs": 8, "minutes": 15.0},
    "lora": {"rate": 5e-4, "factor": 1.0, "epochs": 8, "minutes": 15.0, "size": 1.0, "views": 1},
}

_CHOICES = {
    "mode": get_args(Mode),
    "loss": get_args(Loss),
    "activation": get_args(Activation),
    "optimiser": get_args(Optimiser),
    "schedule": get_args(Schedule),
    "weighting": get_args(Weighting),
}
_RANGES = {
    "blocks": (1, 100),
    "rank": (1, 256),
    "hidden": (0, 8192),
    "dropout": (0, 0.9),
    "rate": (0, 1),
    "head_rate": (1e-7, 1),
    "factor": (0.1, 1),
    "warmup": (0, 0.9),
    "weight_decay": (0, 1),
    "smoothing": (0, 0.5),
    "batch": (2, 1024),
    "average": (0, 0.9999),
    "size": (0.25, 1),
    "views": (1, 32),
    "epochs": (1, 1000),
    "minutes": (0.01, 1440),
    "patience": (0, 1000),
    "seed": (0, 2**31 - 1),
}
_OF_AUGMENTATION = {"crop": (0.05, 1), "colour": (0, 1), "randaugment": (0, 30), "mixup": (0, 10)}


def recipe_for(mode: str, changes: Mapping[str, Any] | None = None) -> Recipe:
    """The defaults of a mode, with `changes`. Raises `InvalidInput`."""
    if mode not in _MODES:
        raise InvalidInput(f"mode is one of {', '.join(_MODES)}, not {mode!r}.")
    return Recipe(**{"hidden": 256} if mode == "head" else {}, mode=mode).but({**_MODES[mode], **(changes or {})})  # type: ignore[arg-type]


def _within(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise InvalidInput(f"{name} lies from {low:g} to {high:g}, not at {value:g}.")


def _known(facts: Mapping[str, Any]) -> dict[str, Any]:
    names = {field.name for field in fields(Recipe)}
    unknown = sorted(set(facts) - names)
    if unknown:
        raise InvalidInput(f"No setting is called {unknown[0]!r}. There is: {', '.join(sorted(names))}.")
    return dict(facts)
