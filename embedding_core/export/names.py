"""Names of exported files: safe on every disk, and never two that some disk holds for one."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath

# What Windows, macOS or Linux refuse in a name, control characters, and marks that turn the order of writing.
_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]')
_DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(\..*)?", re.IGNORECASE)
_LONGEST = 160  # bytes of a name in UTF-8, of the 255 that most disks allow
_LONGEST_ENDING = 12

NOTE = "NOT-INCLUDED.txt"  # the member that lists what an export lacks
_OURS = (NOTE, NOTE + "/x")  # no image takes it, and no folder


def safe(name: str) -> str:
    """One name (of a file or a folder, no path) that every disk takes as it is; never empty, hidden or `..`.

    Idempotent. Names that differ may become the same: see `Names`.
    """
    composed = unicodedata.normalize("NFC", name.encode("utf-8", "replace").decode())
    plain = _FORBIDDEN.sub("_", composed).rstrip(". ").lstrip(" ")
    if plain.startswith("."):
        plain = "_" + plain[1:]
    if _DEVICES.fullmatch(plain):
        plain = "_" + plain
    return _shortened(plain) or "_"


class Names:
    """Gives out paths of files, each once: two that agree but for case or composition are told apart by a number."""

    def __init__(self, *, by_stem: bool = False) -> None:
        """With `by_stem` files that differ in their ending alone count as the same."""
        self._by_stem = by_stem
        self._files: set[str] = set()
        self._folders: set[str] = set()
        self._numbers: dict[str, int] = {}  # the last that was tried, so that a million equal names take no square
        for path in _OURS:
            self._enter(PurePosixPath(path))

    def file(self, folder: str, name: str) -> str:
        """A free path for a file called `name` in `folder`, which is given as it shall be and may be empty."""
        plain = safe(name)
        stem, ending = _parted(plain)
        number = self._numbers.get(f"{folder}/{stem}{ending}".casefold(), 1)
        while True:
            tried = plain if number == 1 else _shortened(f"{stem}-{number}{ending}")
            path = PurePosixPath(folder) / tried
            if self._free(path):
                break
            number += 1
        if number > 1:
            self._numbers[f"{folder}/{stem}{ending}".casefold()] = number
        self._enter(path)
        return str(path)

    def nested(self, path: str) -> str:
        """A free path as near as can be to `path`, with its folders."""
        *folders, name = [part for part in path.split("/") if part not in ("", ".", "..")] or ["_"]
        made = ""
        for folder in map(safe, folders):
            tried, number = folder, 2
            while _key(PurePosixPath(made) / tried) in self._files:
                tried, number = f"{folder}-{number}", number + 1
            made = str(PurePosixPath(made) / tried)
        return self.file(made, name)

    def _free(self, path: PurePosixPath) -> bool:
        key = _key(path)
        return self._file_key(path) not in self._files and key not in self._files and key not in self._folders

    def _enter(self, path: PurePosixPath) -> None:
        self._files |= {self._file_key(path), _key(path)}
        self._folders |= {_key(parent) for parent in path.parents}

    def _file_key(self, path: PurePosixPath) -> str:
        return _key(path.parent / path.stem) + "\0" if self._by_stem else _key(path)


def folders(names: list[str]) -> dict[str, str]:
    """A folder's name for each of these names, no two of which any disk holds for one."""
    given: dict[str, str] = {}
    taken: set[str] = {_key(PurePosixPath(NOTE))}
    for name in names:
        plain, number = safe(name), 2
        tried = plain
        while _key(PurePosixPath(tried)) in taken:
            tried, number = f"{plain}-{number}", number + 1
        taken.add(_key(PurePosixPath(tried)))
        given[name] = tried
    return given


def _key(path: PurePosixPath) -> str:
    """Equal for paths that a disk without case, or one that composes letters, would take for the same."""
    return unicodedata.normalize("NFKC", str(path)).casefold()


def _parted(name: str) -> tuple[str, str]:
    """A name's stem and its ending with the dot, which is short or none."""
    stem, dot, ending = name.rpartition(".")
    if not stem or len(ending.encode()) > _LONGEST_ENDING:
        return name, ""
    return stem, dot + ending


def _shortened(name: str) -> str:
    stem, ending = _parted(name)
    room = _LONGEST - len(ending.encode())
    if len(stem.encode()) > room:
        stem = stem.encode()[:room].decode("utf-8", "ignore").rstrip(". ")
    return stem + ending
