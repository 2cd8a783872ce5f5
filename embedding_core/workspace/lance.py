"""LanceDB, imported without its clients of REST catalogues and of its cloud, which nobody here asks.

The first is generated code: thousands of pydantic signatures, built when the module is imported, however LanceDB is
used, in up to two seconds. Stand-ins take the place of their modules. Their classes hold what they are made with, which
is all that LanceDB wants of them in a folder or a bucket: it answers a list of tables by one.
"""

from __future__ import annotations

import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_CLIENTS = ("lance_namespace_urllib3_client", "lancedb.remote")


class _StandIn(ModuleType):
    def __getattr__(self, name: str) -> type[SimpleNamespace]:
        if name.startswith("__"):
            raise AttributeError(name)
        made = type(name, (SimpleNamespace,), {"__module__": self.__name__})
        setattr(self, name, made)
        return made


class _StandIns(MetaPathFinder, Loader):
    """Finds and makes the packages of the clients and everything in them."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        theirs = fullname in _CLIENTS or fullname.startswith(tuple(f"{client}." for client in _CLIENTS))
        return ModuleSpec(fullname, self, is_package=True) if theirs else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _StandIn(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """There is nothing in it."""


if "lancedb" not in sys.modules:  # else someone else's import has paid already
    sys.meta_path.insert(0, _StandIns())

import lancedb  # noqa: E402 - after the stand-ins

__all__ = ["lancedb"]
