"""Colours of categories, however many there are. js/palette.js makes the same ones; a test compares the two."""

from __future__ import annotations

import math
from collections.abc import Sequence

# Steps of hue, lightness and chroma from one further colour to the next: Martin Roberts' R3 sequence, which spreads any
# number of them evenly. Neighbours differ in lightness as well, which everyone sees.
STEPS = (0.8191725133961645, 0.6710436067037893, 0.5497004779019703)
CHROMA = (0.07, 0.17)
LIGHTNESS = {"light": (0.4, 0.7), "dark": (0.58, 0.88)}  # of the further colours, by theme: least and most


def category(k: int, first: Sequence[str], theme: str) -> str:
    """`#rrggbb` of the k-th category; `first` are the colours told apart best."""
    if k < len(first):
        return first[k].lower()
    hue, lightness, chroma = (((k - len(first) + 1) * step) % 1 for step in STEPS)
    red, green, blue = _oklch(_between(LIGHTNESS[theme], lightness), _between(CHROMA, chroma), 360 * hue)
    return f"#{red:02x}{green:02x}{blue:02x}"


def _between(ends: tuple[float, float], share: float) -> float:
    return ends[0] + (ends[1] - ends[0]) * share


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
