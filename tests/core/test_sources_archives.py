"""ZIP archives: good members are read in place, hostile ones refused, and nothing is ever written."""

from __future__ import annotations

import os
import stat
import struct
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from embedding_core.errors import ImageRefused, InvalidSource
from embedding_core.records import Candidate, Reason
from embedding_core.sources import Listing, open_source, zip_archive
from tests.core.hostile import encoded, noisy, picture, zipped
from tests.core.test_hostile import verdicts
from tests.core.test_sources import listed, paths, rows

PNG = encoded(picture(), "PNG")


def unix(name: str, mode: int) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name)
    member.create_system = 3
    member.external_attr = mode << 16
    return member


def make_zip(file: Path, *members: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in members:
            archive.writestr(name, content, method)
    return file


def reasons(listing: Listing) -> dict[str, Reason]:
    return {one.path: one.reason for one in listing.rejected}


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_zip_keeps_its_paths_and_is_read_in_place(tmp_path: Path) -> None:
    file = make_zip(tmp_path / "pets.zip", ("top/", b""), ("top/cat/1.png", PNG), ("top\\dog\\2.png", PNG))
    source = open_source(file)
    listing = source.listing()
    assert source.name == "pets"
    assert paths(listing) == ["top/cat/1.png", "top/dog/2.png"]
    assert {one.load() for one in listing.candidates} == {PNG}
    assert {one.origin for one in listing.candidates} == {None}
    assert listing.rejected == ()
    source.close()
    assert left_in(tmp_path) == ["pets.zip"]


def test_metadata_in_a_zip_counts(tmp_path: Path) -> None:
    file = make_zip(tmp_path / "a.zip", ("x/1.png", PNG), ("x/metadata.csv", b"file,label\n1.png,cat\n"))
    listing = listed(file)
    assert rows(listing) == {"x/1.png": {"label": "cat"}}
    assert listing.rejected == ()


ESCAPES = ["/etc/evil.png", "../evil.png", "a/../../evil.png", "..\\evil.png", "C:\\evil.png"]


@pytest.mark.parametrize("name", ESCAPES)
def test_a_member_that_climbs_out_is_refused_and_nothing_is_written(tmp_path: Path, name: str) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    file = make_zip(inner / "a.zip", ("good.png", PNG), (name, PNG))
    before = sorted(str(path) for path in tmp_path.rglob("*"))
    kept, rejected = verdicts(open_source(file))
    assert kept == {"good.png"}
    assert rejected == {name: Reason.UNSAFE_MEMBER}
    assert sorted(str(path) for path in tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    ("member", "content", "reason"),
    [
        (unix("a.png", stat.S_IFLNK | 0o777), b"/etc/passwd", Reason.UNSAFE_MEMBER),
        (unix("a.png", stat.S_IFIFO | 0o600), b"", Reason.UNSAFE_MEMBER),
        (unix("a.png", stat.S_IFCHR | 0o600), b"", Reason.UNSAFE_MEMBER),
        (unix("a.png", stat.S_IFBLK | 0o600), b"", Reason.UNSAFE_MEMBER),
        (unix("a.png/", stat.S_IFDIR | 0o700), b"", Reason.NOT_A_FILE),
        ("more.zip", zipped({"b.png": PNG}), Reason.NESTED_ARCHIVE),
        ("more.tar.gz", b"\x1f\x8b", Reason.NESTED_ARCHIVE),
        ("hidden-archive.png", zipped({"b.png": PNG}), Reason.NESTED_ARCHIVE),
        ("bomb.png", bytes(2**21), Reason.BOMB),
        ("notes.txt", b"hello", Reason.TEXT),
        ("empty.png", b"", Reason.EMPTY),
    ],
    ids=["link", "fifo", "device", "block", "folder", "zip", "tgz", "disguised", "bomb", "text", "empty"],
)
def test_hostile_members_are_refused(
    tmp_path: Path, member: str | zipfile.ZipInfo, content: bytes, reason: Reason
) -> None:
    name = member if isinstance(member, str) else member.filename.rstrip("/")
    file = make_zip(tmp_path / "a.zip", ("good.png", PNG), (member, content))
    kept, rejected = verdicts(open_source(file))
    assert kept == {"good.png"}
    assert {path.rstrip("/"): found for path, found in rejected.items()} == {name: reason}


def test_an_encrypted_member_is_refused(tmp_path: Path) -> None:
    data = bytearray(zipped({"good.png": PNG, "secret.png": PNG}))
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.rindex(signature) + flags] |= 1
    (tmp_path / "a.zip").write_bytes(data)
    kept, rejected = verdicts(open_source(tmp_path / "a.zip"))
    assert kept == {"good.png"}
    assert rejected == {"secret.png": Reason.ENCRYPTED}


