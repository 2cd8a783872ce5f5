"""Parts of one dataset that are held against each other."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from embedding_core import places
from embedding_core.derived import sides
from embedding_core.errors import InvalidInput
from embedding_core.records import LOCAL, silent
from embedding_core.tasks import TASKS
from embedding_core.workspace import Dataset, Workspace

VALUES = ["9", "10", "n/a", "", "8.5"]


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    """One image for each of `VALUES`, which name them."""
    rows = ["path,hour"]
    for number, (picture, value) in enumerate(zip(sorted(places.SAMPLE.rglob("*.webp")), VALUES, strict=False)):
        shutil.copy(picture, tmp_path / f"{number}.webp")
        rows.append(f"{number}.webp,{value}")
    (tmp_path / "table.csv").write_text("\n".join(rows))
    workspace = Workspace.open(str(tmp_path / "workspace"))
    source = {"source": str(tmp_path / "table.csv"), "encoder": "pixels"}
    TASKS["add"](workspace, {"name": "some", **source}, silent, LOCAL)
    TASKS["embed"](workspace, {"name": "some", "encoder": "pixels"}, silent, LOCAL)
    return workspace.dataset("some")


def later(dataset: Dataset, value: str) -> set[str]:
    paths = dataset.paths()
    _, second = sides.since(sides.whole(dataset, "pixels"), "hour", value)
    return {VALUES[int(Path(paths[image]).stem)] for image in second.ids.tolist()}


def test_numbers_count_by_size_also_beside_what_is_none(dataset: Dataset) -> None:
    assert later(dataset, "9") == {"9", "10"}
    assert later(dataset, "8.5") == {"8.5", "9", "10"}


def test_texts_count_in_their_order(dataset: Dataset) -> None:
    assert later(dataset, "a") == {"n/a"}


def test_what_parts_nothing_is_refused(dataset: Dataset) -> None:
    with pytest.raises(InvalidInput, match="no two sets"):
        later(dataset, "11")
