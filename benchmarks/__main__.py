"""Run benchmarks and write each table to benchmarks/results/<name>.md."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from importlib import import_module

from benchmarks.report import FAILS, RESULTS, machine

ALL = ("quality", "embedding", "startup", "server_latency", "map", "soak", "cluster")


def main(names: list[str]) -> int:
    unknown = [name for name in names if name not in ALL]
    if unknown:
        print(f"No benchmark is called {unknown[0]!r}. There are: {', '.join(ALL)}.", file=sys.stderr)
        return 2
    RESULTS.mkdir(parents=True, exist_ok=True)
    here = machine()
    today = datetime.now(UTC).date().isoformat()
    failed = []
    for name in names or ALL:
        print(f"{name}:", flush=True)
        said = import_module(f"benchmarks.{name}").run().markdown()
        (RESULTS / f"{name}.md").write_text(f"{said}\nMeasured {today} on {here}.\n", encoding="utf-8")
        failed += [name] if FAILS in said else []
    if failed:
        print(f"A bound does not hold in: {', '.join(failed)}.", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
