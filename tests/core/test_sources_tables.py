"""CSV and Parquet: columns keep their meaning, names lead only where they may, image bytes are read lazily."""

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
from hypothesis import given, settings
from hypothesis import strategies as st

from embedding_core.errors import ImageRefused, InvalidSource
from embedding_core.records import Reason
from embedding_core.sources import open_source
from embedding_core.sources.columns import read_csv, unite
from tests.core.hostile import encoded, noisy, picture
from tests.core.test_hostile import verdicts
from tests.core.test_sources import fill, listed, paths, rows

PNG = encoded(picture(), "PNG")
BENCH = os.environ.get("KINDRED_BENCH_DATA", "")


# -- reading CSV -------------------------------------------------------------------------------------------------


def test_columns_become_numbers_only_when_nothing_is_lost() -> None:
    table = read_csv(
        b"whole,decimal,truth,code,mixed,big,empty,date,signed\n"
        b"1,1.5,true,007,1,99999999999999999999,,2024-01-31,+1\n"
        b"-20,,False,012,x,1,,2024-02-01,-2\n"
        b",1e-3,,,,,,,\n",
        "a.csv",
    )
    assert {field.name: str(field.type) for field in table.schema} == {
        **{"whole": "int64", "decimal": "double", "truth": "bool", "code": "string", "mixed": "string"},
        **{"big": "string", "empty": "string", "date": "string", "signed": "int64"},
    }
    assert table.column("whole").to_pylist() == [1, -20, None]
    assert table.column("decimal").to_pylist() == [1.5, None, 0.001]
    assert table.column("truth").to_pylist() == [True, False, None]
    assert table.column("code").to_pylist() == ["007", "012", None]
    assert table.column("signed").to_pylist() == [1, -2, None]


@pytest.mark.parametrize(
    "content",
    [
        "file,Käse\na.png,1\n".encode(),
        "\ufefffile,Käse\r\na.png,1\r\n".encode(),
        "file;Käse\na.png;1\n".encode("cp1252"),
        "file\tKäse\na.png\t1".encode("utf-16"),
        b'"file"|"K\xc3\xa4se"\n"a.png"|"1"\n',
        " file , Käse \n a.png , 1 \n".encode(),
    ],
    ids=["plain", "bom", "semicolon", "utf16-tab", "quoted-bar", "spaced"],
)
def test_dialects_and_encodings_of_csv(content: bytes) -> None:
    assert read_csv(content, "a.csv").to_pydict() == {"file": ["a.png"], "Käse": [1]}


def test_names_of_columns_are_made_distinct() -> None:
    assert read_csv(b"a,a,,b\n1,2,3,4\n", "a.csv").column_names == ["a", "a (2)", "column 3", "b"]


def test_a_table_of_no_rows_has_columns() -> None:
    assert read_csv(b"file,label", "a.csv").to_pydict() == {"file": [], "label": []}


@pytest.mark.parametrize(
    ("content", "said"), [(b"", "is empty"), (b"a,b\n1,2,3\n", "not a sound CSV"), (b"\n", "is empty")]
)
def test_a_broken_csv_is_explained(content: bytes, said: str) -> None:
    with pytest.raises(InvalidSource, match=said):
        read_csv(content, "a.csv")


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=12)


