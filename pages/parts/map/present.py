"""Images beside the dataset as it is now: those of a stored map, or all there are."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from embedding_core.errors import UnknownDataset, UnknownName
from embedding_core.fingerprint import digest
from embedding_core.ids import find
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
class Known:
    """All n images of a dataset, and what is known of them at one moment."""

    drawn: MapResult | None  # the map whose trust is known of them
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
        """(n,) the row in `columns` of each image; −1 for one that is no longer in the dataset"""
        return np.arange(len(self.columns.ids), dtype=np.int32)

    @property
    def gone(self) -> NDArray[np.bool_]:
        """(n,)"""
        return self.rows < 0

    @cached_property
    def trust(self) -> NDArray[np.float32] | None:
        """(n,) NaN where the image is not on the map"""
        trust = self.drawn.projection.trust if self.drawn else None
        if self.drawn is None or trust is None:
            return None
        at = find(self.columns.ids, self.drawn.ids)
        return np.where(at >= 0, trust[at], np.float32(np.nan))


@dataclass(frozen=True, eq=False)
class Present(Known):
    """The n images of a map, in its order."""

    drawn: MapResult

    @cached_property
    def rows(self) -> NDArray[np.int32]:
        return cached.rows_on_map(self.drawn.fingerprint, self.token, _drawn=self.drawn, _columns=self.columns)

    @property
    def trust(self) -> NDArray[np.float32] | None:
        return self.drawn.projection.trust

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
