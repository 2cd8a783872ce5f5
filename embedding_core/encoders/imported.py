"""Vectors that someone has already, as an encoder of their own: read, checked, matched to a dataset's images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from embedding_core.encoders.base import EncoderCard, Preprocessing
from embedding_core.errors import InvalidInput, InvalidVectors
from embedding_core.fingerprint import digest
from embedding_core.sources.matching import match

PREFIX = "own:"
PATHS = ("paths", "path", "file", "file_name", "filename", "image", "image_path")
VECTORS = ("vectors", "vector", "embeddings", "embedding", "features")
EXAMPLES = 5  # names in a report


@dataclass(frozen=True, slots=True)
class Report:
    """What came of matching vectors with images."""

    matched: int
    missing: int  # images without a vector
    unmatched: int  # vectors without an image
    missing_examples: tuple[str, ...]
    unmatched_examples: tuple[str, ...]


@dataclass(frozen=True, eq=False, slots=True)
class ImportedVectors:
    paths: tuple[str, ...]  # (m,) of the dataset's images, each once
    vectors: NDArray[np.float32]  # (m, d), finite
    digest: str  # of all that was read
    report: Report


def read(file: Path, images: Sequence[str]) -> ImportedVectors:
    """Read an npz (arrays `vectors` (m, d) and `paths` (m,)) or a Parquet (a column of each) for `images` (n,).

    Rows match by full path, then by a file name that is unique. Raises `InvalidVectors` for anything else in the file,
    and when nothing matches.
    """
    paths, vectors = _npz(file) if file.suffix.lower() == ".npz" else _parquet(file)
    vectors = _checked(vectors, len(paths))
    repeated = len(paths) - len(set(paths))
    if repeated:
        raise InvalidVectors(f"Each path must come once, and {repeated} of {len(paths)} are repeats. Remove them.")
    found = match(paths, images)
    rows = {image: row for row, image in enumerate(found) if image is not None}
    kept = [image for image in images if image in rows]
    if not kept:
        raise InvalidVectors(
            f"None of the {len(paths)} paths names an image of this dataset: they are like {paths[0]!r}, and the "
            f"images are like {images[0]!r}. Paths must be relative to what was added, or file names must be unique."
            if paths and images
            else "There are no vectors in the file, or no images in the dataset."
        )
    missing = [image for image in images if image not in rows]
    unmatched = [path for path, image in zip(paths, found, strict=True) if image is None]
    return ImportedVectors(
        tuple(kept),
        vectors[[rows[image] for image in kept]],
        digest(vectors.tobytes() + "\0".join(paths).encode()),
        Report(len(kept), len(missing), len(unmatched), tuple(missing[:EXAMPLES]), tuple(unmatched[:EXAMPLES])),
    )


def card_for_imported(name: str, dim: int, content: str) -> EncoderCard:
    """The card of imported vectors. Raises `InvalidInput` for a name that is empty or too long."""
    name = name.strip().removeprefix(PREFIX)
    if not 1 <= len(name) <= 60 or not name.isprintable():
        raise InvalidInput(f"The name of your vectors has 1 to 60 printable characters, and this one is {name[:40]!r}.")
    return EncoderCard(
        id=PREFIX + name,
        name=name,
        family="your own",
        dim=dim,
        input_size=0,
        licence="yours",
        size_mb=0.0,
        needs_download=False,
        supports_text=False,
        preprocessing=Preprocessing(0, 0, "bicubic", (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)),
        good_for="Vectors that you brought.",
        source=content,
        has_categories=False,
    )


def _npz(file: Path) -> tuple[list[str], NDArray[Any]]:
    try:
        with np.load(file, allow_pickle=False) as archive:
            names = archive.files
            path, vector = _pick(PATHS, names, file), _pick(VECTORS, names, file)
            return [str(one) for one in archive[path].tolist()], archive[vector]
    except (OSError, ValueError, BadZipFile) as error:
        if isinstance(error, InvalidVectors):
            raise
        raise InvalidVectors(f"{file.name} cannot be read as an npz without pickle: {error}.") from error


def _parquet(file: Path) -> tuple[list[str], NDArray[Any]]:
    try:
        table = pq.read_table(file)
    except (OSError, pa.ArrowInvalid) as error:
        raise InvalidVectors(f"{file.name} must be an .npz or a Parquet file: {error}.") from error
    path, vector = _pick(PATHS, table.column_names, file), _pick(VECTORS, table.column_names, file)
    paths = [str(one) for one in table[path].to_pylist()]
    rows = table[vector].to_pylist()
    lengths = {len(row) if isinstance(row, list) else -1 for row in rows}
    if len(lengths) > 1 or lengths == {-1}:
        raise InvalidVectors(
            f"Column {vector!r} must hold lists of one length, and it holds lengths {sorted(lengths)[:5]}."
        )
    return paths, np.asarray(rows, dtype=np.float64)


def _pick(wanted: Sequence[str], names: Sequence[str], file: Path) -> str:
    for name in wanted:
        if name in names:
            return name
    raise InvalidVectors(f"{file.name} needs a column called {wanted[0]!r} and has: {', '.join(names) or 'none'}.")


def _checked(vectors: NDArray[Any], count: int) -> NDArray[np.float32]:
    if vectors.ndim != 2 or vectors.dtype.kind not in "fiu":
        raise InvalidVectors(f"Vectors must be numbers of shape (m, d), not {vectors.dtype} of shape {vectors.shape}.")
    if len(vectors) != count:
        raise InvalidVectors(f"There are {len(vectors)} vectors and {count} paths. Each vector needs its path.")
    if not np.isfinite(vectors).all():
        bad = int((~np.isfinite(vectors)).any(axis=1).sum())
        raise InvalidVectors(f"Vectors must be finite, and {bad} of {count} hold NaN or infinity.")
    return np.ascontiguousarray(vectors, dtype=np.float32)
