"""An export on its way: all members of a format with the note of what is missing, to a path or as a stream."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from embedding_core.errors import InvalidInput
from embedding_core.export.archive import Member, gathered, zipped
from embedding_core.export.names import NOTE

if TYPE_CHECKING:
    from embedding_core.export.registry import Card
    from embedding_core.export.taking import Missing, Taken

ZIP = ".zip"


@dataclass(frozen=True, slots=True)
class Written:
    """What came of an export."""

    out: Path
    images: int  # of the version that are in it
    missing: tuple[Missing, ...]
    nbytes: int  # of the file, or of all files in the folder


def members(card: Card, taken: Taken) -> Iterator[Member]:
    """The members of a format; a folder that lacks images ends with a note that lists them and says why."""
    yield from card.members(taken)
    if taken.missing and card.folder:
        yield Member(NOTE, gathered(f"{one.path}: {one.reason}\n" for one in taken.missing))


def streamed(card: Card, taken: Taken) -> Iterator[bytes]:
    """The export as a ZIP, written as it is read."""
    return zipped(members(card, taken))


def write(card: Card, taken: Taken, out: Path) -> Written:
    """The export at `out`: a folder or a file as the format is, or a ZIP where `out` ends in .zip.

    It is written beside `out` as `.part` and moved when it is complete, so that nothing half is ever there. Raises
    `InvalidInput` when something is there already, or the folder above is not.
    """
    out = Path(out)
    _refuse_taken(out)
    part = out.with_name(out.name + ".part")
    if part.exists():
        raise InvalidInput(f"{part} is left from an export that was interrupted. Delete it, or choose another --out.")
    try:
        if out.suffix.lower() == ZIP:
            nbytes = _file(streamed(card, taken), part)
        elif card.folder:
            nbytes = _folder(members(card, taken), part)
        else:
            (member,) = members(card, taken)
            nbytes = _file(member.pieces, part)
        if out.is_dir():
            out.rmdir()  # empty, or `_refuse_taken` would have said so
        part.replace(out)
    except BaseException:  # also when someone stops it: what is half is of no use
        if part.is_dir():
            shutil.rmtree(part)
        part.unlink(missing_ok=True)
        raise
    return Written(out, len(taken) - len(taken.missing), tuple(taken.missing), nbytes)


def _refuse_taken(out: Path) -> None:
    if not out.parent.is_dir():
        raise InvalidInput(f"The folder {out.parent} is not there. Make it first.")
    if out.is_dir() and any(out.iterdir()):
        raise InvalidInput(f"{out} is a folder with something in it. Choose another --out, or empty it first.")
    if out.exists() and not out.is_dir() and out.stat().st_size:
        raise InvalidInput(f"{out} is there already. Choose another --out, or delete it first.")


def _file(pieces: Iterator[bytes], part: Path) -> int:
    size = 0
    with part.open("xb") as file:
        for piece in pieces:
            size += file.write(piece)
    return size


def _folder(made: Iterator[Member], part: Path) -> int:
    part.mkdir()
    size = 0
    for member in made:
        to = part / member.path
        to.parent.mkdir(parents=True, exist_ok=True)
        size += _file(member.pieces, to)
    return size
