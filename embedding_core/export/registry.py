"""The formats that a version of a dataset is exported in. One file a format; adding one is a card here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from embedding_core.errors import UnknownName
from embedding_core.export import (
    coco,
    embeddings,
    fiftyone,
    huggingface,
    imagefolder,
    originals,
    removal,
    report,
    tables,
)

if TYPE_CHECKING:
    from embedding_core.export.archive import Member
    from embedding_core.export.taking import Taken


class UnknownFormat(UnknownName):
    noun = "format"


@dataclass(frozen=True, slots=True)
class Card:
    """A format."""

    id: str
    name: str
    use: str  # what it is for, in one sentence
    ending: str  # of the one file that it is; empty for a folder
    members: Callable[[Taken], Iterator[Member]]  # makes the files, in order, each as it is asked for
    vectors: bool = False  # whether it holds vectors, so that an encoder has to be chosen
    pictures: bool = False  # whether it holds the original files, so that it is about as large as they are
    labelled: bool = False  # whether it is nothing without labels

    @property
    def folder(self) -> bool:
        return not self.ending


FORMATS: dict[str, Card] = {
    card.id: card
    for card in (
        Card(
            "imagefolder",
            "ImageFolder",
            "A folder for each label, and for each split: torchvision, Keras, fast.ai.",
            "",
            imagefolder.members,
            pictures=True,
            labelled=True,
        ),
        Card(
            "parquet",
            "Hugging Face",
            "Parquet with images and labels: datasets.load_dataset reads it, and the hub.",
            "",
            huggingface.members,
            pictures=True,
        ),
        Card(
            "coco",
            "COCO",
            "Images and annotations over whole images: detection tools.",
            "",
            coco.members,
            pictures=True,
        ),
        Card("fiftyone", "FiftyOne", "FiftyOne's image classification dataset.", "", fiftyone.members, pictures=True),
        Card(
            "originals", "Originals", "The files as they came, in their folders.", "", originals.members, pictures=True
        ),
        Card("csv", "Table", "Path, label, split, tags and all metadata of each image.", ".csv", tables.members),
        Card("removal", "Removals", "What was removed, why, by whom and when.", ".csv", removal.table),
        Card("removal-paths", "Paths removed", "A path a line: for a script that deletes.", ".txt", removal.paths),
        Card("npz", "Vectors, numpy", "Vectors with ids, paths, labels and splits.", ".npz", embeddings.npz, True),
        Card(
            "embeddings-parquet",
            "Vectors, Parquet",
            "A table of vectors with ids, paths, labels and splits.",
            ".parquet",
            embeddings.parquet,
            True,
        ),
        Card("report", "Report", "What was found, decided and gained, for who was not there.", ".html", report.members),
    )
}


def format_card(name: str) -> Card:
    """The format of that id. Raises `UnknownFormat`."""
    if name not in FORMATS:
        raise UnknownFormat(name, FORMATS)
    return FORMATS[name]
