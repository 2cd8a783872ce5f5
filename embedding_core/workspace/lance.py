"""LanceDB, imported without the client of its REST catalogues, which nobody here asks and which takes two seconds.

That client is generated code: thousands of pydantic signatures, built when the module is imported, however LanceDB is
used. Stand-ins take the place of its modules; each class in them refuses to be made.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

_CLIENT = "lance_namespace_urllib3_client.api"
_PARTS = ("branch", "data", "index", "materialized_view", "metadata", "namespace", "table", "tag", "transaction")


class _Absent:
    def __init__(self, *arguments: Any, **named: Any) -> None:
        raise NotImplementedError("Kindred opens LanceDB in a folder or a bucket, without a REST catalogue.")


class _StandIn(ModuleType):
    def __getattr__(self, name: str) -> type[_Absent]:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Absent


if "lance_namespace_urllib3_client" not in sys.modules:  # else someone else's import has paid already
    for _name in (_CLIENT, *(f"{_CLIENT}.{part}_api" for part in _PARTS)):
        sys.modules[_name] = _StandIn(_name)

import lancedb  # noqa: E402 - after the stand-ins

__all__ = ["lancedb"]
