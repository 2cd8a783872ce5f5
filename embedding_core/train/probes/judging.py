"""Train probes of several families on one part and judge each, once, by another that nothing has seen."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from embedding_core.records import silent
from embedding_core.train.model import train
from embedding_core.train.probes import registry
from embedding_core.train.probes.fitting import probabilities
from embedding_core.train.probes.found import Judged, Probed
from embedding_core.train.probes.scores import Figure, of_classes, of_numbers
from embedding_core.vectors import read_only

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from embedding_core.records import Progress
    from embedding_core.train.model import Material, Model
    from embedding_core.train.probes.choosing import Chosen


@dataclass(frozen=True, eq=False, slots=True)
class Judges:
    """The untouched test part."""

    ids: NDArray[np.int64]  # (k,)
    vectors: NDArray[np.float32]  # (k, d)
    truth: NDArray[Any]  # (k,) classes or numbers
    clusters: NDArray[np.integer]  # (k,) images with the same number are no independent witnesses
    chosen: str  # split or drawn
    left_out: int


@dataclass(frozen=True, eq=False, slots=True)
class Verdict:
    """What one model says of the test part, and what that is worth."""

    judged: Judged
    predicted: NDArray[np.float64]  # (k,)
    confidence: NDArray[np.float32]  # (k,)
    before: NDArray[np.float32]  # (k,)


def probe(
    on: Material,
    by: Judges,
    families: Sequence[str],
    *,
    given: Mapping[str, Mapping[str, object]] | None = None,
    version: str = "now",
    progress: Progress = silent,
) -> tuple[Probed, dict[str, Model]]:
    """Train `families` on one part, judge each by the other. `given` are parameters of some, by family.

    Returns what was found, and the models that were judged. Raises `InvalidInput`.
    """
    verdicts, models = [], {}
    for number, family_id in enumerate(families):
        progress("training", number, len(families), registry.family(family_id, on.task).name)
        begun = time.perf_counter()
        model, chosen = train(on, family_id, (given or {}).get(family_id))
        verdicts.append(judge(model, chosen, by, time.perf_counter() - begun, seed=on.seed))
        models[family_id] = model
    progress("training", len(families), len(families))
    return gathered(on, by, verdicts, version), models


def gathered(on: Material, by: Judges, verdicts: Sequence[Verdict], version: str) -> Probed:
    """What several models are worth on the test part, beside what is to be had without looking."""
    return Probed(
        on.task,
        on.name,
        on.classes,
        tuple(one.judged for one in verdicts),
        baseline(on, by),
        read_only(by.ids),
        read_only(by.truth.astype(np.float64)),
        read_only(np.stack([one.predicted for one in verdicts])),
        read_only(np.stack([one.confidence for one in verdicts])),
        read_only(np.stack([one.before for one in verdicts])),
        len(on.target),
        by.chosen,
        by.left_out,
        version,
    )


def judge(model: Model, chosen: Chosen, by: Judges, seconds: float, *, seed: int = 0) -> Verdict:
    """What a model is worth on the test part."""
    family = registry.family(model.fitted.family, model.task)
    outputs = model.fitted.outputs(by.vectors)
    none = np.zeros(len(by.truth), np.float32)
    if model.task == "regression":
        scores = of_numbers(outputs, by.truth, by.clusters, seed=seed)
        predicted, confidence, before = outputs, none, none
    else:
        given, raw = model.calibration.probabilities(outputs), probabilities(outputs)
        scores = of_classes(given, by.truth, by.clusters, seed=seed)
        scores["ece_before"] = of_classes(raw, by.truth, by.clusters, seed=seed)["ece"]
        codes = given.argmax(axis=1)
        predicted = codes.astype(np.float64)
        confidence = given[np.arange(len(codes)), codes].astype(np.float32)
        before = raw.max(axis=1).astype(np.float32)
    judged = Judged(
        family.id,
        family.name,
        chosen.parameters,
        chosen.inner,
        scores,
        model.calibration.method,
        model.margin,
        round(seconds, 3),
    )
    return Verdict(judged, predicted, confidence, before)


def baseline(on: Material, by: Judges) -> dict[str, Figure]:
    """What there is to be had without looking at any image: the most common label, or the mean."""
    if on.task == "regression":
        return of_numbers(np.full(len(by.truth), float(on.target.mean())), by.truth, by.clusters, seed=on.seed)
    shares = np.bincount(on.target, minlength=len(on.classes)) / len(on.target)
    return of_classes(np.tile(shares, (len(by.truth), 1)), by.truth, by.clusters, seed=on.seed)
