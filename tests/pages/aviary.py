"""A dataset with all kinds of columns, for tests of filters."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pyarrow as pa

from embedding_core.workspace import Dataset, Workspace
from tests.pages import small

COUNT = 24
START = datetime(2024, 2, 28, 12, tzinfo=UTC)
SIZES = [float(number) if number % 3 else None for number in range(COUNT)]


def filled(workspace: Workspace) -> Dataset:
    """24 birds. In the order of their numbers: a label less, a tag, numbers with gaps, dates, hostile names."""
    dataset = small.birds(workspace, count=COUNT)
    ids = dataset.image_ids([f"{'ab'[number % 2]}/{number}.png" for number in range(COUNT)])
    metadata = {
        "size": pa.array(SIZES),
        "taken": pa.array([START + timedelta(days=number) for number in range(COUNT)], pa.timestamp("us", "UTC")),
        "**kind**": [f"kind {number % 5}" if number % 7 else "" for number in range(COUNT)],
        "serial": [f"serial {number:02}" for number in range(COUNT)],
        "same": [7] * COUNT,
        "nothing": pa.array([None] * COUNT, pa.float64()),
        "Label": ["nest"] * COUNT,
    }
    dataset.put_attributes(ids, metadata=pa.table(metadata))
    dataset.put_attributes(ids[:1], labels=[None])
    dataset.tag("odd", [int(image) for image in ids[1::2]])
    return workspace.dataset("birds")


def those(holds: Callable[[int], object]) -> list[int]:
    return [number for number in range(COUNT) if holds(number)]
