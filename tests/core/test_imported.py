"""Vectors from outside: what matches, what does not, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from embedding_core.encoders import imported
from embedding_core.errors import InvalidInput, InvalidVectors

IMAGES = ["a/one.png", "a/two.png", "b/three.png"]


def npz(file: Path, **arrays: object) -> Path:
    np.savez(file, **arrays)  # type: ignore[arg-type]
    return file


def test_rows_follow_the_images_and_the_report_counts_the_rest(tmp_path: Path) -> None:
    vectors = np.arange(12, dtype=np.float64).reshape(3, 4)
    file = npz(tmp_path / "v.npz", vectors=vectors, paths=np.array(["b/three.png", "elsewhere/one.png", "zzz.png"]))
    read = imported.read(file, IMAGES)
    assert read.paths == ("a/one.png", "b/three.png")
    np.testing.assert_array_equal(read.vectors, vectors[[1, 0]].astype(np.float32))
    assert (read.report.matched, read.report.missing, read.report.unmatched) == (2, 1, 1)
    assert read.report.missing_examples == ("a/two.png",)
    assert read.report.unmatched_examples == ("zzz.png",)


def test_a_parquet_gives_the_same_as_an_npz(tmp_path: Path) -> None:
    vectors = np.random.default_rng(0).normal(size=(3, 5)).astype(np.float32)
    table = pa.table({"file": IMAGES, "embedding": list(vectors)})
    pq.write_table(table, tmp_path / "v.parquet")
    one = imported.read(tmp_path / "v.parquet", IMAGES)
    two = imported.read(npz(tmp_path / "v.npz", vectors=vectors, paths=np.array(IMAGES)), IMAGES)
    np.testing.assert_array_equal(one.vectors, two.vectors)
    assert one.digest == two.digest


@pytest.mark.parametrize(
    ("arrays", "word"),
    [
        ({"vectors": np.eye(3), "paths": np.array(IMAGES[:2])}, "2 paths"),
        ({"vectors": np.full((3, 2), np.nan), "paths": np.array(IMAGES)}, "finite"),
        ({"vectors": np.eye(3)[0], "paths": np.array(IMAGES)}, "shape"),
        ({"vectors": np.eye(3), "paths": np.array([IMAGES[0]] * 3)}, "once"),
        ({"vectors": np.eye(3), "paths": np.array(["x.png", "y.png", "z.png"])}, "a/one.png"),
        ({"numbers": np.eye(3), "paths": np.array(IMAGES)}, "numbers"),
        ({"vectors": np.full((3, 2), 1e300), "paths": np.array(IMAGES)}, "32 bits"),
        ({"vectors": np.eye(3, dtype=complex), "paths": np.array(IMAGES)}, "complex"),
        ({"vectors": np.empty((3, 0)), "paths": np.array(IMAGES)}, "at least one"),
        ({"vectors": np.eye(3), "paths": np.arange(3)}, "text"),
    ],
)
def test_other_files_are_refused_in_words(tmp_path: Path, arrays: dict[str, object], word: str) -> None:
    with pytest.raises(InvalidVectors, match=word):
        imported.read(npz(tmp_path / "v.npz", **arrays), IMAGES)


def test_pickled_arrays_are_never_loaded(tmp_path: Path) -> None:
    file = npz(tmp_path / "v.npz", vectors=np.eye(3), paths=np.array([{"evil": 1}] * 3, dtype=object))
    with pytest.raises(InvalidVectors, match="pickle"):
        imported.read(file, IMAGES)


def test_uneven_lists_are_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"path": IMAGES, "vector": [[1.0], [1.0, 2.0], [3.0]]}), tmp_path / "v.parquet")
    with pytest.raises(InvalidVectors, match="one length"):
        imported.read(tmp_path / "v.parquet", IMAGES)


def test_a_column_without_some_vectors_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"path": IMAGES, "vector": [[1.0], None, [3.0]]}), tmp_path / "v.parquet")
    with pytest.raises(InvalidVectors, match="Each row needs"):
        imported.read(tmp_path / "v.parquet", IMAGES)
    pq.write_table(pa.table({"path": IMAGES, "vector": [[1.0], [None], [3.0]]}), tmp_path / "w.parquet")
    with pytest.raises(InvalidVectors, match="finite"):
        imported.read(tmp_path / "w.parquet", IMAGES)


FLAT = np.arange(12, dtype=np.float32)
TENSORS = pa.fixed_shape_tensor(pa.float32(), (4,))
COLUMNS = {
    "lists of doubles": pa.array(FLAT.reshape(3, 4).astype(np.float64).tolist()),
    "large lists": pa.array(FLAT.reshape(3, 4).tolist(), pa.large_list(pa.float32())),
    "fixed lists": pa.FixedSizeListArray.from_arrays(pa.array(FLAT), 4),
    "half floats": pa.array(FLAT.reshape(3, 4).astype(np.float16).tolist(), pa.list_(pa.float16())),
    "tensors": pa.ExtensionArray.from_storage(TENSORS, pa.FixedSizeListArray.from_arrays(pa.array(FLAT), 4)),
    "integers": pa.array(FLAT.reshape(3, 4).astype(int).tolist()),
}


@pytest.mark.parametrize("kind", list(COLUMNS))
def test_every_kind_of_list_that_parquet_has_is_read(kind: str, tmp_path: Path) -> None:
    names = pa.array(IMAGES).dictionary_encode()
    table = pa.table({"image": pa.array([{"bytes": b""}] * 3), "image_path": names, "embedding": COLUMNS[kind]})
    pq.write_table(table, tmp_path / "v.parquet", row_group_size=2)
    read = imported.read(tmp_path / "v.parquet", IMAGES)
    assert read.paths == tuple(IMAGES)
    assert read.vectors.dtype == np.float32
    np.testing.assert_array_equal(read.vectors, FLAT.reshape(3, 4))


def test_rows_of_two_lengths_in_two_parts_are_refused(tmp_path: Path) -> None:
    table = pa.table({"path": IMAGES, "vector": [[1.0, 2.0], [1.0, 2.0], [3.0]]})
    pq.write_table(table, tmp_path / "v.parquet", row_group_size=2)
    with pytest.raises(InvalidVectors, match="one length"):
        imported.read(tmp_path / "v.parquet", IMAGES)


@pytest.mark.parametrize("paths", [np.array(IMAGES, dtype="S"), np.array([f"/home/me/{one}" for one in IMAGES])])
def test_paths_as_bytes_and_absolute_paths_are_understood(paths: np.ndarray, tmp_path: Path) -> None:
    read = imported.read(npz(tmp_path / "v.npz", vectors=np.eye(3), paths=paths), IMAGES)
    assert read.paths == tuple(IMAGES)


def test_a_file_name_that_two_images_have_decides_nothing(tmp_path: Path) -> None:
    file = npz(tmp_path / "v.npz", vectors=np.eye(2), paths=np.array(["x/one.png", "x/two.png"]))
    read = imported.read(file, ["a/one.png", "b/one.png", "a/two.png"])
    assert read.paths == ("a/two.png",)
    assert read.report.unmatched_examples == ("x/one.png",)
    assert read.report.missing_examples == ("a/one.png", "b/one.png")


def test_a_file_is_known_by_its_content(tmp_path: Path) -> None:
    file = npz(tmp_path / "v.npz", vectors=np.eye(3), paths=np.array(IMAGES))
    assert imported.read(file.rename(tmp_path / "000000.part"), IMAGES).paths == tuple(IMAGES)


@pytest.mark.parametrize("content", [b"", b"path,vector\n", b"PAR1 and nothing more", b"PK\x03\x04 and nothing more"])
def test_other_content_is_refused_in_words(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "v.npz").write_bytes(content)
    with pytest.raises(InvalidVectors, match=r"v\.npz"):
        imported.read(tmp_path / "v.npz", IMAGES)


def test_a_file_that_lost_its_end_or_a_byte_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "v.npz"
    np.savez_compressed(file, vectors=np.random.default_rng(0).normal(size=(3, 500)), paths=np.array(IMAGES))
    whole = file.read_bytes()
    for damaged in (whole[:-200], whole[:900] + b"\0\0\0" + whole[903:]):
        file.write_bytes(damaged)
        with pytest.raises(InvalidVectors, match=r"v\.npz"):
            imported.read(file, IMAGES)


def test_a_file_that_is_not_there_is_an_error_in_words(tmp_path: Path) -> None:
    with pytest.raises(InvalidVectors, match="No such file"):
        imported.read(tmp_path / "v.npz", IMAGES)


def test_no_vectors_or_no_images_is_said(tmp_path: Path) -> None:
    file = npz(tmp_path / "v.npz", vectors=np.eye(3), paths=np.array(IMAGES))
    with pytest.raises(InvalidVectors, match="no images"):
        imported.read(file, [])
    pq.write_table(pa.table({"path": pa.array([], pa.string()), "vector": pa.array([], pa.list_(pa.float32()))}), file)
    with pytest.raises(InvalidVectors, match="no vectors"):
        imported.read(file, IMAGES)


def test_cards_tell_other_vectors_of_the_same_name_apart() -> None:
    one, two = (imported.card_for_imported("mine", 4, content) for content in ("aa", "bb"))
    assert one.id == two.id == "own:mine"
    assert one.fingerprint != two.fingerprint
    with pytest.raises(InvalidInput, match="name"):
        imported.card_for_imported(" ", 4, "aa")
