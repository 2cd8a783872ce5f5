"""Hostile files: the sound ones are kept, the others refused, each for its own reason, wherever they come from."""

from __future__ import annotations

import os
import socket
import stat
import time
from collections.abc import Callable, Iterable
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from embedding_core.errors import ImageRefused
from embedding_core.images import decode, thumbnail
from embedding_core.records import Candidate, Reason, Rejected
from embedding_core.sources import Source, Staging, open_source
from tests.core import hostile
from tests.core.hostile import BAD, GOOD, encoded, picture


def verdicts(source: Source) -> tuple[set[str], dict[str, Reason]]:
    """What happens to every file of a source: the paths that are kept, and the reason for each that is not."""
    listing = source.listing()
    rejected = {one.path: one.reason for one in listing.rejected}
    kept = set()
    for one in listing.candidates:
        try:
            decode(one.load())
        except ImageRefused as refusal:
            rejected[one.path] = refusal.reason
        else:
            kept.add(one.path)
    source.close()
    return kept, rejected


def fill(folder: Path, files: Iterable[tuple[str, bytes]]) -> Path:
    for path, content in files:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return folder


@pytest.fixture(scope="module")
def everything() -> dict[str, bytes]:
    """All sound and all bad files, by name."""
    return {name: make() for name, make in GOOD.items()} | {name: make() for name, (make, _) in BAD.items()}


WANTED = {name: reason for name, (_, reason) in BAD.items()}


@pytest.mark.parametrize("name", GOOD)
def test_good_files_are_kept(name: str) -> None:
    decoded = decode(GOOD[name]())
    assert decoded.image.mode == "RGB"
    assert decoded.image.size == (decoded.width, decoded.height)
    small = Image.open(BytesIO(thumbnail(decoded.image)))
    assert small.format == "JPEG"
    assert max(small.size) == min(128, max(decoded.image.size))


@pytest.mark.parametrize("name", BAD)
def test_bad_files_are_refused_with_their_own_reason(name: str) -> None:
    make, reason = BAD[name]
    data = make()
    begun = time.process_time()
    with pytest.raises(ImageRefused) as caught:
        decode(data)
    assert caught.value.reason is reason
    assert caught.value.detail.endswith((".", "`"))
    assert len(caught.value.detail) > 15
    assert time.process_time() - begun < 3, "a refusal must not be a way to keep the processor busy"


def test_there_are_enough_kinds_of_good_files() -> None:
    formats = {decode(make()).format for make in GOOD.values()}
    assert formats == {"JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "HEIF", "AVIF"}
    assert len(GOOD) >= 11


def test_a_folder_of_everything_loses_no_good_file(tmp_path: Path, everything: dict[str, bytes]) -> None:
    kept, rejected = verdicts(open_source(fill(tmp_path, everything.items())))
    assert kept == set(GOOD)
    assert rejected == WANTED


def test_a_zip_of_everything_loses_no_good_file(tmp_path: Path, everything: dict[str, bytes]) -> None:
    archive = tmp_path / "all.zip"
    archive.write_bytes(hostile.zipped(everything, method=0))
    kept, rejected = verdicts(open_source(archive))
    assert kept == set(GOOD)
    assert rejected == WANTED


def test_an_upload_of_everything_loses_no_good_file(tmp_path: Path, everything: dict[str, bytes]) -> None:
    upload = Staging(tmp_path).create([{"path": path, "size": len(data)} for path, data in everything.items()], "all")
    for index, data in enumerate(everything.values()):
        if data:
            upload.write(index, 0, data)
    upload.finish()
    kept, rejected = verdicts(upload.source())
    # A ZIP under an image's name is still a ZIP, and is unpacked as one among other files is.
    wanted = {path: reason for path, reason in WANTED.items() if path != "archive.jpg"}
    assert kept == set(GOOD)
    assert rejected == wanted | {"archive/a.txt": Reason.TEXT}


# -- what is no file, or leads elsewhere --------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one good image, beside a secret one."""
    fill(tmp_path, [("secret.png", encoded(picture(), "PNG")), ("mine/a.png", encoded(picture(), "PNG"))])
    return tmp_path / "mine"


def device(file: Path) -> None:
    try:
        os.mknod(file, 0o600 | stat.S_IFCHR, os.makedev(1, 5))
    except PermissionError:  # not as root: a socket is as little a file
        sock(file)


def sock(file: Path) -> None:
    here = Path.cwd()
    os.chdir(file.parent)  # the address of a socket may have 100 characters only
    try:
        socket.socket(socket.AF_UNIX).bind(file.name)
    finally:
        os.chdir(here)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (os.mkfifo, Reason.NOT_A_FILE),
        (Path.mkdir, Reason.NOT_A_FILE),
        (device, Reason.NOT_A_FILE),
        (sock, Reason.NOT_A_FILE),
        (lambda file: file.symlink_to(file.parent.parent / "secret.png"), Reason.LINK_OUTSIDE),
        (lambda file: file.symlink_to("../secret.png"), Reason.LINK_OUTSIDE),
        (lambda file: file.symlink_to("/etc/passwd"), Reason.LINK_OUTSIDE),
        (lambda file: file.symlink_to(file.parent.parent), Reason.LINK_OUTSIDE),
        (lambda file: file.symlink_to("nowhere"), Reason.MISSING),
        (lambda file: file.symlink_to(file), Reason.MISSING),
    ],
    ids=["fifo", "directory", "device", "socket", "absolute", "relative", "passwd", "folder", "broken", "circle"],
)
def test_what_is_no_file_of_the_folder_is_refused(folder: Path, make: Callable[[Path], object], reason: Reason) -> None:
    make(folder / "b.jpg")
    kept, rejected = verdicts(open_source(folder))
    assert kept == {"a.png"}
    assert rejected == {"b.jpg": reason}


