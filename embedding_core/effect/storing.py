"""How what was judged by images of known classes is stored and read back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from _typeshed import DataclassInstance
    from numpy.typing import NDArray


class OfClasses:
    """For a dataclass whose fields are arrays, and `classes`, the names behind their codes."""

    __slots__ = ()

    classes: tuple[str, ...]  # (c,)

    def arrays(self: DataclassInstance) -> dict[str, NDArray[Any]]:
        return {one.name: getattr(self, one.name) for one in fields(self) if one.name != "classes"}

    def facts(self) -> dict[str, Any]:
        return {"classes": list(self.classes)}

    @classmethod
    def restored(cls, arrays: Mapping[str, Any], facts: Mapping[str, Any]) -> Self:
        known: dict[str, Any] = {**arrays, "classes": tuple(facts["classes"])}
        return cls(**known)
