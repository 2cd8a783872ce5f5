"""umap-learn with a graph that is given. `umap_graph.py VECTORS.npy GRAPH.npz POINTS.npy`"""

import json
import sys
import time
import warnings

import numpy as np

warnings.simplefilter("ignore")
import umap  # noqa: E402 - it warns while it is imported

K = 15  # neighbours, the image itself counted, as by default

begun = time.perf_counter()
vectors = np.load(sys.argv[1])
graph = np.load(sys.argv[2])
itself = np.arange(len(vectors), dtype=graph["rows"].dtype)[:, None]
rows = np.hstack([itself, graph["rows"][:, : K - 1]])
distances = np.hstack([np.zeros((len(vectors), 1)), 1 - graph["similarity"][:, : K - 1]]).clip(0).astype(np.float32)
drawn = umap.UMAP(metric="cosine", precomputed_knn=(rows, distances, None), force_approximation_algorithm=True)
np.save(sys.argv[3], drawn.fit_transform(vectors).astype(np.float32))
print(json.dumps({"seconds": time.perf_counter() - begun}))
