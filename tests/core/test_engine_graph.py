"""What many machines find together is what one machine finds: neighbours, groups and duplicates."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest

from embedding_core import derived, graphs, neighbours, places
from embedding_core.cli import main
from embedding_core.encoders import imported
from embedding_core.errors import InvalidInput
from embedding_core.fingerprint import digest
from embedding_core.records import ImageRecord
from embedding_core.vectors import unit_rows
from embedding_core.workspace import Dataset, Embedding, Workspace

pytestmark = [
    pytest.mark.filterwarnings("ignore"),  # Ray's own, of which there are many
    pytest.mark.xdist_group("ray"),
]
N, D, K, TWINS = 9000, 48, 10, 40


@pytest.fixture(scope="module")
def ray_here() -> Iterator[None]:
    from embedding_core.engines.cluster import cluster

    with cluster(cpus=2):
        yield


@pytest.fixture(scope="module")
def vectors() -> np.ndarray:
    """Clouds of different width that run into each other; the last rows repeat the first."""
    random = np.random.default_rng(0)
    middles = random.normal(size=(60, D))
    member = random.integers(0, 60, N)
    found = middles[member] + random.normal(size=(N, D)) * random.uniform(0.3, 1.2, (60, 1))[member]
    found[-TWINS:] = found[:TWINS]
    return found.astype(np.float32)


@pytest.fixture(scope="module")
def stored(vectors: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> tuple[Dataset, Embedding]:
    workspace = Workspace.open(str(tmp_path_factory.mktemp("graph") / "workspace"))
    dataset = workspace.create("clouds")
    paths = [f"{number:05d}.png" for number in range(N)]
    ids = dataset.image_ids(paths)
    shas = [digest(path.encode()) for path in paths]
    dataset.put_images(
        ids, [ImageRecord(path, sha, 1, 1, "PNG", 1, b"", b"x", None) for path, sha in zip(paths, shas, strict=True)]
    )
    card = imported.card_for_imported("clouds", D, "0" * 64)
    for start in range(0, N, 2500):  # several files
        some = slice(start, start + 2500)
        dataset.vectors.put(card, ids[some], shas[some], vectors[some])
    return dataset, dataset.embedding(card.id)


def recall(found: np.ndarray, true: np.ndarray) -> float:
    return float(np.mean([len(set(mine) & set(theirs)) for mine, theirs in zip(found, true, strict=True)]) / K)


def test_the_graph_is_that_of_one_machine(
    ray_here: None, stored: tuple[Dataset, Embedding], vectors: np.ndarray
) -> None:
    from embedding_core.engines import graph

    dataset, embedding = stored
    spread = embedding.spread()
    found = graph.graph(spread, K)
    assert found.partitions > 10
    assert found.probes < found.partitions, "not all are compared with all"
    assert found.recall >= graph.RECALL
    ids, others, similarity = spread.nearest(K)
    assert sorted(ids.tolist()) == sorted(embedding.ids.tolist()), "each image once"
    assert (others != ids[:, None]).all(), "nobody is its own neighbour"
    assert (others >= 0).all()
    assert (np.diff(similarity, axis=1) <= 0).all()
    at = embedding.positions(ids)
    true = neighbours.graph(embedding.matrix(), K, exact=True)
    assert recall(embedding.positions(others.ravel()).reshape(-1, K), true.rows[at]) >= 0.95
    assert [name for name in dataset._store.names() if name.startswith("parts_")] == []

    kept = graph.gathered(found, spread, embedding)
    assert kept is not None
    assert recall(kept.rows, true.rows) >= 0.95
    unit = unit_rows(embedding.matrix())
    assert kept.similarity == pytest.approx(np.einsum("nd,nkd->nk", unit, unit[kept.rows]), abs=1e-5)

    # As similar as rounding lets two copies of a vector be.
    groups = graph.duplicates(spread, 0.99999)
    order = {image: place for place, image in enumerate(embedding.ids.tolist())}
    assert sorted(sorted(order[one] for one in group.tolist()) for group in groups) == [
        [row, N - TWINS + row] for row in range(TWINS)
    ]


def test_the_command_keeps_the_graph_for_maps_and_names_duplicates(
    ray_here: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "boats"
    shutil.copytree(places.SAMPLE / "boat", folder)
    first = min(folder.glob("*.webp"))
    shutil.copy(first, folder / "copy.webp")
    uri = str(tmp_path / "workspace")
    assert main(["add", "boats", str(folder), "--embed", "pixels", "--workspace", uri]) == 0
    capsys.readouterr()
    command = ["neighbours", "boats", "--encoder", "pixels", "--duplicates", "0.99999", "--workspace", uri, "--json"]
    assert main(command) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["recall"], told["kept_for_maps"], told["duplicate_groups"]) == (1.0, True, 1)
    assert sorted(told["duplicates"][0]) == sorted(["copy.webp", first.name])
    workspace = Workspace.open(uri)
    embedding = workspace.dataset("boats").embedding("pixels")
    known = graphs.read_graph(workspace, embedding.fingerprint)
    assert known is not None
    assert (known.n, known.k) == (len(embedding), told["k"])


def test_killed_workers_change_nothing(ray_here: None, stored: tuple[Dataset, Embedding]) -> None:
    from embedding_core.engines import graph

    spread = stored[1].spread()
    killed: list[int] = []

    def killing(stage: str, done: int = 0, total: int | None = None, note: str = "") -> None:
        if stage == "neighbours" and done == 8 and not killed:
            threading.Timer(0.05, kill).start()
            time.sleep(0.1)

    def kill() -> None:
        for process in psutil.Process(os.getpid()).children(recursive=True):
            with contextlib.suppress(psutil.Error):
                if process.cmdline()[:1] == ["ray::_search"]:
                    process.send_signal(signal.SIGKILL)
                    killed.append(process.pid)

    graph.graph(spread, K, progress=killing)
    ids, others, _ = spread.nearest(K)
    assert killed, "there was nobody to kill"
    assert sorted(ids.tolist()) == sorted(stored[1].ids.tolist())
    assert (others >= 0).all()


def test_kmeans_groups_as_well_as_that_of_one_machine(
    ray_here: None, stored: tuple[Dataset, Embedding], vectors: np.ndarray
) -> None:
    from sklearn.cluster import KMeans
    from sklearn.metrics import normalized_mutual_info_score

    from embedding_core.engines import kmeans

    _, embedding = stored
    found = kmeans.kmeans(embedding.spread().rows(), 60)
    assert sorted(found.ids.tolist()) == sorted(embedding.ids.tolist())
    assert found.centres.shape == (60, D)
    unit = unit_rows(vectors)[embedding.positions(found.ids)]
    assert found.similarity == pytest.approx(float((unit * found.centres[found.labels]).sum(axis=1).mean()), abs=1e-4)
    one = KMeans(60, n_init=3, random_state=0).fit(unit)
    centres = unit_rows(one.cluster_centers_.astype(np.float32))
    assert found.similarity >= 0.99 * float((unit * centres[one.labels_]).sum(axis=1).mean())
    assert normalized_mutual_info_score(found.labels, one.labels_) > 0.8


def test_the_command_keeps_groups_that_pages_show(
    ray_here: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "some"
    for kind in ("boat", "clock", "face"):
        shutil.copytree(places.SAMPLE / kind, folder / kind)
    uri = str(tmp_path / "workspace")
    assert main(["add", "some", str(folder), "--embed", "pixels", "--workspace", uri]) == 0
    capsys.readouterr()
    command = ["clusters", "some", "--encoder", "pixels", "--k", "3", "--workspace", uri, "--json"]
    assert main([*command, "--engine", "ray"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert main(command) == 0
    alone = json.loads(capsys.readouterr().out)
    workspace = Workspace.open(uri)
    dataset = workspace.dataset("some")
    embedding = dataset.embedding("pixels")
    there, _ = derived.clusterings(workspace, dataset, embedding)[::-1]
    assert there.fingerprint == told["fingerprint"] != alone["fingerprint"]
    kept = derived.read_clusters(workspace, told["fingerprint"], lambda ids: derived.labels_of(dataset, ids))
    assert kept is not None
    assert kept.current
    assert [one["size"] for one in told["clusters"]] == list(kept.clustering.sizes)
    assert told["nmi"] == pytest.approx(alone["nmi"], abs=0.1)
    assert told["silhouette"] == pytest.approx(alone["silhouette"], abs=0.05)
    # Each group is stood for by three of its own, and the first is the one that is most like all of them.
    unit = unit_rows(embedding.matrix())
    for group, rows in enumerate(kept.clustering.exemplars):
        members = np.flatnonzero(kept.clustering.labels == group)
        assert len(rows) == 3
        assert set(rows) <= set(members.tolist())
        typical = unit[members] @ unit_rows(unit[members].mean(axis=0, keepdims=True))[0]
        assert typical.max() - typical[members == rows[0]] < 0.02


@pytest.mark.parametrize("more", [["--method", "evoc"], ["--min-size", "5", "--k", "3"], []])
def test_what_no_cluster_groups_by_is_said(tmp_path: Path, more: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["clusters", "some", "--engine", "ray", "--workspace", str(tmp_path), "--json", *more]) == 2
    assert "--k says into how many" in json.loads(capsys.readouterr().out)["error"]


def test_what_cannot_be_asked_for_is_refused(ray_here: None, stored: tuple[Dataset, Embedding]) -> None:
    from embedding_core.engines import graph, kmeans

    spread = stored[1].spread()
    with pytest.raises(InvalidInput, match=f"1 to {N - 1} neighbours, not {N}"):
        graph.graph(spread, N)
    with pytest.raises(InvalidInput, match=f"1 to {N} clusters, not 0"):
        kmeans.kmeans(spread.rows(), 0)


def test_a_billion_rows_have_partitions_that_fit() -> None:
    from embedding_core.engines.graph import MEMBERS, partitions

    assert partitions(10) == 1
    assert partitions(60_000) == 60_000 // MEMBERS
    assert partitions(10**8) == 10**4


def test_deleting_the_dataset_takes_the_neighbours_along(tmp_path: Path) -> None:
    workspace = Workspace.open(str(tmp_path / "workspace"))
    dataset = workspace.create("birds")
    card = imported.card_for_imported("own", 4, "0" * 64)
    dataset.put_images([1], [ImageRecord("a.png", "0" * 64, 1, 1, "PNG", 1, b"", b"x", None)])
    dataset.vectors.put(card, [1], ["0" * 64], np.ones((1, 4), np.float32))
    dataset.vectors.staged(card)
    spread = dataset.embedding(card.id).spread()
    spread.begin_parts()
    spread.begin_nearest(3)
    assert len([name for name in dataset._store.names() if dataset.uuid in name]) == 11
    workspace.delete(dataset)
    assert [name for name in dataset._store.names() if dataset.uuid in name] == []
