"""A set as it comes from the world, with the truth in its names: copies, wrong labels and bad photographs, seeded.

A file is `label/truth--name.ending`: the folder is the label that it comes with, `truth` the one it should have.
`python -m tests.e2e.spoilt set.zip` writes the set.
"""

from __future__ import annotations

import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from embedding_core import places
from tests import damage, damage_photos

CLASSES = ("bird", "clock", "face", "fruit", "heart", "mammal", "road-vehicle")
EACH = 24  # of a class, at most
COPIES = 36
WRONG = 20  # labels
BAD_EACH = 2  # photographs of each kind of damage


@dataclass(frozen=True)
class Spoilt:
    """What was done to the set `files`, by path."""

    files: dict[str, bytes]
    wrong: frozenset[str]  # paths with a label that is not theirs
    copies: frozenset[str]
    bad: frozenset[str]

    def write(self, archive: Path) -> Path:
        with zipfile.ZipFile(archive, "w") as zipped:
            for path in sorted(self.files):
                zipped.writestr(path, self.files[path])
        return archive


def truth(path: str) -> str:
    """The label that a file of this path should have."""
    return PurePosixPath(path).name.split("--")[0].split("_")[-1]


def spoilt(*, seed: int = 0) -> Spoilt:
    """Part of the sample, spoilt."""
    random = np.random.default_rng(seed)
    good = {
        f"{label}/{label}--{file.name}": file.read_bytes()
        for label in CLASSES
        for file in sorted((places.SAMPLE / label).glob("*.webp"))[:EACH]
    }
    copies = {copy.path: copy.data for copy in damage.altered_copies(good, count=COPIES, seed=seed)}
    copied = {name(path) for path in copies}
    alone = {path: data for path, data in good.items() if name(path) not in copied}
    made, kinds = damage_photos.planted(alone, each=BAD_EACH, seed=seed)
    bad = {path for paths in kinds.values() for path in paths}
    wrong = [str(path) for path in random.choice(sorted(alone.keys() - bad), WRONG, replace=False)]
    files = good | made | copies
    renamed = set()
    for path in wrong:
        other = str(random.choice([label for label in CLASSES if label != truth(path)]))
        moved = f"{other}/{PurePosixPath(path).name}"
        files[moved] = files.pop(path)
        renamed.add(moved)
    return Spoilt(files, frozenset(renamed), frozenset(copies), frozenset(bad))


def name(path: str) -> str:
    """What a copy and its original have in common."""
    return PurePosixPath(path).stem.split("--")[1]


if __name__ == "__main__":
    print(spoilt().write(Path(sys.argv[1])))
