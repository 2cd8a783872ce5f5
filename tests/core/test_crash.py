"""Ten kill -9 at random moments of `add --embed`: no row lost, none twice, and the same command finishes."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from PIL import Image

from embedding_core.encoders import registry
from embedding_core.workspace import Dataset, Workspace

IMAGES = 600
CARD = registry.card("pixels")


def whole(dataset: Dataset) -> None:
    """No path twice, no vector without its image, every image either embedded or named as missing."""
    images = dataset.images()
    paths, ids = images["path"].to_pylist(), images["id"].to_pylist()
    assert len(set(paths)) == len(paths)
    assert len(set(ids)) == len(ids)
    missing = set(dataset.vectors.missing(CARD))
    for encoding in dataset.encodings():
        if encoding.count:
            embedded = dataset.embedding(encoding.card.id).ids.tolist()
            assert len(set(embedded)) == len(embedded)
            assert set(embedded).isdisjoint(missing)
            assert set(embedded) | missing == set(ids)


def test_ten_kills_lose_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "noise"
    folder.mkdir()
    pixels = np.random.default_rng(0).integers(0, 256, (IMAGES, 48, 48, 3), dtype=np.uint8)
    for number in range(IMAGES):
        Image.fromarray(pixels[number]).save(folder / f"{number:04d}.png")
    uri = str(tmp_path / "workspace")
    command = [
        sys.executable,
        "-m",
        "embedding_core",
        "add",
        "noise",
        str(folder),
        "--embed",
        "pixels",
        "--workspace",
        uri,
    ]

    moments = random.Random(0)
    seen = 0
    for _ in range(10):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        time.sleep(moments.uniform(0.3, 3.0))
        process.send_signal(signal.SIGKILL)
        process.wait()
        for dataset in Workspace.open(uri).datasets():
            whole(dataset)
            assert dataset.count >= seen, "a committed row was lost"
            seen = dataset.count

    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    dataset = Workspace.open(uri).dataset("noise")
    whole(dataset)
    assert dataset.count == IMAGES
    assert dataset.vectors.missing(CARD) == []
    vectors = dataset.embedding("pixels")
    expected = {f"{number:04d}.png" for number in range(IMAGES)}
    assert set(dataset.ids()) == expected
    assert len(vectors) == IMAGES


def test_a_workspace_whose_making_was_cut_off_opens(tmp_path: Path) -> None:
    """A kill can fall between the folder of a table and its first commit: then it is listed, and cannot be read."""
    for table in ("meta", "catalogue", "jobs"):
        (tmp_path / f"{table}.lance" / "_versions").mkdir(parents=True)
    workspace = Workspace.open(str(tmp_path))
    assert workspace.datasets() == []
    assert workspace.create("noise").count == 0
    assert [dataset.name for dataset in Workspace.open(str(tmp_path)).datasets()] == ["noise"]
