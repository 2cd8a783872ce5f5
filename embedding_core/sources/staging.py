"""Uploads on their way: files received in pieces, on disk at once, resumable at any moment.

    <root>/<upload id>/manifest.json   what was announced, written before anything else
                       000000.part …   what has arrived of each file; its size on disk is the only account of it
                       finished        nothing more may come
                       lock            held while writing

The names that a browser sends are data. Files are stored under their number.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from embedding_core.errors import InvalidInput, TooLarge, UnknownUpload
from embedding_core.records import Rejected
from embedding_core.sources.base import Source
from embedding_core.sources.manifest import Entry, Manifest, examined
from embedding_core.sources.paths import suffix
from embedding_core.sources.upload import part_file, upload_source

MAX_FILES = 1_000_000
STALE = 3 * 24 * 3600.0  # seconds without a piece
DATA_SUFFIXES = frozenset({".csv", ".tsv", ".parquet", ".npz"})

_ID = re.compile(r"[0-9a-f]{32}")
_MB = 2**20


class Staging:
    """The folder in which uploads wait. Several threads and processes may use it at once."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def create(self, manifest: Sequence[dict[str, object]], key: str) -> Upload:
        """Announce an upload of files `{"path", "size"}`. The same key is the same upload, which goes on.

        Raises `TooLarge` above KINDRED_MAX_UPLOAD_MB (20,000) or when the disk is too full, `InvalidInput` for a
        manifest of another form, or another one than was announced under this key.
        """
        entries = examined(manifest)
        upload = Upload(self._root / hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()[:32])
        if upload.exists:
            if upload.manifest.entries != entries:
                raise InvalidInput("Other files were announced under this key. Discard that upload, or use a new key.")
            return upload
        self._check_size(entries)
        making = self._root / f".{upload.id}-{os.getpid()}-{time.monotonic_ns()}"
        making.mkdir(parents=True)
        Manifest(entries, time.time()).write(making / "manifest.json")
        try:
            making.rename(upload.folder)
        except OSError:  # another request was faster, with the same files as its key is the same
            shutil.rmtree(making, ignore_errors=True)
            if not upload.exists:
                raise
        return upload

    def open(self, upload_id: str) -> Upload:
        """Raises `UnknownUpload`."""
        upload = Upload(self._root / upload_id) if _ID.fullmatch(upload_id) else None
        if upload is None or not upload.exists:
            raise UnknownUpload(upload_id)
        return upload

    def sweep(self, older_than: float = STALE) -> int:
        """Discard uploads that nothing has come for in `older_than` seconds. Returns how many."""
        if not self._root.is_dir():
            return 0
        swept = 0
        for folder in list(self._root.iterdir()):
            try:
                idle = time.time() - max(entry.stat().st_mtime for entry in (folder, *folder.glob("lock")))
            except FileNotFoundError:  # discarded meanwhile
                continue
            if folder.is_dir() and idle > older_than:
                shutil.rmtree(folder, ignore_errors=True)
                swept += 1
        return swept

    def _check_size(self, entries: Sequence[Entry]) -> None:
        limit = int(os.environ.get("KINDRED_MAX_UPLOAD_MB", "20000")) * _MB
        total = sum(entry.size for entry in entries if entry.wanted)
        if len(entries) > MAX_FILES:
            raise TooLarge(f"An upload may hold {MAX_FILES:,} files, not {len(entries):,}. Pack them into a ZIP.")
        if total > limit:
            raise TooLarge(
                f"An upload may hold {limit // _MB:,} MB (KINDRED_MAX_UPLOAD_MB); this has {total // _MB:,}."
            )
        self._root.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(self._root).free
        if total > free:
            raise TooLarge(f"The upload has {total // _MB:,} MB, and the server's disk has {free // _MB:,} MB left.")


