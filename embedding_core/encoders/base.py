"""What an encoder is: a card that describes it, and a model that turns images into vectors."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from embedding_core.fingerprint import fingerprint


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """From an RGB image to a network input: shorter side to `resize`, centre crop, (value / 255 - mean) / std."""

    resize: int  # pixels of the shorter side
    crop: int  # pixels of the square that is cut out
    interpolation: str  # bicubic or bilinear, with antialiasing
    mean: tuple[float, float, float]
    std: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class EncoderCard:
    """All that can be said of an encoder without loading it."""

    id: str
    name: str
    family: str
    dim: int  # numbers in a vector
    input_size: int  # pixels of the square that the network sees
    licence: str  # of the weights
    size_mb: float
    needs_download: bool  # on first use
    supports_text: bool  # its space has a text tower as well
    preprocessing: Preprocessing
    good_for: str  # one plain sentence
    source: str  # page of the weights
    has_categories: bool  # its 1,000-class head can name what it sees
    revision: int = 1  # raised when vectors change for another reason than the facts above

    @property
    def fingerprint(self) -> str:
        """Changes when vectors would: identity, size, preprocessing and revision; wording does not enter."""
        steps = json.dumps(asdict(self.preprocessing))
        return fingerprint("encoder", self.revision, self.id, self.source, dim=self.dim, preprocessing=steps)


class Encoder(Protocol):
    """A loaded model. `prepare` is called from several threads at once, `encode` from one."""

    card: EncoderCard
    device: str  # cuda, mps or cpu, and the precision it runs in

    def prepare(self, image: Image.Image) -> NDArray[Any]:
        """One RGB image as one network input, (3, s, s) uint8 before normalisation; the batch is stacked of these."""
        ...

    def encode(self, batch: NDArray[Any]) -> NDArray[np.float32]:
        """Network inputs (b, 3, s, s) to vectors (b, dim), finite. b may be 0."""
        ...

    def categories(self, vectors: NDArray[np.float32]) -> list[list[tuple[str, float]]] | None:
        """For each of `vectors` (m, dim) the likeliest categories with their probabilities; None without a head."""
        ...


def card_to_json(card: EncoderCard) -> str:
    return json.dumps(asdict(card), ensure_ascii=False)


def card_from_json(text: str) -> EncoderCard:
    facts = json.loads(text)
    steps = facts.pop("preprocessing")
    for name in ("mean", "std"):
        steps[name] = tuple(steps[name])
    return EncoderCard(**facts, preprocessing=Preprocessing(**steps))


def network_input(image: Image.Image, steps: Preprocessing) -> NDArray[np.uint8]:
    """Resize the shorter side with Pillow's antialiasing filter and cut out the centre: (3, crop, crop) uint8."""
    filters = {"bicubic": Image.Resampling.BICUBIC, "bilinear": Image.Resampling.BILINEAR}
    width, height = image.size
    scale = steps.resize / min(width, height)
    size = (max(steps.crop, int(width * scale)), max(steps.crop, int(height * scale)))
    if size != image.size:
        image = image.resize(size, filters[steps.interpolation])
    left, top = round((size[0] - steps.crop) / 2), round((size[1] - steps.crop) / 2)
    cut = image.crop((left, top, left + steps.crop, top + steps.crop))
    return np.ascontiguousarray(np.asarray(cut, dtype=np.uint8).transpose(2, 0, 1))


def top(probabilities: NDArray[np.float32], names: Sequence[str], count: int = 20) -> list[list[tuple[str, float]]]:
    """The `count` likeliest names of each row of `probabilities` (m, classes), best first."""
    order = np.argsort(-probabilities, axis=1)[:, :count]
    return [
        [(names[column], float(row[column])) for column in best] for row, best in zip(probabilities, order, strict=True)
    ]
