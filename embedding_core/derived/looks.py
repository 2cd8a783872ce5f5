"""What the pictures of a dataset look like: measured in one pass, kept, and measured again only where they change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow.compute as pc

from embedding_core.derived.kept import keep, read_kept
from embedding_core.derived.watched import watched
from embedding_core.fingerprint import fingerprint
from embedding_core.quality.photos.looks import Looks
from embedding_core.quality.photos.looks import looks as look_at
from embedding_core.records import silent

if TYPE_CHECKING:
    from embedding_core.derived.kept import Kept
    from embedding_core.records import Reporter
    from embedding_core.workspace import Dataset, Workspace

REVISION = 4  # raised when the same picture measures otherwise


def looks_key(dataset: Dataset) -> str:
    """The fingerprint of the looks of the images as they are now."""
    return fingerprint("looks", REVISION, dataset.fingerprint)


def looks(workspace: Workspace, dataset: Dataset, progress: Reporter = silent) -> Kept[Looks]:
    """The looks of all images, in the order of their paths. Rows whose content was looked at before are reused."""

    def find() -> Looks:
        rows = dataset.images().select(["id", "sha256"])
        first = "".join(pc.utf8_slice_codeunits(rows["sha256"], 0, 16).to_pylist())
        contents = np.frombuffer(bytes.fromhex(first), ">u8").astype(np.uint64)
        known = _last(workspace, dataset)
        earlier = [] if known is None else [known]
        with watched(dataset, progress) as files:
            return look_at(rows["id"].to_numpy(), contents, files.contents, known=earlier, progress=progress)

    return keep(
        workspace,
        dataset,
        looks_key(dataset),
        kind="looks",
        parent=dataset.fingerprint,
        of=Looks,
        find=find,
        asked={"revision": REVISION},
    )


def read_looks(workspace: Workspace, key: str) -> Kept[Looks] | None:
    return read_kept(workspace, key, Looks)


def _last(workspace: Workspace, dataset: Dataset) -> Looks | None:
    """The newest looks of an earlier state of the dataset."""
    for stored in workspace.results.find(dataset.uuid, "looks"):
        if stored.parameters["asked"].get("revision") == REVISION:
            kept = read_looks(workspace, stored.fingerprint)
            return None if kept is None else kept.found
    return None
