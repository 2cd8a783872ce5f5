"""Uploads: whatever breaks, they go on where they were; whatever they are called, they stay in their folder."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedding_core.errors import InvalidInput, TooLarge, UnknownUpload
from embedding_core.records import Reason
from embedding_core.sources import Staging, Upload
from tests.core.hostile import encoded, picture
from tests.core.test_sources import paths
from tests.core.test_sources_archives import reasons

PNG = encoded(picture(), "PNG")


@pytest.fixture
def staging(tmp_path: Path) -> Staging:
    return Staging(tmp_path / "uploads")


def manifest(files: dict[str, bytes]) -> list[dict[str, object]]:
    return [{"path": path, "size": len(content)} for path, content in files.items()]


def uploaded(staging: Staging, files: dict[str, bytes], key: str = "key") -> Upload:
    upload = staging.create(manifest(files), key)
    for index, (content, received) in enumerate(zip(files.values(), upload.status(), strict=True)):
        if received < len(content):
            upload.write(index, received, content[received:])
    upload.finish()
    return upload


def test_pieces_add_up_to_the_files(staging: Staging) -> None:
    upload = staging.create([{"path": "a/b.png", "size": len(PNG)}, {"path": "empty.png", "size": 0}], "key")
    assert upload.status() == [0, 0]
    upload.write(0, 0, PNG[:10])
    upload.write(0, 10, PNG[10:])
    assert upload.status() == [len(PNG), 0]
    upload.finish()
    listing = upload.source().listing()
    assert {one.path: one.load() for one in listing.candidates} == {"a/b.png": PNG, "empty.png": b""}
    assert {one.origin for one in listing.candidates} == {None}


def test_the_same_key_goes_on_and_another_begins_anew(staging: Staging) -> None:
    files = manifest({"a.png": PNG})
    staging.create(files, "one").write(0, 0, PNG[:7])
    again = Staging(staging._root).create(files, "one")
    assert again.status() == [7]
    assert Staging(staging._root).open(again.id).status() == [7]
    assert staging.create(files, "two").status() == [0]
    with pytest.raises(InvalidInput, match="Other files were announced"):
        staging.create(manifest({"b.png": PNG}), "one")


def test_a_piece_out_of_place_is_told_where_to_begin(staging: Staging) -> None:
    upload = staging.create(manifest({"a.png": PNG}), "key")
    upload.write(0, 0, PNG[:7])
    for offset in (0, 3, 8):
        with pytest.raises(InvalidInput, match="begins at byte 7"):
            upload.write(0, offset, b"x")
    with pytest.raises(InvalidInput, match="goes beyond"):
        upload.write(0, 7, PNG)
    for index in (-1, 1):
        with pytest.raises(InvalidInput, match="not one of the 1"):
            upload.write(index, 0, b"x")
    assert upload.status() == [7]


def test_an_upload_ends_whole_or_not_at_all(staging: Staging) -> None:
    upload = staging.create(manifest({"a.png": PNG, "b.png": PNG}), "key")
    upload.write(1, 0, PNG)
    with pytest.raises(InvalidInput, match=r"1 of 2 files have not arrived whole, 'a.png' first"):
        upload.finish()
    with pytest.raises(InvalidInput, match="not finished"):
        upload.source()
    upload.write(0, 0, PNG)
    upload.finish()
    upload.finish()
    with pytest.raises(InvalidInput, match="finished"):
        upload.write(0, len(PNG), b"")


def test_a_discarded_upload_is_gone(staging: Staging) -> None:
    upload = staging.create(manifest({"a.png": PNG}), "key")
    upload.write(0, 0, PNG[:7])
    upload.discard()
    upload.discard()
    for use in (upload.status, upload.finish, lambda: upload.write(0, 7, b"x"), lambda: staging.open(upload.id)):
        with pytest.raises(UnknownUpload):
            use()
    assert staging.create(manifest({"a.png": PNG}), "key").status() == [0]


@pytest.mark.parametrize("upload_id", ["", ".", "..", "../x", "a" * 31, "A" * 32, "/etc", "0" * 32])
def test_only_the_id_of_an_upload_opens_one(staging: Staging, upload_id: str) -> None:
    staging.create(manifest({"a.png": PNG}), "key")
    with pytest.raises(UnknownUpload):
        staging.open(upload_id)


@pytest.mark.parametrize(
    "wrong", [[], [{}], [{"path": "a"}], [{"path": 1, "size": 1}], [{"path": "a", "size": -1}],
              [{"path": "a", "size": "1"}], [{"path": "a", "size": True}], [{"path": "a", "size": 1.5}]],
)  # fmt: skip
def test_a_manifest_of_another_form_is_refused(staging: Staging, wrong: list[dict[str, object]]) -> None:
    with pytest.raises(InvalidInput):
        staging.create(wrong, "key")


def test_limits_hold_before_a_byte_is_sent(staging: Staging, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KINDRED_MAX_UPLOAD_MB", "3")
    assert staging.create([{"path": "a.zip", "size": 3 * 2**20}], "fits").status() == [0]
    with pytest.raises(TooLarge, match=r"3 MB.*KINDRED_MAX_UPLOAD_MB"):
        staging.create([{"path": "a.zip", "size": 3 * 2**20 + 1}], "too large")
    monkeypatch.setenv("KINDRED_MAX_UPLOAD_MB", str(2**50))
    with pytest.raises(TooLarge, match="disk"):
        staging.create([{"path": "a.zip", "size": 2**60}], "more than any disk")


def test_unwanted_files_cost_themselves_alone_and_are_never_sent(staging: Staging) -> None:
    sizes = {"../up.png": 9, "/root.png": 9, "Thumbs.db": 9, "huge.jpg": 2**29, "LICENSE": 9, "a.png": len(PNG)}
    upload = staging.create([{"path": path, "size": size} for path, size in sizes.items()], "key")
    assert upload.status() == [9, 9, 9, 2**29, 9, 0]
    with pytest.raises(InvalidInput, match="not one of"):
        upload.write(0, 0, b"x")
    upload.write(5, 0, PNG)
    upload.finish()
    listing = upload.source().listing()
    assert paths(listing) == ["a.png"]
    wanted = {
        "../up.png": Reason.UNSAFE_MEMBER,
        "/root.png": Reason.UNSAFE_MEMBER,
        "huge.jpg": Reason.TOO_MANY_BYTES,
    }
    assert reasons(listing) == wanted == {one.path: one.reason for one in upload.rejected}


HOSTILE = ["../../evil.png", "/tmp/evil.png", "a/\0.png", "..\\evil.png", "\ud800.png", "con.png", "a" * 5000 + ".png"]


@given(st.lists(st.sampled_from(HOSTILE) | st.text(min_size=1, max_size=12), min_size=1, max_size=5, unique=True))
@settings(max_examples=40, deadline=None)
def test_no_name_leaves_the_staging_folder(names: list[str]) -> None:
    with tempfile.TemporaryDirectory() as parent:
        staging = Staging(Path(parent, "inner", "uploads"))
        upload = uploaded(staging, dict.fromkeys(names, PNG))
        found = {str(path.relative_to(parent)) for path in Path(parent).rglob("*") if path.is_file()}
        allowed = {"manifest.json", "lock", "finished", *(f"{index:06d}.part" for index in range(len(names)))}
        assert found <= {f"inner/uploads/{upload.id}/{name}" for name in allowed}


def test_of_many_writers_of_one_piece_one_wins(staging: Staging) -> None:
    content = os.urandom(64)
    upload = staging.create(manifest({"a.bin": content * 50}), "key")

    def write(_: int) -> int:
        try:
            Staging(staging._root).open(upload.id).write(0, upload.status()[0], content)
        except InvalidInput:
            return 0
        return 1

    with ThreadPoolExecutor(8) as pool:
        written = sum(pool.map(write, range(400)))
    assert written == 50
    assert upload._part(0).read_bytes() == content * 50


def test_many_beginners_of_one_upload_share_it(staging: Staging) -> None:
    files = manifest({f"{index}.png": PNG for index in range(50)})
    with ThreadPoolExecutor(8) as pool:
        ids = {upload.id for upload in pool.map(lambda _: staging.create(files, "key"), range(40))}
    assert len(ids) == 1
    assert [folder.name for folder in staging._root.iterdir()] == list(ids)


WRITER = """
import sys
from pathlib import Path
from embedding_core.sources.staging import Staging
upload = Staging(Path(sys.argv[1])).create([{"path": "a.bin", "size": 10**9}], "key")
print("ready", flush=True)
at = upload.status()[0]
while True:
    piece = bytes((at + step) % 251 for step in range(1000))
    upload.write(0, at, piece)
    at += len(piece)
