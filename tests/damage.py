"""Altered copies of pictures, seeded: what a search for duplicates has to find, with the truth beside it.

A folder is written as it would come: the originals where they were, the copies among them under names of their own,
and a table `truth.csv` outside the pictures' folder that says which copy is of what.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
from PIL import Image

from embedding_core.images import decode

COPIES = 200
FINE = 90  # JPEG quality of what is altered otherwise than by compression
TRUTH = "truth.csv"


@dataclass(frozen=True, slots=True)
class Copy:
    """An altered copy of one picture."""

    path: str  # its own, POSIX, in the folder of its original
    source: str  # the path of the original
    kind: str  # a key of `ALTERED`
    amount: float  # quality, scale, share cut off each side's length, factor of brightness, degrees
    data: bytes  # a JPEG file


def altered_copies(originals: Mapping[str, bytes], *, count: int = COPIES, seed: int = 0) -> list[Copy]:
    """`count` copies of as many different pictures, the kinds taking turns. `originals` are files by path."""
    random = np.random.default_rng(seed)
    paths = sorted(originals)
    chosen = [paths[row] for row in random.permutation(len(paths))[:count]]
    kinds = list(ALTERED)
    return [_copy(path, originals[path], kinds[number % len(kinds)], random) for number, path in enumerate(chosen)]


def write(folder: Path, originals: Mapping[str, bytes], copies: Sequence[Copy]) -> Path:
    """All of them below `folder/pictures`, which is returned, and the truth as `folder/truth.csv`."""
    pictures = folder / "pictures"
    for path, data in [*originals.items(), *((copy.path, copy.data) for copy in copies)]:
        out = pictures / path
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_bytes(data)
    with (folder / TRUTH).open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["path", "source", "kind", "amount"])
        table.writerows([copy.path, copy.source, copy.kind, f"{copy.amount:.4g}"] for copy in copies)
    return pictures


def _copy(path: str, data: bytes, kind: str, random: np.random.Generator) -> Copy:
    image = decode(data).image
    altered, amount, quality = ALTERED[kind](image, random)
    file = io.BytesIO()
    altered.save(file, "JPEG", quality=quality)
    place = PurePosixPath(path)
    # A name that sorts anywhere, so that copies do not lie behind their originals.
    name = place.with_name(f"{random.integers(16**6):06x}_{place.stem}.jpg")
    return Copy(str(name), path, kind, amount, file.getvalue())


Altered = tuple[Image.Image, float, int]  # the picture, how much, and the JPEG quality


def _recompressed(image: Image.Image, random: np.random.Generator) -> Altered:
    return image, 30, 30


def _resized(image: Image.Image, random: np.random.Generator) -> Altered:
    scale = float(random.uniform(0.5, 1.8))
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Image.Resampling.BICUBIC), scale, FINE


def _cropped(image: Image.Image, random: np.random.Generator) -> Altered:
    share = float(random.uniform(0.05, 0.15))
    width, height = round(image.width * (1 - share)), round(image.height * (1 - share))
    left = int(random.integers(image.width - width + 1))
    top = int(random.integers(image.height - height + 1))
    return image.crop((left, top, left + width, top + height)), share, FINE


def _recoloured(image: Image.Image, random: np.random.Generator) -> Altered:
    """Darker or brighter by up to a fifth."""
    factor = 1 + float(random.uniform(-0.2, 0.2))
    return image.point(lambda value: min(255, round(value * factor))), factor, FINE


def _mirrored(image: Image.Image, random: np.random.Generator) -> Altered:
    return image.transpose(Image.Transpose.FLIP_LEFT_RIGHT), 0, FINE


def _turned(image: Image.Image, random: np.random.Generator) -> Altered:
    clockwise = bool(random.random() < 0.5)
    turn = Image.Transpose.ROTATE_270 if clockwise else Image.Transpose.ROTATE_90
    return image.transpose(turn), 90 if clockwise else 270, FINE


ALTERED: dict[str, Callable[[Image.Image, np.random.Generator], Altered]] = {
    "recompressed": _recompressed,
    "resized": _resized,
    "cropped": _cropped,
    "recoloured": _recoloured,
    "mirrored": _mirrored,
    "turned": _turned,
}
