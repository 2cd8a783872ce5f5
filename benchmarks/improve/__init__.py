"""What makes a model better, measured on photographs: the report card's time, probes, fine-tuning, search, ensembles,
and few labels with an embedding against all of them from nothing.

Every accuracy is on the part that was set aside: no training, no choice has seen it.
"""

from __future__ import annotations

import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.report import Bar, Figure, Headline, Report, Table
from benchmarks.surroundings import data, quick
from embedding_core import derived, places
from embedding_core.encoders import registry
from embedding_core.records import LOCAL, silent
from embedding_core.tasks import TASKS
from embedding_core.workspace import Dataset, Workspace

if TYPE_CHECKING:
    from collections.abc import Sequence

NAME = "photographs"
SECOND = "efficientnet-lite2"  # the encoder that joins the first one
CARDS = 3  # rounds
CARD_SECONDS = 20.0  # of the report card, duplicates included, after embedding
FINE_TUNED = 0.02  # of accuracy, over the linear probe
TRAINED_SECONDS = 15 * 60.0
SEARCH_MINUTES = 10.0
SCRATCH_MINUTES = 6.0


def run() -> Report:
    from benchmarks.improve import finetuning, probing

    source = data("clothing.tar")
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "first"
        workspace = Workspace.open(str(home))
        wanted: dict[str, Any] = {"name": NAME, "source": str(source or places.SAMPLE), "encoder": registry.DEFAULT}
        TASKS["add"](workspace, wanted if source is None else {**wanted, "split": "prefix"}, silent, LOCAL)
        dataset = workspace.dataset(NAME)
        cards = _timed(home)
        card = statistics.median(cards)
        probes, ratio = probing.measured(workspace, dataset)
        search, gained = _search(workspace)
        ensembles, together = _ensembles(workspace, dataset)
        few = _few(workspace)
        tuning, tuned, seconds = finetuning.measured(workspace, Path(folder), small=quick() or source is None)
        count = dataset.count
    bars = [
        Bar("report card, after embedding", card, CARD_SECONDS, "s"),
        Bar("fine-tuning over the linear probe", tuned, FINE_TUNED, least=True),
        Bar("fine-tuning, with all that belongs to it", seconds, TRAINED_SECONDS, "s"),
        Bar("search against the defaults", gained, 0.0, least=True),
        Bar("two encoders against the better one", together, 0.0, least=True),
    ]
    headline = Headline(
        f"a linear probe on {count:,} images, embedded",
        {"scikit-learn on all columns": ratio},
        (f"report card {card:.0f} s", f"fine-tuning {100 * tuned:+.1f} points in {seconds / 60:.0f} min"),
    )
    return Report([_cards(cards), probes, tuning, search, ensembles, few], bars, [headline])


def _timed(home: Path) -> list[float]:
    """Seconds of the card in rounds, each on a copy made before there is one: a card that is there is only read."""
    rounds = [home, *(shutil.copytree(home, home.with_name(f"round{number}")) for number in range(1, CARDS))]
    return [_card(Workspace.open(str(one))) for one in rounds]


def _card(workspace: Workspace) -> float:
    begun = time.perf_counter()
    TASKS["report"](workspace, {"name": NAME}, silent, LOCAL)
    return time.perf_counter() - begun


def _cards(seconds: Sequence[float]) -> Table:
    every = ", ".join(f"{one:.1f}" for one in seconds)
    note = f"In one process, duplicates looked for as well. The median of {len(seconds)} in turn, each anew: {every} s."
    table = Table("The report card", ("what", "seconds"), note=note)
    table.add("from vectors to every figure with its controls", Figure(statistics.median(seconds), "{:.1f}"))
    return table


def _search(workspace: Workspace) -> tuple[Table, float]:
    minutes = 0.3 if quick() else SEARCH_MINUTES
    found = TASKS["tune"](workspace, {"name": NAME, "minutes": minutes}, silent, LOCAL)
    table = Table(f"A search of {minutes:g} minutes among probes", ("what", "untouched part", "cross-validated"))
    for name in ("defaults", "best"):
        one = found[name]
        table.add(name, _share(one["scores"]["accuracy"]["value"]), _share(one["inner"]))
    return table, found["gain"]["value"]


def _ensembles(workspace: Workspace, dataset: Dataset) -> tuple[Table, float]:
    TASKS["embed"](workspace, {"name": NAME, "encoder": SECOND}, silent, LOCAL)
    found = derived.measure_ensembles(workspace, dataset, [registry.DEFAULT, SECOND], actor=LOCAL).found
    table = Table("Two encoders", ("what", "untouched part", "over the better one, points"))
    for way, gain in zip(found.ways, found.gains, strict=True):
        told = f"{100 * gain.change:+.1f} ({100 * gain.low:.1f} to {100 * gain.high:.1f})"
        table.add(f"{way.kind}: {', '.join(way.encoders)}", _share(way.accuracy), told)
    return table, found.gains[found.chosen].change


def _few(workspace: Workspace) -> Table:
    minutes = 0.3 if quick() else SCRATCH_MINUTES
    found = TASKS["learning_curve"](workspace, {"name": NAME, "scratch_minutes": minutes}, silent, LOCAL)
    table = Table(
        "An embedding against training from nothing",
        ("what", "labels", "untouched part", "seconds"),
        note="Seconds of a probe are those of its training; embedding comes before, at "
        f"{1000 * (found['scratch']['embedding_seconds_per_image'] or 0):.0f} ms an image.",
    )
    for one in found["probe"]:
        table.add("linear probe on vectors", one["labels"], _share(one["accuracy"]), Figure(one["seconds"], "{:.2f}"))
    for one in found["scratch"]["runs"]:
        seconds = Figure(one["seconds"], "{:.0f}")
        table.add("network from nothing", one["labels"], _share(one["accuracy"]), seconds)
    return table


def _share(value: float) -> Figure:
    return Figure(value, "{:.3f}")
