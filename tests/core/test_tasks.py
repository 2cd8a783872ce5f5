"""The whole way from a source to map and clusters, and what happens when it is asked for again."""

from __future__ import annotations

import base64
import shutil
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from embedding_core import derived, places
from embedding_core.errors import InvalidInput, InvalidQuery
from embedding_core.images import decode
from embedding_core.records import LOCAL, silent
from embedding_core.sources import Staging
from embedding_core.tasks import TASKS
from embedding_core.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.open(str(tmp_path / "workspace"))


def run(workspace: Workspace, kind: str, **parameters: Any) -> dict[str, Any]:
    return TASKS[kind](workspace, parameters, silent, LOCAL)


def test_prepare_goes_from_an_upload_to_clusters_and_lets_the_upload_go(workspace: Workspace) -> None:
    files = sorted((places.SAMPLE / "bird").glob("*.webp")) + sorted((places.SAMPLE / "boat").glob("*.webp"))
    staging = Staging(places.uploads(workspace.uri))
    manifest = [{"path": f"{one.parent.name}/{one.name}", "size": one.stat().st_size} for one in files]
    upload = staging.create(manifest, "key")
    for index, one in enumerate(files):
        upload.write(index, 0, one.read_bytes())
    upload.finish()
    result = run(workspace, "prepare", name="two", source=f"upload:{upload.id}", encoder="pixels")
    assert (result["added"], result["embedded"], result["rejected"]) == (len(files), len(files), [])
    dataset = workspace.dataset("two")
    embedding = dataset.embedding("pixels")
    methods = [found.parameters["method"] for found in derived.maps(workspace, dataset, embedding)]
    assert methods == ["umap", "pca"], "the quick map was there first"
    found = derived.read_clusters(workspace, result["clusters"], partial(derived.labels_of, dataset))
    assert found is not None
    assert found.names.source == "labels"
    assert not list(places.uploads(workspace.uri).glob("*/*.part"))
    assert dataset.content(dataset.ids()[manifest[0]["path"]]) == files[0].read_bytes()


