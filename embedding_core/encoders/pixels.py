"""The honest baseline: the image itself, shrunk to 16×16. An encoder that does not beat it has learnt nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from embedding_core.encoders.base import EncoderCard, Preprocessing

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIDE = 16

CARDS = {
    "pixels": EncoderCard(
        id="pixels",
        name="16×16 pixels",
        family="baseline",
        dim=SIDE * SIDE * 3,
        input_size=SIDE,
        licence="none needed",
        size_mb=0.0,
        needs_download=False,
        supports_text=False,
        preprocessing=Preprocessing(SIDE, SIDE, "bicubic", (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
        good_for="A yardstick: colours and layout alone, no learning. Anything worth using beats it.",
        source="computed here",
        has_categories=False,
    )
}


class PixelEncoder:
    """The whole image, squeezed to a square; nothing is cut off."""

    def __init__(self, card: EncoderCard) -> None:
        self.card = card
        self.device = "cpu"

    def prepare(self, image: Image.Image) -> NDArray[np.uint8]:
        small = image.resize((SIDE, SIDE), Image.Resampling.BOX, reducing_gap=None)
        return np.ascontiguousarray(np.asarray(small, dtype=np.uint8).transpose(2, 0, 1))

    def encode(self, batch: NDArray[Any]) -> NDArray[np.float32]:
        flat = np.asarray(batch, dtype=np.float32).reshape(len(batch), self.card.dim)
        return flat / np.float32(127.5) - 1

    def categories(self, vectors: NDArray[np.float32]) -> None:
        return None


def load(card: EncoderCard, *, weights: str = "pretrained", device: str | None = None) -> PixelEncoder:
    return PixelEncoder(card)
