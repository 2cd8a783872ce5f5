"""The workspace: what is written comes back, by the same id, whatever happens in between."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from embedding_core.encoders import registry
from embedding_core.errors import (
    ImageRefused,
    InvalidInput,
    NameTaken,
    NewerLayout,
    NotEmbedded,
    UnknownDataset,
    UnknownImage,
    WorkspaceError,
)
from embedding_core.fingerprint import digest
from embedding_core.records import ImageRecord, Reason, Rejected
from embedding_core.workspace import Dataset, Workspace
from embedding_core.workspace import dataset as dataset_module
from embedding_core.workspace.attributes import given_name, stored_name
from embedding_core.workspace.store import Store

CARD = registry.card("pixels")


def record(path: str, content: bytes | None = b"bytes", origin: str | None = None) -> ImageRecord:
    data = content or b""
    return ImageRecord(path, digest(data), 4, 3, "PNG", len(data), b"thumb of " + path.encode(), content, origin)


def put(dataset: Dataset, *records: ImageRecord) -> list[int]:
    ids = dataset.image_ids([one.path for one in records])
    dataset.put_images(ids, records)
    return ids


def vectors(count: int, start: float = 0.0) -> np.ndarray:
    return np.arange(count * CARD.dim, dtype=np.float32).reshape(count, CARD.dim) + np.float32(start)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.open(str(tmp_path / "workspace"))


@pytest.fixture
def dataset(workspace: Workspace) -> Dataset:
    return workspace.create("birds")


def test_images_come_back_sorted_by_path_with_their_bytes(workspace: Workspace, dataset: Dataset) -> None:
    ids = put(dataset, record("b.png", b"bee"), record("a/c.png", b"sea"))
    again = Workspace.open(workspace.uri).dataset("birds")
    assert again.images()["path"].to_pylist() == ["a/c.png", "b.png"]
    assert again.content(ids[0]) == b"bee"
    assert again.thumbnails(ids) == {ids[0]: b"thumb of b.png", ids[1]: b"thumb of a/c.png"}
    assert again.count == 2


def test_tidying_writes_a_table_anew_only_when_it_is_in_many_pieces(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dataset_module, "FRAGMENTS", 3)
    put(dataset, record("0.png"))
    for number in range(1, 5):
        version = dataset.images_token
        dataset.tidy()
        assert (dataset.images_token != version) == (number > 3), f"{number} pieces"
        put(dataset, record(f"{number}.png", f"bytes {number}".encode()))
    dataset.tidy()
    assert {dataset.content(image) for image in dataset.ids().values()} == {
        b"bytes",
        *(f"bytes {number}".encode() for number in range(1, 5)),
    }


def test_an_id_survives_a_rename_and_fits_a_browsers_number(workspace: Workspace, dataset: Dataset) -> None:
    before = put(dataset, record("a.png"))
    renamed = workspace.update(dataset, name="seabirds", description="gulls")
    assert workspace.dataset("seabirds").image_ids(["a.png"]) == before
    assert 0 <= before[0] < 2**53
    assert renamed.description == "gulls"
    with pytest.raises(UnknownDataset, match="seabirds"):
        workspace.dataset("seabird")


def test_colliding_ids_are_told_apart(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dataset_module, "_hashed", lambda uuid, path, salt: 7 + salt)
    ids = put(dataset, record("a.png", b"1"), record("b.png", b"2"))
    assert ids == [7, 8]
    assert dataset.image_ids(["b.png", "c.png", "a.png"]) == [8, 9, 7]


def test_a_file_that_stays_is_read_where_it_is_and_checked(dataset: Dataset, tmp_path: Path) -> None:
    file = tmp_path / "a.png"
    file.write_bytes(b"first")
    [image] = put(dataset, ImageRecord("a.png", digest(b"first"), 1, 1, "PNG", 5, b"", None, str(file)))
    assert dataset.content(image) == b"first"
    file.write_bytes(b"other")
    with pytest.raises(ImageRefused) as changed:
        dataset.content(image)
    assert changed.value.reason is Reason.CHANGED
    file.unlink()
    with pytest.raises(ImageRefused) as gone:
        dataset.content(image)
    assert gone.value.reason is Reason.MISSING


def test_an_unknown_image_is_named(dataset: Dataset) -> None:
    with pytest.raises(UnknownImage, match="41"):
        dataset.content(41)


def test_names_are_checked_and_unique(workspace: Workspace, dataset: Dataset) -> None:
    with pytest.raises(NameTaken, match="birds"):
        workspace.create(" birds ")
    other = workspace.create("fish")
    with pytest.raises(NameTaken):
        workspace.update(other, name="birds")
    for bad in ("", "a/b", "x" * 101, "tab\there"):
        with pytest.raises(InvalidInput, match="name"):
            workspace.create(bad)


def test_deleting_takes_all_that_came_from_a_dataset_and_nothing_else(workspace: Workspace, dataset: Dataset) -> None:
    other = workspace.create("fish")
    keys = []
    for one in (dataset, other):
        ids = put(one, record("a.png"))
        one.vectors.put(CARD, ids, [digest(b"bytes")], vectors(1))
        one.tag("odd", ids)
        keys.append(workspace.selections.keep(one.uuid, ids, how="lasso").hash)
        workspace.results.put(
            one.uuid, kind="graph", dataset=one.uuid, parent="", arrays={}, parameters={}, seconds=0.0
        )
    workspace.delete(dataset)
    assert [one.name for one in workspace.datasets()] == ["fish"]
    assert workspace.results.get(dataset.uuid) is None
    assert workspace.selections.get(keys[0]) is None
    assert not [name for name in Store(workspace.uri).names() if dataset.uuid in name]
    assert len(other.embedding("pixels")) == 1
    assert workspace.results.get(other.uuid) is not None
    assert workspace.selections.get(keys[1]) is not None


def test_a_sweep_removes_old_orphans_alone(workspace: Workspace, dataset: Dataset) -> None:
    store = Store(workspace.uri)
    schema = pa.schema([("id", pa.int64())])
    fresh, old = f"{int(time.time() * 1000):012x}{'a' * 20}", f"{1000:012x}{'b' * 20}"
    store.create(f"images_{fresh}", schema)
    store.create(f"vectors_{old}_abc", schema)
    assert workspace.sweep() == [old]
    names = store.names()
    assert f"images_{fresh}" in names
    assert f"vectors_{old}_abc" not in names
    assert f"images_{dataset.uuid}" in names


def test_a_newer_layout_is_refused_and_left_alone(workspace: Workspace) -> None:
    store = Store(workspace.uri)
    store.upsert("meta", "key", pa.table({"key": ["layout"], "value": ["99"]}))
    before = store.names()
    with pytest.raises(NewerLayout, match="99"):
        Workspace.open(workspace.uri)
    assert store.names() == before


def test_a_workspace_that_is_a_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("mine")
    with pytest.raises(WorkspaceError, match="folder"):
        Workspace.open(str(file))
    assert file.read_text() == "mine"


def test_vectors_are_aligned_by_id_and_changed_images_lose_theirs(dataset: Dataset) -> None:
    ids = put(dataset, record("b.png", b"b"), record("a.png", b"a"), record("c.png", b"c"))
    shas = [digest(one) for one in (b"b", b"a", b"c")]
    dataset.vectors.put(CARD, ids, shas, vectors(3))
    embedding = dataset.embedding("pixels")
    assert embedding.ids.tolist() == [ids[1], ids[0], ids[2]]
    np.testing.assert_array_equal(embedding.matrix(), vectors(3)[[1, 0, 2]])
    np.testing.assert_array_equal(embedding.rows([ids[2], ids[0]]), vectors(3)[[2, 0]])
    assert embedding.positions([ids[2], ids[1]]).tolist() == [2, 0]
    with pytest.raises(UnknownImage):
        embedding.positions([123])

    put(dataset, record("b.png", b"new bytes"))
    assert dataset.vectors.missing(CARD) == [ids[0]]
    changed = dataset.embedding("pixels")
    assert changed.ids.tolist() == [ids[1], ids[2]]
    assert changed.fingerprint != embedding.fingerprint


def test_fingerprints_follow_content_and_ignore_labels(dataset: Dataset) -> None:
    ids = put(dataset, record("a.png"))
    dataset.vectors.put(CARD, ids, [digest(b"bytes")], vectors(1))
    images, embedding = dataset.fingerprint, dataset.embedding("pixels").fingerprint
    dataset.put_attributes(ids, labels=["gull"], splits=["train"])
    dataset.tag("odd", ids)
    assert (dataset.fingerprint, dataset.embedding("pixels").fingerprint) == (images, embedding)
    put(dataset, record("z.png"))
    assert dataset.fingerprint != images


def test_without_vectors_the_message_says_what_to_run(dataset: Dataset) -> None:
    put(dataset, record("a.png"))
    with pytest.raises(NotEmbedded, match="embed 'birds' --encoder pixels"):
        dataset.embedding("pixels")


def test_attributes_are_updated_column_by_column(dataset: Dataset) -> None:
    ids = put(dataset, record("a.png"), record("b.png"))
    dataset.put_attributes(ids, labels=["x", "y"], metadata=pa.table({"year": [1, 2]}))
    dataset.put_attributes(ids[1:], splits=["test"], metadata=pa.table({"how.far?": [2.5]}))
    assert dataset.attributes()["label"].to_pylist() == ["x", "y"]
    assert dataset.attributes()["split"].to_pylist() == [None, "test"]
    metadata = dataset.metadata()
    assert metadata["year"].to_pylist() == [1, 2]
    assert metadata["year"].type == pa.int64()
    assert metadata["how.far?"].to_pylist() == [None, 2.5]


def test_all_that_is_said_of_images_is_read_at_once_and_in_any_order(dataset: Dataset) -> None:
    ids = put(dataset, record("a.png"), record("b.png"), record("c.png"))
    dataset.put_attributes(ids[:2], labels=["x", "y"], metadata=pa.table({"label": [1, 2], "how.far?": [2.5, None]}))
    known, more = dataset.said_of(np.array([ids[2], ids[1], 12345, ids[0]]))
    assert known.to_pydict() == {"label": [None, "y", None, "x"], "split": [None] * 4}
    assert more.to_pydict() == {"how.far?": [None, None, None, 2.5], "label": [None, 2, None, 1]}


def test_what_is_said_of_images_changes_the_dataset_and_not_its_images(dataset: Dataset) -> None:
    ids = put(dataset, record("a.png"))
    tokens = [(dataset.token, dataset.images_token)]
    dataset.tag("seen", ids)
    tokens.append((dataset.token, dataset.images_token))
    put(dataset, record("a.png", b"other bytes"))
    tokens.append((dataset.token, dataset.images_token))
    assert len({token for token, _ in tokens}) == 3
    assert tokens[0][1] == tokens[1][1] != tokens[2][1]


def test_a_column_that_changes_its_type_becomes_text(dataset: Dataset) -> None:
    ids = put(dataset, record("a.png"), record("b.png"))
    dataset.put_attributes(ids[:1], metadata=pa.table({"year": [1999]}))
    dataset.put_attributes(ids[1:], metadata=pa.table({"year": ["unknown"]}))
    assert dataset.metadata()["year"].to_pylist() == ["1999", "unknown"]


@given(st.text(min_size=1))
def test_any_column_name_survives_storage(name: str) -> None:
    stored = stored_name(name)
    assert given_name(stored) == name
    assert stored.replace("_", "").isalnum()
    assert stored.isascii()


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.dictionaries(st.sampled_from("abcdefgh"), st.binary(min_size=1, max_size=30), min_size=1),
        min_size=1,
        max_size=4,
    )
)
def test_any_sequence_of_writes_leaves_the_last_bytes_of_each_path(
    tmp_path_factory: pytest.TempPathFactory, writes: list[dict[str, bytes]]
) -> None:
    dataset = Workspace.open(str(tmp_path_factory.mktemp("w"))).create("any")
    last: dict[str, bytes] = {}
    for write in writes:
        put(dataset, *(record(path, content) for path, content in write.items()))
        last |= write
    assert {path: dataset.content(image) for path, image in dataset.ids().items()} == last


def test_tags_are_sets(dataset: Dataset) -> None:
    ids = put(dataset, record("a.png"), record("b.png"))
    dataset.tag("it's odd", ids)
    dataset.tag("it's odd", ids[:1])
    assert dataset.tags() == {"it's odd": frozenset(ids)}
    dataset.untag("it's odd", ids[:1])
    assert dataset.tags() == {"it's odd": frozenset(ids[1:])}
    dataset.untag("it's odd")
    assert dataset.tags() == {}


def test_refused_files_keep_their_latest_reason_until_forgiven(dataset: Dataset) -> None:
    dataset.put_rejected([Rejected("a", Reason.EMPTY, "nothing"), Rejected("o'b", Reason.TEXT, "words")])
    dataset.put_rejected([Rejected("a", Reason.TRUNCATED, "half")])
    assert [(one.path, one.reason) for one in dataset.rejected()] == [("a", Reason.TRUNCATED), ("o'b", Reason.TEXT)]
    dataset.forgive(["o'b"])
    assert [one.path for one in dataset.rejected()] == ["a"]


def test_a_selection_is_found_by_the_hash_of_its_images(workspace: Workspace, dataset: Dataset) -> None:
    one = workspace.selections.keep(dataset.uuid, [3, 1, 3], how="lasso", projection="p")
    two = workspace.selections.keep(dataset.uuid, [1, 3], how="search")
    assert one.hash == two.hash
    assert two.ids.tolist() == [1, 3]
    assert workspace.selections.keep(dataset.uuid, [1], how="lasso").hash != one.hash
    workspace.selections.rename(one, " odd ones ")
    assert [kept.name for kept in workspace.selections.named(dataset.uuid)] == ["odd ones"]
    assert workspace.selections.keep(dataset.uuid, [1, 3], how="again").name == "odd ones"


def test_a_selection_of_many_images_is_kept_whole_and_at_once(workspace: Workspace, dataset: Dataset) -> None:
    ids = np.random.default_rng(0).permutation(500_000)
    begun = time.process_time()
    many = workspace.selections.keep(dataset.uuid, ids, how="lasso")
    assert time.process_time() - begun < 1  # 0.1 as a rule; 1 and more through Python's own numbers
    workspace.selections.rename(workspace.selections.keep(dataset.uuid, np.array([7], np.int32), how="click"), "one")
    workspace.selections.rename(many, "many")
    again = Workspace.open(workspace.uri).selections
    assert {kept.name: len(kept) for kept in again.named(dataset.uuid)} == {"one": 1, "many": 500_000}
    read = again.get(many.hash)
    assert read is not None
    np.testing.assert_array_equal(read.ids, np.arange(500_000))
    for one in (many, read):
        with pytest.raises(ValueError, match="read-only"):
            one.ids[0] = 9
    assert again.get("0" * 16) is None


def test_results_come_back_whole_and_read_only(workspace: Workspace, dataset: Dataset) -> None:
    array = np.arange(6, dtype=np.int32).reshape(2, 3)
    workspace.results.put(
        "f", kind="graph", dataset=dataset.uuid, parent="p", arrays={"rows": array}, parameters={"k": 3}, seconds=1.5
    )
    found = workspace.results.get("f")
    assert found is not None
    np.testing.assert_array_equal(found.arrays["rows"], array)
    assert found.arrays["rows"].dtype == np.int32
    with pytest.raises(ValueError, match="read-only"):
        found.arrays["rows"][0, 0] = 9
    assert [one.fingerprint for one in workspace.results.find(dataset.uuid, "graph", "p")] == ["f"]
    assert workspace.results.find(dataset.uuid, "graph", "q") == []
    assert workspace.results.get("g") is None


def test_job_records_survive(workspace: Workspace) -> None:
    for created, state in ((2.0, "running"), (1.0, "done")):
        workspace.jobs.save({"id": state, "kind": "add", "state": state, "created": created, "note": "é"})
    workspace.jobs.save({"id": "done", "kind": "add", "state": "failed", "created": 1.0})
    again = Workspace.open(workspace.uri).jobs.load_all()
    assert [(one["id"], one["state"]) for one in again] == [("done", "failed"), ("running", "running")]


WRITER = """
import sys
from embedding_core.workspace import Workspace
sys.path.insert(0, sys.argv[2])
from tests.core.test_workspace import CARD, digest, put, record, vectors
dataset = Workspace.open(sys.argv[1]).dataset("birds")
for start in range(0, 100_000, 8):
    names = [f"{n:06d}.png" for n in range(start, start + 8)]
    ids = put(dataset, *(record(name, name.encode()) for name in names))
    dataset.vectors.put(CARD, ids, [digest(name.encode()) for name in names], vectors(8, start))
    print(start, flush=True)
"""


def test_a_kill_while_writing_leaves_whole_rows(workspace: Workspace, dataset: Dataset) -> None:
    root = Path(__file__).resolve().parents[2]
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, workspace.uri, str(root)],
        stdout=subprocess.PIPE,
        cwd=root,
        env=os.environ.copy(),
    )
    assert writer.stdout is not None
    for _ in range(4):
        assert writer.stdout.readline()
    time.sleep(0.05)
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    again = Workspace.open(workspace.uri).dataset("birds")
    paths = again.images()["path"].to_pylist()
    assert len(paths) == len(set(paths)) >= 32
    assert all(again.content(image) == path.encode() for path, image in list(again.ids().items())[-8:])
    kept = again.embedding("pixels")
    assert len(set(kept.ids.tolist())) == len(kept)
    assert set(kept.ids.tolist()) | set(again.vectors.missing(CARD)) == set(again.ids().values())
    assert json.dumps(paths)