def test_links_within_the_folder_work_without_loops(folder: Path) -> None:
    (folder / "again.png").symlink_to("a.png")
    (folder / "up").symlink_to(".")
    (folder / "sub").mkdir()
    (folder / "sub" / "loop").symlink_to("..")
    kept, rejected = verdicts(open_source(folder))
    assert kept == {"a.png", "again.png"}
    assert rejected == {}


def test_a_directory_under_an_images_name_is_named_and_still_read(folder: Path) -> None:
    fill(folder, [("b.jpg/c.png", encoded(picture(), "PNG"))])
    kept, rejected = verdicts(open_source(folder))
    assert kept == {"a.png", "b.jpg/c.png"}
    assert rejected == {"b.jpg": Reason.NOT_A_FILE}


@pytest.mark.parametrize(
    ("swap", "reason"),
    [
        (lambda file: file.symlink_to("/etc/passwd"), Reason.LINK_OUTSIDE),
        (os.mkfifo, Reason.NOT_A_FILE),
        (sock, Reason.NOT_A_FILE),
        (Path.mkdir, Reason.NOT_A_FILE),
        (lambda _: None, Reason.MISSING),
    ],
    ids=["link", "fifo", "socket", "directory", "gone"],
)
def test_a_file_swapped_after_listing_is_not_followed(
    folder: Path, swap: Callable[[Path], object], reason: Reason
) -> None:
    (one,) = open_source(folder).listing().candidates
    (folder / "a.png").unlink()
    swap(folder / "a.png")
    with pytest.raises(ImageRefused) as caught:
        one.load()
    assert caught.value.reason is reason


def test_an_unreadable_file_costs_itself_alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Rights do not stop root, as whom tests may run: the refusal of the system is simulated.
    fill(folder, [("b.png", encoded(picture(), "PNG"))])
    real = os.open

    def guarded(path: str | Path, *rest: int) -> int:
        if str(path).endswith("b.png"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, *rest)

    monkeypatch.setattr(os, "open", guarded)
    kept, rejected = verdicts(open_source(folder))
    assert kept == {"a.png"}
    assert rejected == {"b.png": Reason.UNREADABLE}


def test_an_unreadable_folder_costs_itself_alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(folder, [("closed/b.png", encoded(picture(), "PNG"))])
    real = os.scandir

    def guarded(path: str | Path) -> object:
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", guarded)
    kept, rejected = verdicts(open_source(folder))
    assert kept == {"a.png"}
    assert rejected == {"closed": Reason.UNREADABLE}


def test_a_file_over_the_size_limit_is_refused_unread(folder: Path) -> None:
    with (folder / "b.jpg").open("wb") as file:
        file.truncate(257 * 2**20)  # a hole: takes no room
    kept, rejected = verdicts(open_source(folder))
    assert kept == {"a.png"}
    assert rejected == {"b.jpg": Reason.TOO_MANY_BYTES}


def test_licences_hidden_files_and_leftovers_are_passed_over(folder: Path) -> None:
    quiet = [
        *("LICENSE", "licence.txt", "COPYING", "NOTICE.md", "README", "readme.txt", "README.md", "LICENSE-MIT"),
        *("Thumbs.db", "desktop.ini", ".DS_Store", ".hidden/b.png", "__MACOSX/._a.png", "sub/.b.png", "metadata.csv"),
    ]
    fill(folder, [(path, b"file,label\na.png,x\n") for path in quiet])
    fill(folder, [("notes.txt", b"remember"), ("readme.png", encoded(picture(), "PNG"))])
    kept, rejected = verdicts(open_source(folder))
    assert kept == {"a.png", "readme.png"}
    assert rejected == {"notes.txt": Reason.TEXT}


def test_refusals_travel_as_data() -> None:
    candidate = Candidate("a.jpg", lambda: b"")
    with pytest.raises(ImageRefused) as caught:
        decode(candidate.load())
    one = Rejected(candidate.path, caught.value.reason, caught.value.detail)
    assert (str(one.reason), one.detail) == ("empty", "The file is empty.")
