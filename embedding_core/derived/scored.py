"""What checks have found of every image as a number, for a map to colour and filter by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from embedding_core.derived.drift import KIND as DRIFT
from embedding_core.derived.label_issues import KIND as LABELS
from embedding_core.derived.outliers import KIND as OUTLIERS
from embedding_core.quality.drift.found import Drift
from embedding_core.quality.labels.found import LabelIssues
from embedding_core.quality.outliers.found import Outliers

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embedding_core.derived.kept import Storable
    from embedding_core.derived.present import Present
    from embedding_core.workspace import StoredResult, Workspace


@dataclass(frozen=True, eq=False, slots=True)
class Scores:
    """A number for some images of a dataset. The more of it, the more of a case."""

    dataset: str  # UUID
    title: str
    ids: NDArray[np.int64]  # (n,)
    values: NDArray[np.float32]  # (n,) NaN where nothing can be said


@dataclass(frozen=True, slots=True)
class _Scored:
    title: Callable[[Mapping[str, Any]], str]  # from the settings that the finding was asked for with
    of: type[Storable]
    values: Callable[[Any], NDArray[np.float32]]  # row by row with its `ids`


SCORED: Mapping[str, _Scored] = {
    OUTLIERS: _Scored(lambda asked: "Outlier score", Outliers, lambda found: found.score),
    LABELS: _Scored(
        lambda asked: "Doubt about label",
        LabelIssues,
        lambda found: np.where(found.judged, found.score, np.float32(np.nan)),
    ),
    DRIFT: _Scored(lambda asked: f"Unlike {asked['first']}", Drift, lambda found: found.scores()),
}


def scored(now: Present) -> dict[str, str]:
    """Fingerprint → title of the findings that hold now and say a number of images; of each title the newest."""
    by_title: dict[str, str] = {}
    for kind, one in SCORED.items():
        for stored in now.workspace.results.find(now.dataset.uuid, kind):
            title = _title(one, stored)
            if title not in by_title and now.has(stored):
                by_title[title] = stored.fingerprint
    return {fingerprint: title for title, fingerprint in by_title.items()}


def read_scores(workspace: Workspace, key: str) -> Scores | None:
    """The numbers of the finding under that fingerprint; None when there is none, or it says no number."""
    stored = workspace.results.get(key)
    if stored is None or stored.kind not in SCORED:
        return None
    one = SCORED[stored.kind]
    found: Any = one.of.restored(stored.arrays, stored.parameters["facts"])
    return Scores(stored.dataset, _title(one, stored), found.ids, one.values(found))


def _title(one: _Scored, stored: StoredResult) -> str:
    return one.title(stored.parameters.get("asked", {}))
