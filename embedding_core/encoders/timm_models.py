"""Self-supervised and language-supervised transformers of timm. Weights download on first use."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from embedding_core.encoders.base import EncoderCard, Preprocessing
from embedding_core.encoders.runtime import TorchEncoder
from embedding_core.errors import WeightsUnavailable

if TYPE_CHECKING:
    import torch

_IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
_HALF = ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
_CLIP = ((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711))
_FILE = "model.safetensors"


@dataclass(frozen=True, slots=True)
class _Model:
    name: str  # timm's, with the tag of the weights
    img_size: int | None = None  # when it differs from the one that the weights were trained at


_MODELS: dict[str, _Model] = {
    "dinov2-s": _Model("vit_small_patch14_dinov2.lvd142m", 224),
    "dinov2-b": _Model("vit_base_patch14_dinov2.lvd142m", 224),
    "siglip-b-16": _Model("vit_base_patch16_siglip_224.webli"),
    "clip-vit-b-32": _Model("vit_base_patch32_clip_224.openai"),
}


def _card(
    encoder_id: str,
    name: str,
    family: str,
    *,
    dim: int,
    megabytes: float,
    resize: int,
    colours: tuple[tuple[float, float, float], tuple[float, float, float]],
    licence: str,
    text: bool,
    good_for: str,
) -> EncoderCard:
    return EncoderCard(
        id=encoder_id,
        name=name,
        family=family,
        dim=dim,
        input_size=224,
        licence=licence,
        size_mb=megabytes,
        needs_download=True,
        supports_text=text,
        preprocessing=Preprocessing(resize, 224, "bicubic", *colours),
        good_for=good_for,
        source=f"https://huggingface.co/timm/{_MODELS[encoder_id].name}",
        has_categories=False,
    )


CARDS = {
    card.id: card
    for card in (
        _card(
            "dinov2-s",
            "DINOv2 ViT-S/14",
            "DINOv2",
            dim=384,
            megabytes=88.2,
            resize=256,
            colours=_IMAGENET,
            licence="Apache-2.0",
            text=False,
            good_for="Learnt without labels: look-alikes, fine detail and unusual images; short vectors.",
        ),
        _card(
            "dinov2-b",
            "DINOv2 ViT-B/14",
            "DINOv2",
            dim=768,
            megabytes=346.3,
            resize=256,
            colours=_IMAGENET,
            licence="Apache-2.0",
            text=False,
            good_for="The strongest general choice here for grouping and finding look-alikes; wants a GPU or patience.",
        ),
        _card(
            "siglip-b-16",
            "SigLIP ViT-B/16",
            "SigLIP",
            dim=768,
            megabytes=371.6,
            resize=224,
            colours=_HALF,
            licence="Apache-2.0",
            text=True,
            good_for="Learnt from captions: groups by what people would call it, not by how it looks.",
        ),
        _card(
            "clip-vit-b-32",
            "CLIP ViT-B/32",
            "CLIP",
            dim=768,
            megabytes=349.9,
            resize=224,
            colours=_CLIP,
            licence="MIT",
            text=True,
            good_for="The well-known caption model: styles, scenes and ideas; coarser than SigLIP.",
        ),
    )
}


def load(
    card: EncoderCard, *, weights: str = "pretrained", device: str | None = None, bf16: bool | None = None
) -> TorchEncoder:
    """`weights` "random" builds the same network untrained, for tests. Raises `WeightsUnavailable`."""
    model = _MODELS[card.id]
    size: dict[str, Any] = {} if model.img_size is None else {"img_size": model.img_size}
    network = _pretrained(card, model, size) if weights == "pretrained" else _untrained(model, size)
    return TorchEncoder(card, network, network, device=device, bf16=bf16)


def cached(card: EncoderCard) -> bool:
    """Whether the weights lie on this machine already."""
    from huggingface_hub import try_to_load_from_cache

    return isinstance(try_to_load_from_cache(f"timm/{_MODELS[card.id].name}", _FILE), str)


def _untrained(model: _Model, size: dict[str, Any]) -> torch.nn.Module:
    import timm

    network: torch.nn.Module = timm.create_model(model.name, pretrained=False, num_classes=0, **size)
    return network


def _pretrained(card: EncoderCard, model: _Model, size: dict[str, Any]) -> torch.nn.Module:
    """Fetched by huggingface_hub into its cache, which holds whole files alone."""
    import timm

    os.environ.setdefault("HF_HUB_ETAG_TIMEOUT", "5")
    os.environ.setdefault("HF_HUB_DOWNLOAD_TIMEOUT", "15")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    try:
        network: torch.nn.Module = timm.create_model(model.name, pretrained=True, num_classes=0, **size)
    except (OSError, RuntimeError, ValueError) as error:
        reason = " ".join(str(error).split())[:200]
        raise WeightsUnavailable(
            f"The weights of {card.name} could not be downloaded: {_FILE} of timm/{model.name} from Hugging Face "
            f"({reason}). Connect to the internet and try again, or point HF_HOME at a cache that has it. "
            "efficientnet-lite0 needs no download."
        ) from error
    return network
