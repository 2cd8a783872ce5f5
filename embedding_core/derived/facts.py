"""What is kept of a result besides its arrays."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def facts(result: DataclassInstance, *without: str) -> dict[str, Any]:
    """The fields of a dataclass by name, but for those `without`."""
    return {name: value for name, value in asdict(result).items() if name not in without}
