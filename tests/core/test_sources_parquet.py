"""Parquet: names and classes are kept, and image bytes are read lazily, row by row."""

from __future__ import annotations

import gc
import json
import os
import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from embedding_core.errors import ImageRefused, InvalidSource
from embedding_core.records import Reason
from embedding_core.sources import open_source
from tests.core.hostile import encoded, noisy, picture
from tests.core.test_hostile import verdicts
from tests.core.test_sources import fill, listed, paths, rows

PNG = encoded(picture(), "PNG")
BENCH = os.environ.get("KINDRED_BENCH_DATA", "")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with an image and, beside it, one that its tables must not reach."""
    fill(tmp_path, "in/img/a.png", "out/c.png")
    return tmp_path / "in"


def hugging_face(count: int, *, names: bool = True) -> pa.Table:
    images = [
        {"bytes": encoded(noisy(8, 8, seed=row), "PNG"), "path": f"p{count - row}.png" if names else None}
        for row in range(count)
    ]
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    return pa.table({"image": pa.array(images, kind), "label": pa.array([row % 2 for row in range(count)])})


def parquet(place: Path, table: pa.Table, **options: object) -> Path:
    pq.write_table(table, place / "set.parquet", **options)
    return place / "set.parquet"


def test_a_parquet_of_paths_is_read_like_a_csv(place: Path) -> None:
    table = pa.table({"file": ["img/a.png", "../out/c.png"], "n": pa.array([1, 2], pa.int16())})
    listing = listed(parquet(place, table))
    assert rows(listing) == {"img/a.png": {"n": 1}}
    assert [one.reason for one in listing.rejected] == [Reason.LINK_OUTSIDE]


def test_a_hugging_face_column_of_paths_alone_names_files(place: Path) -> None:
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    images = pa.array([{"bytes": None, "path": "img/a.png"}], kind)
    assert paths(listed(parquet(place, pa.table({"image": images})))) == ["img/a.png"]


def test_the_hugging_face_form_keeps_names_and_classes(tmp_path: Path) -> None:
    table = hugging_face(4)
    features = {"info": {"features": {"label": {"names": ["cat", "dog"], "_type": "ClassLabel"}}}}
    table = table.replace_schema_metadata({"huggingface": json.dumps(features)})
    source = open_source(parquet(tmp_path, table))
    listing = source.listing()
    assert paths(listing) == ["p4.png", "p3.png", "p2.png", "p1.png"]
    assert rows(listing)["p3.png"] == {"label": "dog"}
    assert [one.load() for one in listing.candidates] == [image["bytes"] for image in table["image"].to_pylist()]
    assert {one.origin for one in listing.candidates} == {None}
    source.close()


@pytest.mark.parametrize("metadata", [{"huggingface": "no json"}, {"huggingface": "[1]"}, {"pandas": "{}"}])
def test_strange_metadata_leaves_class_numbers(tmp_path: Path, metadata: dict[str, str]) -> None:
    listing = listed(parquet(tmp_path, hugging_face(2).replace_schema_metadata(metadata)))
    assert rows(listing) == {"p2.png": {"label": 0}, "p1.png": {"label": 1}}


def test_class_numbers_beyond_the_names_are_unknown(tmp_path: Path) -> None:
    features = {"info": {"features": {"label": {"names": ["cat"], "_type": "ClassLabel"}}}}
    table = hugging_face(2).replace_schema_metadata({"huggingface": json.dumps(features)})
    assert rows(listed(parquet(tmp_path, table))) == {"p2.png": {"label": "cat"}, "p1.png": {"label": None}}


@pytest.mark.parametrize("twice", [True, False])
def test_without_names_of_their_own_rows_are_numbered(tmp_path: Path, twice: bool) -> None:
    content = [PNG, encoded(picture(), "JPEG")]
    table = pa.table({"image": content, "file": ["a.png", "a.png"] if twice else ["a.png", None]})
    listing = listed(parquet(tmp_path, table))
    assert paths(listing) == ["000000.png", "000001.png"]
    assert rows(listing)["000000.png"] == {"file": "a.png"}


def test_unsafe_names_in_a_parquet_are_replaced_by_numbers(tmp_path: Path) -> None:
    table = pa.table({"image": [PNG, PNG], "file": ["../a.png", "b.png"]})
    assert paths(listed(parquet(tmp_path, table))) == ["000000.png", "000001.png"]


def test_columns_of_a_parquet_become_one_of_four_types(tmp_path: Path) -> None:
    table = pa.table(
        {
            "image": [PNG],
            "path": ["a.png"],
            "small": pa.array([1], pa.uint8()),
            "half": pa.array([0.5], pa.float32()),
            "words": pa.array(["x"]).dictionary_encode(),
            "day": pa.array([19000], pa.date32()),
            "boxes": [[1, 2]],
            "record": [{"a": 1}],
            "nothing": pa.nulls(1),
            "vector": pa.array([[0.5, 0.5]], pa.list_(pa.float32())),
            "second_image": [PNG],
        }
    )
    listing = listed(parquet(tmp_path, table))
    assert rows(listing) == {
        "a.png": {
            **{"small": 1, "half": 0.5, "words": "x", "day": "2022-01-08"},
            **{"boxes": "[1, 2]", "record": '{"a": 1}', "nothing": None},
        }
    }
    assert {str(field.type) for field in listing.columns.schema} == {"string", "int64", "double"}


def test_missing_and_bad_bytes_cost_their_rows_alone(tmp_path: Path) -> None:
    table = pa.table({"image": [PNG, None, b"", b"text"], "file": ["a", "b", "c", "d"]})
    kept, rejected = verdicts(open_source(parquet(tmp_path, table)))
    assert kept == {"a"}
    assert rejected == {"b": Reason.EMPTY, "c": Reason.EMPTY, "d": Reason.TEXT}


@pytest.mark.parametrize("order", ["forward", "backward", "random"])
def test_rows_are_found_in_any_order_and_from_many_threads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, order: str
) -> None:
    monkeypatch.setattr("embedding_core.sources.parquet_images.BATCH_BYTES", 2000)  # many small batches
    table = hugging_face(120)
    source = open_source(parquet(tmp_path, table, row_group_size=50))
    wanted = [image["bytes"] for image in table["image"].to_pylist()]
    numbers = list(range(120))
    if order == "backward":
        numbers.reverse()
    elif order == "random":
        random.Random(0).shuffle(numbers)
    candidates = source.listing().candidates
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda row: candidates[row].load(), numbers))
    assert found == [wanted[row] for row in numbers]
    source.close()


def test_reading_in_order_passes_through_the_file_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("embedding_core.sources.parquet_images.BATCH_BYTES", 2000)
    source = open_source(parquet(tmp_path, hugging_face(120), row_group_size=50))
    candidates = source.listing().candidates
    restarts = []
    rows_class = type(source._rows)  # type: ignore[attr-defined]
    real = rows_class._restart
    monkeypatch.setattr(rows_class, "_restart", lambda self, group: (restarts.append(group), real(self, group)))
    for one in candidates:
        one.load()
    assert restarts == [0]
    source.close()


def test_one_large_row_group_does_not_fill_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("embedding_core.sources.parquet_images.BATCH_BYTES", 2**20)
    count, size = 150, 400_000
    table = pa.table({"image": [os.urandom(size) for _ in range(count)]})
    source = open_source(parquet(tmp_path, table, compression="none", use_dictionary=False))
    del table
    gc.collect()
    candidates = source.listing().candidates
    before = pa.total_allocated_bytes()
    most = 0
    for one in candidates:
        assert len(one.load()) == size
        most = max(most, pa.total_allocated_bytes() - before)
    assert most < 20 * 2**20  # of 60 MB in one group
    source.close()


def test_a_parquet_damaged_in_the_middle_keeps_its_other_rows(tmp_path: Path) -> None:
    table = hugging_face(90)
    file = parquet(tmp_path, table, row_group_size=30, compression="none", use_dictionary=False)
    group = pq.ParquetFile(file).metadata.row_group(1).column(0)
    data = bytearray(file.read_bytes())
    at = group.data_page_offset
    data[at : at + 16] = b"\xff" * 16
    file.write_bytes(data)
    source = open_source(file)
    kept = 0
    for one in source.listing().candidates:
        try:
            one.load()
        except ImageRefused as refusal:
            assert refusal.reason is Reason.CORRUPT
        else:
            kept += 1
    assert kept == 60
    source.close()


@pytest.mark.parametrize("content", [b"PAR1" + bytes(100), b"PAR1"])
def test_a_broken_parquet_is_explained(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.parquet").write_bytes(content)
    with pytest.raises(InvalidSource, match="not a sound Parquet"):
        open_source(tmp_path / "a.parquet")


@pytest.mark.skipif(not Path(BENCH, "cifar10.parquet").is_file(), reason="KINDRED_BENCH_DATA holds no cifar10.parquet")
def test_sixty_thousand_rows_are_listed_and_read() -> None:
    source = open_source(Path(BENCH, "cifar10.parquet"))
    listing = source.listing()
    assert len(listing.candidates) == len(listing.columns) == 60_000
    assert listing.columns.schema.names == ["path", "label", "split"]
    assert len(set(paths(listing))) == 60_000
    before = pa.total_allocated_bytes()
    assert all(one.load().startswith(b"\xff\xd8") for one in listing.candidates[::50])
    assert pa.total_allocated_bytes() - before < 64 * 2**20
    source.close()
