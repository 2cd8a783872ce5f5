"""COCO: classes of whole images, as annotations whose box is the image.

    images/0001.jpg …   annotations/train.json  annotations/test.json        with splits
    images/0001.jpg …   annotations/all.json                                 without

COCO (https://cocodataset.org/#format-data) knows classes of objects alone. An image's label is therefore one annotation
over the whole image: `bbox` [0, 0, width, height], `area` width × height, no outline, `iscrowd` 0. An image without a
label is listed without an annotation. `category_id` counts from 1, over all splits alike, in the order of the labels.
Width and height are those of the upright image; `path` is what the image is called in Kindred.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from embedding_core.export.archive import Member, gathered, whole
from embedding_core.export.names import Names, folders

if TYPE_CHECKING:
    from embedding_core.export.taking import Taken

EVERYTHING = "all"


def members(taken: Taken) -> Iterator[Member]:
    """The images, then the annotations of those that were written."""
    names, paths, splits = Names(), taken.column("path"), taken.optional("split")
    known = any(split is not None for split in splits)
    by_split: dict[str, list[tuple[int, str]]] = {}
    for row, content in taken.contents():
        name = names.file("images", paths[row].rsplit("/", 1)[-1])
        by_split.setdefault(splits[row] or ("unsplit" if known else EVERYTHING), []).append((row, name))
        yield whole(name, content)
    file = folders(sorted(by_split))
    for split, written in sorted(by_split.items()):
        yield Member(f"annotations/{file[split]}.json", gathered(_annotations(taken, split, written)))


def _annotations(taken: Taken, split: str, written: list[tuple[int, str]]) -> Iterator[str]:
    """The JSON, an entry at a time. Images are numbered from 1; an annotation has the number of its image."""
    category = {label: number for number, label in enumerate(taken.classes(), 1)}
    info = {"description": f"{taken.dataset.name}, {split}", "version": taken.version, "contributor": "Kindred"}
    yield f'{{"info": {_json(info)}, "licenses": [], "categories": '
    yield _json([{"id": number, "name": label, "supercategory": ""} for label, number in category.items()])
    widths, heights = taken.rows["width"].to_pylist(), taken.rows["height"].to_pylist()
    paths, labels = taken.column("path"), taken.optional("label")
    images = (
        {
            "id": number,
            "file_name": name.removeprefix("images/"),
            "width": widths[row],
            "height": heights[row],
            "path": paths[row],
        }
        for number, (row, name) in enumerate(written, 1)
    )
    annotations = (
        {
            "id": number,
            "image_id": number,
            "category_id": category[labels[row] or ""],
            "bbox": [0, 0, widths[row], heights[row]],
            "area": widths[row] * heights[row],
            "segmentation": [],
            "iscrowd": 0,
        }
        for number, (row, _) in enumerate(written, 1)
        if labels[row] is not None
    )
    for key, entries in (("images", images), ("annotations", annotations)):
        yield f', "{key}": ['
        for at, entry in enumerate(entries):
            yield (",\n" if at else "\n") + _json(entry)
        yield "]"
    yield "}\n"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
