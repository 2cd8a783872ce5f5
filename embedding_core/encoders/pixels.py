"""The honest baseline: the image itself, shrunk to 16×16. An encoder that does not beat it has learnt nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from embedding_core.encoders.base import EncoderCard, Preprocessing, checked_batch, network_input

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL import Image

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
        preprocessing=Preprocessing(SIDE, SIDE, "box", (0.5, 0.5, 0.5), (0.5, 0.5, 0.5), fit="squash"),
        good_for="A yardstick: colours and layout alone, no learning. Anything worth using beats it.",
        source="computed here",
        has_categories=False,
    )
}


class PixelEncoder:
    """The whole image, squeezed to a square; nothing is cut off."""

    batch = 64
    lanes = 1

    def __init__(self, card: EncoderCard) -> None:
        self.card = card
        self.device = "cpu"

    def prepare(self, image: Image.Image) -> NDArray[np.uint8]:
        return network_input(image, self.card.preprocessing)

    def encode(self, batch: NDArray[Any]) -> NDArray[np.float32]:
        flat = np.asarray(checked_batch(batch, self.card), dtype=np.float32).reshape(len(batch), self.card.dim)
        return flat / np.float32(127.5) - 1

    def categories(self, vectors: NDArray[np.float32]) -> None:
        return None


def load() -> PixelEncoder:
    """There are no weights, and the processor is always the fastest place."""
    return PixelEncoder(CARDS["pixels"])
