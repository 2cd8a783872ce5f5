"""What fastdup finds in a folder, with its own defaults. `fastdup_findings.py FOLDER WORK OUT`"""

import json
import sys
import time
from pathlib import Path

import fastdup


def inside(folder, path):
    return str(Path(path).resolve().relative_to(Path(folder).resolve()))


def main(folder, work, out):
    begun = time.perf_counter()
    job = fastdup.create(work_dir=work, input_dir=folder)
    job.run(overwrite=True, verbose=False)
    parts = job.connected_components()[0]
    groups = [
        [inside(folder, name) for name in part["filename"]]
        for _, part in parts[parts["count"] > 1].groupby("component_id")
    ]
    stats = job.img_stats()
    outliers = job.outliers()
    # Its gallery of dark and blurred images lists those with the least mean and the least blur: a ranking, no line.
    ranked = {
        kind: [inside(folder, name) for name in stats.sort_values(column)["filename"]]
        for kind, column in (("dark", "mean"), ("blurred", "blur"))
    }
    found = {
        "groups": groups,
        "flagged": {},
        "ranked": ranked,
        "outliers": [inside(folder, name) for name in outliers["filename_outlier"]],
    }
    Path(out).write_text(json.dumps(found), encoding="utf-8")
    print()
    print(json.dumps({"images": len(stats), "seconds": time.perf_counter() - begun}))


main(*sys.argv[1:])
