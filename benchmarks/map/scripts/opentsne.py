"""openTSNE with its defaults, and the metric of networks' vectors. `opentsne.py VECTORS.npy POINTS.npy`"""

import json
import sys
import time

import numpy as np
import openTSNE

begun = time.perf_counter()
points = openTSNE.TSNE(metric="cosine").fit(np.load(sys.argv[1]))
np.save(sys.argv[2], np.asarray(points, np.float32))
print(json.dumps({"seconds": time.perf_counter() - begun}))