class Upload:
    """One upload. A handle without state of its own: all that counts is on disk."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def id(self) -> str:
        return self.folder.name

    @property
    def exists(self) -> bool:
        return (self.folder / "manifest.json").is_file()

    @property
    def manifest(self) -> Manifest:
        """Raises `UnknownUpload` when it has been discarded."""
        try:
            return Manifest.read(self.folder / "manifest.json")
        except FileNotFoundError:
            raise UnknownUpload(self.id) from None

    @property
    def finished(self) -> bool:
        return (self.folder / "finished").exists()

    @property
    def rejected(self) -> tuple[Rejected, ...]:
        """The files that are not wanted, by their name or size alone."""
        return self.manifest.rejected

    def status(self) -> list[int]:
        """Bytes received of each file. A file that is not wanted counts as received: nothing is to be sent."""
        return [
            self._received(index) if entry.wanted else entry.size for index, entry in enumerate(self.manifest.entries)
        ]

    def write(self, index: int, offset: int, chunk: bytes) -> None:
        """Append a piece of file number `index`. `offset` must be the number of bytes received of it so far.

        Raises `InvalidInput`; when the offset is another, the message tells the expected one.
        """
        entries = self.manifest.entries
        if not 0 <= index < len(entries) or not entries[index].wanted:
            raise InvalidInput(f"File {index} is not one of the {len(entries)} that this upload wants.")
        with self._locked():
            if self.finished:
                raise InvalidInput("The upload is finished; nothing more can come.")
            received, announced = self._received(index), entries[index].size
            if offset != received:
                raise InvalidInput(f"The next piece of file {index} begins at byte {received}, not at {offset}.")
            if offset + len(chunk) > announced:
                raise InvalidInput(f"File {index} was announced with {announced} bytes; this piece goes beyond them.")
            with self._part(index).open("ab") as part:
                part.write(chunk)

    def finish(self) -> None:
        """Declare the upload complete. Repeating it does no harm. Raises `InvalidInput` when bytes are missing."""
        with self._locked():
            entries = self.manifest.entries
            short = [one.path for one, got in zip(entries, self.status(), strict=True) if got < one.size]
            if short:
                raise InvalidInput(f"{len(short)} of {len(entries)} files have not arrived whole, {short[0]!r} first.")
            for index, entry in enumerate(entries):
                if entry.wanted and not entry.size:
                    self._part(index).touch()
            (self.folder / "finished").touch()

    def discard(self) -> None:
        """Delete all of it. What was made of it stays."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def source(self, roots: Sequence[Path] = ()) -> Source:
        """What was uploaded, as a source; `roots` are folders that an uploaded table may name files in.

        Raises `InvalidInput` when the upload is not finished, `InvalidSource` when nothing in it can be read.
        """
        self._check_finished()
        return upload_source(self.manifest, self.folder, roots)

    def only_file(self) -> Path:
        """The file, where exactly one was uploaded; a table or vectors. Raises `InvalidInput`."""
        self._check_finished()
        wanted = [index for index, entry in enumerate(self.manifest.entries) if entry.wanted]
        if len(wanted) != 1:
            raise InvalidInput(f"One file is wanted here, and {len(wanted)} came.")
        part, ending = self._part(wanted[0]), suffix(self.manifest.entries[wanted[0]].path)
        if ending not in DATA_SUFFIXES:
            return part
        named = part.with_suffix(ending)  # of a fixed list, since readers go by it
        if not named.exists():
            os.link(part, named)
        return named

    def _check_finished(self) -> None:
        if not self.finished:
            raise InvalidInput("The upload is not finished. Finish it before using it.")

    def _part(self, index: int) -> Path:
        return part_file(self.folder, index)

    def _received(self, index: int) -> int:
        try:
            return self._part(index).stat().st_size
        except FileNotFoundError:
            return 0

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Alone among all threads and processes. Also says that the upload is alive, to `sweep`."""
        try:
            descriptor = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except FileNotFoundError:
            raise UnknownUpload(self.id) from None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            os.utime(descriptor)
            yield
        finally:
            os.close(descriptor)
