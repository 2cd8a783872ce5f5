"""A network as the stages that it runs through, so that some can be trained and what lies below them computed once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from embedding_core.encoders.torch_runtime import fold, in_any_precision

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch

    from embedding_core.encoders.torch_runtime import Network


@dataclass(frozen=True, eq=False, slots=True)
class Stage:
    """A part of a network that takes what the part before it returns."""

    names: tuple[str, ...]  # of its submodules and parameters in the network
    run: Callable[[Any], Any]


def trainable(network: Network) -> tuple[Stage, ...]:
    """Make a network ready to be trained, in place, and return its stages; run in turn they are `network.features`.

    Batch normalisation is folded into the convolutions, which freezes its statistics: of the few images of a short
    fine-tuning they would be estimated worse than they are, and without it a step takes a third less time. What a
    family keeps in float32 for exact vectors is trained in the precision of the rest. Dropout and stochastic depth of
    the body stay off.
    """
    module = network.module.eval()
    fold(module)
    in_any_precision(module)
    module.requires_grad_(False)
    return _stages(module) or (Stage(tuple(name for name, _ in module.named_children()), network.features),)


def stage_of(stages: tuple[Stage, ...], parameter: str) -> int:
    """The number of the stage that a parameter of the network belongs to; what none names belongs to the first."""
    for number, stage in enumerate(stages):
        if any(parameter == name or parameter.startswith(name + ".") for name in stage.names):
            return number
    return 0


def _stages(net: Any) -> tuple[Stage, ...]:  # noqa: PLR0911 - one for each family
    if hasattr(net, "conv_stem"):  # timm's EfficientNet
        return (
            Stage(("conv_stem", "bn1"), lambda x: net.bn1(net.conv_stem(x))),
            *_each("blocks", net.blocks),
            Stage(("conv_head", "bn2"), lambda x: net.forward_head(net.bn2(net.conv_head(x)), pre_logits=True)),
        )
    if hasattr(net, "patch_embed"):  # timm's vision transformers
        return (
            Stage(
                ("patch_embed", "cls_token", "pos_embed", "norm_pre"),
                lambda x: net.norm_pre(net.patch_drop(net._pos_embed(net.patch_embed(x)))),
            ),
            *_each("blocks", net.blocks),
            Stage(("norm", "attn_pool", "fc_norm", "head"), lambda x: net.forward_head(net.norm(x))),
        )
    if hasattr(net, "conv_proj"):  # torchvision's ViT
        return (
            Stage(("conv_proj", "class_token", "encoder.pos_embedding"), lambda x: _tokens(net, x)),
            *_each("encoder.layers", net.encoder.layers),
            Stage(("encoder.ln", "heads"), lambda x: net.heads(net.encoder.ln(x)[:, 0])),
        )
    if hasattr(net, "layer4"):  # torchvision's ResNet
        return (
            Stage(("conv1", "bn1"), lambda x: net.maxpool(net.relu(net.bn1(net.conv1(x))))),
            *(Stage((f"layer{number}",), getattr(net, f"layer{number}")) for number in (1, 2, 3, 4)),
            Stage(("fc",), lambda x: net.fc(net.avgpool(x).flatten(1))),
        )
    if hasattr(net, "permute"):  # torchvision's Swin
        return (
            *_each("features", net.features),
            Stage(("norm", "head"), lambda x: net.head(net.flatten(net.avgpool(net.permute(net.norm(x)))))),
        )
    if hasattr(net, "features"):  # torchvision's ConvNeXt and MobileNet
        flat = type(net).__name__.startswith("MobileNet")
        return (
            *_each("features", net.features),
            Stage(("classifier",), lambda x: net.classifier(net.avgpool(x).flatten(1) if flat else net.avgpool(x))),
        )
    return ()  # of one stage


def _each(name: str, modules: Any) -> tuple[Stage, ...]:
    return tuple(Stage((f"{name}.{number}",), module) for number, module in enumerate(modules))


def _tokens(net: Any, images: torch.Tensor) -> Any:
    import torch

    patches = net._process_input(images)
    tokens = torch.cat([net.class_token.expand(len(patches), -1, -1), patches], dim=1)
    return net.encoder.dropout(tokens + net.encoder.pos_embedding)
