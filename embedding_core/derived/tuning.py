"""A search for better probes on a dataset: how it stands while it runs, how it is stopped, and what it has found."""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from embedding_core.derived.kept import Kept, read_kept
from embedding_core.derived.probing import keep_draft, note
from embedding_core.errors import InvalidInput
from embedding_core.fingerprint import fingerprint
from embedding_core.quality.paired import estimated
from embedding_core.records import silent
from embedding_core.train.model import finish
from embedding_core.train.probes.found import Probed
from embedding_core.train.probes.judging import Judges, Verdict, gathered, judge
from embedding_core.train.probes.scores import Figure, paired
from embedding_core.train.saving import facts_of
from embedding_core.train.search import probing
from embedding_core.train.search.found import Searched
from embedding_core.train.search.searching import importance, search
from embedding_core.train.search.trials import Trial, best_of

if TYPE_CHECKING:
    from embedding_core.derived.training import Prepared
    from embedding_core.records import Actor, Progress
    from embedding_core.train.model import Material, Model
    from embedding_core.train.search.trials import Pruner, Sampler
    from embedding_core.workspace import Dataset, Workspace

KIND, LIVE, STOP = "searched", "searching", "stop"
DRAFT = "best of a search"  # in place of a family, see `derived.draft`
MOST_MINUTES = 24 * 60

_JUDGING = 4.0  # seconds that are left for judging, besides training the best on all
_TELL = 2.0  # seconds between two looks at how a search stands


@dataclass(frozen=True, slots=True)
class Live:
    """How a search stands, or stood when it was cut off."""

    trials: tuple[Trial, ...]
    seconds: float
    data: str = ""  # fingerprint of what was trained on and judged by


def tune_dataset(
    workspace: Workspace,
    dataset: Dataset,
    on: Prepared,
    actor: Actor,
    *,
    minutes: float,
    begun: float,
    families: Sequence[str] = (),
    sampler: Sampler = "tpe",
    pruner: Pruner = "median",
    trials: int | None = None,
    ticket: str = "",
    progress: Progress = silent,
) -> Kept[Searched]:
    """Search among `families`, by default all, so long that all is done `minutes` after `begun` (`time.monotonic`).

    Under a `ticket` others see how it stands and can stop it; what was tried under it before counts. The best trial and
    the defaults are judged, once, by the test part. Raises `InvalidInput`.
    """
    if not 0 < minutes <= MOST_MINUTES:
        raise InvalidInput(f"A search takes up to {MOST_MINUTES:,} minutes, and more than none; not {minutes:g}.")
    space = probing.space_of(families, on.target.task)
    ids = space[0].choices  # of families, the defaults' first
    material, by = on.material(), on.judges()
    known = read_live(workspace, ticket) if ticket else None
    data = fingerprint(LIVE, 1, on.embedding.fingerprint, on.data, on.parts)
    if known is not None and known.data != data:
        known = None  # what was tried on other images or labels says nothing of these
    progress("searching", 0, None, "")
    last = [0.0]

    def told(so_far: Sequence[Trial]) -> None:
        best = best_of(so_far)
        if best is not None and best.value is not None:
            family = probing.setting_of(best.parameters)[0]
            progress("searching", len(so_far), None, f"{family} {best.value:.4f}")
        if ticket and time.monotonic() - last[0] > _TELL:
            last[0] = time.monotonic()
            _keep_live(workspace, dataset, ticket, Live(tuple(so_far), time.monotonic() - begun, data))

    tries = probing.Tries(material)
    probing.warm()
    tried = search(
        space,
        tries,
        sampler=sampler,
        pruner=pruner,
        steps=probing.STEPS,
        seconds=max(60 * minutes - (time.monotonic() - begun), 1e-3),
        trials=trials,
        seed=on.seed,
        first=[probing.trial_of(space, one, on.target.task) for one in ids[1:]],
        before=known.trials if known else (),
        reserve=lambda longest: _JUDGING + 3 * longest,
        stop=_Stop(workspace, ticket),
        told=told,
    )
    found = tried.trials
    if ticket:
        _keep_live(workspace, dataset, ticket, Live(found, time.monotonic() - begun, data))
    progress("judging", 0, None, "")
    best = best_of(found) or found[0]
    outer, model, gain = _judged(on, material, by, tries, best, found[0])
    family = probing.setting_of(best.parameters)[0]
    within = [one for one in found if one.parameters[probing.FAMILY] == family]
    result = Searched(
        space,
        found,
        sampler,
        pruner,
        minutes,
        round(time.monotonic() - begun, 3),
        tried.ended,
        on.seed,
        importance(space, found, seed=on.seed),
        importance(space, within, seed=on.seed),
        outer,
        gain,
    )
    return _kept(workspace, dataset, on, actor, result, model)


