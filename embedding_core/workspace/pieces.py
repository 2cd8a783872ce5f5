"""Files of a Lance table, written and read by many processes without asking each other. Needs `pylance`.

LanceDB writes and commits in one step and reads a table as a whole; what is spread over machines needs the parts.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import pyarrow as pa

from embedding_core.errors import InvalidInput
from embedding_core.workspace import bucket
from embedding_core.workspace.store import Store


@dataclass(frozen=True, slots=True)
class Folder:
    """Where the files of a table lie: all that another machine must know of it. Holds no secret."""

    uri: str
    format: str  # version of Lance's file format, which all files of a table share

    @classmethod
    def of(cls, store: Store, table: str) -> Folder:
        """Raises `InvalidInput` when Lance's library is missing."""
        uri = store.location(table)
        with bucket.explained(uri):
            found = lance().dataset(uri, storage_options=bucket.options(uri))
        return cls(uri, str(found.data_storage_version))

    def write(self, rows: pa.Table) -> str:
        """Write rows as one file that belongs to no version of the table yet; returns its description, as JSON."""
        with bucket.explained(self.uri):
            (written,) = lance().fragment.write_fragments(
                rows,
                self.uri,
                schema=rows.schema,
                mode="append",
                max_rows_per_file=max(1, rows.num_rows),
                data_storage_version=self.format,
                storage_options=bucket.options(self.uri),
            )
        return json.dumps(written.to_json())

    def append(self, pieces: Sequence[str], version: int) -> int:
        """Put written files into the table in one commit; returns its version.

        `version` is what the table was when the caller looked. A result above `version` + 1 means that others have
        committed since, and that these files came after theirs.
        """
        fragments = [lance().fragment.FragmentMetadata.from_json(piece) for piece in pieces]
        with bucket.explained(self.uri):
            made = lance().LanceDataset.commit(
                self.uri,
                lance().LanceOperation.Append(fragments),
                read_version=version,
                storage_options=bucket.options(self.uri),
            )
        return int(made.version)

    def read(self, version: int, columns: Sequence[str], start: int, count: int, piece: int | None = None) -> pa.Table:
        """`count` rows from number `start` on: of the whole table at that version, or of its file number `piece`."""
        with bucket.explained(self.uri):
            source = lance().dataset(self.uri, version=version, storage_options=bucket.options(self.uri))
            if piece is not None:
                source = source.get_fragments()[piece]
            return source.to_table(columns=list(columns), offset=start, limit=count)


def lance() -> Any:
    """Lance's library. Raises `InvalidInput` when it is not installed."""
    if find_spec("lance") is None:
        raise InvalidInput("Work on many machines needs Lance's library: pip install -r requirements-cluster.txt")
    import lance as library

    return library