def test_an_uploaded_table_may_name_files_below_the_data_roots_and_no_others(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = [tmp_path / "open", tmp_path / "closed"]
    for folder in folders:
        shutil.copytree(places.SAMPLE / "bug", folder)
    files = [next(folder.glob("*.webp")) for folder in folders]
    monkeypatch.setenv("KINDRED_DATA_ROOTS", str(folders[0]))
    table = "\n".join(["file", *map(str, files), ""]).encode()
    upload = Staging(places.uploads(workspace.uri)).create([{"path": "mine.csv", "size": len(table)}], "key")
    upload.write(0, 0, table)
    upload.finish()
    result = run(workspace, "add", name="named", source=f"upload:{upload.id}")
    assert result["added"] == 1
    assert [one["path"] for one in result["rejected"]] == [str(files[1])]


def test_few_images_come_to_a_map_as_well(workspace: Workspace, tmp_path: Path) -> None:
    for count in (1, 2, 5):
        folder = tmp_path / str(count)
        folder.mkdir()
        for one in sorted((places.SAMPLE / "bug").glob("*.webp"))[:count]:
            (folder / one.name).write_bytes(one.read_bytes())
        result = run(workspace, "prepare", name=str(count), source=str(folder), encoder="pixels")
        drawn = derived.read_map(workspace, result["map"])
        assert drawn is not None
        assert drawn.projection.n == count
        assert drawn.projection.note
        ids = list(workspace.dataset(str(count)).ids().values())
        found = run(workspace, "search", name=str(count), ids=ids[:1], encoder="pixels", k=12)
        assert len(found["results"]) == count - 1


def test_the_same_map_is_computed_once(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    run(workspace, "add", name="bugs", source=str(places.SAMPLE / "bug"), encoder="pixels")
    first = run(workspace, "map", name="bugs", encoder="pixels", method="pca")
    monkeypatch.setattr(derived.mapping.projection, "project", lambda *a, **k: pytest.fail("it was drawn again"))
    again = run(workspace, "map", name="bugs", encoder="pixels", method="pca")
    assert again["fingerprint"] == first["fingerprint"]
    assert again["trustworthiness"] == first["trustworthiness"]


def test_new_images_make_a_new_map_and_labels_do_not(workspace: Workspace) -> None:
    run(workspace, "add", name="mix", source=str(places.SAMPLE / "bug"), encoder="pixels")
    first = run(workspace, "map", name="mix", encoder="pixels", method="pca")["fingerprint"]
    run(workspace, "relabel", name="mix", labels="none")
    assert run(workspace, "map", name="mix", encoder="pixels", method="pca")["fingerprint"] == first
    run(workspace, "add", name="mix", source=str(places.SAMPLE / "boat"), encoder="pixels")
    assert run(workspace, "map", name="mix", encoder="pixels", method="pca")["fingerprint"] != first


def test_names_and_nmi_follow_the_labels_of_now(workspace: Workspace) -> None:
    run(workspace, "add", name="all", source=str(places.SAMPLE / "bug"), encoder="pixels")
    unlabelled = run(workspace, "clusters", name="all", encoder="pixels", k=3)
    dataset = workspace.dataset("all")
    ids = list(dataset.ids().values())
    dataset.put_attributes(ids, labels=["beetle" if number % 2 else "ant" for number in range(len(ids))])
    labelled = run(workspace, "clusters", name="all", encoder="pixels", k=3)
    assert labelled["fingerprint"] == unlabelled["fingerprint"]
    assert unlabelled["nmi"] is None
    assert labelled["nmi"] is not None
    assert {name.split()[0] for name in (one["name"] for one in labelled["clusters"])} <= {"beetle", "ant"}


def test_a_search_wants_an_image_and_a_mean_of_several_excludes_them(workspace: Workspace) -> None:
    run(workspace, "add", name="bugs", source=str(places.SAMPLE / "bug"), encoder="pixels")
    ids = list(workspace.dataset("bugs").ids().values())
    found = run(workspace, "search", name="bugs", encoder="pixels", ids=ids[:3], k=5, metric="euclidean")
    assert not {one["id"] for one in found["results"]} & set(ids[:3])
    assert all(one["words"].startswith("distance") for one in found["results"])
    with pytest.raises(InvalidQuery, match="wants an image"):
        run(workspace, "search", name="bugs", encoder="pixels")
    with pytest.raises(InvalidQuery, match="not a usable image"):
        run(workspace, "search", name="bugs", encoder="pixels", image=b"hello there, I am text")


def test_a_search_among_a_selection_finds_nothing_outside_of_it(workspace: Workspace) -> None:
    run(workspace, "add", name="bugs", source=str(places.SAMPLE / "bug"), encoder="pixels")
    run(workspace, "add", name="boats", source=str(places.SAMPLE / "boat"))
    dataset = workspace.dataset("bugs")
    ids = list(dataset.ids().values())
    among = ids[:6]
    hash_ = workspace.selections.keep(dataset.uuid, [*among, 12345], how="filter").hash
    asked = {"name": "bugs", "encoder": "pixels", "among": hash_}
    everything = [one["id"] for one in run(workspace, "search", **asked | {"among": ""}, ids=ids[:1], k=100)["results"]]
    found = [one["id"] for one in run(workspace, "search", **asked, ids=ids[:1], k=100)["results"]]
    assert found == [image for image in everything if image in among], "in the same order, without the query"
    assert len(found) == 5
    outside = [one["id"] for one in run(workspace, "search", **asked, ids=ids[8:10], k=3)["results"]]
    assert len(outside) == 3
    assert set(outside) < set(among), "the query need not be among them"
    alone = workspace.selections.keep(dataset.uuid, ids[:1], how="filter").hash
    assert run(workspace, "search", **asked | {"among": alone}, ids=ids[:1])["results"] == []
    elsewhere = workspace.selections.keep(workspace.dataset("boats").uuid, among, how="filter").hash
    for unknown in ("0" * 16, elsewhere):
        with pytest.raises(InvalidQuery, match="search among are not known"):
            run(workspace, "search", **asked | {"among": unknown}, ids=ids[:1])


def test_a_preview_is_a_new_picture_with_nothing_of_the_file(workspace: Workspace) -> None:
    run(workspace, "add", name="bugs", source=str(places.SAMPLE / "bug"))
    dataset = workspace.dataset("bugs")
    [image, *_] = dataset.ids().values()
    made = run(workspace, "preview", name="bugs", id=image, longest=64)["bytes"]
    assert made[:4] == b"RIFF"
    assert max(decode(made).image.size) == 64
    assert made != dataset.content(image)


def test_a_file_that_was_sent_is_pictured_the_same_way_or_refused(workspace: Workspace) -> None:
    sent = base64.b64encode(next((places.SAMPLE / "bug").glob("*.webp")).read_bytes()).decode()
    made = run(workspace, "preview", image=sent, longest=64)["bytes"]
    assert max(decode(made).image.size) == 64
    with pytest.raises(InvalidInput, match="text"):
        run(workspace, "preview", image=base64.b64encode(b"hello there, I am text").decode())


def test_brought_vectors_are_prepared_without_an_encoder(workspace: Workspace, tmp_path: Path) -> None:
    run(workspace, "add", name="bugs", source=str(places.SAMPLE / "bug"))
    dataset = workspace.dataset("bugs")
    file = tmp_path / "own.npz"
    paths = list(dataset.ids())
    np.savez(file, vectors=np.random.default_rng(0).normal(size=(len(paths), 6)), paths=np.array(paths))
    encoder = run(workspace, "import_vectors", name="mine", dataset=dataset.uuid, file=str(file))["encoder"]
    result = run(workspace, "prepare", dataset=dataset.uuid, encoder=encoder)
    assert derived.read_map(workspace, result["map"]) is not None
