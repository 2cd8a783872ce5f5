"""The kinds of bad photographs: what is measured for each, which end is bad, and where the line lies by itself.

A line is set by the set: so many robust standard deviations from its median, measured on the bad side alone, by the
quartile, which a quarter of bad pictures cannot move. Two bounds keep sense: a picture is not dark because all others
are snow, and an empty page is empty in a set of drawings as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from embedding_core.quality.photos.looks import Looks

WHITE = 255.0
PAGE, PAGE_AT_MOST = 0.5, 0.98  # share of one flat colour from which it is a page, and up to which the rest can be told
SPREAD = 4.0  # robust standard deviations from the median to the line
QUARTILE = 0.6745  # standard deviations of a normal distribution between its median and its quartile


@dataclass(frozen=True, slots=True)
class Scale:
    """How a measure is put before people, and back. Both ways rise."""

    show: Callable[[Any], Any] = lambda value: value
    back: Callable[[Any], Any] = lambda shown: shown


HUNDREDTHS = Scale(lambda value: 100 * value, lambda shown: shown / 100)
SHADES = Scale(np.exp2, np.log2)  # as many equally frequent shades have so much entropy


@dataclass(frozen=True, slots=True)
class Kind:
    """One way in which a photograph can be bad."""

    name: str
    measure: Callable[[Looks], NDArray[np.floating]]  # (n,) NaN where it cannot be told
    high: bool  # is what is high bad, or what is low?
    bounds: tuple[float, float]  # the least and the greatest line, whatever the set
    comparison: str  # "Darker", before "than 99 of 100 images here"
    words: str  # the measure as it is shown, at {value:…}
    figure: str  # the like of another picture, in few words
    scale: Scale = Scale()
    ratio: bool = False  # are values compared by ratio?
    share: float = 1.0  # of the median: a line lies beyond that, too
    removes: bool = True  # does the check advise to remove such pictures?

    def line(self, values: NDArray[np.floating]) -> float:
        """The line that these values (n,) set; NaN where there are none."""
        told = values[np.isfinite(values)].astype(np.float64)
        if not len(told):
            return float("nan")
        scaled = np.log(np.maximum(told, 1e-6)) if self.ratio else told
        middle, quartile = np.quantile(scaled, [0.5, 0.75 if self.high else 0.25])
        line = middle + SPREAD * (quartile - middle) / QUARTILE
        line = float(np.clip(np.exp(line) if self.ratio else line, *self.bounds))
        if self.share == 1.0:
            return line
        beyond = self.share * float(np.exp(middle) if self.ratio else middle)
        return max(line, beyond) if self.high else min(line, beyond)

    def told(self, value: float) -> str:
        """A measured value in words."""
        return self.words.format(value=self.scale.show(value))

    def usual(self, middle: float) -> str:
        """What half of a set has, whose median that is."""
        step = 0.1 if ".1f" in self.figure else 1.0
        steps = np.floor(self.scale.show(middle) / step) + self.high  # so that what is said is true
        side = "stays below" if self.high else "has at least"
        return f"half of the set {side} {self.figure.format(value=steps * step)}"

    def bad(self, values: NDArray[np.floating], line: float) -> NDArray[np.bool_]:
        """(n,) which values lie beyond the line."""
        beyond: NDArray[np.bool_] = values > line if self.high else values < line
        return beyond


def _lit(looks: Looks) -> NDArray[np.floating]:
    """Of a dark picture, the lighter parts: a black dress on a black sofa with a white wall behind is none."""
    return (looks.brightness + looks.highlights) / 2


def _unlit(looks: Looks) -> NDArray[np.floating]:
    """Of a bright picture, the darker parts. Where most of it is a flat page, so bright that the page may be white, the
    rest speaks: a small thing on white paper is not over-exposed, though hardly any of the picture is dark."""
    apart = (looks.brightness - WHITE * looks.flat) / np.maximum(1 - looks.flat, 1 - PAGE_AT_MOST)
    page = looks.flat > PAGE
    return (looks.brightness + np.where(page, np.fmin(looks.shadows, np.maximum(apart, 0)), looks.shadows)) / 2


def _nothing(looks: Looks) -> NDArray[np.floating]:
    return np.full(len(looks), np.nan, np.float32)


def _length(looks: Looks) -> NDArray[np.floating]:
    return np.maximum(looks.aspect, 1 / looks.aspect)


_LIGHT, _LEVEL = "light {value:.0f} of 255", "{value:.0f}"

KINDS = (
    Kind("dark", _lit, False, (16, 110), "Darker", _LIGHT, _LEVEL),
    Kind("bright", _unlit, True, (180, 225), "Brighter", _LIGHT, _LEVEL),
    Kind(
        "blurred",
        lambda looks: looks.sharpness,
        False,
        (0, 0.48),
        "More blurred",
        "sharpness {value:.0f} of 100",
        _LEVEL,
        HUNDREDTHS,
    ),
    Kind(
        "low_information",
        lambda looks: looks.entropy,
        False,
        (1, 5),
        "Plainer",
        "about {value:.0f} of 256 shades",
        _LEVEL,
        SHADES,
    ),
    Kind(
        "near_empty",
        lambda looks: looks.flat,
        True,
        (0.9, 0.97),
        "Emptier",
        "one flat colour covers {value:.1f}% of it",
        "{value:.0f}%",
        HUNDREDTHS,
    ),
    Kind(
        "tiny",
        lambda looks: looks.side,
        False,
        (64, 4096),
        "Smaller",
        "as large as {value:.0f} × {value:.0f} pixels",
        "{value:.0f} × {value:.0f}",
        ratio=True,
        share=1 / 3,
    ),
    Kind(
        "odd_shape",
        _length,
        True,
        (2.5, 100),
        "Longer",
        "{value:.1f} times as long as wide",
        "{value:.1f}",
        ratio=True,
        share=1.5,
        removes=False,
    ),
    Kind(
        "grey",
        lambda looks: looks.chroma,
        False,
        (3, 6),
        "Less coloured",
        "strongest colour {value:.0f} of 255",
        _LEVEL,
        share=0.2,
        removes=False,
    ),
)
# Told by the embedding, where that has been asked for: see `turned`. Its line lies where it does on any set.
TURNED = Kind(
    "turned",
    _nothing,
    True,
    (1.5, 1.5),
    "More in need of a turn",
    "evidence {value:.1f}",
    "{value:.1f}",
    removes=False,
)
BY_NAME = {kind.name: kind for kind in (*KINDS, TURNED)}