def test_of_two_members_with_one_name_the_first_is_kept(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate"):
        file = make_zip(tmp_path / "a.zip", ("a.png", PNG), ("./a.png", b"x"), ("a.png", b"y"))
    listing = listed(file)
    assert paths(listing) == ["a.png"]
    assert reasons(listing) == {"a.png (again)": Reason.UNSAFE_MEMBER}
    assert len(listing.rejected) == 2


def patched(find: bytes, offset: int, value: bytes) -> bytes:
    """A ZIP of one noisy picture, wrong at `offset` after the last occurrence of `find`."""
    data = bytearray(zipped({"a.png": encoded(noisy(), "PNG")}, zipfile.ZIP_STORED))
    at = data.rindex(find) + offset
    data[at : at + len(value)] = value
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (lambda: patched(b"IDAT", 20, b"\0\0\0\0"), Reason.CORRUPT),
        (lambda: patched(b"PK\x01\x02", 24, struct.pack("<I", 100)), Reason.CORRUPT),
        (lambda: patched(b"PK\x01\x02", 20, struct.pack("<II", 10**6, 10**6)), Reason.TRUNCATED),
        (lambda: patched(b"PK\x01\x02", 24, struct.pack("<I", 2**31)), Reason.BOMB),
        (lambda: patched(b"PK\x01\x02", 20, struct.pack("<II", 2**30, 2**30)), Reason.TOO_MANY_BYTES),
        (lambda: patched(b"PK\x01\x02", 10, struct.pack("<H", 97)), Reason.UNREADABLE),
        (lambda: patched(b"PK\x03\x04", 30, b"b"), Reason.CORRUPT),
    ],
    ids=["checksum", "smaller", "larger", "bomb", "huge", "method", "header"],
)
def test_an_archive_that_lies_of_its_member_costs_that_member(
    tmp_path: Path, data: Callable[[], bytes], reason: Reason
) -> None:
    (tmp_path / "a.zip").write_bytes(data())
    kept, rejected = verdicts(open_source(tmp_path / "a.zip"))
    assert kept == set()
    assert rejected == {"a.png": reason}


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_what_a_member_unpacks_to_is_bounded_while_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: int
) -> None:
    content = bytes(range(256)) * 400
    file = make_zip(tmp_path / "a.zip", ("a.png", content), method=method)
    (one,) = listed_open(file)
    assert one.load() == content
    monkeypatch.setattr("embedding_core.sources.zip_archive.MAX_BYTES", 1000)
    monkeypatch.setattr("embedding_core.sources.zip_archive.check_size", lambda size: refuse(size, 1000))
    with pytest.raises(ImageRefused) as caught:
        one.load()
    assert caught.value.detail == "1001 read"


def refuse(size: int, limit: int) -> None:
    if size > limit:
        raise ImageRefused(Reason.TOO_MANY_BYTES, f"{size} read")


def listed_open(file: Path) -> tuple[Candidate, ...]:
    return open_source(file).listing().candidates


def test_names_in_utf8_without_the_flag_are_read_as_such(tmp_path: Path) -> None:
    data = zipped({"K\u00e4se/\u732b.png": PNG})
    for signature, flags in ((b"PK\x03\x04", 7), (b"PK\x01\x02", 9)):
        at = data.index(signature) + flags
        data = data[:at] + bytes([data[at] & ~8]) + data[at + 1 :]
    (tmp_path / "a.zip").write_bytes(data)
    (one,) = listed_open(tmp_path / "a.zip")
    assert one.path == "K\u00e4se/\u732b.png"
    assert one.load() == PNG


def test_many_threads_read_one_zip(tmp_path: Path) -> None:
    members = {f"{index}.bin": os.urandom(5000) * (1 + index % 3) for index in range(200)}
    file = tmp_path / "a.zip"
    file.write_bytes(zipped(members))
    candidates = listed_open(file) * 3
    with ThreadPoolExecutor(16) as pool:
        for one, content in zip(candidates, pool.map(lambda one: one.load(), candidates), strict=True):
            assert content == members[one.path]


@pytest.mark.parametrize("content", [b"PK\x03\x04" + bytes(50), zipped({"a.png": PNG})[:-30]])
def test_a_broken_zip_is_explained(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(InvalidSource, match="not a sound ZIP"):
        open_source(tmp_path / "a.zip")


@pytest.mark.parametrize("members", [40, 70_000])  # the second has a directory in the form of large archives
def test_a_list_of_members_over_the_limit_is_refused_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, members: int
) -> None:
    (tmp_path / "a.zip").write_bytes(zipped({f"{number}.png": b"" for number in range(members)}))
    monkeypatch.setattr(zip_archive, "MAX_DIRECTORY", 51 * members)
    monkeypatch.setattr(zip_archive.zipfile, "ZipFile", lambda file: pytest.fail("it was read"))
    with pytest.raises(InvalidSource, match="Split it"):
        open_source(tmp_path / "a.zip")
