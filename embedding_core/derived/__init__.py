"""What follows from an embedding: graph, maps, clusters. Each is computed once and kept under its fingerprint.

`neighbour_graph`, `draw_map` and `find_clusters` compute, or read what is there; they run in the worker or the command
line. The `read_…` functions and the lists only read, import nothing heavy, and are what pages use.
"""

from embedding_core.derived.advising import ADVICE, advise, images_of, read_advice, state_of
from embedding_core.derived.answered import answered, keep_answers
from embedding_core.derived.balance import (
    balance,
    balance_key,
    cover,
    cover_key,
    read_balance,
    read_cover,
    read_shortcuts,
    said_of,
    shortcuts,
    shortcuts_key,
)
from embedding_core.derived.comparison import (
    COMPARISON,
    compare_encoders,
    comparison_key,
    measure_metrics,
    metrics_key,
    read_comparison,
    read_metrics,
)
from embedding_core.derived.crashed import crashed_files, remember_crashed
from embedding_core.derived.curve import draw_curve, read_curve, read_scratch, train_scratch
from embedding_core.derived.drift import find_drift, read_drift
from embedding_core.derived.duplicates import duplicates_key, find_duplicates, read_duplicates
from embedding_core.derived.effect import effect_key, measure_effect, read_effect
from embedding_core.derived.ensembles import keep_concatenated, measure_ensembles, read_ensembles
from embedding_core.derived.grouping import (
    ClusterResult,
    clusterings,
    find_clusters,
    keep_clusters,
    labels_of,
    read_clusters,
)
from embedding_core.derived.label_issues import label_issues, label_issues_key, read_label_issues
from embedding_core.derived.labelled import Labelled, held_out, labelled, set_aside
from embedding_core.derived.labelling import (
    choose_next,
    propagate_labels,
    read_next,
    read_propagated,
)
from embedding_core.derived.leakage import find_leakage, make_split, read_leakage
from embedding_core.derived.lines import ONLY, MovedLine, at_lines, at_moved_lines, move_line, moved_lines
from embedding_core.derived.looks import looks, looks_key, read_looks
from embedding_core.derived.mapping import UNTURNED, MapResult, draw_map, maps, read_map
from embedding_core.derived.measuring import measure, measure_key
from embedding_core.derived.outliers import outliers, outliers_key, read_outliers
from embedding_core.derived.photos import photos, photos_key, read_photos, turned, turned_key
from embedding_core.derived.predicting import (
    UnknownModel,
    open_model,
    predict_dataset,
    predict_source,
    read_predicted,
    saved_models,
)
from embedding_core.derived.present import Present
from embedding_core.derived.probing import draft, probe_dataset, read_probed, save_model
from embedding_core.derived.repairs import measure_repairs, read_repairs
from embedding_core.derived.report import read_report, report, report_key, reports
from embedding_core.derived.runs import judged_by, learnt, record, runs
from embedding_core.derived.scored import SCORED, Scores, read_scores, scored
from embedding_core.derived.speeds import measured_speed
from embedding_core.derived.story import story
from embedding_core.derived.suggested import CHECKS, known_copies, known_groups, suggested
from embedding_core.derived.tuning import Live, read_live, read_searched, stop_search, tune_dataset
from embedding_core.evaluate.runs import Run, Score
from embedding_core.graphs import graph_key, neighbour_graph, read_graph, read_nearest

__all__ = [
    "ADVICE",
    "CHECKS",
    "COMPARISON",
    "ONLY",
    "SCORED",
    "UNTURNED",
    "ClusterResult",
    "Labelled",
    "Live",
    "MapResult",
    "MovedLine",
    "Present",
    "Run",
    "Score",
    "Scores",
    "UnknownModel",
    "advise",
    "answered",
    "at_lines",
    "at_moved_lines",
    "balance",
    "balance_key",
    "choose_next",
    "clusterings",
    "compare_encoders",
    "comparison_key",
    "cover",
    "cover_key",
    "crashed_files",
    "draft",
    "draw_curve",
    "draw_map",
    "duplicates_key",
    "effect_key",
    "find_clusters",
    "find_drift",
    "find_duplicates",
    "find_leakage",
    "graph_key",
    "held_out",
    "images_of",
    "judged_by",
    "keep_answers",
    "keep_clusters",
    "keep_concatenated",
    "known_copies",
    "known_groups",
    "label_issues",
    "label_issues_key",
    "labelled",
    "labels_of",
    "learnt",
    "looks",
    "looks_key",
    "make_split",
    "maps",
    "measure",
    "measure_effect",
    "measure_ensembles",
    "measure_key",
    "measure_metrics",
    "measure_repairs",
    "measured_speed",
    "metrics_key",
    "move_line",
    "moved_lines",
    "neighbour_graph",
    "open_model",
    "outliers",
    "outliers_key",
    "photos",
    "photos_key",
    "predict_dataset",
    "predict_source",
    "probe_dataset",
    "propagate_labels",
    "read_advice",
    "read_balance",
    "read_clusters",
    "read_comparison",
    "read_cover",
    "read_curve",
    "read_drift",
    "read_duplicates",
    "read_effect",
    "read_ensembles",
    "read_graph",
    "read_label_issues",
    "read_leakage",
    "read_live",
    "read_looks",
    "read_map",
    "read_metrics",
    "read_nearest",
    "read_next",
    "read_outliers",
    "read_photos",
    "read_predicted",
    "read_probed",
    "read_propagated",
    "read_repairs",
    "read_report",
    "read_scores",
    "read_scratch",
    "read_searched",
    "read_shortcuts",
    "record",
    "remember_crashed",
    "report",
    "report_key",
    "reports",
    "runs",
    "said_of",
    "save_model",
    "saved_models",
    "scored",
    "set_aside",
    "shortcuts",
    "shortcuts_key",
    "state_of",
    "stop_search",
    "story",
    "suggested",
    "train_scratch",
    "tune_dataset",
    "turned",
    "turned_key",
]
