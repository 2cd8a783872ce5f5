"""Which encoders there are. Adding one is a card in its family's file; the contract suite finds it here."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from embedding_core.encoders import choosing, converted, efficientnet, pixels, timm_models, torchvision_models
from embedding_core.encoders.devices import checked_device, cpu_has_bf16
from embedding_core.encoders.openvino_runtime import OpenVinoEncoder
from embedding_core.errors import InvalidInput, UnknownEncoder

if TYPE_CHECKING:
    from embedding_core.encoders.base import Encoder, EncoderCard, Weights
    from embedding_core.encoders.choosing import Runtime
    from embedding_core.encoders.torch_runtime import Network

DEFAULT = "efficientnet-lite0"

_FAMILIES: tuple[Any, ...] = (efficientnet, torchvision_models, timm_models)

CARDS: dict[str, EncoderCard] = {
    name: card for family in (efficientnet, pixels, *_FAMILIES[1:]) for name, card in family.CARDS.items()
}
_BUILDERS: dict[str, Callable[[EncoderCard, Weights], Network]] = {
    name: family.build for family in _FAMILIES for name in family.CARDS
}
_CACHED: dict[str, Callable[[EncoderCard], bool]] = {
    name: family.cached for family in (torchvision_models, timm_models) for name in family.CARDS
}


def card(encoder_id: str) -> EncoderCard:
    """The card of an encoder. Vectors that someone brought have theirs in the workspace. Raises `UnknownEncoder`."""
    try:
        return CARDS[encoder_id]
    except KeyError:
        raise UnknownEncoder(encoder_id, CARDS) from None


def network(encoder_id: str, weights: Weights = "pretrained") -> Network:
    """The network of an encoder as its family builds it, to be trained. Raises `UnknownEncoder`, `WeightsUnavailable`,
    and `InvalidInput` for one that has none."""
    known = card(encoder_id)
    if known.id not in _BUILDERS:
        raise InvalidInput(f"{known.name} has no network that could be trained. Choose another encoder.")
    return _BUILDERS[known.id](known, weights)


def load(
    encoder_id: str,
    *,
    device: str | None = None,
    runtime: Runtime | None = None,
    bf16: bool | None = None,
    weights: Weights = "pretrained",
    seed: int = 0,
) -> Encoder:
    """Load an encoder on `device` (cuda, mps or cpu; the best one when None).

    It runs in the fastest way that gives the vectors of torch in float32, unless a `runtime` is named; then `bf16` None
    means wherever it is an advantage. `weights` "random" builds the same network untrained and without any download,
    drawn from `seed`: for tests, and run by torch unless told otherwise. Raises `UnknownEncoder`, `InvalidInput`, and
    `WeightsUnavailable` when weights must be downloaded and cannot be.
    """
    known = card(encoder_id)
    if known.id == "pixels":
        return pixels.load()
    if weights not in ("pretrained", "random"):
        raise InvalidInput(f"Weights are pretrained or random, not {weights!r}.")
    if runtime is None and weights == "pretrained":
        if device is not None:
            checked_device(device)
        return choosing.fastest(known, lambda: _BUILDERS[known.id](known, weights), device=device)
    from embedding_core.encoders.torch_runtime import TorchEncoder, seeded

    with seeded(seed) if weights == "random" else nullcontext():
        network = _BUILDERS[known.id](known, weights)
    if runtime == "openvino":
        if device not in (None, "cpu"):
            raise InvalidInput(f"OpenVINO runs on the cpu here, not on {device!r}.")
        return OpenVinoEncoder(converted.convert(network), bf16=cpu_has_bf16() if bf16 is None else bf16)
    if runtime not in (None, "torch"):
        raise InvalidInput(f"A runtime is one of {', '.join(choosing.RUNTIMES)}, not {runtime!r}.")
    return TorchEncoder(network, device=device, bf16=bf16)


def available_offline(encoder_id: str) -> bool:
    """Whether `load` needs no network: weights in a package, or downloaded before."""
    known = CARDS.get(encoder_id)
    if known is None:
        return False
    return not known.needs_download or _CACHED[encoder_id](known)