"""


def test_a_killed_server_resumes_from_what_is_on_disk(tmp_path: Path) -> None:
    received = 0
    for _ in range(3):
        child = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE)
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
        time.sleep(0.1)
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
        upload = Staging(tmp_path).create([{"path": "a.bin", "size": 10**9}], "key")
        (now,) = upload.status()
        assert now > received
        received = now
    content = upload._part(0).read_bytes()
    assert content == bytes(at % 251 for at in range(received))


def test_a_crash_while_beginning_leaves_nothing_in_the_way(staging: Staging, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", crash)
        with pytest.raises(KeyboardInterrupt):
            staging.create(manifest({"a.png": PNG}), "key")
    assert staging.create(manifest({"a.png": PNG}), "key").status() == [0]
    assert staging.sweep(older_than=-1) == 2


def test_abandoned_uploads_are_swept_and_living_ones_stay(staging: Staging) -> None:
    old, new = staging.create(manifest({"a.png": PNG}), "old"), staging.create(manifest({"a.png": PNG}), "new")
    long_ago = time.time() - 1000
    for upload in (old, new):
        upload.write(0, 0, PNG[:5])
        for path in (upload.folder, upload.folder / "lock"):
            os.utime(path, (long_ago, long_ago))
    new.write(0, 5, PNG[5:9])  # changes a file, not the folder
    assert staging.sweep(older_than=500) == 1
    assert new.status() == [9]
    with pytest.raises(UnknownUpload):
        staging.open(old.id)


def test_a_large_upload_passes_through_little_memory(staging: Staging) -> None:
    import tracemalloc

    piece, count = os.urandom(2**20), 64
    upload = staging.create([{"path": "big.zip", "size": count * len(piece)}], "key")
    tracemalloc.start()
    for number in range(count):
        upload.write(0, number * len(piece), piece)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    upload.finish()
    assert most < 4 * 2**20  # of 64 MB


def test_a_piece_costs_the_same_among_many_files(staging: Staging) -> None:
    announced: list[dict[str, object]] = [{"path": f"f/{index}.png", "size": 5} for index in range(20_000)]
    upload = staging.create(announced, "key")
    begun = time.process_time()
    for index in range(1000):
        upload.write(index, 0, b"12345")
    assert upload.status()[:1001] == [5] * 1000 + [0]
    assert time.process_time() - begun < 2  # reading the manifest for each would take 20
