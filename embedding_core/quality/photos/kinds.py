"""The kinds of bad photographs: what is measured for each, which end is bad, and where the line lies by itself.

A line is set by the set: so many robust standard deviations from its median, measured on the bad side alone, by the
quartile, which a quarter of bad pictures cannot move. Two bounds keep sense: a picture is not dark because all others
are snow, and an empty page is empty in a set of drawings as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from embedding_core.quality.photos.looks import Looks

SPREAD = 4.0  # robust standard deviations from the median to the line
QUARTILE = 0.6745  # standard deviations of a normal distribution between its median and its quartile


@dataclass(frozen=True, slots=True)
class Kind:
    """One way in which a photograph can be bad."""

    name: str
    measure: Callable[[Looks], NDArray[np.floating]]  # (n,) NaN where it cannot be told
    high: bool  # is what is high bad, or what is low?
    bounds: tuple[float, float]  # the least and the greatest line, whatever the set
    comparison: str  # "darker", before "than 99 % of the set"
    words: str  # the measured value, at {value:…}
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

    def bad(self, values: NDArray[np.floating], line: float) -> NDArray[np.bool_]:
        """(n,) which values lie beyond the line."""
        beyond: NDArray[np.bool_] = values > line if self.high else values < line
        return beyond


def _lit(looks: Looks) -> NDArray[np.floating]:
    """Of a dark picture, the lighter parts: a black dress on a black sofa with a white wall behind is none."""
    return (looks.brightness + looks.highlights) / 2


def _unlit(looks: Looks) -> NDArray[np.floating]:
    return (looks.brightness + looks.shadows) / 2


def _nothing(looks: Looks) -> NDArray[np.floating]:
    return np.full(len(looks), np.nan, np.float32)


def _length(looks: Looks) -> NDArray[np.floating]:
    return np.maximum(looks.aspect, 1 / looks.aspect)


_LIGHT = "light {{value:.0f}} of 255, halfway from its mean to its {} twentieth"

KINDS = (
    Kind("dark", _lit, False, (16, 110), "Darker", _LIGHT.format("lightest")),
    Kind("bright", _unlit, True, (180, 240), "Brighter", _LIGHT.format("darkest")),
    Kind("blurred", lambda looks: looks.sharpness, False, (0, 0.48), "More blurred", "sharpness {value:.2f} of 1"),
    Kind("low_information", lambda looks: looks.entropy, False, (1, 5), "Poorer", "{value:.1f} of 8 bits of shades"),
    Kind("near_empty", lambda looks: looks.flat, True, (0.9, 0.97), "Emptier", "{value:.1%} of it is one flat colour"),
    Kind(
        "tiny",
        lambda looks: looks.side,
        False,
        (64, 4096),
        "Smaller",
        "as many pixels as a square of {value:.0f}",
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
        "colour {value:.0f} of 255 where it has most",
        share=0.2,
        removes=False,
    ),
)
# Told by the embedding, where that has been asked for: see `turned`. Its line lies where it does on any set.
TURNED = Kind("turned", _nothing, True, (1.5, 1.5), "More in need of a turn", "evidence {value:.1f}", removes=False)
BY_NAME = {kind.name: kind for kind in (*KINDS, TURNED)}
