"""Files that crashed the decoder during a check, remembered by their content: whoever looks later is told as well."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from embedding_core.fingerprint import fingerprint

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from embedding_core.workspace import Dataset, Workspace

KIND = "crashed"  # of the stored results


def remember_crashed(workspace: Workspace, dataset: Dataset, paths: Iterable[str]) -> None:
    """Remember that the files of these images were left out, since each has crashed a process twice."""
    wanted = frozenset(paths)
    if not wanted:
        return
    for image in _of(dataset, wanted, ["path", "sha256"]):
        workspace.results.put(
            fingerprint(KIND, 1, dataset.uuid, image["path"], image["sha256"]),
            kind=KIND,
            dataset=dataset.uuid,
            parent="",
            arrays={},
            parameters=image,
            seconds=0.0,
        )


def crashed_files(workspace: Workspace, dataset: Dataset) -> dict[str, int]:
    """The ids of such images by path, in the order of their paths; one whose file is another by now is forgotten."""
    known = {(one.parameters["path"], one.parameters["sha256"]) for one in workspace.results.find(dataset.uuid, KIND)}
    if not known:
        return {}
    rows = _of(dataset, {path for path, _ in known}, ["path", "sha256", "id"])
    return {row["path"]: row["id"] for row in rows if (row["path"], row["sha256"]) in known}


def _of(dataset: Dataset, paths: Collection[str], columns: list[str]) -> list[dict[str, Any]]:
    """These columns of the images with these paths."""
    images = dataset.images().select(columns)
    there = pc.is_in(images["path"], value_set=pa.array(sorted(paths), images["path"].type))
    found: list[dict[str, Any]] = images.filter(there).to_pylist()
    return found
