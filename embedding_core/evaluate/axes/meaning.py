"""What an axis shows: which labels, columns and image properties go with it, and how that is said.

Numbers go with an axis by Spearman's rank correlation, classes by η², corrected for the number of classes (ε², Kelley
1935, "An unbiased correlation ratio measure"), and which class it is by the area under the ROC curve. Among so many
comparisons chance finds something: what is named is sure at 1 % over all of them (Bonferroni).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from embedding_core.vectors import read_only

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

SURE = 0.01  # over all comparisons
SHOWS, GOES = 0.25, 0.06  # shares of the variance from which an axis shows something, or goes with it
TELLS = 0.9  # area under the curve from which an axis tells one class from the rest
NAMES = 3  # things that are named in a sentence

POLES = {
    "brightness": ("dark", "bright"),
    "contrast": ("even", "contrasty"),
    "colourfulness": ("grey", "colourful"),
    "chroma": ("without colour", "of strong colour"),
    "sharpness": ("soft", "sharp"),
    "aspect": ("upright", "wide"),
    "side": ("of few pixels", "of many pixels"),
    "nbytes": ("small files", "large files"),
}
TITLES = {"side": "size", "chroma": "saturation", "nbytes": "file size", "aspect": "aspect ratio"}

Measure = Literal["spearman", "eta2"]


@dataclass(frozen=True, eq=False, slots=True)
class Said:
    """A column over n images: numbers, or classes."""

    name: str
    kind: Literal["label", "metadata", "property"]
    numbers: NDArray[np.float64] | None = None  # (n,) NaN where nothing is said
    codes: NDArray[np.int64] | None = None  # (n,) −1 where nothing is said
    values: tuple[str, ...] = ()

    @property
    def known(self) -> NDArray[np.bool_]:
        """(n,)"""
        there: NDArray[np.bool_] = np.isfinite(self.numbers) if self.numbers is not None else self._codes >= 0
        return there

    @property
    def title(self) -> str:
        return TITLES.get(self.name, self.name) if self.kind == "property" else self.name

    def columns(self) -> NDArray[np.float64]:
        """(n, c) the numbers, as ranks from 0 to 1, so that a huge one counts for no more; or a column a class."""
        if self.numbers is not None:
            return _ranks(self.numbers)[:, None]
        there = np.unique(self._codes[self._codes >= 0])
        return np.equal(self._codes[:, None], there).astype(np.float64)

    def of(self, rows: NDArray[np.int64]) -> Said:
        """The same of some images."""
        numbers = None if self.numbers is None else self.numbers[rows]
        codes = None if self.codes is None else self.codes[rows]
        return Said(self.name, self.kind, numbers, codes, self.values)

    @property
    def _codes(self) -> NDArray[np.int64]:
        return self.codes if self.codes is not None else np.empty(0, np.int64)


@dataclass(frozen=True, slots=True)
class Goes:
    """How one column goes with one axis."""

    name: str
    kind: str
    measure: Measure
    value: float  # Spearman's ρ, −1 to 1, or ε², 0 to 1
    share: float  # of the variance: ρ² or ε²
    sure: bool  # beyond what chance finds among all comparisons
    low: str = ""  # what lies at the − end: a word, or a class
    high: str = ""
    low_auc: float | None = None  # how well the axis tells that class from the rest, 0.5 to 1
    high_auc: float | None = None

    @property
    def title(self) -> str:
        return TITLES.get(self.name, self.name) if self.kind == "property" else self.name

    @property
    def figure(self) -> str:
        sign = "−" if self.value < 0 else ""
        number = f"{abs(self.value):.2f}".removeprefix("0")
        return f"r = {sign}{number}" if self.measure == "spearman" else f"η² = {number}"


def goes_with(
    placed: NDArray[np.float32], said: Sequence[Said], *, comparisons: int | None = None
) -> list[tuple[Goes, ...]]:
    """What goes with each of the axes on which n images lie (n, a), for each axis the strongest first."""
    times = comparisons or max(1, placed.shape[1] * len(said))
    ranks = np.stack([_ranks(column) for column in placed.T.astype(np.float64)], axis=1)
    found: list[list[Goes]] = [[] for _ in range(placed.shape[1])]
    for one in said:
        there = np.flatnonzero(one.known)
        if len(there) < 8:
            continue
        for axis in range(placed.shape[1]):
            if one.numbers is not None:
                goes = _numbers(ranks[there, axis], one, one.numbers[there], times)
            else:
                goes = _classes(placed[there, axis].astype(np.float64), one, times, one.of(there))
            if goes is not None:
                found[axis].append(goes)
    return [tuple(sorted(each, key=lambda goes: -goes.share)) for each in found]


def sentence(number: int, goes: Sequence[Goes]) -> str:
    """What an axis shows, as "Axis 3 shows brightness (r = .62): dark at −, bright at +."."""
    named = [one for one in goes if one.sure and one.share >= GOES][:NAMES]
    telling = next((one for one in goes if one.sure and max(one.low_auc or 0, one.high_auc or 0) >= TELLS), None)
    if not named and telling is None:
        return f"Axis {number} goes with nothing that is known of the images. Look at both ends."
    if not named and telling is not None:
        return f"Axis {number} goes with {telling.title}: {_ends(telling)}."
    first = named[0]
    verb = "shows" if first.share >= SHOWS else "goes with"
    text = f"Axis {number} {verb} {_named(first)}"
    ends = _ends(first)
    text += f": {ends}." if ends else "."
    if named[1:]:
        text += f" It also goes with {' and '.join(map(_named, named[1:]))}."
    return text


def _named(one: Goes) -> str:
    title = f"the {one.title}" if one.kind == "label" else one.title
    return f"{title} ({one.figure})"


def _ends(one: Goes) -> str:
    low, high = one.low, one.high
    if not low or not high:
        return ""
    if one.low_auc is None:
        return f"{low} at −, {high} at +"
    ends = [(low, one.low_auc, "−"), (high, one.high_auc or 0, "+")]
    return ", ".join(f"{name} at {end}" + (f" (AUC {auc:.2f})" if auc >= TELLS else "") for name, auc, end in ends)


def _numbers(ranks: NDArray[np.float64], said: Said, values: NDArray[np.float64], times: int) -> Goes | None:
    from scipy.stats import spearmanr

    if not np.ptp(values) or not np.ptp(ranks):
        return None
    found = spearmanr(ranks, values)
    rho = float(found.statistic)
    low, high = POLES.get(said.name, ("low", "high")) if said.kind == "property" else ("low", "high")
    if rho < 0:
        low, high = high, low
    return Goes(said.name, said.kind, "spearman", rho, rho * rho, bool(found.pvalue * times < SURE), low, high)


def _classes(places: NDArray[np.float64], said: Said, times: int, of: Said) -> Goes | None:
    from scipy.stats import f as fisher
    from scipy.stats import rankdata

    there, classes = np.unique(of._codes, return_inverse=True)
    n, c = len(places), len(there)
    if c < 2 or n <= c + 1 or not np.ptp(places):
        return None
    counts = np.bincount(classes)
    means = np.bincount(classes, places) / counts
    whole = float(((places - places.mean()) ** 2).sum())
    between = float((counts * (means - places.mean()) ** 2).sum())
    eta = min(1.0, between / whole)
    epsilon = max(0.0, 1 - (1 - eta) * (n - 1) / (n - c))
    chance = 0.0 if eta >= 1 else float(fisher.sf(eta / (1 - eta) * (n - c) / (c - 1), c - 1, n - c))
    sums = np.bincount(classes, rankdata(places))
    auc = (sums - counts * (counts + 1) / 2) / np.maximum(counts * (n - counts), 1)
    often = counts >= min(5, counts.max())  # of one image an area says nothing
    low, high = int(np.where(often, auc, np.inf).argmin()), int(np.where(often, auc, -np.inf).argmax())
    names = [said.values[code] for code in there]
    return Goes(
        said.name,
        said.kind,
        "eta2",
        epsilon,
        epsilon,
        chance * times < SURE,
        names[low],
        names[high],
        float(1 - auc[low]),
        float(auc[high]),
    )


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """From 0 to 1, ties in the middle; NaN stays."""
    from scipy.stats import rankdata

    found = np.full(len(values), np.nan)
    there = np.isfinite(values)
    if there.any():
        found[there] = (rankdata(values[there]) - 1) / max(1, there.sum() - 1)
    return read_only(found)


def ends(
    places: NDArray[np.float32], groups: NDArray[np.integer], count: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The rows that lie farthest at the − and the + end (≤ count,), the farthest first; of near-duplicates one.

    `groups` (n,), −1 for a row that is alone. No row is at both ends.
    """
    order = np.argsort(places, kind="stable")
    half = order[: len(order) // 2], order[::-1][: len(order) - len(order) // 2]
    taken: set[int] = set()
    found = []
    for rows in half:
        kept: list[int] = []
        for row in rows.tolist():
            group = int(groups[row])
            if group >= 0 and group in taken:
                continue
            taken.add(group)
            kept.append(row)
            if len(kept) == count:
                break
        found.append(np.array(kept, np.int64))
    return found[0], found[1]
