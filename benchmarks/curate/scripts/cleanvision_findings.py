"""What cleanvision finds in a folder, with its own defaults. `cleanvision_findings.py FOLDER OUT`"""

import json
import sys
import time
from pathlib import Path

from cleanvision import Imagelab

KINDS = {"dark": "dark", "blurred": "blurry", "tiny": "odd_size"}


def inside(folder, path):
    return str(Path(path).resolve().relative_to(Path(folder).resolve()))


def main(folder, out):
    begun = time.perf_counter()
    lab = Imagelab(data_path=folder)
    lab.find_issues()
    sets = [
        [inside(folder, path) for path in group]
        for kind in ("exact_duplicates", "near_duplicates")
        for group in lab.info[kind]["sets"]
    ]
    issues = lab.issues
    found = {
        "groups": sets,
        "flagged": {
            ours: [inside(folder, path) for path in issues.index[issues[f"is_{theirs}_issue"]]]
            for ours, theirs in KINDS.items()
        },
        "ranked": {
            ours: [inside(folder, path) for path in issues.sort_values(f"{theirs}_score").index]
            for ours, theirs in KINDS.items()
        },
        "outliers": [],
    }
    Path(out).write_text(json.dumps(found), encoding="utf-8")
    print()
    print(json.dumps({"images": len(issues), "seconds": time.perf_counter() - begun}))


if __name__ == "__main__":
    main(*sys.argv[1:])
