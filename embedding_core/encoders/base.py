"""What an encoder is: a card that describes it, and a model that turns images into vectors."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from embedding_core.errors import InvalidInput
from embedding_core.fingerprint import fingerprint

Fit = Literal["crop", "squash"]
Interpolation = Literal["bicubic", "bilinear", "box"]
Weights = Literal["pretrained", "random"]

_FILTERS = {
    "bicubic": Image.Resampling.BICUBIC,
    "bilinear": Image.Resampling.BILINEAR,
    "box": Image.Resampling.BOX,
}
_LONGEST = 4096  # pixels: beyond this an image in its network's size is never made whole


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """From an RGB image to a network input: to the square, then (value / 255 - mean) / std.

    "crop" brings the shorter side to `resize` and cuts out the centre; "squash" brings both sides to `crop`.
    """

    resize: int  # pixels of the shorter side
    crop: int  # pixels of the square
    interpolation: Interpolation  # Pillow's, with antialiasing
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    fit: Fit = "crop"


@dataclass(frozen=True, slots=True)
class EncoderCard:
    """All that can be said of an encoder without loading it."""

    id: str
    name: str
    family: str
    dim: int  # numbers in a vector
    input_size: int  # pixels of the square that the network sees
    licence: str  # of the weights
    size_mb: float  # of the file of weights, in millions of bytes
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
    """A loaded model. `prepare` and `encode` may be called from several threads at once."""

    card: EncoderCard
    device: str  # cuda, mps or cpu, what runs it there if not torch, and the precision unless it is float32
    batch: int  # images that `encode` is best given at once
    lanes: int  # calls of `encode` that are best under way at once

    def prepare(self, image: Image.Image) -> NDArray[Any]:
        """One RGB image as one network input, (3, s, s) uint8 before normalisation; the batch is stacked of these."""
        ...

    def encode(self, batch: NDArray[Any]) -> NDArray[np.float32]:
        """Network inputs (b, 3, s, s) to vectors (b, dim), finite. b may be 0."""
        ...

    def categories(self, vectors: NDArray[np.float32]) -> list[list[tuple[str, float]]] | None:
        """For each of `vectors` (m, dim) the likeliest categories with their probabilities; None without a head."""
        ...


def checked_batch(batch: NDArray[Any], card: EncoderCard) -> NDArray[Any]:
    """The batch. Raises `InvalidInput` unless it is (b, 3, s, s) with the card's s."""
    side = card.input_size
    if batch.ndim != 4 or batch.shape[1:] != (3, side, side):
        raise InvalidInput(f"{card.id} takes batches of shape (b, 3, {side}, {side}), not {batch.shape}.")
    return batch


def card_to_json(card: EncoderCard) -> str:
    """The card as JSON text, as the workspace keeps it."""
    return json.dumps(asdict(card), ensure_ascii=False)


def card_from_json(text: str) -> EncoderCard:
    """The card that `card_to_json` wrote."""
    facts = json.loads(text)
    steps = facts.pop("preprocessing")
    for name in ("mean", "std"):
        steps[name] = tuple(steps[name])
    return EncoderCard(**facts, preprocessing=Preprocessing(**steps))


def network_input(image: Image.Image, steps: Preprocessing) -> NDArray[np.uint8]:
    """The square that a network sees of an RGB image: (3, crop, crop) uint8, before normalisation.

    Pixel for pixel what `Resize` and `CenterCrop` of torchvision make. Images far longer than wide are resized by
    their centre alone, which may differ by one level in 255 and takes no more memory than others.
    """
    resample = _FILTERS[steps.interpolation]
    if steps.fit == "squash":
        cut = image.resize((steps.crop, steps.crop), resample)
    else:
        width, height = image.size
        short = min(width, height)
        wide, high = steps.resize * width // short, steps.resize * height // short
        left, top = round((wide - steps.crop) / 2), round((high - steps.crop) / 2)
        box = (left, top, left + steps.crop, top + steps.crop)
        if max(wide, high) > _LONGEST:
            across, down = width / wide, height / high
            right, bottom = min(width, box[2] * across), min(height, box[3] * down)
            cut = image.resize((steps.crop, steps.crop), resample, box=(left * across, top * down, right, bottom))
        else:
            cut = image.resize((wide, high), resample).crop(box)
    return np.ascontiguousarray(np.asarray(cut, dtype=np.uint8).transpose(2, 0, 1))


def seen_part(size: tuple[int, int], steps: Preprocessing) -> tuple[float, float, float, float]:
    """What a network sees of an image of that width and height: left, top, right and bottom, as shares of them.

    It is the part that `network_input` cuts out, cut off where it would reach beyond the image.
    """
    if steps.fit == "squash":
        return (0.0, 0.0, 1.0, 1.0)
    width, height = size
    short = min(width, height)
    wide, high = steps.resize * width // short, steps.resize * height // short
    left, top = round((wide - steps.crop) / 2), round((high - steps.crop) / 2)
    return (
        max(left, 0) / wide,
        max(top, 0) / high,
        min(left + steps.crop, wide) / wide,
        min(top + steps.crop, high) / high,
    )


def top(probabilities: NDArray[np.float32], names: Sequence[str], count: int = 20) -> list[list[tuple[str, float]]]:
    """The `count` likeliest names of each row of `probabilities` (m, classes), best first."""
    order = np.argsort(-probabilities, axis=1)[:, :count]
    return [
        [(names[column], float(row[column])) for column in best] for row, best in zip(probabilities, order, strict=True)
    ]
