"""FiftyOne's `FiftyOneImageClassificationDataset`: a folder of images and one file of labels.

    data/0001.jpg …  labels.json                          without splits
    train/data/0001.jpg …  train/labels.json  test/…      with splits, a dataset each

`labels.json` holds `classes`, and by the image's name without its ending `labels`: the number of its class, or null.
See https://docs.voxel51.com/user_guide/import_datasets.html; read it by
`fiftyone.Dataset.from_dir(folder, fiftyone.types.FiftyOneImageClassificationDataset)`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from embedding_core.export.archive import Member, gathered, whole
from embedding_core.export.imagefolder import UNSPLIT
from embedding_core.export.names import Names, folders

if TYPE_CHECKING:
    from embedding_core.export.taking import Taken


def members(taken: Taken) -> Iterator[Member]:
    """The images, then the labels of those that were written."""
    # An image is known by its name without the ending, so two must not differ in that alone.
    names, paths, splits = Names(by_stem=True), taken.column("path"), taken.optional("split")
    known = sorted({split for split in splits if split is not None})
    folder = folders([*known, UNSPLIT])
    written: dict[str, list[tuple[int, str]]] = {}
    for row, content in taken.contents():
        split = splits[row]
        top = (folder[UNSPLIT if split is None else split] + "/") if known else ""
        name = names.file(f"{top}data", paths[row].rsplit("/", 1)[-1])
        written.setdefault(top, []).append((row, name.removeprefix(f"{top}data/")))
        yield whole(name, content)
    for top, rows in written.items():
        yield Member(f"{top}labels.json", gathered(_labels(taken, rows)))


def _labels(taken: Taken, written: list[tuple[int, str]]) -> Iterator[str]:
    classes, labels = taken.classes(), taken.optional("label")
    number = {label: code for code, label in enumerate(classes)}
    yield f'{{"classes": {json.dumps(classes, ensure_ascii=False)}, "labels": {{'
    for at, (row, name) in enumerate(written):
        label = labels[row]
        target = "null" if label is None else str(number[label])
        # FiftyOne takes the last ending off, whatever its length.
        yield f"{',' if at else ''}\n{json.dumps(PurePosixPath(name).stem, ensure_ascii=False)}: {target}"
    yield "}}\n"
