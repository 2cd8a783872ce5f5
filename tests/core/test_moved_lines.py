"""A line that somebody has moved holds for all that reads a finding, and is kept with who has moved it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from embedding_core import derived, places
from embedding_core.errors import InvalidInput
from embedding_core.ingest import add
from embedding_core.records import Actor
from embedding_core.sources import open_source
from embedding_core.workspace import Dataset, Embedding, Workspace

ADA = Actor("visitor-ada", "Ada")


@pytest.fixture
def bugs(tmp_path: Path) -> tuple[Workspace, Dataset]:
    workspace = Workspace.open(str(tmp_path / "workspace"))
    dataset = workspace.create("bugs")
    add(workspace, dataset, open_source(str(places.SAMPLE / "bug")))
    return workspace, dataset


def test_reports_and_repairs_go_by_a_moved_line(
    bugs: tuple[Workspace, Dataset], monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace, dataset = bugs
    found = derived.photos(workspace, dataset).found
    line = float(np.sort(found.of("dark"))[3])
    three = set(found.ids[found.flagged("dark", line)].tolist())
    unused: Embedding = None  # type: ignore[assignment]  # photographs are judged without one

    def read() -> tuple[set[int], set[int]]:
        (told,) = [one for one in derived.story(workspace, dataset) if one.title == "Bad photographs"]
        going = derived.suggested(workspace, dataset, unused, "photos")
        return {image for image, _ in told.pictures}, set(going.tolist())

    assert not three & read()[0] and not three & read()[1]
    derived.move_line(workspace, dataset, "photos", "dark", line, ADA)
    assert all(three <= each for each in read())
    (moved,) = derived.moved_lines(workspace, dataset.uuid, "photos").values()
    assert (moved.of, moved.who) == ("dark", "Ada") and moved.at == pytest.approx(line)
    assert not derived.moved_lines(workspace, dataset.uuid, "labels"), "lines of another check"
    derived.move_line(workspace, dataset, "photos", "dark", None, ADA)
    assert not three & read()[0] and not three & read()[1]
    assert derived.photos(workspace, dataset).found.line("dark") == found.line("dark"), "what is stored never moves"


@pytest.mark.parametrize("at", [float("nan"), float("inf")])
def test_a_line_lies_at_a_number(bugs: tuple[Workspace, Dataset], at: float) -> None:
    with pytest.raises(InvalidInput):
        derived.move_line(*bugs, "photos", "dark", at, ADA)