def read_searched(workspace: Workspace, key: str) -> Kept[Searched] | None:
    """A search that has ended; None where there is none."""
    return read_kept(workspace, key, Searched)


def read_live(workspace: Workspace, ticket: str) -> Live | None:
    """How the search with that ticket stands; None before its first trial has ended."""
    stored = workspace.results.get(_named(LIVE, ticket))
    if stored is None:
        return None
    trials = tuple(Trial(**one) for one in stored.parameters["trials"])
    return Live(trials, float(stored.parameters["seconds"]), str(stored.parameters.get("data", "")))


def stop_search(workspace: Workspace, dataset: Dataset, ticket: str) -> None:
    """Have a search end soon, and judge what it has found."""
    workspace.results.put(
        _named(STOP, ticket), kind=STOP, dataset=dataset.uuid, parent="", arrays={}, parameters={}, seconds=0.0
    )


class _Stop:
    """Whether somebody has said that it is enough, asked no more often than is of use."""

    def __init__(self, workspace: Workspace, ticket: str) -> None:
        self.said = False
        self._workspace, self._ticket, self._asked = workspace, ticket, 0.0

    def __call__(self) -> bool:
        now = time.monotonic()
        if self._ticket and not self.said and now - self._asked > 1:
            self._asked = now
            self.said = self._workspace.results.get(_named(STOP, self._ticket)) is not None
        return self.said


def _judged(
    on: Prepared, material: Material, by: Judges, tries: probing.Tries, best: Trial, first: Trial
) -> tuple[Probed, Model, Figure]:
    """The best trial and the defaults on the test part, the best one's model, and what it gains."""
    verdicts: list[Verdict] = []
    models: list[Model] = []
    for trial in (best, first):
        if models and best is first:
            verdicts, models = verdicts * 2, models * 2
            break
        begun = time.perf_counter()
        chosen = tries.of(trial.parameters)
        model = finish(material, probing.setting_of(trial.parameters)[0], chosen)
        models.append(model)
        verdicts.append(judge(model, chosen, by, time.perf_counter() - begun, seed=on.seed))
    outer = gathered(material, by, verdicts, on.target.known.version)
    if material.task == "regression":
        after, before = (-np.abs(one.predicted - by.truth) for one in verdicts)
        return outer, models[0], paired(before, after, by.clusters, seed=on.seed)
    after, before = (one.predicted == by.truth for one in verdicts)
    gain = estimated(before, after, by.clusters)
    return outer, models[0], Figure(gain.after - gain.before, *gain.interval())


def _kept(
    workspace: Workspace, dataset: Dataset, on: Prepared, actor: Actor, found: Searched, model: Model
) -> Kept[Searched]:
    key = fingerprint(KIND, 1, on.embedding.fingerprint, on.data, on.judged_by, secrets.token_hex(8))
    workspace.results.put(
        key,
        kind=KIND,
        dataset=dataset.uuid,
        parent=on.embedding.fingerprint,
        arrays=found.arrays(),
        parameters={
            "asked": {"target": on.target.name, "version": on.target.known.version, "data": on.data},
            "facts": found.facts(),
        },
        seconds=found.seconds,
    )
    best = found.outer.families[0]
    facts = facts_of(model, best, on.about(dict(found.outer.baseline)))
    keep_draft(workspace, dataset, key, DRAFT, model, facts)
    more = {"sampler": found.sampler, "pruner": found.pruner, "minutes": found.minutes, "trials": len(found.trials)}
    note(workspace, dataset, actor, on, found.outer, best, kind="tune", result=key, more=more)
    return Kept(key, found, found.seconds)


def _keep_live(workspace: Workspace, dataset: Dataset, ticket: str, live: Live) -> None:
    workspace.results.put(
        _named(LIVE, ticket),
        kind=LIVE,
        dataset=dataset.uuid,
        parent="",
        arrays={},
        parameters={"trials": [one.facts() for one in live.trials], "seconds": live.seconds, "data": live.data},
        seconds=live.seconds,
    )


def _named(what: str, ticket: str) -> str:
    return fingerprint(what, 1, ticket)
