"""A stored map beside the dataset as it is now: which of its images are still there, and where."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from embedding_core.errors import UnknownDataset, UnknownName
from embedding_core.fingerprint import digest
from pages.parts import cached, server
from pages.parts.answers import OutOfDate

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embedding_core.derived import MapResult
    from embedding_core.workspace import Dataset
    from pages.parts.cached import Columns

DIGITS = 16  # of a version
_FINGERPRINT = re.compile(r"[0-9a-f]{64}")


class UnknownMap(UnknownName):
    noun = "map"


@dataclass(frozen=True, eq=False)
class Present:
    """A map of n images, and what is known of them at one moment."""

    drawn: MapResult
    dataset: Dataset
    token: str  # of the dataset at that moment

    @property
    def version(self) -> str:
        return version(self.token)

    @cached_property
    def columns(self) -> Columns:
        return cached.columns(self.dataset)

    @cached_property
    def rows(self) -> NDArray[np.int32]:
        """(n,) the row in `columns` of each image on the map; −1 for one that is no longer in the dataset"""
        return cached.rows_on_map(self.drawn.fingerprint, self.token, _drawn=self.drawn, _columns=self.columns)

    @property
    def gone(self) -> NDArray[np.bool_]:
        """(n,)"""
        return self.rows < 0

    def require(self, asked: str) -> None:
        """Raises `OutOfDate` unless `asked` is the version of this moment, and nothing has changed since."""
        if asked != self.version or self.dataset.token != self.token:
            raise OutOfDate("The dataset has changed. Reload the page.")


def version(token: str) -> str:
    """Names a state of a dataset in addresses, by its `token`."""
    return digest(token.encode())[:DIGITS]


def present(fingerprint: str) -> Present:
    """The map with that fingerprint, now. Raises `UnknownMap`, also when its dataset has been deleted."""
    drawn = cached.read_map(fingerprint) if _FINGERPRINT.fullmatch(fingerprint) else None
    if drawn is None:
        raise UnknownMap(fingerprint)
    try:
        dataset = server.workspace().dataset_by_uuid(drawn.dataset)
    except UnknownDataset:
        raise UnknownMap(fingerprint) from None
    return Present(drawn, dataset, dataset.token)
