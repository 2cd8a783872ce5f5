"""The workspace as a whole: which datasets there are, made and removed so that a crash leaves nothing half there."""

from __future__ import annotations

import os
import random
import re
import secrets
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any

import pyarrow as pa

from embedding_core.errors import InvalidInput, NameTaken, NewerLayout, UnknownDataset
from embedding_core.workspace.dataset import Dataset
from embedding_core.workspace.jobs import JobTable
from embedding_core.workspace.models import Models
from embedding_core.workspace.results import Results
from embedding_core.workspace.schema import (
    ATTRIBUTES,
    CATALOGUE,
    CLAIMS,
    DECISIONS,
    ENCODINGS,
    IMAGES,
    LAYOUT,
    META,
    REJECTED,
    TAGS,
    VERSIONS,
)
from embedding_core.workspace.selections import Selections
from embedding_core.workspace.steady import SteadyStore
from embedding_core.workspace.store import quoted

DEFAULT_URI = "./workspace"
NAME_LIMIT = 100  # characters
ORPHAN_AGE = 600.0  # seconds: a younger table may belong to a dataset that is being made

_OWN_TABLES = {"images": IMAGES, "attributes": ATTRIBUTES, "tags": TAGS, "rejected": REJECTED}
# Older workspaces lack them; there they are made when first written to.
_OWN_TABLES |= {"decisions": DECISIONS, "versions": VERSIONS, "claims": CLAIMS}
_TABLE_NAME = re.compile(
    r"(?:images|attributes|tags|rejected|decisions|versions|claims|vectors|staged|parts|nearest)"
    r"_([0-9a-f]{32})(?:_.*)?"
)


