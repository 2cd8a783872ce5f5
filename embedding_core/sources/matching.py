"""Find out which image a table's row speaks of."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from embedding_core.errors import ImageRefused
from embedding_core.sources.paths import clean

_ROOT = re.compile(r"^([A-Za-z]:)?[/\\]+")


def match(names: Sequence[str | None], paths: Iterable[str]) -> list[str | None]:
    """For each name the path it means: the same path, else the only one with the same file name.

    A file name decides only when it is unique on both sides. Of several names for one path the first counts.
    """
    known = set(paths)
    cleaned = [_clean(name) for name in names]
    of_paths = Counter(map(_file_name, known))
    of_names = Counter(_file_name(name) for name in set(cleaned) if name is not None)
    by_file_name = {_file_name(path): path for path in known if of_paths[_file_name(path)] == 1}

    taken: set[str] = set()
    found = [name if name in known and not _seen(name, taken) else None for name in cleaned]
    for index, name in enumerate(cleaned):
        if name is None or name in known or of_names[_file_name(name)] > 1:
            continue
        path = by_file_name.get(_file_name(name))
        if path is not None and not _seen(path, taken):
            found[index] = path
    return found


def _seen(path: str, taken: set[str]) -> bool:
    before = path in taken
    taken.add(path)
    return before


def _clean(name: str | None) -> str | None:
    """The name as a path; an absolute one is kept for the sake of its last part."""
    try:
        return clean(_ROOT.sub("", name)) if name else None
    except ImageRefused:
        return None


def _file_name(path: str) -> str:
    return path.rsplit("/", 1)[-1]
