"""CSV tables: columns keep their meaning, and names lead only where they may."""

from __future__ import annotations

import os
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedding_core.errors import InvalidSource
from embedding_core.records import Reason
from embedding_core.sources import open_source
from embedding_core.sources.columns import read_csv, unite
from tests.core.hostile import encoded, picture
from tests.core.test_sources import fill, listed, paths, rows

PNG = encoded(picture(), "PNG")


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
        "img/b.png": {"id (2)": 7, "label": "dog", "score": 0.5},
        "img/a.png": {"id (2)": 8, "label": "cat", "score": 1.0},
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
