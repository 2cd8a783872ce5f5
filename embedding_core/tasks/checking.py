"""Every check of a dataset in one go, for whoever wants to know at once what is wrong with it."""

from __future__ import annotations

import time
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING

from embedding_core import threads
from embedding_core.encoders import registry
from embedding_core.errors import InvalidInput, NotEmbedded, TooLarge
from embedding_core.graphs import neighbour_graph
from embedding_core.tasks import checks, preparing, shared
from embedding_core.tasks.abreast import LANES, Piece, abreast

if TYPE_CHECKING:
    from collections.abc import Callable

    from embedding_core.records import Actor, Reporter
    from embedding_core.tasks.shared import Parameters, Result
    from embedding_core.workspace import Workspace

    Check = Callable[[Workspace, Parameters, Reporter, Actor], Result]


BESIDE = 200_000  # images above which one check at a time is enough: each holds all vectors in memory


def _graph(workspace: Workspace, parameters: Parameters, progress: Reporter, actor: Actor) -> Result:
    """The neighbour graph that most checks read, made once and by one of them alone."""
    dataset = shared.dataset(workspace, parameters)
    embedding = dataset.embedding(parameters.get("encoder") or registry.DEFAULT)
    neighbour_graph(workspace, dataset, embedding, progress=progress)
    return {}


# Each with the others that it uses what they have kept of, and with the neighbour graph. What reads pictures comes one
# after the other, and beside it what reads vectors; of two at a time the first one here is shown.
ALL: dict[str, tuple[Check, tuple[str, ...]]] = {
    "photos": (checks.photos, ()),
    "duplicates": (checks.duplicates, ("photos", "graph")),
    "outliers": (checks.outliers, ("graph",)),
    "label_issues": (checks.label_issues, ("duplicates",)),
    "leakage": (preparing.find_leakage, ("duplicates",)),
    "balance": (checks.balance, ("photos", "graph")),
}


def check(workspace: Workspace, parameters: Parameters, progress: Reporter, actor: Actor) -> Result:
    """Run every check on `dataset` under `encoder`. One that lacks vectors, labels or splits is left out, and why."""
    begun = time.perf_counter()

    def tried(run: Check, part: Reporter) -> Result | str:
        try:
            return run(workspace, parameters, part, actor)
        except (InvalidInput, NotEmbedded, TooLarge) as error:
            return str(error)

    def graph(part: Reporter) -> Result | str:
        limits.enter_context(threads.shared_by(lanes))  # what comes after it multiplies matrices
        return tried(_graph, part)

    lanes = LANES if shared.dataset(workspace, parameters).count <= BESIDE else 1
    pieces = {name: Piece(partial(tried, run), after) for name, (run, after) in ALL.items()}
    with ExitStack() as limits:
        came = abreast(pieces | {"graph": Piece(graph)}, progress, lanes=lanes)
    del came["graph"]
    found = {name: one for name, one in came.items() if not isinstance(one, str)}
    left_out = {name: one for name, one in came.items() if isinstance(one, str)}
    return {"checks": found, "left_out": left_out, "seconds": round(time.perf_counter() - begun, 3)}
