"""Folders and files as sources, and the choice among all of them."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedding_core.errors import ImageRefused, InvalidSource
from embedding_core.sources import Listing, open_source
from embedding_core.sources.matching import match
from embedding_core.sources.paths import clean, is_ignored, readable
from tests.core.hostile import encoded, picture, zipped

PNG = encoded(picture(), "PNG")
SAMPLE = Path(__file__).parents[2] / "sample_data" / "emoji"


def fill(folder: Path, *paths: str, content: bytes = PNG) -> Path:
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return folder


def paths(listing: Listing) -> list[str]:
    return [one.path for one in listing.candidates]


def rows(listing: Listing) -> dict[str, dict[str, object]]:
    """The columns as path → row."""
    return {row.pop("path"): row for row in listing.columns.to_pylist()}


def listed(path: Path | list[Path], **options: object) -> Listing:
    source = open_source(path, **options)  # type: ignore[arg-type]
    listing = source.listing()
    source.close()
    return listing


# -- folders and files -------------------------------------------------------------------------------------------


def test_a_folder_gives_relative_paths_and_files_that_stay(tmp_path: Path) -> None:
    listing = listed(fill(tmp_path, "b/two.png", "a/one.png", "three.png"))
    assert paths(listing) == ["a/one.png", "b/two.png", "three.png"]
    assert listing.candidates[0].origin == str(tmp_path / "a/one.png")
    assert listing.candidates[0].load() == PNG
    assert listing.columns.schema.names == ["path"]
    assert len(listing.columns) == 0


def test_the_sample_comes_with_its_labels() -> None:
    source = open_source(SAMPLE)
    listing = source.listing()
    assert source.name == "emoji"
    assert len(listing.candidates) == 711
    assert listing.rejected == ()
    assert listing.columns.schema.names == ["path", "label", "name", "subgroup"]
    assert set(paths(listing)) == set(listing.columns["path"].to_pylist())


def test_names_are_composed(tmp_path: Path) -> None:
    (one,) = listed(fill(tmp_path, "Ka\u0308se.png")).candidates
    assert one.path == "K\u00e4se.png"
    assert one.load() == PNG


def test_bytes_that_are_no_text_are_shown_as_such() -> None:
    assert readable(os.fsdecode(b"bad\xff.png")) == "bad\ufffd.png"
    assert readable("\ud800.png").endswith(".png")


def test_two_names_that_compose_to_one_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(zipped({"a\u0308.png": PNG, "\u00e4.png": b"other"}))
    listing = open_source(tmp_path / "a.zip").listing()
    assert [one.load() for one in listing.candidates] == [PNG]
    assert [one.path for one in listing.rejected] == ["\u00e4.png (again)"]


def test_a_list_of_files_is_named_below_the_common_folder(tmp_path: Path) -> None:
    fill(tmp_path, "x/a/1.png", "x/b/2.png")
    listing = listed([tmp_path / "x/a/1.png", tmp_path / "x/b/2.png", tmp_path / "x/b/none.png", tmp_path / "x/b"])
    assert paths(listing) == ["a/1.png", "b/2.png"]
    assert {one.path: str(one.reason) for one in listing.rejected} == {"b/none.png": "missing", "b": "not a file"}


def test_a_single_image_is_a_source(tmp_path: Path) -> None:
    source = open_source(fill(tmp_path, "one.png") / "one.png")
    assert (source.name, paths(source.listing())) == ("one", ["one.png"])


def test_metadata_of_several_folders_is_united(tmp_path: Path) -> None:
    fill(tmp_path, "a/1.png", "b/1.png", "b/2.png", "c.png")
    (tmp_path / "metadata.csv").write_text("file,label,age\nc.png,cat,3\nb/2.png,dog,4\ngone.png,rat,5\n")
    (tmp_path / "a/metadata.csv").write_text("file_name,label,age\n1.png,cow,2.5\n")
    (tmp_path / "b/Metadata.CSV").write_text("PATH,note\n1.png,hello\n2.png,the nearest table counts\n")
    listing = listed(tmp_path)
    assert listing.rejected == ()
    assert rows(listing) == {
        "c.png": {"label": "cat", "age": 3.0, "note": None},
        "b/2.png": {"label": None, "age": None, "note": "the nearest table counts"},
        "a/1.png": {"label": "cow", "age": 2.5, "note": None},
        "b/1.png": {"label": None, "age": None, "note": "hello"},
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [("a,b\n1,2\n", "none of its columns names files"), ("file,label\na.png\n", "Expected 2 columns")],
)
def test_metadata_that_cannot_be_used_is_reported(tmp_path: Path, text: str, said: str) -> None:
    fill(tmp_path, "a.png")
    (tmp_path / "metadata.csv").write_text(text)
    listing = listed(tmp_path)
    assert paths(listing) == ["a.png"]
    assert [one.path for one in listing.rejected] == ["metadata.csv"]
    assert said in listing.rejected[0].detail


# -- opening -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("https://example.org/a.zip", "web address"),
        ("nothing/here", "nothing to read"),
        ("fifo", "neither a folder nor a file"),
        ("nul\0.zip", "nothing to read"),
    ],
)
def test_what_is_no_source_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str, said: str) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(InvalidSource, match=said):
        open_source(what)


def test_content_and_not_the_name_tells_an_archive(tmp_path: Path) -> None:
    (tmp_path / "archive.dat").write_bytes(zipped({"in/a.png": PNG}))
    assert paths(listed(tmp_path / "archive.dat")) == ["in/a.png"]


def test_roots_bound_what_a_browser_may_name(tmp_path: Path) -> None:
    fill(tmp_path, "open/set/a.png", "closed/b.png")
    (tmp_path / "open/out").symlink_to(tmp_path / "closed")
    roots = [tmp_path / "open"]
    assert paths(listed(tmp_path / "open/set", roots=roots)) == ["a.png"]
    assert paths(listed([tmp_path / "open/set/a.png"], roots=roots)) == ["a.png"]
    for outside in ("closed", "open/../closed", "open/out", "open/out/b.png", "opened", "."):
        with pytest.raises(InvalidSource, match="KINDRED_DATA_ROOTS"):
            open_source(tmp_path / outside, roots=roots)
    with pytest.raises(InvalidSource, match="KINDRED_DATA_ROOTS"):
        open_source(tmp_path / "open/set", roots=[])
    with pytest.raises(InvalidSource, match="KINDRED_DATA_ROOTS"):
        open_source([tmp_path / "open/set/a.png", tmp_path / "closed/b.png"], roots=roots)


# -- paths -------------------------------------------------------------------------------------------------------

NAMES = st.text(st.sampled_from("ab./\\:Cé\u0301\0\ud800 ~"), max_size=20) | st.text(max_size=30)


@given(NAMES)
@settings(deadline=None)
def test_a_clean_path_is_relative_composed_and_stays_clean(name: str) -> None:
    try:
        path = clean(name)
    except ImageRefused:
        return
    assert path
    assert not path.startswith("/")
    assert not {"", ".", ".."} & set(path.split("/"))
    assert not set("\\\0") & set(path)
    assert unicodedata.is_normalized("NFC", path)
    path.encode()
    assert clean(path) == path


@pytest.mark.parametrize(
    "name",
    ["/etc/passwd", "../a.png", "a/../../b.png", "a\\..\\b.png", "C:\\a.png", "\\\\server\\a.png", "", ".", "a\0"],
)
def test_unsafe_paths_are_refused(name: str) -> None:
    with pytest.raises(ImageRefused):
        clean(name)


@pytest.mark.parametrize(("name", "wanted"), [("./a//b.png", "a/b.png"), ("a\\b.png", "a/b.png"), ("a..b", "a..b")])
def test_harmless_paths_are_tidied(name: str, wanted: str) -> None:
    assert clean(name) == wanted


def test_an_image_is_never_passed_over_for_its_name() -> None:
    assert not is_ignored("license.png")
    assert not is_ignored("a/README.jpg")
    assert is_ignored("a/LICENSE")
    assert not is_ignored("licenseplates.txt")


# -- matching rows with images -----------------------------------------------------------------------------------


def test_a_file_name_matches_when_it_is_unique_on_both_sides() -> None:
    known = ["cats/1.png", "dogs/1.png", "dogs/2.png", "x/3.png"]
    assert match(["2.png", "1.png", "./dogs/1.png", None, ""], known) == ["dogs/2.png", None, "dogs/1.png", None, None]
    assert match(["/data/dogs/2.png", "C:\\x\\3.png"], known) == ["dogs/2.png", "x/3.png"]
    assert match(["p/2.png", "q/2.png"], known) == [None, None]
    assert match(["x/3.png", "x/3.png", "3.png"], known) == ["x/3.png", None, None]


@given(
    st.lists(st.sampled_from(["a/1", "b/1", "b/2", "1", "2", "c/2", "3"]), max_size=8),
    st.sets(st.sampled_from(["a/1", "b/1", "b/2", "2", "d/3"])),
)
@settings(deadline=None)
def test_no_image_is_matched_twice_and_none_invented(names: list[str], known: set[str]) -> None:
    found = [path for path in match(names, known) if path is not None]
    assert len(set(found)) == len(found)
    assert set(found) <= known
    assert set(found) >= known & set(names)
