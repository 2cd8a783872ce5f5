"""The ZIP that is written while it is sent, and the names in it."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from types import SimpleNamespace

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedding_core import export
from embedding_core.export import archive
from embedding_core.export.archive import PIECE, Member, gathered, whole, zipped
from embedding_core.export.names import Names, folders, safe
from embedding_core.export.taking import GROUP, Taken


def fake(count: int, size: int, groups: list[list[int]]) -> Taken:
    """Images of zeros, as large as asked, that remembers what is read at a time."""

    def contents(ids: list[int]) -> dict[int, bytes]:
        groups.append(ids)
        return {image: bytes(size) for image in ids}

    rows = [
        {
            "id": at,
            "path": f"{at}.bin",
            "nbytes": size,
            "format": "?",
            "width": 1,
            "height": 1,
            "label": "x",
            "split": None,
        }
        for at in range(count)
    ]
    dataset = SimpleNamespace(contents=contents, name="fake")
    metadata = pa.table({"at": list(range(count))})
    return Taken(dataset, "now", pa.Table.from_pylist(rows), {}, metadata)  # type: ignore[arg-type]


@pytest.mark.parametrize("form", ["originals", "imagefolder", "coco", "fiftyone"])
def test_a_zip_is_sent_while_it_is_read(form: str) -> None:
    size, groups = 3 * PIECE, []
    pieces = export.streamed(export.format_card(form), fake(20, size, groups))
    assert len(next(pieces)) > PIECE
    assert len(groups) == 1, "the first piece waits for the first group alone"
    assert max(map(len, pieces)) < 2 * PIECE
    assert [image for group in groups for image in group] == list(range(20))
    assert max(map(len, groups)) * size <= GROUP


def test_parquet_holds_a_row_group_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    from embedding_core.export import huggingface

    monkeypatch.setattr(huggingface, "ROW_GROUP", 4 * PIECE)
    groups: list[list[int]] = []
    read = sent = most = 0
    for piece in export.streamed(export.format_card("parquet"), fake(40, PIECE, groups)):
        sent += len(piece)
        read = sum(map(len, groups)) * PIECE
        most = max(most, read - sent)
    assert read == 40 * PIECE
    assert most <= GROUP + 5 * PIECE, "what is read and not yet sent"


def test_a_member_of_unknown_size_may_be_larger_than_four_gigabytes() -> None:
    known = io.BytesIO(b"".join(zipped([Member("a", iter([b"x"]))])))
    (entry,) = zipfile.ZipFile(known).infolist()
    assert entry.extract_version >= zipfile.ZIP64_VERSION
    assert zipfile.ZipFile(known).read("a") == b"x"
    small = io.BytesIO(b"".join(zipped([whole("a", b"x")])))
    assert zipfile.ZipFile(small).infolist()[0].extract_version < zipfile.ZIP64_VERSION


def test_more_members_than_a_plain_zip_can_count() -> None:
    members = (whole(f"{number}", b"") for number in range(2**16 + 1))
    assert len(zipfile.ZipFile(io.BytesIO(b"".join(zipped(members)))).namelist()) == 2**16 + 1


def test_texts_are_gathered_to_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "PIECE", 10)
    drawn: list[int] = []

    def texts() -> Iterator[str]:
        for number in range(100):
            drawn.append(number)
            yield "abc"

    pieces = gathered(texts())
    assert next(pieces) == b"abcabcabcabc"
    assert len(drawn) == 4
    assert b"".join(pieces) == b"abc" * 96


@given(st.text(max_size=400))
def test_a_safe_name_is_one_name_and_stays(name: str) -> None:
    made = safe(name)
    assert made
    assert not set(made) & set('/\\\0<>:"|?*')
    assert made not in (".", "..")
    assert made == safe(made)
    assert len(made.encode()) <= 200


@given(st.lists(st.text(alphabet="aAß.s-2/\\İi̇", max_size=6), max_size=30), st.booleans())
def test_no_two_files_are_one_on_any_disk(names: list[str], by_stem: bool) -> None:
    given_out = Names(by_stem=by_stem)
    paths = [given_out.nested(name) for name in names]
    keys = [path.casefold() for path in paths]
    assert len(set(keys)) == len(keys)
    for key in keys:
        parents = {key[:at] for at, char in enumerate(key) if char == "/"}
        assert not parents & set(keys), "a file is no folder"
        assert ".." not in key.split("/")
    if by_stem:
        stems = [path.rsplit(".", 1)[0] if "." in path.rsplit("/", 1)[-1] else path for path in keys]
        assert len(set(stems)) == len(stems)


def test_a_million_equal_names_take_no_square() -> None:
    names = Names()
    tried = 0
    free = names._free

    def counting(path: object) -> bool:
        nonlocal tried
        tried += 1
        return free(path)  # type: ignore[arg-type]

    names._free = counting  # type: ignore[method-assign]
    assert len({names.file("a", "same.jpg") for _ in range(2000)}) == 2000
    assert tried < 5000


def test_labels_get_folders_of_their_own() -> None:
    made = folders(["a/b", "A_B", "..", "con", "NOT-INCLUDED.txt", "ok"])
    assert made["ok"] == "ok"
    assert len({name.casefold() for name in made.values()}) == 6
    assert not {"..", "con", "NOT-INCLUDED.txt"} & set(made.values())
