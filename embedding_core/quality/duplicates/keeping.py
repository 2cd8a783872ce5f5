"""Which of several copies is best kept, and why.

In this order: one in colour before one without; one that is upright; the one that shows most, which is the largest
unless that was only enlarged; the sharpest; the least compressed. Of two pictures that are each the other turned,
neither says which is upright. What the rest of the set says is taken: the turned one is less like other pictures than
the upright one. Of 150 photographs of clothing that were turned, that chose 136 rightly and 3 wrongly; of 63 emoji,
which have less in common, 19 and 13. Where the difference was three times as large, none was wrong (of 113 and 7), so
the kept one is called upright only there. Where the set tells nothing, most of the copies decide, or nothing does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embedding_core.neighbours import NeighbourGraph

MORE = 1.1  # factor from which a difference in detail, sharpness or size is one
BYTES = 2.0  # likewise of bytes a pixel: formats differ in what they need
PALE = 0.25  # share of the others' chroma below which the colours are gone …
GREY = 16.0  # … if it is no more than so many levels
OTHERS = 10  # neighbours that tell how like the rest of the set a picture is
UPRIGHT = 0.02  # of mean cosine to them, from which one of two is rather upright than the other …
SURELY = 0.06  # … and from which it is said to be


@dataclass(frozen=True, eq=False, slots=True)
class Copies:
    """The members of one group, of which one is kept."""

    rows: NDArray[np.int64]  # (m,) ascending
    widths: NDArray[np.int32]  # (m,) pixels
    heights: NDArray[np.int32]  # (m,)
    nbytes: NDArray[np.int64]  # (m,) of the files
    detail: NDArray[np.float32]  # (m,) see `inspecting.detail_of`; NaN where unknown
    chroma: NDArray[np.float32]  # (m,) levels of the most colourful hundredth, see `photos.measuring`; NaN likewise
    typical: NDArray[np.float32]  # (m,) see `typical`; NaN likewise
    stand: NDArray[np.int32]  # (m,) equal numbers for those that are the same way up

    @property
    def pixels(self) -> NDArray[np.int64]:
        return self.widths.astype(np.int64) * self.heights

    @property
    def shown(self) -> NDArray[np.float32]:
        """(m,) the detail; 0 where it is unknown."""
        return np.nan_to_num(self.detail)

    @property
    def sharpness(self) -> NDArray[np.floating]:
        """(m,) detail a pixel."""
        return self.shown / np.maximum(self.pixels, 1)

    @property
    def density(self) -> NDArray[np.floating]:
        """(m,) bytes a pixel."""
        return self.nbytes / np.maximum(self.pixels, 1)


@dataclass(frozen=True, slots=True)
class Choice:
    """The one to keep."""

    row: int
    why: str  # the end of a sentence that begins with what the group is


def choose(copies: Copies) -> Choice:
    """The member to keep, and what sets it apart from the others, or that nothing does."""
    everyone = np.arange(len(copies.rows))
    vivid = everyone[coloured(copies.chroma)]
    standing, how = _upright(copies.typical[vivid], copies.stand[vivid])
    upright = vivid[standing]
    left = upright
    qualities = (
        (copies.shown, MORE),
        (copies.sharpness, MORE),
        (copies.density, BYTES),
        (copies.pixels, 1.0),
    )
    for values, factor in qualities:
        left = left[values[left] * factor >= values[left].max()]
    kept = int(left[0])
    among = [
        *(["in colour"] if len(vivid) < len(everyone) else []),
        *([how] if len(upright) < len(vivid) else []),
    ]
    return Choice(int(copies.rows[kept]), _said(copies, kept, upright[upright != kept], len(left), among))


def coloured(chroma: NDArray[np.float32]) -> NDArray[np.bool_]:
    """(m,) all but those that lack the colours that another one has."""
    most = np.nanmax(chroma) if np.isfinite(chroma).any() else 0.0
    return np.asarray(~((chroma <= GREY) & (chroma < PALE * most)))


def typical(
    graph: NeighbourGraph, groups: NDArray[np.int32], first: NDArray[np.int32], second: NDArray[np.int32]
) -> NDArray[np.float32]:
    """How like the rest of the set each of these pairs' images is (n,): mean cosine to the nearest that are no copy.

    `groups` (n,) says who is a copy of whom. NaN for images in no pair, and for those with nothing but copies near.
    """
    found = np.full(len(groups), np.nan, np.float32)
    for row in np.union1d(first, second).tolist():
        others = graph.similarity[row][groups[graph.rows[row]] != groups[row]] if groups[row] >= 0 else ()
        if len(others):
            found[row] = np.mean(others[:OTHERS])
    return found


def _upright(typical: NDArray[np.float32], stand: NDArray[np.int32]) -> tuple[NDArray[np.bool_], str]:
    """(m,) those that are the right way up, as far as can be told, all of them where it cannot; and what they are."""
    ways, way, counts = np.unique(stand, return_inverse=True, return_counts=True)
    if len(ways) == 1:
        return np.ones(len(stand), dtype=bool), ""
    known = np.isfinite(typical)
    told = np.bincount(way[known], minlength=len(ways))
    means = np.bincount(way[known], typical[known], minlength=len(ways)) / np.maximum(told, 1)
    if told.all() and (means < means.max() - UPRIGHT).any():
        best = means >= means.max() - UPRIGHT
        sure = best.sum() == 1 and not (means[~best] > means.max() - SURELY).any()
        return np.asarray(best[way]), "upright" if sure else "most like the other images"
    most = counts == counts.max()
    return np.asarray((most | (most.sum() > 1))[way]), "turned like most"


def _said(copies: Copies, kept: int, others: NDArray[np.int64], equals: int, among: list[str]) -> str:
    """`others` are those that are as good in colour and as upright."""
    size = f"{copies.widths[kept]} × {copies.heights[kept]} pixels"
    weight = f"{copies.nbytes[kept] / 1000:,.0f} KB"
    if not len(others):
        return f"; keep the one that is {' and '.join(among)}."
    of = f"of those {' and '.join(among)} " if among else ""
    if equals > len(others):
        those = "Both" if equals == 2 else "All"
        return f". {those} {of}are equally good; the first is kept."
    for values, factor, words in (
        (copies.pixels, MORE, f"the largest ({size})"),
        (copies.sharpness, MORE, f"the sharpest ({size})"),
        (copies.density, BYTES, f"the least compressed ({weight})"),
        (copies.shown, MORE, f"the one that shows most ({size})"),
        (copies.pixels, 1.0, f"the largest ({size})"),
    ):
        if values[kept] > factor * values[others].max():
            return f"; keep {of}{words}."
    return f"; keep {of}the best in size, sharpness and compression together ({size}, {weight})."
