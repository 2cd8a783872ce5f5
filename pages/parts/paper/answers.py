"""What a run got right of the untouched test part, from wherever it is kept: so that any two can be compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from embedding_core import derived
from embedding_core.evaluate.judged import Judged
from embedding_core.ids import find
from embedding_core.train.search.found import BEST

if TYPE_CHECKING:
    from embedding_core.derived import Run
    from embedding_core.train.probes.found import Probed
    from pages.parts.paper.stored import Stored


def answers(stored: Stored, run: Run) -> Judged | None:
    """Image by image; None where it is not kept, or no test part judged."""
    if not run.test:
        return None
    kept = derived.judged_by(stored.workspace, run.id)
    if kept is not None:
        return kept
    for one in stored.tuned:
        if one.model.id == run.result:
            said, truth = one.judged.said_after, one.judged.truth
            return Judged(
                one.judged.ids, truth.astype(np.int32), one.judged.clusters, said == truth, one.judged.classes
            )
    for probed in stored.probes:
        if probed.fingerprint == run.result:
            return _of_probe(stored, probed.found, probed.found.at(str(run.parameters.get("family", ""))))
    for searched in stored.searches:
        if searched.fingerprint == run.result:
            return _of_probe(stored, searched.found.outer, BEST)
    return None


def _of_probe(stored: Stored, found: Probed, at: int | None) -> Judged | None:
    held = stored.held
    if at is None or held is None or stored.known is None or found.task != "classification":
        return None
    rows = find(found.ids, stored.known.ids[held.test])
    if (rows < 0).any():  # the test part has changed since: nobody knows its near-duplicates any more
        return None
    return Judged(found.ids, found.truth.astype(np.int32), held.clusters[rows], found.right(at), found.classes)
