"""What is said where weights cannot be had."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.error import URLError

from embedding_core.errors import WeightsUnavailable

if TYPE_CHECKING:
    from embedding_core.encoders.base import EncoderCard


def unavailable(card: EncoderCard, advice: str) -> WeightsUnavailable:
    """`advice` goes on from "The weights of …", and ends with what to do."""
    return WeightsUnavailable(f"The weights of {card.name} {advice} EfficientNet-Lite0 needs no download.")


def reason(error: Exception | None) -> str:
    """What went wrong, in a line, without the wrapping that urllib puts around what the system says."""
    cause = error.reason if isinstance(error, URLError) else error
    said = getattr(cause, "strerror", None) or cause
    return " ".join(str(said).split())[:200]
