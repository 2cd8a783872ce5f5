"""All that is stored of a dataset under an encoder, the newest of each kind. Reads alone; nothing is worked out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from embedding_core import derived
from embedding_core.deciding.versions import NOW, snapshot
from embedding_core.derived import COMPARISON, components, encoders, finetuning, targets
from embedding_core.derived import features as joined
from embedding_core.derived.comparison import METRICS_KIND as METRICS
from embedding_core.derived.curve import CURVE, SCRATCH
from embedding_core.derived.ensembles import KIND as ENSEMBLE
from embedding_core.derived.labelled import labelled, read_held_out
from embedding_core.derived.probing import KIND as PROBED
from embedding_core.derived.report import KIND as REPORT
from embedding_core.derived.tuning import KIND as SEARCHED
from embedding_core.errors import InvalidInput, NotEmbedded

if TYPE_CHECKING:
    from embedding_core.derived import Labelled, Run
    from embedding_core.derived.kept import Kept, Storable
    from embedding_core.evaluate.advice import Advice
    from embedding_core.evaluate.axes.laboratory import Laboratory
    from embedding_core.evaluate.card.found import ReportCard
    from embedding_core.evaluate.comparison.found import Comparison
    from embedding_core.evaluate.comparison.metrics import Metrics
    from embedding_core.evaluate.curve.found import Curve
    from embedding_core.evaluate.curve.scratch_found import Scratch
    from embedding_core.evaluate.holding import Held
    from embedding_core.evaluate.joined.features import Features
    from embedding_core.review.snapshots import Snapshot
    from embedding_core.train.ensembles_found import Ensembles
    from embedding_core.train.finetune.judging import Judged
    from embedding_core.train.probes.found import Probed
    from embedding_core.train.search.found import Searched
    from embedding_core.workspace import Dataset, Embedding, StoredResult, Workspace
    from embedding_core.workspace.models import StoredModel

Found = TypeVar("Found", bound="Storable")


@dataclass(frozen=True, eq=False, slots=True)
class One(Generic[Found]):
    """A stored finding."""

    found: Found
    fingerprint: str
    at: float  # when it was found, in seconds since 1970
    current: bool  # images and labels are still the same
    asked: dict[str, Any]  # with which settings


@dataclass(frozen=True, eq=False, slots=True)
class Tuned:
    """A fine-tuned encoder and what it was worth."""

    model: StoredModel
    judged: Judged
    current: bool


@dataclass(frozen=True, eq=False, slots=True)
class Stored:
    """What the report is made of; None and empty is what nobody has asked for yet."""

    workspace: Workspace
    dataset: Dataset
    embedding: Embedding
    state: Snapshot  # of the images and labels now
    known: Labelled | None  # None where nobody has looked for near-duplicates
    held: Held | None  # None where no test part was drawn
    card: One[ReportCard] | None
    advice: One[Advice] | None
    comparison: One[Comparison] | None
    metrics: One[Metrics] | None
    axes: One[Laboratory] | None
    features: One[Features] | None
    probes: tuple[One[Probed], ...]  # of each target the newest
    searches: tuple[One[Searched], ...]
    curve: One[Curve] | None
    scratch: One[Scratch] | None
    ensembles: One[Ensembles] | None
    tuned: tuple[Tuned, ...]  # that began with this encoder, or are it
    runs: tuple[Run, ...]  # oldest first

    @property
    def encoder(self) -> str:
        return self.embedding.card.id


def stored(workspace: Workspace, dataset: Dataset, encoder: str) -> Stored:
    """Raises `NotEmbedded`."""
    embedding = dataset.embedding(encoder)
    state, known = snapshot(workspace, dataset), _known(workspace, dataset, embedding)
    read, own = _Reader(workspace, dataset), embedding.fingerprint

    def same_state(one: StoredResult) -> bool:
        return bool(one.parameters["asked"].get("state") == state.fingerprint)

    def same_target(one: StoredResult) -> bool:
        asked = one.parameters["asked"]
        return known is not None and targets.target_of(dataset, known, asked["target"]).fingerprint == asked["data"]

    def same_encoders(one: StoredResult) -> bool:
        compared = [dataset.embedding(name) for name in one.parameters["asked"]["encoders"]]
        return one.fingerprint == derived.comparison_key(workspace, dataset, compared)

    def same_columns(one: StoredResult) -> bool:
        asked = one.parameters["asked"]["columns"]
        kinds = {name: kind for name, kind in asked.items() if name != joined.LOOKS}
        return one.fingerprint == joined.features_key(workspace, dataset, embedding, columns=list(asked), kinds=kinds)

    def keyed(key: Callable[[Workspace, Dataset, Embedding], str | None]) -> Callable[[StoredResult], bool]:
        return lambda one: one.fingerprint == key(workspace, dataset, embedding)

    return Stored(
        workspace=workspace,
        dataset=dataset,
        embedding=embedding,
        state=state,
        known=known,
        held=None if known is None else read_held_out(workspace, dataset, known),
        card=read.newest(REPORT, derived.read_report, keyed(derived.report_key), parent=own),
        advice=read.newest(
            derived.ADVICE,
            derived.read_advice,
            lambda one: bool(one.parameters["asked"].get("images") == derived.images_of(dataset)),
            parent=own,
        ),
        comparison=read.newest(
            COMPARISON,
            derived.read_comparison,
            same_encoders,
            having=lambda one: encoder in one.parameters["asked"]["encoders"],
        ),
        metrics=read.newest(METRICS, derived.read_metrics, keyed(derived.metrics_key), parent=own),
        axes=read.newest(components.KIND, components.read_laboratory, keyed(components.laboratory_key), parent=own),
        features=read.newest(joined.KIND, joined.read_features, same_columns, parent=own),
        probes=read.of_each_target(PROBED, derived.read_probed, same_target, parent=own),
        searches=read.of_each_target(SEARCHED, derived.read_searched, same_target, parent=own),
        curve=read.newest(CURVE, derived.read_curve, same_state, parent=own),
        scratch=read.newest(SCRATCH, derived.read_scratch, same_state, parent=own),
        ensembles=read.newest(
            ENSEMBLE,
            derived.read_ensembles,
            same_state,
            having=lambda one: own in one.parameters["asked"]["embeddings"],
        ),
        tuned=_tuned(workspace, dataset, encoder, known),
        runs=tuple(reversed(derived.runs(workspace, dataset))),
    )


def _known(workspace: Workspace, dataset: Dataset, embedding: Embedding) -> Labelled | None:
    """Images, labels and groups of near-duplicates; None where nobody knows these, since finding them is work."""
    if derived.read_duplicates(workspace, derived.duplicates_key(embedding.fingerprint)) is None:
        return None
    try:
        return labelled(workspace, dataset, [embedding])
    except InvalidInput:  # every image was removed
        return None


def _tuned(workspace: Workspace, dataset: Dataset, encoder: str, known: Labelled | None) -> tuple[Tuned, ...]:
    """Newest first; only those that were judged."""
    found = []
    for model in encoders.tuned(workspace, dataset.uuid):
        if encoder in (model.facts["base"], encoders.PREFIX + model.name):
            kept = finetuning.read_judged(workspace, model)
            if kept is not None:
                same = known is not None and model.facts["data"] == known.fingerprint
                found.append(Tuned(model, kept.found, same))
    return tuple(found)


class _Reader:
    """Finds what is stored of one dataset, in the version "now"."""

    def __init__(self, workspace: Workspace, dataset: Dataset) -> None:
        self._workspace, self._dataset = workspace, dataset

    def newest(
        self,
        kind: str,
        read: Callable[[Workspace, str], Kept[Found] | None],
        current: Callable[[StoredResult], bool],
        *,
        parent: str | None = None,
        having: Callable[[StoredResult], bool] = lambda _: True,
    ) -> One[Found] | None:
        """The newest that can be read; `current` says whether it would come out of what there is now."""
        for one in self._workspace.results.find(self._dataset.uuid, kind, parent):
            asked = one.parameters["asked"]
            if asked.get("version", NOW) == NOW and having(one):
                kept = read(self._workspace, one.fingerprint)
                if kept is not None:
                    return One(kept.found, one.fingerprint, one.created, _holds(current, one), dict(asked))
        return None

    def of_each_target(
        self,
        kind: str,
        read: Callable[[Workspace, str], Kept[Found] | None],
        current: Callable[[StoredResult], bool],
        *,
        parent: str,
    ) -> tuple[One[Found], ...]:
        """Likewise of each target, the label first."""
        listing = self._workspace.results.find(self._dataset.uuid, kind, parent)
        names = {str(one.parameters["asked"].get("target")) for one in listing}
        found = (
            self.newest(kind, read, current, parent=parent, having=_with_target(name))
            for name in sorted(names, key=lambda name: (name != targets.LABEL, name))
        )
        return tuple(one for one in found if one is not None)


def _with_target(name: str) -> Callable[[StoredResult], bool]:
    return lambda one: str(one.parameters["asked"].get("target")) == name


def _holds(current: Callable[[StoredResult], bool], one: StoredResult) -> bool:
    try:
        return current(one)
    except (InvalidInput, NotEmbedded):  # so much has changed that it could not even be asked
        return False
