"""Low-rank adaptation: attention's weights stay, and a product of two thin matrices is learnt beside each.

Hu et al. 2021, "LoRA: low-rank adaptation of large language models". It is registered as a parametrization of torch,
not as a layer of its own, since attention of torchvision reads the weights of its linear layers without calling them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from embedding_core.errors import InvalidInput

if TYPE_CHECKING:
    import torch

_WEIGHTS = ("in_proj_weight", "qkv.weight", "proj.weight", "out_proj.weight")  # of attention, in torchvision and timm
_INSIDE = ("attn", "attention")  # in the path of an attention module
SCALE = 2.0  # alpha / rank


def adapt(module: torch.nn.Module, rank: int, seed: int = 0) -> dict[str, torch.nn.Parameter]:
    """Add matrices of `rank` to every attention of a network, in place; returns them by name. They add nothing yet.

    A weight `w` has "w.a" (rank, columns) and "w.b" (rows, rank). Raises `InvalidInput` where there is no attention.
    """
    import torch
    from torch.nn.utils import parametrize

    found = attention_weights(module)
    if not found:
        raise InvalidInput(
            "LoRA adapts attention, and this network has none. Choose a transformer (vit-b-16, swin-t, dinov2-s …), or "
            "another mode."
        )
    chance = torch.Generator().manual_seed(seed)
    learnt: dict[str, torch.nn.Parameter] = {}
    for name in found:
        path, _, weight = name.rpartition(".")
        part = module.get_submodule(path)
        added = _Added(getattr(part, weight), rank, chance)
        parametrize.register_parametrization(part, weight, added)
        learnt |= {f"{name}.a": added.a, f"{name}.b": added.b}
    return learnt


def merge(module: torch.nn.Module) -> None:
    """Make what was added part of the weights, in place: the same function without any further work."""
    from torch.nn.utils import parametrize

    for part in module.modules():
        for weight in list(getattr(part, "parametrizations", {})):
            parametrize.remove_parametrizations(part, weight, leave_parametrized=True)


def add(module: torch.nn.Module, learnt: dict[str, Any]) -> None:
    """Add to the weights of a network, in place, what `adapt` returned and training has made of it."""
    import torch

    weights = dict(module.named_parameters())
    with torch.no_grad():
        for name in {key[:-2] for key in learnt}:
            weights[name].add_(SCALE * (learnt[f"{name}.b"] @ learnt[f"{name}.a"]))


def attention_weights(module: torch.nn.Module) -> list[str]:
    """The names of the weights that are adapted."""
    return [
        name
        for name, weight in module.named_parameters()
        if weight.ndim == 2 and name.endswith(_WEIGHTS) and any(part in name for part in _INSIDE)
    ]


def _Added(weight: torch.Tensor, rank: int, chance: torch.Generator) -> Any:  # noqa: N802 - a class that needs torch
    import torch

    class Added(torch.nn.Module):
        """weight ↦ weight + scale · b a."""

        def __init__(self) -> None:
            super().__init__()
            rows, columns = weight.shape
            self.a = torch.nn.Parameter(torch.randn(rank, columns, generator=chance) / columns**0.5)
            self.b = torch.nn.Parameter(torch.zeros(rows, rank))

        def forward(self, fixed: torch.Tensor) -> torch.Tensor:
            return fixed + SCALE * (self.b @ self.a)

    return Added()