@given(st.lists(st.lists(CELLS, min_size=2, max_size=2), min_size=1, max_size=6))
@settings(deadline=None)
def test_any_text_comes_back_from_csv(cells: list[list[str]]) -> None:
    quoted = [",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in [["file", "x"], *cells]]
    table = read_csv("\n".join(quoted).encode(), "a.csv")
    assert table.num_rows == len(cells)
    if table.schema.field("x").type == pa.string():
        wanted = [row[1].strip() or None for row in cells]
        assert [value and value.strip() for value in table["x"].to_pylist()] == wanted


def test_columns_of_other_types_are_united_without_loss() -> None:
    tables = [pa.table({"a": [1], "b": [True]}), pa.table({"a": [0.5], "b": ["x"], "c": [2]})]
    assert unite(tables).to_pylist() == [{"a": 1.0, "b": "true", "c": None}, {"a": 0.5, "b": "x", "c": 2}]


# -- tables that name files --------------------------------------------------------------------------------------


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with images and, beside it, one that its tables must not reach."""
    fill(tmp_path, "in/img/a.png", "in/img/b.png", "out/c.png")
    return tmp_path / "in"


def write(place: Path, text: str) -> Path:
    (place / "set.csv").write_text(text)
    return place / "set.csv"


def test_a_csv_names_files_and_describes_them(place: Path) -> None:
    file = write(place, "id,image,label,score\n7,img/b.png,dog,0.5\n8,img\\a.png,cat,1\n9,./img/b.png,again,2\n")
    source = open_source(file)
    listing = source.listing()
    assert source.name == "set"
    assert paths(listing) == ["img/b.png", "img/a.png"]
    assert listing.candidates[0].origin == str(place / "img/b.png")
    assert rows(listing) == {
        "img/b.png": {"id": 7, "label": "dog", "score": 0.5},
        "img/a.png": {"id": 8, "label": "cat", "score": 1.0},
    }
    assert listing.rejected == ()


@pytest.mark.parametrize("heading", ["File", "file_name", "PATH", "filename", "image_path", "where"])
def test_the_column_of_paths_is_found(place: Path, heading: str) -> None:
    assert paths(listed(write(place, f"note,{heading}\nx,img/a.png\n"))) == ["img/a.png"]


def test_a_table_without_paths_is_explained(place: Path) -> None:
    with pytest.raises(InvalidSource, match=r"No column of set.csv names image files \(a, b\)"):
        listed(write(place, "a,b\n1,x\n"))


def test_rows_that_lead_nowhere_are_refused_each_for_its_reason(place: Path) -> None:
    os.mkfifo(place / "fifo.png")
    (place / "link.png").symlink_to("../out/c.png")
    (place / "inner.png").symlink_to("img/a.png")
    (place / "circle.png").symlink_to("circle.png")
    names = {
        "http://example.org/a.png": Reason.URL,
        "S3://bucket/a.png": Reason.URL,
        "data:image/png;base64,AAAA": Reason.URL,
        "file:///etc/passwd": Reason.URL,
        "img/none.png": Reason.MISSING,
        "img": Reason.NOT_A_FILE,
        "fifo.png": Reason.NOT_A_FILE,
        "../out/c.png": Reason.LINK_OUTSIDE,
        "img/../../out/c.png": Reason.LINK_OUTSIDE,
        "../out/none.png": Reason.LINK_OUTSIDE,
        "link.png": Reason.LINK_OUTSIDE,
        "circle.png": Reason.LINK_OUTSIDE,
    }
    listing = listed(write(place, "file,n\n" + "".join(f'"{name}",1\n' for name in [*names, "inner.png", ""])))
    assert paths(listing) == ["inner.png"]
    assert {one.path: one.reason for one in listing.rejected} == names | {"row 14": Reason.MISSING}


def test_absolute_names_are_bound_by_roots_alone(place: Path) -> None:
    outside, inside = place.parent / "out/c.png", place / "img/a.png"
    file = write(place, f"file\n{outside}\n{inside}\n/etc/passwd\n/etc/none\n")
    anywhere = listed(file)
    assert paths(anywhere) == [str(outside)[1:], "img/a.png", "etc/passwd"]
    assert {one.reason for one in anywhere.rejected} == {Reason.MISSING}
    bound = listed(file, roots=[place.parent])
    assert paths(bound) == [str(outside)[1:], "img/a.png"]
    # Whether a file is there is not told of places that may not be read.
    assert {one.path: one.reason for one in bound.rejected} == dict.fromkeys(
        ("/etc/passwd", "/etc/none"), Reason.LINK_OUTSIDE
    )
    assert paths(listed(file, roots=[place])) == ["img/a.png"]


# -- Parquet -----------------------------------------------------------------------------------------------------


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
