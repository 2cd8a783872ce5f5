"""Maps of vectors that are there: fresh processes by wall clock, Kindred against umap-learn and openTSNE."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from benchmarks.contest import Contestant, Score, rounds
from benchmarks.map.vectors import PLACE, Set, clustered, photographs
from benchmarks.outside import Ran, checked, ran
from benchmarks.peers import Missing, answer, judged
from benchmarks.peers import run as run_peer
from benchmarks.report import Bar, Figure, Headline, Report, Table, times
from benchmarks.surroundings import BENCH, quick, up_to
from embedding_core import trust

SCRIPTS = Path(__file__).with_name("scripts")
OURS, UMAP, GRAPH, TSNE = "Kindred", "umap-learn, default call", "umap-learn with Kindred's graph", "openTSNE, default"
OPENTSNE = ("openTSNE",)
SIZES = (20_000, 100_000)
ALONE = 100_000  # vectors above which nobody but Kindred is asked
CHEAP = 30.0  # seconds up to which a contestant runs in every round
WORSE = 0.01  # of trustworthiness, against umap-learn's default call
TIMES = {3_781: 15.0, 20_000: 3.0}  # how many times as long umap-learn's default call takes at least
SECONDS = {3_781: 3.0, 100_000: 90.0}
MEMORY = {100_000: 4_096.0}  # MB
NOTE = (
    "A fresh process from start to end by wall clock from outside; the median where there are several runs, in turns. "
    "After imports: by the process's own clock, from reading the vectors to the stored points, neighbours and "
    "compilation included. Kindred reads from its workspace and stores graph, map and trust in it; the others read a "
    "NumPy file and write their points. What numba keeps on disk was there before, for all alike. umap-learn with "
    "Kindred's graph is given the neighbours, whose time is not counted. All have metric cosine, and else their "
    "defaults. Trustworthiness: one function for all, k 15, cosine, on "
    "10,000 rows where there are more. Synthetic vectors have 1,280 dimensions: 60 Gaussian groups of differing size "
    "and density in 20 dimensions, with a little noise in all; seed 0."
)


@dataclass
class Found:
    """What was measured of one set."""

    scores: Mapping[str, Score]
    trust: dict[str, float] = field(default_factory=dict)


def run() -> Report:
    PLACE.parent.mkdir(exist_ok=True)
    columns = ("takes times as long", "seconds", "after imports, s", "memory, MB", "trustworthiness", "runs")
    table = Table("Maps of vectors that are there", ("vectors", "", *columns), note=NOTE)
    found = {}
    _warm()
    for one in _sets():
        found[one.n] = measured(one)
        _add(table, one, found[one.n])
    return Report([table], list(_bars(found)), list(_headlines(found)))


def _warm() -> None:
    """Have numba put on disk what it keeps there, for all alike."""
    checked([sys.executable, "-m", "embedding_core", "warm"])
    few = clustered(500)
    few.forget()
    checked(_command(few))
    with tempfile.TemporaryDirectory(dir=BENCH) as folder:
        vectors, graph, points = (Path(folder) / name for name in ("vectors.npy", "graph.npz", "points.npy"))
        few.write(vectors)
        few.write_graph(graph)
        # One that fails here fails in the table, where it says why.
        run_peer((), SCRIPTS / "umap_default.py", vectors, points)
        run_peer((), SCRIPTS / "umap_graph.py", vectors, graph, points)


def _command(one: Set) -> list[str]:
    command = [sys.executable, "-m", "embedding_core", "map", one.dataset, "--encoder", one.encoder, "--json"]
    return [*command, "--workspace", str(PLACE)]


def _sets() -> list[Set]:
    if quick():
        return [clustered(500), clustered(2_000)]
    real = photographs()
    sizes = [n for n in (*SIZES, 1_000_000) if n <= up_to(max(SIZES))]
    return [*([real] if real else []), *map(clustered, sizes)]


def measured(one: Set) -> Found:
    """Draw the map of one set by all that can."""
    with tempfile.TemporaryDirectory(dir=BENCH) as folder:
        scratch = Path(folder)
        vectors, graph = scratch / "vectors.npy", scratch / "graph.npz"

        def ours() -> Ran | Missing:
            one.forget()
            return judged(ran(_command(one)))

        def peer(script: str, *given: Path, packages: tuple[str, ...] = ()) -> Ran | Missing:
            return run_peer(packages, SCRIPTS / script, *given, scratch / f"{script}.npy")

        def with_graph() -> Ran | Missing:
            one.write_graph(graph)
            return peer("umap_graph.py", vectors, graph)

        contestants = [Contestant(OURS, "", ours)]
        few = one.n < min(SIZES)
        if one.n <= ALONE:
            one.write(vectors)
            contestants.append(Contestant(UMAP, "", lambda: peer("umap_default.py", vectors), once=not few))
        if one.n < ALONE:
            contestants.append(Contestant(GRAPH, "", with_graph, once=not few))
        if few:
            contestants.append(Contestant(TSNE, "", lambda: peer("opentsne.py", vectors, packages=OPENTSNE)))
        print(f"  {one.title}:", flush=True)
        found = Found(rounds(contestants, cheap=CHEAP))
        matrix = one.matrix()
        drawn = {UMAP: "umap_default.py", GRAPH: "umap_graph.py", TSNE: "opentsne.py"}
        for name, score in found.scores.items():
            if score.runs:
                if name == OURS:
                    points = one.points(answer(score.runs[-1])["fingerprint"])
                else:
                    points = np.load(scratch / f"{drawn[name]}.npy")
                found.trust[name] = trust.trustworthiness(matrix, points, trust.largest_k(one.n))[0]
        return found


def _add(table: Table, one: Set, found: Found) -> None:
    for name, score in found.scores.items():
        if score.missing:
            table.add(one.title, name, str(score.missing), None, None, None, None, 0)
            continue
        ratio = score.ratio(found.scores[OURS])
        judged = Figure(found.trust[name], "{:.3f}") if name in found.trust else None
        row = (None if ratio is None else times(ratio), score.seconds, score.own(), score.peak_mb, judged)
        table.add(one.title, name, *row, len(score.runs))


def _bars(found: Mapping[int, Found]) -> list[Bar]:
    bars = []
    for n, one in found.items():
        ours, theirs = one.scores[OURS], one.scores.get(UMAP, Score())
        if n in SECONDS:
            bars.append(Bar(f"{n:,}: fresh process", ours.seconds, SECONDS[n], "s"))
        if n in TIMES:
            bars.append(Bar(f"{n:,}: times {UMAP}", theirs.ratio(ours), TIMES[n], "×", least=True))
        if n in MEMORY:
            bars.append(Bar(f"{n:,}: memory", ours.peak_mb, MEMORY[n], "MB"))
        if n <= ALONE:
            both = UMAP in one.trust and OURS in one.trust
            lost = one.trust[UMAP] - one.trust[OURS] if both else None
            bars.append(Bar(f"{n:,}: trustworthiness below umap-learn's by", lost, WORSE))
    return bars


def _headlines(found: Mapping[int, Found]) -> list[Headline]:
    lines = []
    for n, one in found.items():
        ours = one.scores[OURS]
        ratios = {name: ratio for name, score in one.scores.items() if name != OURS and (ratio := score.ratio(ours))}
        took = () if ours.seconds is None else (f"{ours.seconds:.3g} s", f"{ours.peak_mb:,.0f} MB")
        judged = (f"trust {one.trust[OURS]:.3f}",) if OURS in one.trust else ()
        lines.append(Headline(f"map: {n:,} × 1280 in a fresh process", ratios, (*took, *judged)))
    return lines
