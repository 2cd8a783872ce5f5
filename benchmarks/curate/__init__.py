"""What is wrong in a set of photographs: found by Kindred, fastdup and cleanvision in the same damaged files."""

from __future__ import annotations

import json
import shutil
import sys
import tarfile
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from benchmarks.contest import Contestant, Score, rounds
from benchmarks.embed import add, warm
from benchmarks.outside import Ran, checked, ran
from benchmarks.peers import Missing, answer, judged
from benchmarks.peers import run as run_peer
from benchmarks.report import Bar, Figure, Headline, Report, Table, data, times
from benchmarks.surroundings import BENCH, quick
from embedding_core import places
from tests import damage, damage_photos
from tests.core import natural_duplicates

SCRIPTS = Path(__file__).with_name("scripts")
OURS, WHOLE = "Kindred, every check", "Kindred, from files to every check"
FASTDUP, CLEANVISION = "fastdup", "cleanvision"
KINDS = ("blurred", "dark", "tiny")
MOST = 15.0  # seconds for every check of clothing, after embedding
LEAST = 0.95  # recall and precision of altered copies
WELL = 0.9  # F1 of planted bad photographs
FEW = 240  # images of a quick run
FASTDUP_QUIET = {"SENTRY_OPT_OUT": "1"}
NOTE = (
    "One set of files: {what}, with {copies} altered copies (JPEG quality 30, resized, cropped, recoloured, mirrored, "
    "turned) and {each} each of blurred, dark and tiny photographs put in, seeded. Whole processes by wall clock, in "
    "turns; the median where there are several runs. A copy counts as found when it is in one group with its original. "
    "Precision is over groups: one that holds a picture which is neither a copy nor its original, nor a known natural "
    "duplicate, is wrong. fastdup and cleanvision run with their own defaults. fastdup ranks bad photographs and draws "
    "no line: it is given the right number of each kind."
)


def run() -> Report:
    from benchmarks.curate import at_the_keys  # which can be run alone

    BENCH.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=BENCH) as scratch:
        title, folder, truth = _damaged(Path(scratch))
        warm(Path(scratch))
        scores, found = _contest(folder, Path(scratch))
    copies, photos = truth
    note = NOTE.format(what=title, copies=len(copies), each=len(photos[KINDS[0]]))
    speed = Table(f"Every check: {title}", ("", "takes times as long", "seconds", "memory, MB", "runs"), note=note)
    for name, score in scores.items():
        ratio = score.ratio(scores[OURS])
        missing = str(score.missing) if score.missing else None if ratio is None else times(ratio)
        speed.add(name, missing, score.seconds, score.peak_mb, len(score.runs))
    columns = ("", "copies found", "groups that are right", *(f"F1, {kind}" for kind in KINDS))
    quality = Table("What is found of what was put in", columns)
    figures = {name: _judged(one, copies, photos, title) for name, one in found.items()}
    for name, (recall, precision, *shares) in figures.items():
        quality.add(name, *(None if one is None else Figure(one, "{:.2f}") for one in (recall, precision, *shares)))
    recall, precision, *shares = figures.get(OURS, (None, None, *(None for _ in KINDS)))
    bars = [
        Bar("every check after embedding", scores[OURS].seconds, MOST, "s"),
        Bar("altered copies: recall", recall, LEAST, least=True),
        Bar("altered copies: precision over groups", precision, LEAST, least=True),
        *(Bar(f"planted {kind}: F1", share, WELL, least=True) for kind, share in zip(KINDS, shares, strict=True)),
    ]
    took = [f"recall of altered copies {recall:.2f}"] if recall is not None else []
    headlines = [
        _headline(f"every check of {title}, after embedding; peers from files", scores, OURS, took),
        _headline(f"from {title} to every check, embedding included", scores, WHOLE, []),
    ]
    keys, key_bars = at_the_keys.measured()
    return Report([speed, quality, keys], [*bars, *key_bars], headlines)


def _headline(what: str, scores: Mapping[str, Score], ours: str, further: Sequence[str]) -> Headline:
    ratios = {name: one for name in (FASTDUP, CLEANVISION) if (one := scores[name].ratio(scores[ours]))}
    seconds = scores[ours].seconds
    return Headline(what, ratios, ((f"{seconds:.0f} s",) if seconds else ()) + tuple(further))


Truth = tuple[Mapping[str, str], Mapping[str, set[str]]]  # original by copy, and names by kind of damage


