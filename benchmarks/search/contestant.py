"""One way to search, in a process of its own: `python contestant.py NAME vectors.npy queries.npy`.

It loads and builds, says so in one line of JSON, and then answers one query for each number that it reads: how long it
took and which rows it found. Whoever asks thus lets several take turns. Vectors have length 1, so that a product is a
cosine to all of them. A peer needs numpy and its own package alone.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

K = 50
Search = Callable[[np.ndarray], np.ndarray]


def kindred_exact(vectors: np.ndarray) -> Search:
    from embedding_core.neighbours import Flat

    flat = Flat(vectors)
    return lambda query: flat.search(query, K).rows[0]


def kindred_index(vectors: np.ndarray) -> Search:
    from embedding_core.neighbours import inverted, partitions

    index = inverted.measured(vectors, partitions.partition(vectors))
    places = inverted.places(index)
    ordered = np.empty_like(vectors)
    ordered[places] = vectors
    through = inverted.Indexed.of(ordered, index)
    facts["recall said"] = index.plan("cosine", K)[1]
    facts["partitions"] = f"{index.plan('cosine', K)[0]} of {index.cut.count}"
    return lambda query: through.search(query, K).rows[0]


def faiss_flat(vectors: np.ndarray) -> Search:
    import faiss

    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    return lambda query: index.search(query[None], K)[1][0]


def faiss_hnsw(vectors: np.ndarray) -> Search:
    import faiss

    index = faiss.IndexHNSWFlat(vectors.shape[1], 32, faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efSearch = 128
    index.add(vectors)
    return lambda query: index.search(query[None], K)[1][0]


def faiss_ivf(vectors: np.ndarray) -> Search:
    import faiss

    count = len(vectors) // 400
    coarse = faiss.IndexFlatIP(vectors.shape[1])
    index = faiss.IndexIVFFlat(coarse, vectors.shape[1], count, faiss.METRIC_INNER_PRODUCT)
    index.train(vectors[np.random.default_rng(0).choice(len(vectors), 64 * count, replace=False)])
    index.add(vectors)
    index.nprobe = 64
    return lambda query: index.search(query[None], K)[1][0]


def lancedb_flat(vectors: np.ndarray) -> Search:
    table = _lance(vectors)
    return lambda query: _rows(table.search(query).distance_type("dot"))


def lancedb_hnsw(vectors: np.ndarray) -> Search:
    from lancedb.index import HnswSq

    table = _lance(vectors)
    table.create_index("vector", config=HnswSq(distance_type="dot"))
    return lambda query: _rows(table.search(query).distance_type("dot"))


def sklearn_brute(vectors: np.ndarray) -> Search:
    from sklearn.neighbors import NearestNeighbors

    model = NearestNeighbors(n_neighbors=K, metric="cosine", algorithm="brute").fit(vectors)
    return lambda query: model.kneighbors(query[None], return_distance=False)[0]


def _lance(vectors: np.ndarray):
    import lancedb
    import pyarrow as pa

    folder = tempfile.mkdtemp(dir=os.environ["SEARCH_SCRATCH"])
    column = pa.FixedSizeListArray.from_arrays(pa.array(vectors.reshape(-1)), vectors.shape[1])
    rows = pa.table({"row": pa.array(np.arange(len(vectors))), "vector": column})
    return lancedb.connect(folder).create_table("vectors", rows)


def _rows(search) -> np.ndarray:
    return search.select(["row", "_distance"]).limit(K).to_arrow()["row"].to_numpy()


facts: dict[str, object] = {}

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))
    name, vectors, queries = sys.argv[1], np.load(sys.argv[2]), np.load(sys.argv[3])
    begun = time.perf_counter()
    ask = globals()[name](vectors)
    ask(queries[0])
    build = time.perf_counter() - begun
    if name != "sklearn_brute" and not name.startswith("kindred_exact"):
        del vectors  # they keep their own
    print(json.dumps({"build": build, **facts}), flush=True)
    for line in sys.stdin:
        query = queries[int(line)]
        begun = time.perf_counter()
        rows = ask(query)
        print(json.dumps({"ms": 1_000 * (time.perf_counter() - begun), "rows": rows.tolist()}), flush=True)