class Workspace:
    """Datasets, their vectors and all results, under one LanceDB URI."""

    def __init__(self, uri: str | None = None) -> None:
        """Open a workspace, made when missing: `uri`, else KINDRED_WORKSPACE, else ./workspace.

        Raises `NewerLayout` when a newer Kindred wrote it, before anything is touched, and `WorkspaceError`.
        """
        self.uri = uri or os.environ.get("KINDRED_WORKSPACE") or DEFAULT_URI
        self._store = SteadyStore(self.uri)
        self._check_layout()
        self._store.create("catalogue", CATALOGUE)
        self._store.create("encodings", ENCODINGS)
        self.results = Results(self._store)
        self.selections = Selections(self._store)
        self.models = Models(self._store)
        self.jobs = JobTable(self._store)

    @classmethod
    def open(cls, uri: str | None = None) -> Workspace:
        return cls(uri)

    def moment(self) -> AbstractContextManager[None]:
        """Within it, in this thread, every table is looked at once: see `SteadyStore`. For a page, which asks often."""
        return self._store.moment()

    def look_again(self) -> None:
        """Have what others commit from here on seen within the same moment."""
        self._store.look_again()

    def datasets(self) -> list[Dataset]:
        """All datasets, newest first."""
        rows = self._store.rows("catalogue", CATALOGUE.names)
        return [self._handle(row) for row in sorted(rows, key=lambda row: -float(row["created"]))]

    def dataset(self, name: str) -> Dataset:
        """The dataset of that name. Raises `UnknownDataset`."""
        datasets = self.datasets()
        for dataset in datasets:
            if dataset.name == name:
                return dataset
        raise UnknownDataset(name, [dataset.name for dataset in datasets])

    def dataset_by_uuid(self, uuid: str) -> Dataset:
        """Raises `UnknownDataset`."""
        for row in self._store.rows("catalogue", CATALOGUE.names):
            if row["uuid"] == uuid:
                return self._handle(row)
        raise UnknownDataset(uuid)

    def create(self, name: str, description: str = "") -> Dataset:
        """A new, empty dataset. Raises `NameTaken`, or `InvalidInput` for a name that cannot be one."""
        name = valid_name(name)
        while True:
            self._refuse_taken(name)
            made = self._made(name, description)
            if sum(dataset.name == name for dataset in self.datasets()) == 1:
                return made
            # Another process has made one of that name at this moment. Both step back, and one is first next time.
            self.delete(made)
            time.sleep(random.random())  # noqa: S311 - to part the two, not to keep a secret

    def _made(self, name: str, description: str) -> Dataset:
        now = time.time()
        # The time comes first in the key, so that a sweep can tell a fresh orphan from an old one.
        uuid = f"{int(now * 1000):012x}{secrets.token_hex(10)}"
        for kind, schema in _OWN_TABLES.items():
            self._store.create(f"{kind}_{uuid}", schema)
        row = {
            "uuid": uuid,
            "name": name,
            "description": description,
            "created": now,
            "label_source": "none",
            "split_source": "none",
        }
        self._write(row)
        return self._handle(row)

    def update(
        self,
        dataset: Dataset,
        *,
        name: str | None = None,
        description: str | None = None,
        label_source: str | None = None,
        split_source: str | None = None,
    ) -> Dataset:
        """Change what the catalogue says. Ids, vectors and maps are not touched. Raises `NameTaken`, `InvalidInput`."""
        if name is not None and name != dataset.name:
            name = valid_name(name)
            self._refuse_taken(name)
        row = {
            "uuid": dataset.uuid,
            "name": dataset.name if name is None else name,
            "description": dataset.description if description is None else description,
            "created": dataset.created,
            "label_source": dataset.label_source if label_source is None else label_source,
            "split_source": dataset.split_source if split_source is None else split_source,
        }
        self._write(row)
        return self._handle(row)

    def delete(self, dataset: Dataset) -> None:
        """Remove a dataset and all that came from it. Files that stayed where they are stay."""
        # The catalogue goes first: from here on nobody finds the dataset, and a sweep finishes what a crash leaves.
        self._store.delete("catalogue", f"uuid = {quoted(dataset.uuid)}")
        self._remove_rest(dataset.uuid, self._store.names())

    def sweep(self) -> list[str]:
        """Remove tables that a crash left without a dataset, and tidy what grows. Returns the uuids. Run at start."""
        names = self._store.names()
        known = {row["uuid"] for row in self._store.rows("catalogue", CATALOGUE.names)}
        found = {match[1] for name in names if (match := _TABLE_NAME.fullmatch(name))}
        old = {uuid for uuid in found - known if time.time() - int(uuid[:12], 16) / 1000 > ORPHAN_AGE}
        for uuid in old:
            self._remove_rest(uuid, names)
        for table in ("jobs", "catalogue", "selections"):
            self._store.tidy(table)  # written row by row, a version each
        return sorted(old)

    def _remove_rest(self, uuid: str, tables: list[str]) -> None:
        self._store.delete("encodings", f"dataset = {quoted(uuid)}")
        self.results.forget(uuid)
        self.selections.forget(uuid)
        self.models.forget(uuid)
        for table in tables:
            match = _TABLE_NAME.fullmatch(table)
            if match and match[1] == uuid:
                self._store.drop(table)

    def _check_layout(self) -> None:
        if self._store.exists("meta"):
            rows = self._store.select("meta", META.names).to_pylist()
            layout = next((int(row["value"]) for row in rows if row["key"] == "layout"), LAYOUT)
            if layout > LAYOUT:
                raise NewerLayout(
                    f"The workspace {self.uri} has layout {layout} and this Kindred reads up to {LAYOUT}. "
                    "Update Kindred, or set KINDRED_WORKSPACE to another place. Nothing was changed."
                )
            if rows:
                return
        self._store.create("meta", META)
        self._store.upsert("meta", "key", pa.table({"key": ["layout"], "value": [str(LAYOUT)]}, schema=META))

    def _refuse_taken(self, name: str) -> None:
        if any(dataset.name == name for dataset in self.datasets()):
            raise NameTaken(f"A dataset called {name!r} exists already. Choose another name, or add to that one.")

    def _write(self, row: Mapping[str, Any]) -> None:
        self._store.upsert("catalogue", "uuid", pa.Table.from_pylist([dict(row)], schema=CATALOGUE))

    def _handle(self, row: Mapping[str, Any]) -> Dataset:
        return Dataset(**row, _store=self._store)


def valid_name(name: str) -> str:
    """The name without outer blanks. Raises `InvalidInput` when it cannot name a dataset."""
    name = name.strip()
    if not 1 <= len(name) <= NAME_LIMIT or not name.isprintable() or "/" in name:
        raise InvalidInput(
            f"A dataset's name has 1 to {NAME_LIMIT} printable characters and no slash, and this one is {name[:40]!r}."
        )
    return name