def _damaged(scratch: Path) -> tuple[str, Path, Truth]:
    """What was damaged, the folder where it lies, and the truth."""
    clothing = data("clothing.tar")
    if clothing is None:
        print("  clothing.tar: not there (set KINDRED_BENCH_DATA), the sample instead")
        paths = sorted(places.SAMPLE.rglob("*.webp"))
        title, files = "sample", {str(path.relative_to(places.SAMPLE)): path.read_bytes() for path in paths}
    else:
        title, files = "clothing", _members(clothing)
    if quick():
        files = dict(sorted(files.items())[:: max(1, len(files) // FEW)])
    count = min(damage.COPIES, len(files) // 4)
    copies = damage.altered_copies(files, count=count, seed=0)
    untouched = {path: content for path, content in files.items() if path not in {copy.source for copy in copies}}
    made, photos = damage_photos.planted(untouched, each=max(4, count // 8), seed=0)
    folder = damage.write(scratch / "damaged", {**files, **made}, copies)
    return f"{title}, {len(files) + len(copies):,} files", folder, ({one.path: one.source for one in copies}, photos)


def _members(archive: Path) -> dict[str, bytes]:
    with tarfile.open(archive) as opened:
        return {
            one.name.removeprefix("./"): content.read()
            for one in opened
            if one.isfile() and (content := opened.extractfile(one)) is not None
        }


Found = Mapping[str, Any]  # groups of paths, paths by kind flagged, and ranked


def _contest(folder: Path, scratch: Path) -> tuple[Mapping[str, Score], dict[str, Found]]:
    embedded = scratch / "workspace"
    checked(add("files", folder, embedded))
    turn = iter(range(100))

    def ours() -> Ran | Missing:
        # A copy each time: what a check has found is kept, and would only be read.
        here = Path(shutil.copytree(embedded, scratch / f"checked-{next(turn)}"))
        return judged(ran(_command("check", here)))

    def whole() -> Ran | Missing:
        return run_peer((), SCRIPTS / "whole.py", folder, scratch / f"whole-{next(turn)}")

    def fastdup() -> Ran | Missing:
        script, work = SCRIPTS / "fastdup_findings.py", scratch / f"fastdup-{next(turn)}"
        return run_peer(("fastdup",), script, folder, work, scratch / "fastdup.json", environment=FASTDUP_QUIET)

    def cleanvision() -> Ran | Missing:
        return run_peer(("cleanvision",), SCRIPTS / "cleanvision_findings.py", folder, scratch / "cleanvision.json")

    contestants = [
        Contestant(OURS, "", ours),
        Contestant(WHOLE, "", whole, once=True),
        Contestant(FASTDUP, "", fastdup, once=True),
        Contestant(CLEANVISION, "", cleanvision, once=True),
    ]
    scores = rounds(contestants)
    found: dict[str, Found] = {}
    if not scores[OURS].missing:
        found[OURS] = _ours(scratch / "checked-0")
    for name in (FASTDUP, CLEANVISION):
        file = scratch / f"{name}.json"
        if not scores[name].missing and file.exists():
            found[name] = json.loads(file.read_text(encoding="utf-8"))
    return scores, found


def _ours(workspace: Path) -> Found:
    """What the commands list of what has been kept."""
    copies = answer(checked(_command("duplicates", workspace)))
    photos = answer(checked(_command("photos", workspace)))
    return {
        "groups": [*copies["exact"], *(group["paths"] for group in copies["near"])],
        "flagged": {kind: [one["path"] for one in photos[kind]] for kind in KINDS},
    }


def _command(name: str, workspace: Path) -> list[str]:
    return [sys.executable, "-m", "embedding_core", name, "files", "--json", "--workspace", str(workspace)]


Figures = tuple[float | None, ...]


def _judged(found: Found, copies: Mapping[str, str], photos: Mapping[str, set[str]], title: str) -> Figures:
    """Recall of copies, precision over groups, and F1 of each kind of bad photograph."""
    groups = [set(map(str, group)) for group in found["groups"]]
    together = sum(any({copy, source} <= group for group in groups) for copy, source in copies.items())
    natural = natural_duplicates.CLOTHING if title.startswith("clothing") else natural_duplicates.SAMPLE
    right = sum(len({_drawn(path, copies, natural) for path in group}) == 1 for group in groups)
    shares = [_f1(_listed(found, kind, len(photos[kind])), photos[kind]) for kind in KINDS]
    return together / len(copies), right / len(groups) if groups else None, *shares


def _drawn(path: str, copies: Mapping[str, str], natural: Iterable[frozenset[str]]) -> str:
    """The picture that a file shows: the same for copies of ours and for natural duplicates."""
    source = str(PurePosixPath(copies.get(path, path)).with_suffix(""))
    return next((min(one) for one in natural if source in one), source)


def _listed(found: Found, kind: str, count: int) -> Sequence[str] | None:
    if kind in found["flagged"]:
        listed: Sequence[str] = found["flagged"][kind]
        return listed
    return found["ranked"][kind][:count] if kind in found.get("ranked", {}) else None


def _f1(listed: Sequence[str] | None, truth: set[str]) -> float | None:
    """None where the contestant has no such check."""
    if listed is None:
        return None
    hits = len(truth.intersection(listed))
    return 2 * hits / (len(listed) + len(truth))
