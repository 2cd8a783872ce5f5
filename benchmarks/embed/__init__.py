"""From files to stored vectors and thumbnails: whole processes by wall clock, against what people would run instead."""

from __future__ import annotations

import sys
import tarfile
import tempfile
from collections.abc import Callable
from itertools import count
from pathlib import Path

import numpy as np

from benchmarks.contest import Contestant, Score, rounds
from benchmarks.embed import photographs
from benchmarks.outside import Ran, checked, ran
from benchmarks.peers import Missing, PeerUnavailable, answer, judged, python, site_packages
from benchmarks.peers import run as run_peer
from benchmarks.report import Bar, Figure, Headline, Report, Table, data, times
from benchmarks.surroundings import BENCH, has_bf16, quick
from embedding_core import places

SCRIPTS = Path(__file__).with_name("scripts")
OURS, LOOP = "Kindred, `add --embed`", "plain torch loop"
LEAST = 5.0 if has_bf16() else 3.0  # times the plain loop
STEADY = 0.85  # of what the runtime alone reaches
ONNX = ("onnxruntime", "pillow")
EXPORT = ("onnx",)
FEW = 60  # images of a quick run
NOTE = (
    "Seconds of whole processes by wall clock from outside, start included, in turns; the median where there are "
    "several runs. After imports: by the process's own clock. Memory: of the process and its children, at most. "
    "The network has been converted, and the fastest way to run it chosen, once before, as on every machine that has "
    "embedded anything. fastdup and cleanvision are checks of data: they are here for whoever would run them in place "
    "of the whole, not as embedders of the same kind."
)


def run() -> Report:
    """The contest on one set of files, the steady state, and photographs of 12 megapixels."""
    with tempfile.TemporaryDirectory(dir=_scratch()) as scratch:
        title, folder = files(Path(scratch))
        warm(Path(scratch))
        scores, table = _contest(title, folder, Path(scratch))
        steady, share = _steady(folder, Path(scratch))
        large, ratio = photographs.contest(OURS, Path(scratch), SCRIPTS / "plain_loop.py", count=6 if quick() else 60)
    ratios = {name: found for name, one in scores.items() if name != OURS and (found := one.ratio(scores[OURS]))}
    bars = [
        Bar(f"{title}: times a {LOOP}", ratios.get(LOOP), LEAST, "×", least=True),
        Bar("steady state: share of the runtime alone", share, STEADY, least=True),
    ]
    took = [f"{scores[OURS].seconds:.0f} s"] if scores[OURS].seconds else []
    took += [f"{share:.0%} of the runtime alone in its steady state"] if share else []
    headlines = [
        Headline(f"embed: {title}, from files to stored vectors and thumbnails, start included", ratios, tuple(took)),
        Headline("photographs of 12 megapixels", {LOOP: ratio} if ratio else {}),
    ]
    return Report([table, steady, large], bars, headlines)


def files(scratch: Path) -> tuple[str, Path]:
    """What is embedded, and the folder where it lies."""
    clothing = data("clothing.tar")
    if clothing is None:
        print("  clothing.tar: not there (set KINDRED_BENCH_DATA), the sample instead")
        return "sample, 711 WebP", places.SAMPLE
    with tarfile.open(clothing) as archive:
        wanted = [one for one in archive if one.isfile()]
        archive.extractall(scratch / "clothing", wanted[:FEW] if quick() else wanted, filter="data")
    return f"clothing, {FEW if quick() else len(wanted):,} JPEG", scratch / "clothing"


def warm(scratch: Path) -> None:
    """Embed one image, so that the network is converted and the way to run it chosen."""
    one = next(iter(sorted(places.SAMPLE.rglob("*.webp"))))
    checked(add("warm", one, scratch / "warm"))


def add(name: str, source: Path, workspace: Path) -> list[str]:
    """The command that adds and embeds."""
    command = [sys.executable, "-m", "embedding_core", "add", name, str(source), "--json"]
    return [*command, "--workspace", str(workspace), "--embed"]


