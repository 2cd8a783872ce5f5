"""Vectors of any number with the look of a network's: groups of differing size and density on few directions of many.

Everything follows from the number of vectors and the seed.
"""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from embedding_core.encoders.imported import card_for_imported
from embedding_core.errors import UnknownDataset
from embedding_core.records import ImageRecord
from embedding_core.workspace import Dataset, Workspace

DIM = 1280
INNER = 20  # directions that the groups vary in
GROUPS = 60
NOISE = 0.01  # in every direction, against a spread of about 1 within a group
ENCODER = "own:clustered"
REVISION = 1  # in the datasets' names: raised when what is made here changes
_BLOCK = 25_000  # rows made at once, and images of one commit


def clustered(n: int, dim: int = DIM, seed: int = 0) -> NDArray[np.float32]:
    """`n` vectors (n, dim) in no particular order: Gaussian groups in `INNER` dimensions, turned into `dim`."""
    random = np.random.default_rng(seed)
    weights = np.sort(random.pareto(1.6, GROUPS) + 0.15)[::-1]
    centres = random.normal(size=(GROUPS, INNER)) * 2.0
    spread = random.uniform(0.4, 1.2, (GROUPS, 1)) * random.uniform(0.3, 1.0, (GROUPS, INNER))
    turn = np.linalg.qr(random.normal(size=(dim, INNER)))[0].T.astype(np.float32)
    away = np.abs(random.normal(size=dim)).astype(np.float32) * (4.0 / np.sqrt(dim))  # a network's are all on one side
    group = random.choice(GROUPS, size=n, p=weights / weights.sum())
    made = np.empty((n, dim), np.float32)
    for start in range(0, n, _BLOCK):
        part = group[start : start + _BLOCK]
        inner = (centres[part] + random.normal(size=(len(part), INNER)) * spread[part]).astype(np.float32)
        noise = random.standard_normal((len(part), dim), np.float32) * NOISE
        made[start : start + _BLOCK] = inner @ turn + away + noise
    return made


def ensure(n: int, place: Path) -> str:
    """The name of the dataset of `n` such vectors in the workspace at `place`, written when it is missing."""
    workspace = Workspace.open(str(place))
    name = f"clustered {n} r{REVISION}"
    try:
        there = workspace.dataset(name)
        if there.encodings() and len(there.embedding(ENCODER)) == n:
            return name
        workspace.delete(there)
    except UnknownDataset:
        pass
    print(f"  making {n:,} vectors", flush=True)
    write(workspace.create(name, "Vectors that a seed made, to measure with."), clustered(n))
    return name


def write(dataset: Dataset, vectors: NDArray[np.float32], batch: int = _BLOCK) -> None:
    """Images that are a grey dot each, and `vectors` (n, DIM) as if an encoder of one's own had made them.

    `batch` images are one commit.
    """
    n = len(vectors)
    dot = io.BytesIO()
    Image.new("RGB", (8, 8), "grey").save(dot, "JPEG")
    paths = [f"{number:07}.jpg" for number in range(n)]
    ids = dataset.image_ids(paths)
    shas = [f"{number:064x}" for number in range(n)]
    card = card_for_imported("clustered", DIM, f"clustered {n} r{REVISION}")
    for start in range(0, n, batch):
        part = slice(start, start + batch)
        records = [
            ImageRecord(path, sha, 8, 8, "JPEG", len(dot.getvalue()), dot.getvalue(), dot.getvalue())
            for path, sha in zip(paths[part], shas[part], strict=True)
        ]
        dataset.put_images(ids[part], records)
        dataset.vectors.put(card, ids[part], shas[part], vectors[part])
    dataset.tidy()
