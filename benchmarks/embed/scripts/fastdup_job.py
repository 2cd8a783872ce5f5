"""fastdup's whole job on a folder. `fastdup_job.py FOLDER WORK`"""

import json
import sys
import time

import fastdup

begun = time.perf_counter()
job = fastdup.create(work_dir=sys.argv[2], input_dir=sys.argv[1])
job.run(overwrite=True, verbose=False)
groups = job.connected_components()[0]
print()
print(json.dumps({"images": len(job.annotations()), "components": len(groups), "seconds": time.perf_counter() - begun}))
