"""A network that is being fine-tuned: what of it is trained, what lies below, and a classifier on top."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np

from embedding_core.encoders.staged import stage_of, trainable
from embedding_core.encoders.torch_runtime import normalisation, seeded
from embedding_core.train.finetune import lora

if TYPE_CHECKING:
    import torch
    from numpy.typing import NDArray

    from embedding_core.encoders.torch_runtime import Network
    from embedding_core.train.finetune.recipe import Recipe

ACTIVATIONS = {"relu": "ReLU", "gelu": "GELU", "tanh": "Tanh"}
HEAD = "head."  # begins the names of what belongs to no part of the network
HIDDEN = "hidden."


class Model:
    """The network in stages, of which those from `first` on are trained, and the head.

    A head is a linear classifier over the vectors. With a hidden layer the vectors are what that returns.
    """

    def __init__(self, network: Network, recipe: Recipe, classes: int, *, device: str = "cpu") -> None:
        """`network` is changed in place. Raises `InvalidInput` where it has nothing that the mode could train."""
        import torch

        self.card = network.card
        self.module = network.module
        self.stages = trainable(network)
        self.device = device
        self.recipe = recipe
        self.learnt: dict[str, torch.nn.Parameter] = {}  # what is trained, by name
        self.first = len(self.stages)
        if recipe.mode == "lora":
            self.learnt = lora.adapt(self.module, recipe.rank, recipe.seed)
            self.first = min(stage_of(self.stages, name) for name in self.learnt)
        elif recipe.mode != "head":
            self.first = 0 if recipe.mode == "all" else max(0, len(self.stages) - recipe.blocks)
            self.learnt = {
                name: parameter
                for name, parameter in self.module.named_parameters()
                if stage_of(self.stages, name) >= self.first
            }
        with seeded(recipe.seed):
            self.hidden = hidden_layer(self.card.dim, recipe.hidden, recipe.activation) if recipe.hidden else None
            self.head = torch.nn.Linear(recipe.hidden or self.card.dim, classes)
        if self.hidden is not None:
            self.learnt |= {HIDDEN + name: one for name, one in self.hidden.named_parameters()}
        self.learnt |= {HEAD + name: one for name, one in self.head.named_parameters()}
        for parameter in self.learnt.values():
            parameter.requires_grad_(True)
        for part in (self.module, self.hidden, self.head):
            if part is not None:
                part.to(device).to(memory_format=torch.channels_last)
        self._scale, self._shift = (one.to(device) for one in normalisation(self.card))

    @property
    def resizable(self) -> bool:
        """Whether it sees squares of any size: convolutions do, position embeddings are made for one."""
        return not any("pos_embed" in name for name, _ in self.module.named_parameters())

    def below(self, pictures: torch.Tensor) -> torch.Tensor:
        """What the frozen stages make of pictures (b, 3, s, s) of 0 … 255."""
        import torch

        x: Any = pictures.to(self.device).float() * self._scale + self._shift
        x = x.contiguous(memory_format=torch.channels_last)
        for stage in self.stages[: self.first]:
            x = stage.run(x)
        return x  # type: ignore[no-any-return]

    def body(self, x: torch.Tensor) -> torch.Tensor:
        """The network's own vectors (b, dim) of what `below` returned."""
        for stage in self.stages[self.first :]:
            x = stage.run(x)
        return x

    def above(self, x: torch.Tensor) -> torch.Tensor:
        """Vectors (b, d) of what `below` returned."""
        x = self.body(x)
        return x if self.hidden is None else self.hidden(x)

    def groups(self) -> list[dict[str, Any]]:
        """The parameters as an optimiser takes them, with their rates; vectors such as biases do not decay."""
        recipe, last = self.recipe, len(self.stages) - 1
        found: dict[tuple[float, float], list[Any]] = {}
        for name, parameter in self.learnt.items():
            if name.startswith((HEAD, HIDDEN)):
                rate = recipe.head_rate if name.startswith(HEAD) or recipe.mode != "head" else recipe.rate
            else:
                rate = recipe.rate * recipe.factor ** (last - stage_of(self.stages, name))
            decay = recipe.weight_decay if parameter.ndim > 1 else 0.0
            found.setdefault((rate, decay), []).append(parameter)
        return [
            {"params": parameters, "lr": rate, "base": rate, "weight_decay": decay}
            for (rate, decay), parameters in found.items()
        ]

    def start_head(self, vectors: NDArray[np.float32], codes: NDArray[np.int64]) -> None:
        """Begin with the classifier that a linear probe finds over the network's `vectors` (m, dim) of what is trained.

        Kumar et al. 2022, "Fine-tuning can distort pretrained features": from a random head the first steps spoil what
        the network knows. A hidden layer begins with the principal axes of the vectors, so it keeps most of what is
        in them: each axis and its opposite, whose activations differ by the place on the axis (exactly so for ReLU and
        GELU), so that the classifier begins as the probe on these axes.
        """
        import torch

        from embedding_core.quality.probing.probe import fit_probe

        if self.hidden is not None:
            vectors = self._start_hidden(self.hidden, vectors)
        probe = fit_probe(vectors, codes, calibrated=False)
        length = float(np.linalg.norm(vectors, axis=1).mean()) or 1.0
        count = probe.weights.shape[1]
        with torch.no_grad():
            self.head.weight.zero_()
            self.head.bias.fill_(-10.0)  # of a class without any image
            self.head.weight[:count].copy_(torch.from_numpy(probe.weights.T / length))
            self.head.bias[:count].copy_(torch.from_numpy(np.maximum(probe.bias, -10.0)))

    def _start_hidden(self, hidden: torch.nn.Sequential, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """What the hidden layer, begun with principal axes, makes of `vectors`."""
        import torch

        from embedding_core.projection.pca import principal_axes

        normalise, linear, activation = hidden
        with torch.no_grad():
            unit = normalise(torch.from_numpy(vectors).to(self.device))
            axes, _, _ = principal_axes(unit.cpu().numpy(), min(self.recipe.hidden // 2, *vectors.shape))
            begun = torch.from_numpy(np.ascontiguousarray(axes.T)).to(self.device)
            begun /= (unit @ begun.T).std()
            begun = torch.cat([begun, -begun])
            weight, bias = cast("torch.Tensor", linear.weight), cast("torch.Tensor", linear.bias)
            weight[: len(begun)].copy_(begun)
            bias[: len(begun)].copy_(-(begun @ unit.mean(0)))
            found: NDArray[np.float32] = activation(linear(unit)).cpu().numpy()
        return found

    def state(self) -> dict[str, torch.Tensor]:
        """Copies of all that is trained."""
        return {name: parameter.detach().clone().cpu() for name, parameter in self.learnt.items()}

    def put(self, state: dict[str, torch.Tensor]) -> None:
        """Set all that is trained."""
        import torch

        with torch.no_grad():
            for name, parameter in self.learnt.items():
                parameter.copy_(state[name])


def hidden_layer(dim: int, width: int, activation: str) -> torch.nn.Sequential:
    """Normalisation without parameters, a linear layer, an activation: (b, dim) to (b, width)."""
    import torch

    return torch.nn.Sequential(
        torch.nn.LayerNorm(dim, elementwise_affine=False),
        torch.nn.Linear(dim, width),
        getattr(torch.nn, ACTIVATIONS[activation])(),
    )
