"""What a worker can be asked to do: one function a kind, JSON-able parameters in, a small JSON-able dict out.

The command line calls the same functions, so the app and the shell cannot drift apart.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from embedding_core.tasks import (
    axes,
    checking,
    checks,
    comparing,
    curving,
    ensembling,
    explaining,
    explore,
    fill,
    finetuning,
    improving,
    predicting,
    preparing,
    probing,
    proving,
    scoring,
    searching,
    spreading,
    tuning,
)
from embedding_core.tasks.shared import Parameters, Result

if TYPE_CHECKING:
    from embedding_core.records import Actor, Reporter
    from embedding_core.workspace import Workspace

Task = Callable[["Workspace", Parameters, "Reporter", "Actor"], Result]

TASKS: dict[str, Task] = {
    "add": fill.add,
    "embed": fill.embed,
    "embed_on_cluster": spreading.embed_on_cluster,
    "neighbours_on_cluster": spreading.neighbours_on_cluster,
    "prepare": fill.prepare,
    "import_vectors": fill.import_vectors,
    "relabel": fill.relabel,
    "map": explore.draw_map,
    "clusters": explore.find_clusters,
    "clusters_on_cluster": spreading.clusters_on_cluster,
    "index": searching.index,
    "search": searching.search,
    "preview": explore.preview,
    "explain": explaining.explain,
    "check": checking.check,
    "leakage": preparing.find_leakage,
    "split": preparing.make_split,
    "next": preparing.choose_next,
    "propagate": preparing.propagate,
    "drift": preparing.find_drift,
    "duplicates": checks.duplicates,
    "label_issues": checks.label_issues,
    "outliers": checks.outliers,
    "photos": checks.photos,
    "balance": checks.balance,
    "probe": probing.probe,
    "tune": tuning.tune,
    "predict": predicting.predict,
    "effect": proving.effect,
    "repair": proving.repair,
    "measure": improving.measure,
    "advise": improving.advise,
    "improve": improving.improve,
    "send_runs": improving.send_runs,
    "compare": comparing.compare,
    "metrics": comparing.metrics,
    "report": scoring.report,
    "pca": axes.pca,
    "features": axes.join,
    "learning_curve": curving.learning_curve,
    "ensemble": ensembling.ensemble,
    "keep_ensemble": ensembling.keep_ensemble,
    "finetune": finetuning.finetune,
}
