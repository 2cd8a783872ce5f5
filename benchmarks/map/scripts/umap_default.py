"""umap-learn's default call, with the metric of networks' vectors. `umap_default.py VECTORS.npy POINTS.npy`"""

import json
import sys
import time
import warnings

import numpy as np

warnings.simplefilter("ignore")
import umap  # noqa: E402 - it warns while it is imported

begun = time.perf_counter()
vectors = np.load(sys.argv[1])
points = umap.UMAP(metric="cosine").fit_transform(vectors)
np.save(sys.argv[2], points.astype(np.float32))
print(json.dumps({"seconds": time.perf_counter() - begun}))