def _contest(title: str, folder: Path, scratch: Path) -> tuple[dict[str, Score], Table]:
    numbers = count()

    def ours() -> Ran | Missing:
        return judged(ran(add("files", folder, scratch / f"workspace-{next(numbers)}")))

    def script(name: str, *arguments: str | Path) -> Ran | Missing:
        return run_peer((), SCRIPTS / name, folder, *arguments)

    network = _exported(scratch / "network.onnx")

    def onnx() -> Ran | Missing:
        if isinstance(network, Missing):
            return network
        done = run_peer(ONNX, SCRIPTS / "onnx_loop.py", folder, scratch / "network.onnx")
        if isinstance(done, Ran) and not np.allclose(answer(done)["vector"], network, atol=1e-3):
            return Missing("its vectors are not those of torch")
        return done

    def fastdup() -> Ran | Missing:
        work = scratch / f"fastdup-{next(numbers)}"
        quiet = {"SENTRY_OPT_OUT": "1"}
        return run_peer(("fastdup",), SCRIPTS / "fastdup_job.py", folder, work, environment=quiet)

    def cleanvision() -> Ran | Missing:
        return run_peer(("cleanvision",), SCRIPTS / "cleanvision_job.py", folder)

    def loader(precision: str) -> Callable[[], Ran | Missing]:
        return lambda: script("timm_loader.py", precision)

    stores, nothing = "vectors, thumbnails, sizes and hashes, stored", "vectors, not stored"
    finds = "a smaller network's vectors, look-alikes, duplicates, outliers; no map"
    checks = "checks of blur, light, size and duplicates by hash; no vectors"
    contestants = [
        Contestant(LOOP, f"{nothing}; fp32, Pillow", lambda: script("plain_loop.py")),
        Contestant(OURS, stores, ours),
        Contestant("timm + DataLoader, fp32", f"{nothing}; channels_last, 2 workers", loader("fp32")),
        Contestant("timm + DataLoader, bf16", f"{nothing}; autocast, as above", loader("bf16")),
        Contestant("ONNX Runtime", f"{nothing}; the same network in fp32, Pillow in 2 threads", onnx),
        Contestant("fastdup", finds, fastdup, once=True),
        Contestant("cleanvision", checks, cleanvision, once=True),
    ]
    scores = dict(rounds(contestants))
    columns = ("does", "takes times as long", "seconds", "after imports, s", "memory, MB", "runs")
    table = Table(f"Embedding: {title}", ("", *columns), note=NOTE)
    for one in contestants:
        score = scores[one.name]
        if score.missing:
            table.add(one.name, one.does, str(score.missing), None, None, None, 0)
            continue
        ratio = score.ratio(scores[OURS])
        row = (None if ratio is None else times(ratio), score.seconds, score.own(), score.peak_mb, len(score.runs))
        table.add(one.name, one.does, *row)
    return scores, table


def _exported(out: Path) -> list[float] | Missing:
    """Write the network as ONNX to `out`; returns torch's vector of a picture, to hold the export to."""
    try:
        site = site_packages(python(*EXPORT))
    except PeerUnavailable as error:
        return Missing(str(error))
    done = run_peer((), SCRIPTS / "export.py", out, site)
    return done if isinstance(done, Missing) else list(answer(done)["vector"])


def _steady(folder: Path, scratch: Path) -> tuple[Table, float | None]:
    """Images a second in the middle of an `add`, against the encoder alone with its inputs in memory."""
    note = (
        "One process, in turns. In earnest: from 20 % to 90 % of the images, reading, decoding, thumbnails and commits "
        "included. Alone: the same encoder with the batches and lanes that were chosen for this machine, inputs in "
        "memory."
    )
    table = Table(
        "Embedding in its steady state", ("round", "in earnest, images/s", "alone, images/s", "share"), note=note
    )
    seconds, turns = (2, 1) if quick() else (8, 2)
    command = [sys.executable, "-m", "benchmarks.embed.steady", str(folder), str(scratch / "steady")]
    found = answer(checked([*command, str(seconds), str(turns)]))
    for number, one in enumerate(found["rounds"], start=1):
        table.add(number, one["earnest"], one["alone"], Figure(one["earnest"] / one["alone"], "{:.0%}"))
    table.note += f" Device: {found['device']}, {found['lanes']} lanes of {found['batch']}."
    shares = [one["earnest"] / one["alone"] for one in found["rounds"]]
    return table, float(np.median(shares)) if shares else None


def _scratch() -> Path:
    BENCH.mkdir(exist_ok=True)
    return BENCH
