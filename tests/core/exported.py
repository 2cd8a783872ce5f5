"""A small set of real images under names that do harm, for tests of exports."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
from PIL import Image

from embedding_core.fingerprint import digest
from embedding_core.records import ImageRecord
from embedding_core.workspace import Dataset, Workspace
from tests.core.hostile import encoded

# path, label, split
GOOD = [
    ("cats/one.png", "cat", "train"),
    ("cats/ONE.png", "cat", "train"),  # the same file on many disks
    ("more/one.png", "cat", "train"),
    ("dogs/two.jpg", "dog", "train"),
    ("dogs/two.png", "dog", "test"),
    ("birds/three.jfif", "a/b", "test"),
    ("birds/four.png", "A_B", "test"),  # both labels want the same folder
    ("plain/five.png", None, "test"),
]
EVIL = [
    ("../../escape.png", "..", "../out"),
    ("/etc/passwd.png", "con", "train"),
    ("C:\\windows\\x.png", "C:\\", "train"),
    ("a\x00b\n.png", "<script>alert(1)</script>", "train"),
    ("NOT-INCLUDED.txt", "nul.txt", "test"),
    ("\u202egnp.exe.png", " . ", "all"),
    ("n" * 300 + ".png", "l" * 300, "train"),
    (".hidden.png", ".", "a b"),
]


def dataset(workspace: Workspace, rows: list[tuple[str, str | None, str | None]], name: str = "set") -> Dataset:
    """The images, each of its own colour, with a tag on the first two and metadata on all."""
    made = workspace.create(name)
    ids = made.image_ids([path for path, _, _ in rows])
    records = []
    for number, (path, _, _) in enumerate(rows):
        form = "JPEG" if path.endswith((".jpg", ".jfif")) else "PNG"
        content = encoded(picture(number), form)
        thumbnail = encoded(picture(number), "JPEG")
        records.append(ImageRecord(path, digest(content), 20, 10 + number, form, len(content), thumbnail, content))
    made.put_images(ids, records)
    made.put_attributes(
        ids,
        labels=[label for _, label, _ in rows],
        splits=[split for _, _, split in rows],
        metadata=pa.table({"weight": [float(number) for number in range(len(rows))], "label": ["own"] * len(rows)}),
    )
    made.tag("cute", ids[:2])
    return made


def picture(number: int) -> Image.Image:
    return Image.new("RGB", (20, 10 + number), (number * 12 % 256, 90, 200 - number * 5))


def inside(root: Path) -> dict[str, bytes]:
    """Every file below a folder; fails when a link leads out of it."""
    found = {}
    for file in sorted(root.rglob("*")):
        assert not file.is_symlink()
        if file.is_file():
            found[file.relative_to(root).as_posix()] = file.read_bytes()
    return found
