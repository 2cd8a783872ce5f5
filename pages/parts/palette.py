"""Colours of categories, however many there are. js/palette.js makes the same ones; a test compares the two."""

from __future__ import annotations

import math
from collections.abc import Sequence

GOLDEN = 137.50776405003785  # degrees between one further hue and the next
CHROMA = (0.15, 0.11, 0.13)
LIGHTNESS = {  # of the further colours, by theme: neighbours differ in it, which everyone sees
    "light": (0.58, 0.44, 0.68, 0.52, 0.63),
    "dark": (0.74, 0.6, 0.84, 0.67, 0.79),
}


def category(k: int, first: Sequence[str], theme: str) -> str:
    """`#rrggbb` of the k-th category; `first` are the colours told apart best."""
    if k < len(first):
        return first[k].lower()
    further = k - len(first)
    lightness = LIGHTNESS[theme]
    red, green, blue = _oklch(
        lightness[further % len(lightness)], CHROMA[further % len(CHROMA)], (further * GOLDEN + 20) % 360
    )
    return f"#{red:02x}{green:02x}{blue:02x}"


def _oklch(lightness: float, chroma: float, hue: float) -> tuple[int, int, int]:
    """Björn Ottosson's OKLCH, in which equal steps look equal; cut to what sRGB can show. 0…255 each."""
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long, medium, short = (
        (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3,
        (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3,
        (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3,
    )
    linear = (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.707614701 * short,
    )
    red, green, blue = map(_gamma, linear)
    return red, green, blue


def _gamma(linear: float) -> int:
    bounded = min(max(linear, 0.0), 1.0)
    value = 12.92 * bounded if bounded <= 0.0031308 else 1.055 * bounded ** (1 / 2.4) - 0.055
    return math.floor(255 * value + 0.5)  # as JavaScript rounds
