"""Which encoders there are. Adding one is a card in its family's file; the contract suite finds it here."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from embedding_core.encoders import efficientnet, pixels, timm_models, torchvision_models
from embedding_core.errors import InvalidInput, UnknownEncoder

if TYPE_CHECKING:
    from embedding_core.encoders.base import Encoder, EncoderCard, Weights

DEFAULT = "efficientnet-lite0"

_FAMILIES: tuple[Any, ...] = (efficientnet, pixels, torchvision_models, timm_models)

CARDS: dict[str, EncoderCard] = {name: card for family in _FAMILIES for name, card in family.CARDS.items()}
_LOADERS: dict[str, Callable[..., Encoder]] = {name: family.load for family in _FAMILIES for name in family.CARDS}
_CACHED: dict[str, Callable[[EncoderCard], bool]] = {
    name: family.cached for family in (torchvision_models, timm_models) for name in family.CARDS
}


def card(encoder_id: str) -> EncoderCard:
    """The card of an encoder. Vectors that someone brought have theirs in the workspace. Raises `UnknownEncoder`."""
    try:
        return CARDS[encoder_id]
    except KeyError:
        raise UnknownEncoder(encoder_id, CARDS) from None


def load(
    encoder_id: str,
    *,
    device: str | None = None,
    bf16: bool | None = None,
    weights: Weights = "pretrained",
    seed: int = 0,
) -> Encoder:
    """Load an encoder on `device` (cuda, mps or cpu; the best one when None).

    `bf16` None means wherever it is an advantage. `weights` "random" builds the same network untrained and without any
    download, drawn from `seed`: for tests. Raises `UnknownEncoder`, and `WeightsUnavailable` when weights must be
    downloaded and cannot be.
    """
    known = card(encoder_id)
    if weights == "pretrained":
        return _LOADERS[known.id](known, device=device, bf16=bf16)
    if weights != "random":
        raise InvalidInput(f"Weights are pretrained or random, not {weights!r}.")
    from embedding_core.encoders.runtime import seeded

    with seeded(seed):
        return _LOADERS[known.id](known, device=device, bf16=bf16, weights=weights)


def available_offline(encoder_id: str) -> bool:
    """Whether `load` needs no network: weights in a package, or downloaded before."""
    known = CARDS.get(encoder_id)
    if known is None:
        return False
    return not known.needs_download or _CACHED[encoder_id](known)
