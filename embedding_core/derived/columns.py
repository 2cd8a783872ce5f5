"""What is known of images besides their vectors, as columns for statistics: labels, metadata, image properties."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from embedding_core.derived.balance import said_of
from embedding_core.evaluate.axes.meaning import Said
from embedding_core.ids import find
from embedding_core.quality.composition.columns import column, is_predicted

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embedding_core.derived.labelled import Labelled
    from embedding_core.quality.photos.looks import Looks
    from embedding_core.workspace import Dataset

PROPERTIES = ("brightness", "contrast", "colourfulness", "chroma", "sharpness", "side", "aspect")


def label_of(known: Labelled) -> Said:
    return Said("label", "label", codes=known.codes, values=known.classes)


def metadata_of(dataset: Dataset, ids: NDArray[np.int64]) -> list[Said]:
    """The columns that came with these images (n,) as numbers or as classes.

    Without those that are the label by another name, that tell no groups apart, or that a model has predicted.
    """
    left_out = set(said_of(dataset, ids).left_out)
    _, metadata = dataset.said_of(ids)
    came = [name for name in metadata.column_names if name not in left_out and not is_predicted(name)]
    found = [_said(name, metadata[name].combine_chunks()) for name in came]
    return [one for one in found if one is not None]


def properties_of(looked: Looks, ids: NDArray[np.int64]) -> list[Said]:
    """What was measured of these images (n,); without what is the same of all."""
    rows = find(ids, looked.ids)
    found = []
    for name in PROPERTIES:
        numbers = np.where(rows >= 0, getattr(looked, name)[rows].astype(np.float64), np.nan)
        there = numbers[np.isfinite(numbers)]
        if len(there) and np.ptp(there) > 1e-6 * max(1.0, np.abs(there).max()):
            found.append(Said(name, "property", numbers))
    return found


def numbers_of(given: pa.Array) -> NDArray[np.float64] | None:
    """Numbers and moments as float64 (n,), NaN where there is none; None for anything else."""
    kind = given.type
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        moments = given.cast(pa.timestamp("us")).cast(pa.int64())
        return np.asarray(pc.divide(moments.cast(pa.float64()), 1e6).to_numpy(zero_copy_only=False), np.float64)
    if pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_decimal(kind):
        values = np.asarray(given.cast(pa.float64()).to_numpy(zero_copy_only=False), np.float64)
        return np.where(np.isfinite(values), values, np.nan)
    return None


def _said(name: str, given: pa.Array) -> Said | None:
    numbers = numbers_of(given)
    if numbers is not None:
        there = numbers[np.isfinite(numbers)]
        return Said(name, "metadata", numbers) if len(there) and np.ptp(there) else None
    found = column(name, given)
    return None if found is None else Said(name, "metadata", codes=found.codes.astype(np.int64), values=found.values)
