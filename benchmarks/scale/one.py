"""Run one stage and print what it took: `python -m benchmarks.scale.one STAGE N FOLDER`."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

from benchmarks.scale.stages import STAGES


def main(stage: str, n: str, folder: str) -> None:
    print(json.dumps(asdict(STAGES[stage].run(int(n), Path(folder)))))


if __name__ == "__main__":
    main(*sys.argv[1:])
