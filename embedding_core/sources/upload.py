"""Make a source of a finished upload: one archive or table, or a mixture of files that is read like a folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import pyarrow as pa

from embedding_core.errors import InvalidSource
from embedding_core.records import Candidate, Reason, Rejected
from embedding_core.sources.base import Listing, Source, assemble
from embedding_core.sources.columns import NO_COLUMNS, unite
from embedding_core.sources.files import read_file
from embedding_core.sources.manifest import Entry, Manifest
from embedding_core.sources.opening import Kind, kind_of, open_container
from embedding_core.sources.paths import stem
from embedding_core.sources.table import TableSource


def part_file(folder: Path, index: int) -> Path:
    """Where file number `index` of an upload lies."""
    return folder / f"{index:06d}.part"


def upload_source(manifest: Manifest, folder: Path, roots: Sequence[Path]) -> Source:
    """Open what was uploaded into `folder`. Raises `InvalidSource`.

    Exactly one archive or table is read as that. Otherwise every file counts as in a folder; archives and tables of
    images among them are unpacked under their own name, and a CSV of any name describes the images that it names.
    """
    parts = [(entry, part_file(folder, index)) for index, entry in enumerate(manifest.entries) if entry.wanted]
    kinds = [kind_of(part, entry.path) for entry, part in parts]
    if len(parts) == 1 and kinds[0] != "file":
        entry, part = parts[0]
        name = entry.path.rsplit("/", 1)[-1]
        # Without a folder: relative names in a table that came alone lead nowhere, least of all to other uploads.
        return _Only(open_container(part, kinds[0], name, folder=None, roots=roots), manifest.rejected)
    return _Mixture(list(zip(parts, kinds, strict=True)), manifest.rejected, roots)


class _Only:
    """One archive or table, with what was refused beside it."""

    def __init__(self, inner: Source, rejected: Sequence[Rejected]) -> None:
        self._inner, self._rejected = inner, tuple(rejected)

    @property
    def name(self) -> str:
        return self._inner.name

    def listing(self) -> Listing:
        found = self._inner.listing()
        return replace(found, rejected=(*found.rejected, *self._rejected))

    def close(self) -> None:
        self._inner.close()


class _Mixture:
    """Files, archives and tables side by side."""

    def __init__(
        self,
        parts: Sequence[tuple[tuple[Entry, Path], Kind]],
        rejected: Sequence[Rejected],
        roots: Sequence[Path],
    ) -> None:
        self._files: list[Candidate] = []
        self._tables: list[Candidate] = []
        self._rejected = list(rejected)
        self._inner: list[tuple[str, Source]] = []
        for (entry, part), kind in parts:
            if kind == "file":
                self._files.append(Candidate(entry.path, partial(read_file, part)))
            elif kind == "csv":
                self._tables.append(Candidate(entry.path, partial(read_file, part)))
            else:
                self._open(entry, part, kind, roots)

    @property
    def name(self) -> str:
        tops = {one.path.split("/")[0] for one in self._files if "/" in one.path}
        return tops.pop() if len(tops) == 1 else "images"

    def listing(self) -> Listing:
        candidates, rejected, columns = list(self._files), list(self._rejected), [NO_COLUMNS]
        for prefix, inner in self._inner:
            try:
                found = inner.listing()
            except InvalidSource as error:
                rejected.append(Rejected(prefix, Reason.CORRUPT, str(error)))
                continue
            candidates += [replace(one, path=f"{prefix}/{one.path}") for one in found.candidates]
            rejected += [replace(one, path=f"{prefix}/{one.path}") for one in found.rejected]
            paths = [f"{prefix}/{path}" for path in found.columns["path"].to_pylist()]
            columns.append(found.columns.set_column(0, "path", pa.array(paths, pa.string())))
        return assemble(candidates, rejected, tables=self._tables, columns=unite(columns))

    def close(self) -> None:
        for _, inner in self._inner:
            inner.close()

    def _open(self, entry: Entry, part: Path, kind: Kind, roots: Sequence[Path]) -> None:
        folder, _, name = entry.path.rpartition("/")
        prefix = f"{folder}/{stem(name)}".lstrip("/")
        try:
            inner = open_container(part, kind, name, folder=None, roots=roots)
        except InvalidSource as error:
            self._rejected.append(Rejected(entry.path, Reason.CORRUPT, str(error)))
            return
        if isinstance(inner, TableSource):  # a Parquet table without image bytes describes, as a CSV does
            self._tables.append(Candidate(entry.path, partial(read_file, part)))
        else:
            self._inner.append((prefix, inner))
