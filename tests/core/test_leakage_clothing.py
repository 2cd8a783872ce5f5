"""Planted leakage among photographs: found, and what it feigns is what it did. Wants `KINDRED_BENCH_DATA`."""

from __future__ import annotations

import os
import shutil
import tarfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from embedding_core import derived
from embedding_core.records import LOCAL, silent
from embedding_core.tasks import TASKS
from embedding_core.workspace import Workspace
from tests.damage import altered_copies

TRAIN = 800  # photographs of the training part, beside all of the test part
COPIES = 200
SEEDS = (0, 1, 2)
ENCODER = "efficientnet-lite0"
ASKED = {"name": "clothing", "labels": "folders", "encoder": ENCODER}
BENCH = os.environ.get("KINDRED_BENCH_DATA", "")

pytestmark = pytest.mark.skipif(
    not Path(BENCH, "clothing.tar").is_file(), reason="KINDRED_BENCH_DATA holds no clothing.tar"
)


@dataclass(frozen=True)
class Set:
    """Photographs in a workspace, and what leaks among them by nature."""

    photographs: dict[str, bytes]
    workspace: Path
    accuracy: float  # without what leaks


@pytest.fixture(scope="module")
def clothing(tmp_path_factory: pytest.TempPathFactory) -> Set:
    scratch = tmp_path_factory.mktemp("clothing")
    photographs = some(Path(BENCH))
    folder = write(scratch / "clothing", photographs)
    workspace = Workspace.open(str(scratch / "workspace"))
    TASKS["add"](workspace, {**ASKED, "source": str(folder), "split": "prefix"}, silent, LOCAL)
    dataset = workspace.dataset("clothing")
    before = derived.find_leakage(workspace, dataset, dataset.embedding(ENCODER)).found.feigned
    assert before is not None
    return Set(photographs, scratch / "workspace", before.accuracy_without)


@pytest.mark.parametrize("seed", SEEDS)
def test_all_planted_leakage_is_found_and_feigns_what_it_does(clothing: Set, seed: int, tmp_path: Path) -> None:
    workspace = Workspace.open(str(shutil.copytree(clothing.workspace, tmp_path / "workspace")))
    dataset = workspace.dataset("clothing")
    tests = {path: data for path, data in clothing.photographs.items() if "/test_" in path}
    copies = altered_copies(tests, count=COPIES, seed=seed)
    more = write(tmp_path / "more", {copy.path: copy.data for copy in copies})
    TASKS["add"](workspace, {**ASKED, "source": str(more)}, silent, LOCAL)
    ids = dataset.ids()
    dataset.put_attributes([ids[copy.path] for copy in copies], splits=["train"] * COPIES)
    found = derived.find_leakage(workspace, dataset, dataset.embedding(ENCODER)).found

    held = [set(found.ids[found.members(group)].tolist()) for group in range(found.count)]
    lost = [copy for copy in copies if not any({ids[copy.path], ids[copy.source]} <= group for group in held)]
    assert not lost, [(copy.kind, copy.amount, copy.source) for copy in lost]
    copied = {ids[copy.path] for copy in copies} | {ids[copy.source] for copy in copies}
    leaking = [members for group, members in enumerate(held) if found.kind(group) == "duplicate"]
    foreign = [members for members in leaking if not members & copied]
    assert len(foreign) <= 0.05 * len(leaking), "groups that nobody planted"
    after = found.feigned
    assert after is not None
    # What leaks by nature was there before and is taken out as well, so the truth is what was measured without that.
    assert after.accuracy_without == pytest.approx(clothing.accuracy, abs=0.01)
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
