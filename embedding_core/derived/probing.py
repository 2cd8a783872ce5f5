"""Probes trained on a dataset and judged; what was found is kept, and each model as a draft until someone names it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from embedding_core.derived.kept import Kept, keep, read_kept
from embedding_core.derived.runs import record
from embedding_core.errors import InvalidInput
from embedding_core.evaluate.runs import Score
from embedding_core.fingerprint import fingerprint
from embedding_core.records import silent
from embedding_core.train.probes import registry
from embedding_core.train.probes.found import Probed
from embedding_core.train.probes.judging import probe
from embedding_core.train.saving import facts_of, files_of, packed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from embedding_core.derived.training import Prepared
    from embedding_core.records import Actor, Progress
    from embedding_core.train.model import Model
    from embedding_core.train.probes.found import Judged
    from embedding_core.workspace import Dataset, Workspace
    from embedding_core.workspace.models import StoredModel

KIND = "probed"
MODEL, DRAFT = "probe", "probe draft"  # kinds of stored models
REVISION = 3  # raised when the same images come out otherwise


def probe_dataset(
    workspace: Workspace,
    dataset: Dataset,
    on: Prepared,
    actor: Actor,
    *,
    families: Sequence[str] = (),
    given: Mapping[str, Mapping[str, object]] | None = None,
    progress: Progress = silent,
) -> Kept[Probed]:
    """Train `families`, by default all, with parameters `given` by family or else chosen; judge each once.

    What is new is recorded as a run of each family. Raises `InvalidInput`.
    """
    task = on.target.task
    wanted = [registry.family(one, task).id for one in families] or [one.id for one in registry.families(task)]
    settings = {one: registry.setting(one, task, values) for one, values in (given or {}).items() if one in wanted}
    key = fingerprint(
        KIND,
        REVISION,
        on.embedding.fingerprint,
        on.data,
        on.parts,
        families=json.dumps(wanted),
        given=json.dumps(settings, sort_keys=True),
        seed=on.seed,
    )
    known = read_kept(workspace, key, Probed)
    if known is not None and all(draft(workspace, key, one) for one in wanted):
        return known

    def find_it() -> Probed:
        found, models = probe(
            on.material(),
            on.judges(),
            wanted,
            given=settings,
            version=on.target.known.version,
            progress=progress,
        )
        about = on.about(dict(found.baseline))
        for one in found.families:
            facts = facts_of(models[one.family], one, about)
            keep_draft(workspace, dataset, key, one.family, models[one.family], facts)
            note(workspace, dataset, actor, on, one, kind="probe", result=key)
        return found

    if known is not None:
        find_it()
        return known
    return keep(
        workspace,
        dataset,
        key,
        kind=KIND,
        parent=on.embedding.fingerprint,
        of=Probed,
        find=find_it,
        asked={"target": on.target.name, "version": on.target.known.version, "data": on.data},
    )


def read_probed(workspace: Workspace, key: str) -> Kept[Probed] | None:
    """What is kept of a training; None where there is nothing."""
    return read_kept(workspace, key, Probed)


def keep_draft(
    workspace: Workspace, dataset: Dataset, finding: str, family: str, model: Model, facts: Mapping[str, Any]
) -> StoredModel:
    """Store a model without a name of its own; it takes the place of the last one of its kind."""
    content = packed(files_of(model, facts))
    place = f"{facts['encoder']['id']} · {facts['target']} · {facts['dataset']['version']} · {family}"
    whole = {**facts, "finding": finding, "draft": family}
    return workspace.models.put(dataset=dataset.uuid, kind=DRAFT, name=place, facts=whole, content=content)


def draft(workspace: Workspace, finding: str, family: str) -> StoredModel | None:
    """The model that a finding is about, without its content; None where a newer one has taken its place."""
    return next(
        (
            one
            for one in workspace.models.find(kind=DRAFT)
            if one.facts.get("finding") == finding and one.facts.get("draft") == family
        ),
        None,
    )


def save_model(workspace: Workspace, finding: str, family: str, name: str) -> StoredModel:
    """Give a trained model a name, under which it predicts. One of that name on the same dataset is replaced.

    Raises `InvalidInput` without a name, and where the model has gone.
    """
    called = " ".join(name.split())
    if not 1 <= len(called) <= 80:
        raise InvalidInput("A model's name has 1 to 80 characters.")
    found = draft(workspace, finding, family)
    whole = workspace.models.get(found.id) if found else None
    if whole is None:
        raise InvalidInput("This model is not there any more: a newer one has taken its place. Train it again.")
    facts = {name: value for name, value in whole.facts.items() if name != "draft"}
    return workspace.models.put(dataset=whole.dataset, kind=MODEL, name=called, facts=facts, content=whole.content)


def note(
    workspace: Workspace,
    dataset: Dataset,
    actor: Actor,
    on: Prepared,
    judged: Judged,
    *,
    kind: str,
    result: str,
    more: Mapping[str, Any] | None = None,
) -> None:
    """Record a run of one family."""
    record(
        workspace,
        dataset,
        actor,
        kind=kind,
        encoder=on.embedding.card.id,
        version=on.target.known.version,
        data=on.data,
        test=on.judged_by,
        seed=on.seed,
        scores={name: Score(one.value, one.low, one.high) for name, one in judged.scores.items()},
        parameters={"family": judged.family, "target": on.target.name, **judged.parameters, **(more or {})},
        seconds=judged.seconds,
        result=result,
    )
