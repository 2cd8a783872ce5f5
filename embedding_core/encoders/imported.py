"""Vectors that someone has already, as an encoder of their own: read, checked, matched to a dataset's images."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from embedding_core.encoders.base import EncoderCard, Preprocessing
from embedding_core.errors import InvalidInput, InvalidVectors
from embedding_core.fingerprint import digest

PREFIX = "own:"
PATHS = ("paths", "path", "file", "file_name", "filename", "image", "image_path")
VECTORS = ("vectors", "vector", "embeddings", "embedding", "features")
EXAMPLES = 5  # names in a report

_UNEVEN = "Vectors must have one length, and column {!r} holds lengths {}."


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
    from embedding_core.sources.matching import match

    paths, vectors = _reader(file)(file)
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


def _reader(file: Path) -> Callable[[Path], tuple[list[str], NDArray[Any]]]:
    """By the first bytes, not by the name: uploads and downloads lose their endings."""
    try:
        with file.open("rb") as opened:
            start = opened.read(4)
    except OSError as error:
        raise InvalidVectors(f"{file.name} cannot be read: {error.strerror}.") from error
    if start not in _READERS:
        raise InvalidVectors(f"{file.name} is neither an npz nor a Parquet file. Save your vectors as one of these.")
    return _READERS[start]


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
            path, vector = _pick(PATHS, archive.files, file), _pick(VECTORS, archive.files, file)
            names, vectors = archive[path], archive[vector]
    except (OSError, ValueError, EOFError, BadZipFile, zlib.error, MemoryError) as error:
        if isinstance(error, InvalidVectors):
            raise
        raise InvalidVectors(f"{file.name} cannot be read as an npz without pickle: {error}.") from error
    if names.ndim != 1 or names.dtype.kind not in "US":
        raise InvalidVectors(f"Paths must be text of shape (m,), not {names.dtype} of shape {names.shape}.")
    return [one.decode("utf-8", "replace") if isinstance(one, bytes) else one for one in names.tolist()], vectors


def _parquet(file: Path) -> tuple[list[str], NDArray[Any]]:
    try:
        schema = pq.read_schema(file)
        path = _pick(PATHS, [one.name for one in schema if _is_text(one.type)], file)
        vector = _pick(VECTORS, [one.name for one in schema if _is_list(one.type)], file)
        table = pq.read_table(file, columns=[path, vector])
    except (OSError, pa.ArrowException) as error:
        raise InvalidVectors(f"{file.name} cannot be read as a Parquet file: {error}.") from error
    if table[path].null_count or table[vector].null_count:
        raise InvalidVectors(f"Each row needs a path and a vector, and some of {file.name} have none.")
    chunks = [_rows(chunk, vector) for chunk in table[vector].chunks if len(chunk)]
    widths = sorted({chunk.shape[1] for chunk in chunks})
    if len(widths) > 1:
        raise InvalidVectors(_UNEVEN.format(vector, widths))
    paths = table[path].cast(pa.large_string()).to_pylist()
    return paths, np.concatenate(chunks) if chunks else np.empty((0, 0), np.float32)


def _rows(chunk: Any, column: str) -> NDArray[Any]:
    """(m, d) of an Arrow array of lists, without making Python numbers of them."""
    if isinstance(chunk, pa.ExtensionArray):  # Arrow's tensors of a fixed shape
        chunk = chunk.storage
    lengths = sorted(pc.unique(pc.list_value_length(chunk)).to_pylist())
    if len(lengths) > 1:
        raise InvalidVectors(_UNEVEN.format(column, lengths[:5]))
    rows: NDArray[Any] = chunk.flatten().to_numpy(zero_copy_only=False).reshape(len(chunk), -1)
    return rows


def _is_text(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _is_list(kind: pa.DataType) -> bool:
    if isinstance(kind, pa.BaseExtensionType):
        kind = kind.storage_type
    tests = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list)
    return any(test(kind) for test in tests) and bool(pa.types.is_primitive(kind.value_type))


def _pick(wanted: Sequence[str], names: Sequence[str], file: Path) -> str:
    for name in wanted:
        if name in names:
            return name
    kind = "text" if wanted is PATHS else "lists of numbers"
    raise InvalidVectors(
        f"{file.name} needs {kind} called {wanted[0]!r} (or {', '.join(wanted[1:])}); of that kind it has: "
        f"{', '.join(names) or 'none'}."
    )


def _checked(vectors: NDArray[Any], count: int) -> NDArray[np.float32]:
    if vectors.ndim != 2 or vectors.dtype.kind not in "fiu":
        raise InvalidVectors(f"Vectors must be numbers of shape (m, d), not {vectors.dtype} of shape {vectors.shape}.")
    if len(vectors) != count:
        raise InvalidVectors(f"There are {len(vectors)} vectors and {count} paths. Each vector needs its path.")
    if count and not vectors.shape[1]:
        raise InvalidVectors("Vectors must hold at least one number each, and these hold none.")
    with np.errstate(over="ignore"):
        single = np.ascontiguousarray(vectors, dtype=np.float32)
    bad = int((~np.isfinite(single)).any(axis=1).sum())
    if bad:
        raise InvalidVectors(f"Vectors must be finite in 32 bits, and {bad} of {count} hold NaN, infinity or more.")
    return single


_READERS = {b"PK\x03\x04": _npz, b"PAR1": _parquet}
