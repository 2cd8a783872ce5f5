"""Fine-tuning on a dataset: what is trained on, where a training stands, and the encoder and scores that come of it."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from embedding_core import places
from embedding_core.derived import encoders
from embedding_core.derived.kept import Kept, keep, read_kept
from embedding_core.derived.labelled import held_out, labelled
from embedding_core.derived.runs import record
from embedding_core.derived.training_pictures import prepared
from embedding_core.encoders import registry
from embedding_core.encoders.base import card_to_json
from embedding_core.errors import InvalidInput, NameTaken
from embedding_core.evaluate.judged import Judged as Answers
from embedding_core.evaluate.runs import Score
from embedding_core.fingerprint import digest, fingerprint
from embedding_core.train.finetune import checkpoint
from embedding_core.train.finetune.choosing import choosing
from embedding_core.train.finetune.encoder import PREFIX, checked_name, classifier, pack
from embedding_core.train.finetune.judging import Judged, judge

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from embedding_core.derived.labelled import Labelled
    from embedding_core.evaluate.holding import Held
    from embedding_core.records import Actor, Reporter
    from embedding_core.train.finetune.recipe import Recipe
    from embedding_core.workspace import Dataset, Embedding, Workspace
    from embedding_core.workspace.models import StoredModel

KIND = "finetune"
REVISION = 1
FEWEST_JUDGES = 20  # validation images of a split below which a part of training is taken as well


@dataclass(frozen=True, eq=False, slots=True)
class Plan:
    """What a fine-tuning reads; rows are those of `known`."""

    dataset: Dataset
    embedding: Embedding
    known: Labelled
    held: Held
    fitted: NDArray[np.int64]  # (m,) trained on
    validation: NDArray[np.int64]  # (v,) which choose the best epoch
    recipe: Recipe
    name: str
    folder: Path  # of the checkpoint
    trained: StoredModel | None = None  # what a training that was killed before its scores has left

    @property
    def encoder(self) -> str:
        return PREFIX + self.name


def plan(
    workspace: Workspace,
    dataset: Dataset,
    encoder_id: str,
    recipe: Recipe,
    *,
    name: str = "",
    version: str = "now",
    resume: bool = False,
    progress: Reporter,
) -> Plan:
    """With `resume` a network that was trained by this very plan and never scored is taken as it is.

    Raises `NotEmbedded`, `NameTaken`, and `InvalidInput` where there is nothing to train or to judge by.
    """
    if encoder_id not in registry.CARDS or encoder_id == "pixels":
        raise InvalidInput(
            f"{encoder_id} cannot be fine-tuned: it takes one of the pretrained networks. Choose another encoder."
        )
    embedding = dataset.embedding(encoder_id)
    known = labelled(workspace, dataset, [embedding], version=version, progress=progress)
    known.need_classes()
    held = held_out(workspace, dataset, known)
    fitted, validation = held.train, held.validation
    if len(validation) < FEWEST_JUDGES:
        both = np.sort(np.concatenate([fitted, validation]))
        chosen = choosing(known.codes[both], known.groups[both])
        fitted, validation = both[~chosen], both[chosen]
    if not len(validation):
        raise InvalidInput(
            f"All {len(fitted):,} images that may be trained on are near-duplicates of each other, so none can choose "
            "the best epoch. Add images that differ, or a split for validation."
        )
    if len(np.unique(known.codes[fitted])) < 2:
        raise InvalidInput("Too few labelled images are left to train on. Label more of them.")
    left = _unscored(workspace, dataset, encoder_id, recipe, known, name) if resume else None
    if left is not None:
        folder = folder_of(dataset, left.name)
        return Plan(dataset, embedding, known, held, fitted, validation, recipe, left.name, folder, left)
    name = checked_name(name) if name else free_name(workspace, dataset, encoder_id, recipe.mode)
    if workspace.models.find(kind=encoders.KIND, name=name):
        raise NameTaken(f"There is a fine-tuned encoder called {name!r} already. Choose another name, or remove it.")
    return Plan(dataset, embedding, known, held, fitted, validation, recipe, name, folder_of(dataset, name))


def _unscored(
    workspace: Workspace, dataset: Dataset, encoder_id: str, recipe: Recipe, known: Labelled, name: str
) -> StoredModel | None:
    """What the same plan has trained, and nobody has scored; of the name, where one is given."""

    def settings(of: Mapping[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in of.items() if key != "rate" or recipe.rate}  # 0 was found by a range test

    for model in workspace.models.find(dataset=dataset.uuid, kind=encoders.KIND):
        facts = model.facts
        same = facts["base"] == encoder_id and facts["data"] == known.fingerprint
        same = same and settings(facts["recipe"]) == settings(recipe.to_json())
        if same and name in ("", model.name) and read_judged(workspace, model) is None:
            return model
    return None


def free_name(workspace: Workspace, dataset: Dataset, encoder_id: str, mode: str) -> str:
    """As "clothing efficientnet-lite0 last", with a number where that is taken."""
    taken = {model.name for model in encoders.tuned(workspace)}
    start = "".join(char if char.isalnum() or char in " ._-" else "-" for char in f"{dataset.name} {encoder_id} {mode}")
    start = start.strip()[-56:]
    return next(
        name for name in (start, *(f"{start} {number}" for number in range(2, len(taken) + 3))) if name not in taken
    )


def folder_of(dataset: Dataset, name: str) -> Path:
    """Where the checkpoint and the curves of a training lie while it is under way."""
    return places.cache() / KIND / fingerprint(KIND, REVISION, dataset.uuid, name)[:24]


def ask_to_stop(dataset: Dataset, name: str) -> None:
    """Have a training end, with the best epoch so far, after the step that it is at."""
    folder = folder_of(dataset, name)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / checkpoint.STOP).touch()


def curves(dataset: Dataset, name: str) -> dict[str, Any]:
    """What a training under way has shown so far: {"curves", "planned"}; empty before its first epoch."""
    return checkpoint.shown(folder_of(dataset, name))


def resumable(dataset: Dataset, name: str) -> bool:
    """Whether a training was begun under this name and not ended."""
    return (folder_of(dataset, name) / checkpoint.FILE).is_file()


def train(
    workspace: Workspace, wanted: Plan, *, resume: bool | Literal["auto"] = False, progress: Reporter
) -> StoredModel:
    """Train as planned and keep what comes of it as an encoder. With `resume` it goes on where it was killed, as long
    as recipe and data are the same. Raises what the parts do."""
    if wanted.trained is not None:
        shutil.rmtree(wanted.folder, ignore_errors=True)
        return wanted.trained
    from embedding_core.train.finetune.loop import train as run
    from embedding_core.train.finetune.rates import range_test

    recipe, known = wanted.recipe, wanted.known
    resume = _same(wanted, resume)
    model, (part, judges), read = prepared(
        wanted.dataset, wanted.embedding, known, recipe, (wanted.fitted, wanted.validation), wanted.folder, progress
    )
    rows, fitted = np.concatenate(read), len(read[0])
    tested: list[list[float]] = []
    if not recipe.rate:
        rate, tested = range_test(model, part, progress=progress)
        model.recipe = recipe = replace(recipe, rate=rate)
    trained = run(model, part, judges, folder=wanted.folder, resume=resume, progress=progress)
    packed = pack(
        model,
        trained.state,
        name=wanted.name,
        subject=wanted.dataset.name,
        classes=known.classes,
        fitted_on=known.ids[rows],
    )
    facts = {
        "card": card_to_json(packed.card),
        "base": wanted.embedding.card.id,
        "whole": packed.whole,
        "recipe": recipe.to_json(),
        "curves": list(trained.curves),
        "best_epoch": trained.best_epoch,
        "ended": trained.ended,
        "seconds": trained.seconds,
        "range_test": tested,
        "images": {"train": fitted, "validation": len(rows) - fitted, "test": len(wanted.held.test)},
        "data": known.fingerprint,
        "version": known.version,
    }
    stored = workspace.models.put(
        dataset=wanted.dataset.uuid, kind=encoders.KIND, name=wanted.name, facts=facts, content=packed.content
    )
    shutil.rmtree(wanted.folder, ignore_errors=True)
    return stored


def judged(workspace: Workspace, wanted: Plan, model: StoredModel, actor: Actor, *, seconds: float) -> Kept[Judged]:
    """Score a fine-tuned encoder, which the dataset has vectors from, on the untouched test part; record the run."""
    known, held = wanted.known, wanted.held
    new = wanted.dataset.embedding(wanted.encoder)
    content = workspace.models.get(model.id)
    if content is None:
        raise InvalidInput("The fine-tuned encoder is gone: somebody has deleted it meanwhile.")
    weight, bias, _ = classifier(content.content)
    seen = np.concatenate([wanted.fitted, wanted.validation])
    test = held.test

    def both(embedding: Embedding) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        return embedding.rows(known.ids[seen]), embedding.rows(known.ids[test])

    kept = keep(
        workspace,
        wanted.dataset,
        judged_key(model),
        kind=KIND,
        parent=new.fingerprint,
        of=Judged,
        find=lambda: judge(
            known.ids[test],
            known.codes[test],
            held.clusters,
            classes=known.classes,
            seen=known.codes[seen],
            before=both(wanted.embedding),
            after=both(new),
            head=(weight, bias),
        ),
        asked={"model": model.id, "encoder": wanted.encoder},
    )
    found = kept.found
    accuracy = found.differences.accuracy
    record(
        workspace,
        wanted.dataset,
        actor,
        kind=KIND,
        encoder=wanted.embedding.card.id,
        version=known.version,
        data=known.fingerprint,
        seed=wanted.recipe.seed,
        parameters={**model.facts["recipe"], "name": wanted.name},
        scores={
            "probe": Score(accuracy.before),
            "gain": Score(accuracy.change, accuracy.low, accuracy.high),
        },
        seconds=seconds,
        result=model.id,
        judged=answers(found),
    )
    return kept


def answers(found: Judged) -> Answers:
    """What the fine-tuned network got right, to be held against other models."""
    right = found.said_after == found.truth
    return Answers(found.ids, found.truth.astype(np.int32), found.clusters, right, found.classes)


def judged_key(model: StoredModel) -> str:
    return fingerprint(KIND, REVISION, "judged", model.id)


def read_judged(workspace: Workspace, model: StoredModel) -> Kept[Judged] | None:
    """The scores of a fine-tuned encoder; None where it was never judged."""
    return read_kept(workspace, judged_key(model), Judged)


def _same(wanted: Plan, resume: bool | Literal["auto"]) -> bool:
    """Keep a checkpoint only where it is of the very same training, and is to be gone on with; whether it is."""
    recipe = asdict(wanted.recipe)
    for name in ("minutes", "epochs", "patience"):  # more of the same
        recipe.pop(name)
    known, rows = wanted.known, (wanted.fitted, wanted.validation)
    images = digest(b"".join(array[part].tobytes() for part in rows for array in (known.ids, known.codes)))
    about = json.dumps([wanted.embedding.card.fingerprint, recipe, images, len(wanted.fitted), known.classes])
    file = wanted.folder / "about.json"
    same = file.is_file() and file.read_text(encoding="utf-8") == about
    if resume is True and not same and (wanted.folder / checkpoint.FILE).is_file():
        raise InvalidInput(
            f"The training {wanted.name!r} was begun with other settings or other images, so it cannot go on. "
            "Start it anew, or under another name."
        )
    if not resume or not same:
        shutil.rmtree(wanted.folder, ignore_errors=True)
        wanted.folder.mkdir(parents=True)
        file.write_text(about, encoding="utf-8")
    (wanted.folder / checkpoint.STOP).unlink(missing_ok=True)
    return bool(resume) and same
