"""ImageFolder: a folder for each label, in a folder for each split where there are splits.

    train/shirt/0001.jpg   test/shirt/0002.jpg   files.csv          with splits
    shirt/0001.jpg         skirt/0002.jpg        files.csv          without

This is what torchvision's `ImageFolder` reads (with splits: one for `train`, one for `test`), and Keras, fast.ai and
the `imagefolder` of Hugging Face alike. Every folder is a class there, so an image without a label has no place in it:
such images are left out and listed. `files.csv` says what each file was called.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import TYPE_CHECKING

from embedding_core.errors import InvalidInput
from embedding_core.export.archive import Member, gathered, whole
from embedding_core.export.names import Names, folders
from embedding_core.export.taking import Missing

if TYPE_CHECKING:
    from embedding_core.export.taking import Taken

UNSPLIT = "unsplit"  # the folder of images without a split, where others have one
TABLE = "files.csv"

# Endings by format: loaders choose files by these alone, and leave others out in silence.
_ENDINGS = {
    "JPEG": (".jpg", ".jpeg"),
    "PNG": (".png",),
    "WEBP": (".webp",),
    "BMP": (".bmp",),
    "TIFF": (".tif", ".tiff"),
    "GIF": (".gif",),
}


def members(taken: Taken) -> Iterator[Member]:
    """The images, then the table. Raises `InvalidInput` when none has a label."""
    classes = taken.classes()
    if not classes:
        raise InvalidInput(
            "No image has a label, and an ImageFolder has a folder for each label. "
            "Take csv, parquet or originals, or label the images first."
        )
    labels, splits, paths = taken.optional("label"), taken.optional("split"), taken.column("path")
    forms = taken.column("format")
    unlabelled = "It has no label, and an ImageFolder has a folder for each label."
    taken.missing.extend(Missing(path, unlabelled) for path, label in zip(paths, labels, strict=True) if label is None)
    label_folder = folders(classes)
    known = sorted({split for split in splits if split is not None})
    split_folder = folders([*known, UNSPLIT])
    names = Names()
    written = []
    for row, content in taken.contents(row for row, label in enumerate(labels) if label is not None):
        label, split = label_folder[labels[row] or ""], splits[row]
        folder = f"{split_folder[UNSPLIT if split is None else split]}/{label}" if known else label
        path = names.file(folder, fitting(paths[row].rsplit("/", 1)[-1], forms[row]))
        written.append((path, row))
        yield whole(path, content)
    yield Member(TABLE, gathered(_table(taken, written)))


def fitting(name: str, form: str) -> str:
    """The name with an ending that says the file's format (Pillow's name), added where the given one does not."""
    endings = _ENDINGS.get(form, ())
    return name if not endings or name.lower().endswith(endings) else name + endings[0]


def _table(taken: Taken, written: list[tuple[str, int]]) -> Iterator[str]:
    page = io.StringIO()
    writer = csv.writer(page)
    writer.writerow(["file", "path", "label", "split"])
    paths, labels, splits = taken.column("path"), taken.optional("label"), taken.optional("split")
    for file, row in written:
        writer.writerow([file, paths[row], labels[row], splits[row]])
        yield page.getvalue()
        page.seek(0)
        page.truncate()
    yield page.getvalue()
