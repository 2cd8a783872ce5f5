"""What the colours of a map mean: one `Colouring` for n points, by label, group, split, tag, trust or metadata."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from embedding_core.derived import ClusterResult
    from pages.parts.cached import Columns

COLOURS = 12  # categories with a colour of their own; further ones share a grey, and the legend says how many

LABEL, CLUSTER, SPLIT, TAG, TRUST, NOTHING = "Label", "Group", "Split", "Tag", "Trust", "Nothing"
COLUMN = "Column: "  # before the name of a metadata column

OTHER, UNKNOWN = -1, -2  # codes
TICKS = 5  # on the bar of a column of dates


@dataclass(frozen=True, eq=False, slots=True)
class Colouring:
    """Categories (`codes`) or numbers (`values`) of n points; neither for points that are all alike."""

    title: str
    names: tuple[str, ...] = ()  # (c,) with a colour each, the most frequent first
    codes: NDArray[np.int32] | None = None  # (n,) in 0 … c - 1, OTHER or UNKNOWN
    others: int = 0  # categories that share the grey
    unknown: str = "unknown"  # what the legend says of points without a category or number
    values: NDArray[np.float64] | None = None  # (n,) NaN where there is none
    bounds: tuple[float, float] | None = None  # of the colour bar, when they are known beforehand
    ticks: tuple[tuple[float, str], ...] = ()  # of the colour bar, when its numbers are not what people read


def options(columns: Columns, *, clusters: bool, trust: bool) -> list[str]:
    """What the points can be coloured by, the most telling first."""
    there = {
        LABEL: bool(columns.labels),
        CLUSTER: clusters,
        SPLIT: bool(columns.splits),
        TAG: bool(columns.tags),
        TRUST: trust,
    }
    usable = [name for name in columns.metadata.column_names if not pa.types.is_nested(columns.metadata[name].type)]
    return [name for name, use in there.items() if use] + [NOTHING] + [COLUMN + name for name in usable]


def colour(
    by: str,
    columns: Columns,
    rows: NDArray[np.int64],
    shown: NDArray[np.bool_],
    *,
    clusters: ClusterResult | None = None,
    trust: NDArray[np.float32] | None = None,
) -> Colouring:
    """Colour the points of the images in `rows` (n,) of `columns`.

    Categories are ranked by their number among the points that are `shown` (n,), so that a filter brings its own to
    the front. `trust` is (n,).
    """
    of_each = {
        LABEL: ("no label", lambda: columns.label.take(pa.array(rows)).to_pylist()),
        SPLIT: ("no split", lambda: columns.split.take(pa.array(rows)).to_pylist()),
        TAG: ("no tag", lambda: tags_of(columns, columns.ids[rows])),
    }
    if clusters is not None:
        of_each[CLUSTER] = ("in no group", lambda: groups_of(clusters, columns.ids[rows]))
    if by in of_each:
        unknown, values = of_each[by]
        return categories(by, values(), shown, unknown)
    if by == TRUST and trust is not None:
        return Colouring("Trust", values=trust.astype(np.float64), bounds=(0.0, 1.0))
    name = by.removeprefix(COLUMN)
    if by.startswith(COLUMN) and name in columns.metadata.column_names:
        return column(name, columns.metadata[name].combine_chunks().take(pa.array(rows)), shown)
    return Colouring("")


def column(name: str, values: pa.Array, shown: NDArray[np.bool_]) -> Colouring:
    """Numbers and dates as a scale, everything else as categories."""
    kind = values.type
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return Colouring(name, values=_floats(values), unknown="no value")
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        seconds = _floats(pc.cast(pc.cast(values, pa.timestamp("s")), pa.int64()))
        return Colouring(name, values=seconds, unknown="no date", ticks=_dates(seconds))
    return categories(name, [None if one is None else str(one) for one in values.to_pylist()], shown, "no value")


def categories(title: str, values: Sequence[str | None], shown: NDArray[np.bool_], unknown: str) -> Colouring:
    """The most frequent `COLOURS` values have a colour each; equal numbers go by the alphabet."""
    found = pa.array(values, pa.string()).dictionary_encode()
    codes = pc.fill_null(found.indices, UNKNOWN).to_numpy(zero_copy_only=False).astype(np.int32)
    names = found.dictionary.to_pylist()
    counts = np.bincount(codes[shown & (codes >= 0)], minlength=len(names))
    order = sorted(range(len(names)), key=lambda code: (-counts[code], names[code]))
    renumbered = np.full(len(names), OTHER, np.int32)
    renumbered[order[:COLOURS]] = np.arange(min(len(names), COLOURS))
    known = codes >= 0
    codes[known] = renumbered[codes[known]]
    return Colouring(
        title,
        names=tuple(names[code] for code in order[:COLOURS]),
        codes=codes,
        others=max(0, len(names) - COLOURS),
        unknown=unknown,
    )


def tags_of(columns: Columns, ids: NDArray[np.int64]) -> list[str | None]:
    """The tag of each image (n,); those with several say so."""
    found: list[str | None] = [None] * len(ids)
    for tag, tagged in columns.tags.items():
        for at in np.flatnonzero(np.isin(ids, np.fromiter(tagged, np.int64, len(tagged)))):
            found[at] = tag if found[at] is None else "several tags"
    return found


def groups_of(clusters: ClusterResult, ids: NDArray[np.int64]) -> list[str | None]:
    """The name of each image's group (n,), None for those in no group."""
    group = dict(zip(clusters.ids.tolist(), clusters.clustering.labels.tolist(), strict=True))
    numbers = (group.get(image, -1) for image in ids.tolist())
    return [clusters.names.names[number] if number >= 0 else None for number in numbers]


def _floats(values: pa.Array) -> NDArray[np.float64]:
    """As float64, NaN where there is nothing, or nothing finite."""
    found = pc.cast(values, pa.float64(), safe=False).to_numpy(zero_copy_only=False).astype(np.float64, copy=True)
    found[~np.isfinite(found)] = np.nan
    return found


def _dates(seconds: NDArray[np.float64]) -> tuple[tuple[float, str], ...]:
    known = seconds[np.isfinite(seconds)]
    if not len(known):
        return ()
    places = np.unique(np.linspace(known.min(), known.max(), TICKS).astype(np.int64))
    return tuple((float(place), str(np.datetime64(int(place), "s"))[:10]) for place in places)
