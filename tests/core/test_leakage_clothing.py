"""Planted leakage among photographs: found, and what it feigns is what it did. Wants `KINDRED_BENCH_DATA`."""

from __future__ import annotations

import os
import tarfile
from pathlib import Path

import numpy as np
import pytest

from embedding_core import derived
from embedding_core.records import LOCAL, silent
from embedding_core.tasks import TASKS
from embedding_core.workspace import Workspace
from tests.damage import altered_copies

TRAIN = 800  # photographs of the training part, beside all of the test part
COPIES = 100

BENCH = os.environ.get("KINDRED_BENCH_DATA", "")


@pytest.mark.skipif(not Path(BENCH, "clothing.tar").is_file(), reason="KINDRED_BENCH_DATA holds no clothing.tar")
def test_planted_leakage_is_found_and_feigns_what_it_does(tmp_path: Path) -> None:
    photographs = some(Path(BENCH))
    tests = {path: data for path, data in photographs.items() if "/test_" in path}
    folder = write(tmp_path / "clothing", photographs)
    workspace = Workspace.open(str(tmp_path / "workspace"))
    asked = {"name": "clothing", "labels": "folders", "encoder": "efficientnet-lite0"}
    TASKS["add"](workspace, {**asked, "source": str(folder), "split": "prefix"}, silent, LOCAL)
    dataset = workspace.dataset("clothing")
    before = derived.find_leakage(workspace, dataset, dataset.embedding("efficientnet-lite0")).found.feigned
    assert before is not None

    copies = altered_copies(tests, count=COPIES, seed=0)
    more = write(tmp_path / "more", {copy.path: copy.data for copy in copies})
    TASKS["add"](workspace, {**asked, "source": str(more)}, silent, LOCAL)
    ids = dataset.ids()
    dataset.put_attributes([ids[copy.path] for copy in copies], splits=["train"] * COPIES)
    found = derived.find_leakage(workspace, dataset, dataset.embedding("efficientnet-lite0")).found

    held = [set(found.ids[found.members(group)].tolist()) for group in range(found.count)]
    caught = [any({ids[copy.path], ids[copy.source]} <= group for group in held) for copy in copies]
    assert np.mean(caught) >= 0.97
    after = found.feigned
    assert after is not None
    # What leaks by nature was there before and is taken out as well, so the truth is what was measured without that.
    assert after.accuracy_without == pytest.approx(before.accuracy_without, abs=0.01)
    assert after.feigned > 0.01


def some(data: Path) -> dict[str, bytes]:
    """All photographs of the test part and some of those that train, by path."""
    with tarfile.open(data / "clothing.tar") as archive:
        files = {one.name.removeprefix("./"): one for one in archive if one.isfile()}
        chance = np.random.default_rng(0)
        train = sorted(path for path in files if "/train_" in path)
        chosen = [*chance.choice(train, TRAIN, replace=False).tolist(), *(path for path in files if "/test_" in path)]
        return {path: opened.read() for path in chosen if (opened := archive.extractfile(files[path])) is not None}


def write(folder: Path, files: dict[str, bytes]) -> Path:
    for path, content in files.items():
        out = folder / path
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_bytes(content)
    return folder
