"""Self-supervised and language-supervised transformers of timm. Weights download on first use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from embedding_core.encoders.base import EncoderCard, Fit, Preprocessing, Weights
from embedding_core.encoders.torch_runtime import Network
from embedding_core.encoders.unavailable import reason, unavailable

if TYPE_CHECKING:
    import torch

_IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
_HALF = ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
_CLIP = ((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711))
_PATIENCE = 5  # seconds that Hugging Face may take to answer at all


@dataclass(frozen=True, slots=True)
class _Model:
    """A network of timm, and where its weights lie on Hugging Face."""

    name: str  # timm's, with the tag of the weights
    repository: str
    files: tuple[str, ...] = ("model.safetensors", "pytorch_model.bin")  # the first that is there
    img_size: int | None = None  # pixels, when not those of the training; timm then resizes the positions
    num_classes: int = 0  # 0: the pooled vector; else the numbers of the projection that the text tower shares


_MODELS: dict[str, _Model] = {
    "dinov2-s": _Model("vit_small_patch14_dinov2.lvd142m", "timm/vit_small_patch14_dinov2.lvd142m", img_size=224),
    "dinov2-b": _Model("vit_base_patch14_dinov2.lvd142m", "timm/vit_base_patch14_dinov2.lvd142m", img_size=224),
    "siglip-b-16": _Model("vit_base_patch16_siglip_224.webli", "timm/vit_base_patch16_siglip_224.webli"),
    # OpenAI trained with the quick form of GELU, which timm has as a network of its own over the same file.
    "clip-vit-b-32": _Model(
        "vit_base_patch32_clip_quickgelu_224.openai",
        "timm/vit_base_patch32_clip_224.openai",
        files=("open_clip_model.safetensors", "pytorch_model.bin"),
        num_classes=512,
    ),
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
    good_for: str,
    text: bool = False,
    fit: Fit = "crop",
) -> EncoderCard:
    """Squares are the authors': timm's configuration has one default crop for all and 518 px for DINOv2."""
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
        preprocessing=Preprocessing(resize, 224, "bicubic", *colours, fit=fit),
        good_for=good_for,
        source=f"https://huggingface.co/{_MODELS[encoder_id].repository}",
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
            fit="squash",
            good_for="Learnt from captions: groups by what people would call it, not by how it looks.",
        ),
        _card(
            "clip-vit-b-32",
            "CLIP ViT-B/32",
            "CLIP",
            dim=512,
            megabytes=605.2,
            resize=224,
            colours=_CLIP,
            licence="MIT",
            text=True,
            good_for="The well-known caption model: styles, scenes and ideas; coarser than SigLIP.",
        ),
    )
}


def build(card: EncoderCard, weights: Weights) -> Network:
    """`weights` "random" builds the same network untrained, for tests. Raises `WeightsUnavailable`."""
    network = _network(card, _file(card) if weights == "pretrained" else None)
    return Network(card, network, network)


def cached(card: EncoderCard) -> bool:
    """Whether the weights lie on this machine already."""
    return _cached_file(_MODELS[card.id]) is not None


def _cached_file(model: _Model) -> str | None:
    from huggingface_hub import try_to_load_from_cache

    found = (try_to_load_from_cache(model.repository, file) for file in model.files)
    return next((path for path in found if isinstance(path, str)), None)


def _network(card: EncoderCard, file: str | None) -> torch.nn.Module:
    """The network with the weights in `file`, or random ones when None."""
    from pickle import UnpicklingError

    import timm
    from safetensors import SafetensorError

    model = _MODELS[card.id]
    size: dict[str, Any] = {} if model.img_size is None else {"img_size": model.img_size}
    source: dict[str, Any] = {} if file is None else {"pretrained_cfg_overlay": {"file": file}}
    try:
        network: torch.nn.Module = timm.create_model(
            model.name, pretrained=file is not None, num_classes=model.num_classes, **size, **source
        )
    except (OSError, RuntimeError, EOFError, UnpicklingError, SafetensorError) as error:
        advice = f"are damaged: {file} cannot be read ({reason(error)}). Delete that file and try again."
        raise unavailable(card, advice) from error
    return network


def _file(card: EncoderCard) -> str:
    """The file of weights in the cache of huggingface_hub, downloaded first when it is not there.

    The cache takes whole files alone. Whether Hugging Face can be reached is asked first, once and briefly: the
    download by itself tries for minutes.
    """
    from huggingface_hub import get_hf_file_metadata, hf_hub_download, hf_hub_url
    from huggingface_hub.errors import EntryNotFoundError, HfHubHTTPError, LocalEntryNotFoundError
    from huggingface_hub.utils.tqdm import disable_progress_bars

    model = _MODELS[card.id]
    here = _cached_file(model)
    if here is not None:
        return here
    disable_progress_bars()
    # That error's bases are those of the HTTP library, which has changed over the versions.
    failures = cast("tuple[type[Exception], ...]", (OSError, RuntimeError, ValueError, *HfHubHTTPError.__bases__))
    failure: Exception | None = None
    for file in model.files:
        try:
            get_hf_file_metadata(hf_hub_url(model.repository, file), timeout=_PATIENCE)
            return str(hf_hub_download(model.repository, file))
        except failures as error:
            failure = error
            if not isinstance(error, EntryNotFoundError) or isinstance(error, LocalEntryNotFoundError):
                break  # something other than that the repository has no such file
    raise unavailable(
        card,
        f"could not be downloaded: {file} of {model.repository} from Hugging Face ({reason(failure)}). Connect to the "
        "internet and try again, or point HF_HOME at a folder whose hub/ holds "
        f"models--{model.repository.replace('/', '--')} from another machine.",
    ) from failure
