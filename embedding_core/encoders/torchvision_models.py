"""ImageNet classifiers of torchvision, without their last layer. Weights download on first use."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlparse

from embedding_core.encoders.base import EncoderCard, Interpolation, Preprocessing, Weights
from embedding_core.encoders.torch_runtime import Network
from embedding_core.encoders.unavailable import reason, unavailable

if TYPE_CHECKING:
    import torch

_MEAN = (0.485, 0.456, 0.406)
_STD = (0.229, 0.224, 0.225)
_LICENCE = "BSD-3-Clause (torchvision), trained on ImageNet-1k"
_PATIENCE = 8  # seconds that a host may stay silent
_PAGE = "https://docs.pytorch.org/vision/stable/models/generated/torchvision.models"


@dataclass(frozen=True, slots=True)
class _Model:
    """Where torchvision keeps a network: its builder, its weights, and the path of its last linear layer."""

    builder: str
    weights: str  # of the enum in torchvision.models
    file: str
    last: str


_MODELS: dict[str, _Model] = {}
CARDS: dict[str, EncoderCard] = {}


def _add(
    encoder_id: str,
    name: str,
    family: str,
    *,
    model: _Model,
    dim: int,
    resize: int,
    megabytes: float,
    good_for: str,
    interpolation: Interpolation = "bilinear",
) -> None:
    _MODELS[encoder_id] = model
    CARDS[encoder_id] = EncoderCard(
        id=encoder_id,
        name=name,
        family=family,
        dim=dim,
        input_size=224,
        licence=_LICENCE,
        size_mb=megabytes,
        needs_download=True,
        supports_text=False,
        preprocessing=Preprocessing(resize, 224, interpolation, _MEAN, _STD),
        good_for=good_for,
        source=f"{_PAGE}.{model.builder}.html",
        has_categories=True,
    )


_add(
    "resnet18",
    "ResNet-18",
    "ResNet",
    model=_Model("resnet18", "ResNet18_Weights.IMAGENET1K_V1", "resnet18-f37072fd.pth", "fc"),
    dim=512,
    resize=256,
    megabytes=46.8,
    good_for="The classic small network: short vectors, quick, well understood.",
)
_add(
    "resnet50",
    "ResNet-50",
    "ResNet",
    model=_Model("resnet50", "ResNet50_Weights.IMAGENET1K_V2", "resnet50-11ad3fa6.pth", "fc"),
    dim=2048,
    resize=232,
    megabytes=102.5,
    good_for="The reference that papers compare with; a good base for fine-tuning.",
)
_add(
    "convnext-tiny",
    "ConvNeXt-Tiny",
    "ConvNeXt",
    model=_Model("convnext_tiny", "ConvNeXt_Tiny_Weights.IMAGENET1K_V1", "convnext_tiny-983f1562.pth", "classifier.2"),
    dim=768,
    resize=236,
    megabytes=114.4,
    good_for="A modern convolutional network: finer than ResNet-50 on textures and parts.",
)
_add(
    "mobilenetv3-large",
    "MobileNetV3-Large",
    "MobileNet",
    model=_Model(
        "mobilenet_v3_large",
        "MobileNet_V3_Large_Weights.IMAGENET1K_V2",
        "mobilenet_v3_large-5c1a4163.pth",
        "classifier.3",
    ),
    dim=1280,
    resize=232,
    megabytes=22.1,
    good_for="The fastest of the learnt ones: large sets on a plain laptop.",
)
_add(
    "vit-b-16",
    "ViT-B/16",
    "Vision Transformer",
    model=_Model("vit_b_16", "ViT_B_16_Weights.IMAGENET1K_V1", "vit_b_16-c867db91.pth", "heads.head"),
    dim=768,
    resize=256,
    megabytes=346.3,
    good_for="The standard transformer: sees the whole scene at once; slow without a GPU.",
)
_add(
    "swin-t",
    "Swin-T",
    "Swin Transformer",
    model=_Model("swin_t", "Swin_T_Weights.IMAGENET1K_V1", "swin_t-704ceda3.pth", "head"),
    dim=768,
    resize=232,
    megabytes=113.4,
    interpolation="bicubic",
    good_for="A transformer that works in windows: detail and scene together.",
)


def build(card: EncoderCard, weights: Weights) -> Network:
    """`weights` "random" builds the same network untrained, for tests. Raises `WeightsUnavailable`."""
    import torch
    import torchvision.models as zoo

    model = _MODELS[card.id]
    enum, member = model.weights.split(".")
    pretrained = getattr(zoo, enum)[member]
    network = getattr(zoo, model.builder)(weights=None)
    if weights == "pretrained":
        _fill(network, card, pretrained.url)
    head = network.get_submodule(model.last)
    network.set_submodule(model.last, torch.nn.Identity())
    return Network(card, network, network, head=head, names=pretrained.meta["categories"])


def cached(card: EncoderCard) -> bool:
    """Whether the weights lie on this machine already. Asks without torch, which a server does not load."""
    return _target(card).is_file()


def _target(card: EncoderCard) -> Path:
    """Where torch.hub keeps the file of weights."""
    home = os.environ.get("TORCH_HOME") or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache", "torch")
    return Path(home).expanduser() / "hub" / "checkpoints" / _MODELS[card.id].file


def _fill(network: torch.nn.Module, card: EncoderCard, url: str) -> None:
    """Load the weights, fetched when they are not here. torch names a file only when it is whole and its hash right."""
    import socket
    import sys
    from contextlib import redirect_stdout
    from pickle import UnpicklingError

    import torch

    here = cached(card)
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(_PATIENCE)  # torch sets none: an unreachable host would hang the job
    try:
        with redirect_stdout(sys.stderr):  # torch announces downloads where JSON is expected of us
            state = torch.hub.load_state_dict_from_url(
                url, map_location="cpu", progress=False, check_hash=True, weights_only=True
            )
        network.load_state_dict(state)
    except (OSError, RuntimeError, EOFError, UnpicklingError) as error:
        if here:
            advice = f"are damaged: {_target(card)} cannot be read ({reason(error)}). Delete that file and try again."
        else:
            advice = (
                f"could not be downloaded: {_MODELS[card.id].file} from {urlparse(url).hostname} ({reason(error)}). "
                f"Connect to the internet and try again, or put the file at {_target(card)}."
            )
        raise unavailable(card, advice) from error
    finally:
        socket.setdefaulttimeout(before)
