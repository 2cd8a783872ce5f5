"""Tasks about the axes of an embedding, and about features that are joined with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from embedding_core.deciding.versions import NOW
from embedding_core.derived import components, features, matrices
from embedding_core.derived.labelled import held_out_if_any, labelled
from embedding_core.derived.runs import record
from embedding_core.encoders import registry
from embedding_core.errors import InvalidInput
from embedding_core.evaluate.axes.erasing import Treatment
from embedding_core.evaluate.axes.laboratory import Laboratory
from embedding_core.evaluate.joined.features import Features
from embedding_core.evaluate.judged import Judged
from embedding_core.evaluate.runs import Score
from embedding_core.tasks import axes_told, shared

if TYPE_CHECKING:
    from collections.abc import Mapping

    from embedding_core.derived.kept import Kept
    from embedding_core.effect.intervals import Difference
    from embedding_core.evaluate.axes.trial import Trial
    from embedding_core.records import Actor, Reporter
    from embedding_core.tasks.shared import Parameters, Result
    from embedding_core.workspace import Dataset, Embedding, Workspace

ENOUGH = "enough"


def pca(workspace: Workspace, parameters: Parameters, progress: Reporter, actor: Actor) -> Result:
    """The axes of `dataset` under `encoder`, of a `version`, drawn from `seed`.

    With any of `keep` (a number, or "enough" for as many as keep the quality), `remove` (numbers of axes), `properties`
    (names), `whiten` and `denoise` it also says what becomes of the quality; then `as` keeps the vectors that come of
    it as an encoder of that name.
    """
    dataset = shared.dataset(workspace, parameters)
    embedding = dataset.embedding(parameters.get("encoder") or registry.DEFAULT)
    version, seed = parameters.get("version") or NOW, int(parameters.get("seed") or 0)
    before = components.laboratory_key(workspace, dataset, embedding, version=version, seed=seed)
    new = components.read_laboratory(workspace, before) is None
    lab = components.laboratory(workspace, dataset, embedding, version=version, seed=seed, progress=progress)
    if new and lab.found.quality is not None:
        _remember(workspace, dataset, embedding, actor, lab, version, seed, progress)
    done = {"fingerprint": lab.fingerprint, **axes_told.axes(lab.found), "seconds": round(lab.seconds, 3)}
    treatment = treatment_of(parameters, enough=_enough(lab.found))
    if treatment.nothing and not parameters.get("as"):
        return done
    known = components.read_trial(workspace, components.trial_key(lab.fingerprint, treatment))
    tried = components.try_without(
        workspace, dataset, embedding, treatment, version=version, seed=seed, progress=progress
    )
    if known is None and tried.found.probe is not None:
        _remember(workspace, dataset, embedding, actor, tried, version, seed, progress)
    done["trial"] = {"fingerprint": tried.fingerprint, **axes_told.trial(tried.found, len(lab.found.ids))}
    if parameters.get("as"):
        progress("storing", 0, None)
        card = matrices.keep_as_encoder(workspace, dataset, embedding, tried, str(parameters["as"]))
        done["encoder"] = card.id
    return done


def join(workspace: Workspace, parameters: Parameters, progress: Reporter, actor: Actor) -> Result:
    """Join the vectors of `dataset` under `encoder` with `columns`, by default all; `kinds` says what some are."""
    dataset = shared.dataset(workspace, parameters)
    embedding = dataset.embedding(parameters.get("encoder") or registry.DEFAULT)
    version, seed = parameters.get("version") or NOW, int(parameters.get("seed") or 0)
    asked: dict[str, Any] = {"columns": parameters.get("columns"), "kinds": parameters.get("kinds")}
    asked |= {"version": version, "seed": seed}
    known = features.read_features(workspace, features.features_key(workspace, dataset, embedding, **asked))
    kept = features.join_features(workspace, dataset, embedding, **asked, progress=progress)
    if known is None and kept.found.gain is not None:
        _remember(workspace, dataset, embedding, actor, kept, version, seed, progress)
    return {"fingerprint": kept.fingerprint, **axes_told.features(kept.found), "seconds": round(kept.seconds, 3)}


def treatment_of(parameters: Parameters, *, enough: int) -> Treatment:
    """What is asked for, where `enough` axes keep the quality. Raises `InvalidInput` for what cannot be done."""
    try:
        axes = tuple(sorted({int(axis) for axis in parameters.get("remove") or ()}))
        asked = enough if parameters.get("keep") == ENOUGH else parameters.get("keep")
        keep = None if asked is None else int(asked)
    except (TypeError, ValueError) as error:
        raise InvalidInput(f"Axes are named by whole numbers from 1: {error}.") from error
    return Treatment(
        axes,
        tuple(sorted(set(parameters.get("properties") or ()))),
        keep,
        bool(parameters.get("whiten")),
        bool(parameters.get("denoise")),
    )


def _enough(found: Laboratory) -> int:
    """How many axes keep the quality; without labels, how many are more than noise."""
    return max(1, found.by_noise) if found.quality is None else found.quality.probe.enough


def _remember(
    workspace: Workspace,
    dataset: Dataset,
    embedding: Embedding,
    actor: Actor,
    kept: Kept[Laboratory] | Kept[Trial] | Kept[Features],
    version: str,
    seed: int,
    progress: Reporter,
) -> None:
    """Record the run: the final scores where there is a test part, else those of the folds."""
    known = labelled(workspace, dataset, [embedding], version=version, progress=progress)
    held = held_out_if_any(workspace, dataset, known)
    judged = None
    if held is not None and not isinstance(kept.found, Laboratory) and len(kept.found.right) == len(held.test):
        test, truth = held.test, known.codes[held.test].astype(np.int32)
        judged = Judged(known.ids[test], truth, held.clusters, kept.found.right, known.classes)
    stored = workspace.results.get(kept.fingerprint)
    record(
        workspace,
        dataset,
        actor,
        kind="features" if stored is not None and stored.kind == features.KIND else "pca",
        encoder=embedding.card.id,
        version=version,
        data=known.fingerprint,
        seed=seed,
        scores=_scores(kept),
        parameters={} if stored is None else stored.parameters["asked"],
        seconds=kept.seconds,
        result=kept.fingerprint,
        judged=judged,
    )


def _scores(kept: Kept[Laboratory] | Kept[Trial] | Kept[Features]) -> Mapping[str, Score]:
    found = kept.found
    if isinstance(found, Laboratory):
        if found.quality is None:
            return {}
        curve = found.quality.probe
        return {
            "accuracy_folds": Score(curve.accuracy[-1], *curve.intervals[-1]),
            "enough_axes": Score(float(curve.enough)),
        }
    folds = found.gain if isinstance(found, Features) else found.probe
    scores = {} if folds is None else {"accuracy_folds": Score(folds.after), "change_folds": _change(folds)}
    if found.test is not None:
        scores["change"] = _change(found.test)
    return scores


def _change(one: Difference) -> Score:
    return Score(one.change, one.low, one.high)
