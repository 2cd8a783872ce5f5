"""cleanvision's whole job on a folder, with its own defaults. `cleanvision_job.py FOLDER`"""

import json
import sys
import time

from cleanvision import Imagelab


def main(folder):
    begun = time.perf_counter()
    lab = Imagelab(data_path=folder)
    lab.find_issues()
    print()
    print(json.dumps({"images": len(lab.issues), "seconds": time.perf_counter() - begun}))


if __name__ == "__main__":
    main(sys.argv[1])
