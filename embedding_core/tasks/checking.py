"""Every check of a dataset in one go, for whoever wants to know at once what is wrong with it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from embedding_core.errors import InvalidInput, NotEmbedded
from embedding_core.tasks import checks, preparing

if TYPE_CHECKING:
    from collections.abc import Callable

    from embedding_core.records import Actor, Reporter
    from embedding_core.tasks.shared import Parameters, Result
    from embedding_core.workspace import Workspace

# In the order in which one uses what another has kept.
ALL: dict[str, Callable[[Workspace, Parameters, Reporter, Actor], Result]] = {
    "photos": checks.photos,
    "duplicates": checks.duplicates,
    "outliers": checks.outliers,
    "label_issues": checks.label_issues,
    "leakage": preparing.find_leakage,
    "balance": checks.balance,
}


def check(workspace: Workspace, parameters: Parameters, progress: Reporter, actor: Actor) -> Result:
    """Run every check on `dataset` under `encoder`. One that lacks vectors, labels or splits is left out, and why."""
    begun = time.perf_counter()
    found: Result = {}
    left_out: dict[str, str] = {}
    for name, run in ALL.items():
        try:
            found[name] = run(workspace, parameters, progress, actor)
        except (InvalidInput, NotEmbedded) as error:
            left_out[name] = str(error)
    return {"checks": found, "left_out": left_out, "seconds": round(time.perf_counter() - begun, 3)}
