"""TAR archives, plain and compressed: read in place, hostile members refused, cut ones kept as far as they go."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path

import pytest

from embedding_core.errors import InvalidSource
from embedding_core.records import Reason
from embedding_core.sources import open_source
from tests.core.hostile import encoded, noisy, picture
from tests.core.test_hostile import verdicts
from tests.core.test_sources import listed, paths
from tests.core.test_sources_archives import left_in

PNG = encoded(picture(), "PNG")
BENCH = os.environ.get("KINDRED_BENCH_DATA", "")


def make_tar(file: Path, *members: tuple[str, bytes, bytes], mode: str = "w") -> Path:
    """Members are (name, type, content or target)."""
    with tarfile.open(file, mode) as archive:  # type: ignore[call-overload]
        for name, kind, content in members:
            member = tarfile.TarInfo(name)
            member.type = kind
            if kind == tarfile.REGTYPE:
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
            else:
                member.linkname = content.decode()
                archive.addfile(member)
    return file


@pytest.mark.parametrize(("ending", "mode"), [("tar", "w"), ("tar.gz", "w:gz"), ("tgz", "w:gz"), ("tar.xz", "w:xz")])
def test_a_tar_is_read_plain_and_compressed(tmp_path: Path, ending: str, mode: str) -> None:
    files = {f"./hat/{index}.png": encoded(noisy(seed=index), "PNG") for index in range(5)}
    members = [(name, tarfile.REGTYPE, content) for name, content in files.items()]
    file = make_tar(tmp_path / f"hats.{ending}", (".", tarfile.DIRTYPE, b""), *members, mode=mode)
    source = open_source(file)
    listing = source.listing()
    assert source.name == "hats"
    assert {f"./{one.path}": one.load() for one in listing.candidates} == files
    assert listing.rejected == ()
    source.close()
    assert left_in(tmp_path) == [file.name]


@pytest.mark.parametrize(
    ("name", "kind", "content", "reason"),
    [
        ("a.png", tarfile.SYMTYPE, b"/etc/passwd", Reason.UNSAFE_MEMBER),
        ("a.png", tarfile.LNKTYPE, b"good.png", Reason.UNSAFE_MEMBER),
        ("a.png", tarfile.FIFOTYPE, b"", Reason.UNSAFE_MEMBER),
        ("a.png", tarfile.CHRTYPE, b"", Reason.UNSAFE_MEMBER),
        ("a.png", tarfile.DIRTYPE, b"", Reason.NOT_A_FILE),
        ("/etc/a.png", tarfile.REGTYPE, PNG, Reason.UNSAFE_MEMBER),
        ("../a.png", tarfile.REGTYPE, PNG, Reason.UNSAFE_MEMBER),
        ("b.tar", tarfile.REGTYPE, PNG, Reason.NESTED_ARCHIVE),
        ("a.png", tarfile.REGTYPE, b"", Reason.EMPTY),
    ],
)
def test_hostile_members_of_a_tar_are_refused(
    tmp_path: Path, name: str, kind: bytes, content: bytes, reason: Reason
) -> None:
    file = make_tar(tmp_path / "a.tar", ("good.png", tarfile.REGTYPE, PNG), (name, kind, content))
    kept, rejected = verdicts(open_source(file))
    assert kept == {"good.png"}
    assert rejected == {name: reason}
    assert left_in(tmp_path) == ["a.tar"]


def test_a_tar_that_was_cut_keeps_what_came_whole(tmp_path: Path) -> None:
    content = encoded(noisy(), "PNG")
    file = make_tar(tmp_path / "a.tar", ("1.png", tarfile.REGTYPE, content), ("2.png", tarfile.REGTYPE, content))
    file.write_bytes(file.read_bytes()[: 2 * 512 + len(content) + 1500])
    kept, rejected = verdicts(open_source(file))
    assert kept == {"1.png"}
    assert set(rejected.values()) == {Reason.TRUNCATED}


def test_a_compressed_tar_that_unpacks_to_far_too_much_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("embedding_core.sources.tar_archive.LEAST_LIMIT", 2**20)
    file = make_tar(tmp_path / "a.tgz", ("a.png", tarfile.REGTYPE, bytes(8 * 2**20)), mode="w:gz")
    with pytest.raises(InvalidSource, match="decompression bomb"):
        open_source(file)


@pytest.mark.parametrize("content", [b"no tar at all" * 100, b"\x1f\x8b broken"])
def test_a_broken_tar_is_explained(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.tar").write_bytes(content)
    with pytest.raises(InvalidSource, match="not a sound TAR"):
        open_source(tmp_path / "a.tar")


@pytest.mark.skipif(not Path(BENCH, "clothing.tar").is_file(), reason="KINDRED_BENCH_DATA holds no clothing.tar")
def test_the_clothing_archive_is_listed_whole() -> None:
    listing = listed(Path(BENCH, "clothing.tar"))
    assert len(listing.candidates) == 3781
    assert listing.rejected == ()
    assert "hat/train_d7043df8-03b6-413c-ae3f-b96f0782e411.jpg" in set(paths(listing))
