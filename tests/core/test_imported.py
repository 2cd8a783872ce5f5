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


def test_cards_tell_other_vectors_of_the_same_name_apart() -> None:
    one, two = (imported.card_for_imported("mine", 4, content) for content in ("aa", "bb"))
    assert one.id == two.id == "own:mine"
    assert one.fingerprint != two.fingerprint
    with pytest.raises(InvalidInput, match="name"):
        imported.card_for_imported(" ", 4, "aa")
