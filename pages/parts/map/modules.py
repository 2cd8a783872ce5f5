"""The component's JavaScript: plain modules that import each other, under an address that names their content."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from embedding_core.errors import UnknownName
from embedding_core.fingerprint import digest
from pages.parts import urls

if TYPE_CHECKING:
    from collections.abc import Mapping

FOLDER = Path(__file__).parent / "js"
DIGITS = 16


class UnknownModule(UnknownName):
    noun = "module"


def address(name: str) -> str:
    """Where a module is served, `name` without `.js`. All modules lie beside each other. Raises `UnknownModule`."""
    revision, modules = _now()
    if name not in modules:
        raise UnknownModule(name, modules)
    return urls.map_module(revision, name)


def read(revision: str, name: str) -> bytes:
    """A module of that revision, which must be the present one. Raises `UnknownModule`."""
    present, modules = _now()
    if revision != present or name not in modules:
        raise UnknownModule(name, modules)
    return modules[name]


def _now() -> tuple[str, Mapping[str, bytes]]:
    """Revision and contents by name; read again when a file has changed, so that one may work on them."""
    files = sorted(FOLDER.glob("*.js"))
    return _read(tuple((file, file.stat().st_mtime_ns) for file in files))


@lru_cache(maxsize=1)
def _read(files: tuple[tuple[Path, int], ...]) -> tuple[str, Mapping[str, bytes]]:
    modules = {file.stem: file.read_bytes() for file, _ in files}
    revision = digest(b"\0".join(part for name, content in modules.items() for part in (name.encode(), content)))
    return revision[:DIGITS], modules
