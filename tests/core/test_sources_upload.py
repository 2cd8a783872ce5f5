"""What a finished upload is: one archive or table, or a mixture that is read like a folder."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from embedding_core.errors import InvalidInput, InvalidSource
from embedding_core.records import Reason
from embedding_core.sources import Staging
from tests.core.hostile import encoded, noisy, picture, zipped
from tests.core.test_sources import paths, rows
from tests.core.test_sources_archives import reasons
from tests.core.test_sources_staging import uploaded

PNG = encoded(picture(), "PNG")


@pytest.fixture
def staging(tmp_path: Path) -> Staging:
    return Staging(tmp_path / "uploads")


@pytest.mark.parametrize("beside", [{}, {"LICENSE": b"free"}, {"__MACOSX/._pets.zip": b"x"}])
def test_one_archive_alone_is_that_archive(staging: Staging, beside: dict[str, bytes]) -> None:
    archive = zipped({"cat/1.png": PNG, "metadata.csv": b"file,label\ncat/1.png,tom\n"})
    source = uploaded(staging, {"pets.zip": archive, **beside}).source()
    listing = source.listing()
    assert source.name == "pets"
    assert rows(listing) == {"cat/1.png": {"label": "tom"}}
    assert listing.candidates[0].load() == PNG
    source.close()


def test_a_dropped_folder_keeps_its_structure_and_metadata(staging: Staging) -> None:
    files = {
        "pets/cat/1.png": PNG,
        "pets/dog/2.png": PNG,
        "pets/metadata.csv": b"file,label\ncat/1.png,tom\n",
        "pets/notes.txt": b"hello",
    }
    source = uploaded(staging, files).source()
    listing = source.listing()
    assert source.name == "pets"
    assert paths(listing) == ["pets/cat/1.png", "pets/dog/2.png", "pets/notes.txt"]
    assert rows(listing) == {"pets/cat/1.png": {"label": "tom"}}


def test_a_csv_of_any_name_describes_the_images_beside_it(staging: Staging) -> None:
    files = {"photos/1.png": PNG, "photos/2.png": PNG, "labels.csv": b"image,label\n1.png,a\nphotos/2.png,b\n3.png,c\n"}
    listing = uploaded(staging, files).source().listing()
    assert paths(listing) == ["photos/1.png", "photos/2.png"]
    assert rows(listing) == {"photos/1.png": {"label": "a"}, "photos/2.png": {"label": "b"}}
    assert listing.rejected == ()


def test_archives_among_other_files_are_unpacked_under_their_name(staging: Staging, tmp_path: Path) -> None:
    pq.write_table(pa.table({"image": [PNG], "file": ["p.png"], "label": ["x"]}), tmp_path / "shard.parquet")
    pq.write_table(pa.table({"file": ["loose.png"], "label": ["y"]}), tmp_path / "about.parquet")
    files = {
        "loose.png": PNG,
        "sub/more.zip": zipped({"1.png": PNG, "../2.png": PNG, "metadata.csv": b"file,label\n1.png,z\n"}),
        "broken.zip": b"PK\x03\x04 broken",
        "shard.parquet": (tmp_path / "shard.parquet").read_bytes(),
        "about.parquet": (tmp_path / "about.parquet").read_bytes(),
    }
    source = uploaded(staging, files).source()
    listing = source.listing()
    assert {one.path: one.load() for one in listing.candidates} == {
        "loose.png": PNG,
        "sub/more/1.png": PNG,
        "shard/p.png": PNG,
    }
    assert rows(listing) == {
        "loose.png": {"label": "y"},
        "sub/more/1.png": {"label": "z"},
        "shard/p.png": {"label": "x"},
    }
    assert reasons(listing) == {"sub/more/../2.png": Reason.UNSAFE_MEMBER, "broken.zip": Reason.CORRUPT}
    source.close()


def test_a_table_that_came_alone_reaches_no_other_upload(staging: Staging, tmp_path: Path) -> None:
    uploaded(staging, {"secret.png": PNG}, key="another")
    other = next(staging._root.glob("*/000000.part"))
    (tmp_path / "open").mkdir()
    (tmp_path / "open" / "a.png").write_bytes(PNG)
    names = [
        "000000.part",
        f"../{other.parent.name}/000000.part",
        str(other),
        "/etc/passwd",
        str(tmp_path / "open/a.png"),
    ]
    upload = uploaded(staging, {"set.csv": "\n".join(["file", *names]).encode()})
    closed = upload.source().listing()
    assert closed.candidates == ()
    assert set(reasons(closed).values()) == {Reason.MISSING, Reason.LINK_OUTSIDE}
    (one,) = upload.source(roots=[tmp_path / "open"]).listing().candidates
    assert one.load() == PNG


def test_a_broken_archive_that_came_alone_is_explained(staging: Staging) -> None:
    with pytest.raises(InvalidSource, match=r"pets.zip is not a sound ZIP"):
        uploaded(staging, {"pets.zip": b"PK\x03\x04 broken"}).source()


def test_the_only_file_is_handed_out_with_its_ending(staging: Staging) -> None:
    table = uploaded(staging, {"labels.CSV": b"file,label\n", "LICENSE": b"x"}, key="a").only_file()
    assert (table.suffix, table.read_bytes()) == (".csv", b"file,label\n")
    assert uploaded(staging, {"x.npz": b"PK"}, key="b").only_file().suffix == ".npz"
    assert uploaded(staging, {"x.sh": b"PK"}, key="c").only_file().suffix == ".part"
    with pytest.raises(InvalidInput, match="2 came"):
        uploaded(staging, {"a.csv": b"x", "b.csv": b"x"}, key="d").only_file()


def test_noise_survives_the_way_through_an_upload(staging: Staging) -> None:
    content = encoded(noisy(), "PNG")
    (one,) = uploaded(staging, {"noise.png": content}).source().listing().candidates
    assert one.load() == content
