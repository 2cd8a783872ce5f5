"""Bad photographs made of good ones: a seeded generator with the truth of what it has done to which file."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

Damage = Callable[[Image.Image, np.random.Generator], Image.Image]


def blurred(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Out of focus: a Gaussian of 1 to 2.5 % of the shorter side."""
    return picture.filter(ImageFilter.GaussianBlur(min(picture.size) * rng.uniform(0.01, 0.025)))


def shaken(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Moved while it was taken: smeared along by 5 to 8 % of the shorter side."""
    length = max(3, round(min(picture.size) * rng.uniform(0.05, 0.08)))
    pixels = np.asarray(picture, np.float32)
    axis = int(rng.integers(2))
    smeared = sum(np.roll(pixels, step, axis=axis) for step in range(length)) / length
    return Image.fromarray(np.asarray(smeared).astype(np.uint8))


def dark(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Under-exposed to a tenth to three tenths of its light."""
    share = rng.uniform(0.1, 0.3)
    return picture.point(lambda level: level * share)


def bright(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Over-exposed: washed out to 65 to 85 % white."""
    share = rng.uniform(0.65, 0.85)
    return Image.blend(picture, Image.new("RGB", picture.size, "white"), share)


def tiny(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """24 to 48 pixels along its shorter side."""
    scale = rng.uniform(24, 48) / min(picture.size)
    return picture.resize((max(1, round(picture.width * scale)), max(1, round(picture.height * scale))))


def grey(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    return picture.convert("L").convert("RGB")


def near_empty(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """A page of one colour with the noise of a camera, and a speck."""
    pixels = rng.uniform(130, 215, 3) + rng.normal(0, 1.5, (picture.height, picture.width, 3))
    speck = Image.fromarray(pixels.clip(0, 255).astype(np.uint8))
    speck.paste((0, 0, 0), (5, 5, 12, 12))
    return speck


def odd_shape(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """A film strip of five to eight copies."""
    return Image.fromarray(np.tile(np.asarray(picture), (1, int(rng.integers(5, 9)), 1)))


DAMAGE: Mapping[str, tuple[Damage, ...]] = {
    "blurred": (blurred, shaken),
    "dark": (dark,),
    "bright": (bright,),
    "tiny": (tiny,),
    "grey": (grey,),
    "near_empty": (near_empty,),
    "odd_shape": (odd_shape,),
}


def planted(files: Mapping[str, bytes], *, each: int, seed: int) -> tuple[dict[str, bytes], dict[str, set[str]]]:
    """The files with `each` of every kind of damage, one at most a file, and the names of those damaged by kind."""
    rng = np.random.default_rng(seed)
    chosen = rng.choice(sorted(files), (len(DAMAGE), each), replace=False)
    truth = {kind: set(map(str, names)) for kind, names in zip(DAMAGE, chosen, strict=True)}
    made = dict(files)
    for kind, names in truth.items():
        for name in sorted(names):
            damage = DAMAGE[kind][int(rng.integers(len(DAMAGE[kind])))]
            made[name] = _encoded(damage(_opened(files[name]), rng), name)
    return made, truth


def _opened(data: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(data))
    if picture.mode in ("RGBA", "P"):
        page = Image.new("RGB", picture.size, "white")
        page.paste(picture.convert("RGBA"), mask=picture.convert("RGBA").getchannel("A"))
        return page
    return picture.convert("RGB")


def _encoded(picture: Image.Image, name: str) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP" if Path(name).suffix == ".webp" else "JPEG", quality=90)
    return buffer.getvalue()
