"""Run benchmarks and write each to benchmarks/results as <name>.md and <name>.json; `readme` prints the README's table.

`--quick` takes small sizes, to see that everything runs, and writes to .bench/quick instead. `--up-to N` sets the most
images or points of those benchmarks that grow: scale, map and memory.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

import psutil

from benchmarks.report import FAILS, Report, Table, readme
from benchmarks.surroundings import BENCH, QUICK, RESULTS, UP_TO, facts, machine

ALL = (
    *("embed", "memory", "map", "search", "start", "quality", "curate"),
    *("improve", "journey", "server_latency", "scale", "cluster", "drawing", "soak"),
)


def main(given: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"readme, or some of: {', '.join(ALL)}; else all")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--up-to", type=int, metavar="N")
    asked = parser.parse_args(given)
    if asked.names == ["readme"]:
        print(readme(stored(RESULTS)), end="")
        return 0
    unknown = [name for name in asked.names if name not in ALL]
    if unknown:
        print(f"No benchmark is called {unknown[0]!r}. There are: {', '.join(ALL)}.", file=sys.stderr)
        return 2
    if asked.quick:
        os.environ[QUICK] = "1"
    if asked.up_to:
        os.environ[UP_TO] = str(asked.up_to)
    folder = BENCH / "quick" if asked.quick else RESULTS
    failed = [name for name in asked.names or ALL if not measure(name, folder)]
    if failed:
        print(f"A bound does not hold in: {', '.join(failed)}.", file=sys.stderr)
    return 1 if failed else 0


def measure(name: str, folder: Path) -> bool:
    """Run one benchmark and write what it found to `folder`; whether all its bars hold."""
    others = psutil.cpu_percent(1)
    print(f"{name}: (other work takes {others:.0f} % of the processors)", flush=True)
    found = import_module(f"benchmarks.{name}").run()
    report = Report([found]) if isinstance(found, Table) else found
    date = datetime.now(UTC).date().isoformat()
    write(report, name, folder, date=date, others=others)
    return FAILS not in report.markdown()


def write(report: Report, name: str, folder: Path, *, date: str, others: float) -> None:
    """<name>.md for people and <name>.json for programs. `others`: % of the processors that other work took before."""
    folder.mkdir(parents=True, exist_ok=True)
    said = f"Measured {date} on {machine()}. Other work took {others:.0f} % of the processors before."
    (folder / f"{name}.md").write_text(f"{report.markdown()}\n{said}\n", encoding="utf-8")
    here = {"name": name, "date": date, "other_work_percent": others, "machine": facts(), **report.json()}
    (folder / f"{name}.json").write_text(json.dumps(here, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def stored(folder: Path) -> list[dict[str, object]]:
    """The results that are there, in the order of `ALL`."""
    files = [folder / f"{name}.json" for name in ALL]
    return [json.loads(file.read_text(encoding="utf-8")) for file in files if file.exists()]


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
