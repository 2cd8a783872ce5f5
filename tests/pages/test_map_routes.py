"""What the map asks for, read as a browser would: bytes from an address, without this program's own functions."""

from __future__ import annotations

import gzip
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pytest

from embedding_core import derived, spatial
from embedding_core.derived import MapResult
from embedding_core.records import ImageRecord
from embedding_core.vectors import unit_rows
from embedding_core.workspace import Dataset, Workspace
from pages.parts import cached, map_routes, urls
from pages.parts.map import columns, modules, planes, present, sending
from tests.pages import small
from tests.pages.asking import IMMUTABLE, N, base, bits, get, opened, remove, set_of, version
from tests.pages.serving import SAME_ORIGIN, stranger, visitor

# -- the form --------------------------------------------------------------------------------------------------------


def test_a_container_is_what_it_says() -> None:
    given = {
        "odd": np.arange(3, dtype=np.uint8),
        "none": np.zeros(0, np.float32),
        "long": np.array([1.5, np.nan]),
        "raw": b"abc",
        "last": np.array([7], np.int32),
    }
    facts, found = opened(planes.pack(3, given, title="ü " * 5, names=["a"]))
    assert facts == {"n": 3, "title": "ü " * 5, "names": ["a"]}
    assert list(found) == list(given)
    assert found.pop("raw").tobytes() == given.pop("raw")
    for name, plane in given.items():
        np.testing.assert_array_equal(found[name], plane)


def test_what_a_browser_has_no_array_for_is_refused() -> None:
    with pytest.raises(TypeError, match="x is of int64"):
        planes.pack(1, {"x": np.zeros(1, np.int64)})


# -- points ----------------------------------------------------------------------------------------------------------


def test_points_come_row_by_row_with_their_box(drawn: MapResult) -> None:
    facts, found = opened(get(urls.map_points(drawn.fingerprint, drawn.turn_digest)))
    np.testing.assert_array_equal(np.stack([found["x"], found["y"]], axis=1), drawn.placed)
    x, y = drawn.placed.T
    assert facts == {"n": N, "box": [float(x.min()), float(y.min()), float(x.max()), float(y.max())]}


def test_points_of_another_turn_or_in_space_are_not_there(
    workspace: Workspace, birds: Dataset, drawn: MapResult
) -> None:
    get(urls.map_points(drawn.fingerprint, "0" * 16), 404)
    solid = derived.draw_map(workspace, birds, birds.embedding("pixels"), method="pca", dims=3)
    get(urls.map_points(solid.fingerprint, solid.turn_digest), 404)
    get(f"{base(solid)}/page/{version(birds)}/0", 404)


def test_an_unknown_map_is_not_found_and_is_found_once_it_is_there(workspace: Workspace, birds: Dataset) -> None:
    later = derived.draw_map(workspace, birds, birds.embedding("pixels"), method="pca")
    workspace.results.forget(birds.uuid)
    cached.read_map(later.fingerprint)
    address = urls.map_points(later.fingerprint, later.turn_digest)
    for unknown in (address, address.replace("map/", "map/x"), urls.map_points("0" * 64, later.turn_digest)):
        get(unknown, 404)
    derived.draw_map(workspace, birds, birds.embedding("pixels"), method="pca")
    get(address)


def test_a_map_goes_with_its_dataset_also_for_who_has_it(
    workspace: Workspace, birds: Dataset, drawn: MapResult
) -> None:
    client, address = visitor(), urls.map_points(drawn.fingerprint, drawn.turn_digest)
    etag = client.get(address).headers["etag"]
    workspace.delete(birds)
    assert client.get(address, headers={"If-None-Match": etag}).status_code == 404


def beside(one: MapResult, other: MapResult) -> str:
    return urls.map_beside(one.fingerprint, one.turn_digest, other.fingerprint, other.turn_digest)


def test_points_face_another_map_in_its_order(workspace: Workspace, birds: Dataset) -> None:
    first = derived.draw_map(workspace, birds, birds.embedding("pixels"), method="pca")
    (record,) = records(birds, first.ids[:1])
    birds.put_images(birds.image_ids(["a/!.png"]), [replace(record, path="a/!.png")])  # before all others
    small.embed(birds, "efficientnet-lite0", 50)
    maps = [first, derived.draw_map(workspace, birds, birds.embedding("efficientnet-lite0"), method="pca")]
    for one, other in (maps, maps[::-1], maps[:1] * 2):
        facts, found = opened(get(beside(one, other)))
        facing = one.facing(other).placed
        at = dict(zip(one.ids.tolist(), facing.tolist(), strict=True))
        expected = np.array([at.get(image, [np.nan, np.nan]) for image in other.ids.tolist()], np.float32)
        np.testing.assert_array_equal(np.stack([found["x"], found["y"]], axis=1), expected)
        assert np.isnan(expected).any() == (one is not other)
        assert facts == {"n": len(other.ids), "box": list(spatial.box(facing))}


def test_points_are_not_laid_over_a_map_of_another_dataset(workspace: Workspace, drawn: MapResult) -> None:
    other = small.birds(workspace, "others", count=20)
    foreign = derived.draw_map(workspace, other, other.embedding("pixels"), method="pca")
    get(beside(drawn, foreign), 404)
    get(urls.map_beside(drawn.fingerprint, drawn.turn_digest, "0" * 64, "0" * 16), 404)
    get(urls.map_beside(drawn.fingerprint, drawn.turn_digest, drawn.fingerprint, "0" * 16), 404)


# -- how answers travel ----------------------------------------------------------------------------------------------


def test_answers_may_be_kept_for_good_and_are_not_sent_twice(drawn: MapResult, birds: Dataset) -> None:
    client = visitor()
    for address in (
        urls.map_points(drawn.fingerprint, drawn.turn_digest),
        urls.map_column(drawn.fingerprint, version(birds), "label"),
        f"{base(drawn)}/page/{version(birds)}/0",
        f"{base(drawn)}/gone/{version(birds)}",
    ):
        first = client.get(address)
        assert first.headers["cache-control"] == IMMUTABLE
        again = client.get(address, headers={"If-None-Match": f'"x", W/{first.headers["etag"]}'})
        assert (again.status_code, again.content) == (304, b"")
        assert client.get(address, headers={"If-None-Match": '"x"'}).content == first.content


def test_nothing_is_told_without_a_token_and_nothing_kept_for_another_site(drawn: MapResult, birds: Dataset) -> None:
    posts = (f"{base(drawn)}/selection", f"{base(drawn)}/grow")
    gets = (
        urls.map_points(drawn.fingerprint, drawn.turn_digest),
        urls.map_column(drawn.fingerprint, version(birds), "label"),
        f"{base(drawn)}/page/{version(birds)}/0",
        f"{base(drawn)}/match/{version(birds)}?text=a",
        modules.address("planes"),
    )
    for address in gets:
        answer = stranger().get(address)
        assert (answer.status_code, answer.content) == (403, b"")
    for address in posts:
        assert stranger().post(address, content=bits([1]), headers=SAME_ORIGIN).status_code == 403
        crossing = {"Sec-Fetch-Site": "cross-site"}
        assert visitor().post(address, content=bits([1]), headers=crossing).status_code == 403


def test_only_what_shrinks_is_compressed_and_only_for_who_takes_it(
    monkeypatch: pytest.MonkeyPatch, drawn: MapResult
) -> None:
    monkeypatch.setattr(sending, "_kept", sending.Kept(2**20))
    made = []

    def answering(content: bytes) -> None:
        monkeypatch.setattr(map_routes, "_points", lambda *_: made.append(1) or content)

    def asked(accept: str) -> tuple[str, bytes]:
        with visitor().stream("GET", address, headers={"Accept-Encoding": accept}) as answer:
            assert answer.headers["vary"] == "Accept-Encoding"
            return answer.headers["content-encoding"], b"".join(answer.iter_raw())

    address = urls.map_points(drawn.fingerprint, drawn.turn_digest)
    answering(np.random.default_rng(0).bytes(500_000))
    assert asked("gzip")[0] == "identity"
    answering(b"")
    assert asked("gzip") == ("identity", b"")
    codes = np.random.default_rng(0).integers(0, 20, 500_000, np.uint8).tobytes()
    answering(codes)
    for accept in ("", "br", "gzip;q=0"):
        assert asked(accept) == ("identity", codes)
    made.clear()
    for accept in ("gzip, deflate, br", "br;q=1, gzip;q=0.5"):
        encoding, packed = asked(accept)
        assert (encoding, gzip.decompress(packed)) == ("gzip", codes)
        assert len(packed) < 0.8 * len(codes)
    assert len(made) == 1, "it is kept compressed"


def test_kept_answers_stay_within_their_limit_and_the_oldest_go_first() -> None:
    kept = sending.Kept(100)
    for name in "abc":
        kept.put(name, bytes(40))
        kept.get("a")
    assert [kept.get(name) is not None for name in "abc"] == [True, False, True]
    kept.put("a", bytes(60))
    assert kept.get("c") is not None
    kept.put("big", bytes(101))
    assert [kept.get(name) for name in ("a", "c", "big")] == [None] * 3
    kept.put("a", bytes(100))
    assert kept.get("a") is not None


@pytest.mark.parametrize("key", ["label", "trust", "width", "gone"])
def test_an_address_of_an_earlier_state_says_so(drawn: MapResult, birds: Dataset, key: str) -> None:
    before = version(birds)
    address = f"{base(drawn)}/gone/{before}" if key == "gone" else urls.map_column(drawn.fingerprint, before, key)
    first = visitor().get(address)
    birds.tag("seen", drawn.ids[:1].tolist())
    again = visitor().get(address, headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 409
    assert again.json() == {"error": "The dataset has changed. Reload the page."}
    assert again.headers["cache-control"] == "no-store"
    get(address.replace(before, version(birds)))


def test_what_changes_while_it_is_read_is_not_given_an_old_name(
    monkeypatch: pytest.MonkeyPatch, drawn: MapResult, birds: Dataset
) -> None:
    real = columns.column

    def slow(now: present.Present, key: str) -> bytes:
        birds.tag("meanwhile", drawn.ids[:1].tolist())
        return real(now, key)

    monkeypatch.setattr(columns, "column", slow)
    get(urls.map_column(drawn.fingerprint, version(birds), "label"), 409)


# -- pages of images -------------------------------------------------------------------------------------------------


def pages(drawn: MapResult, dataset: Dataset) -> list[tuple[dict[str, Any], list[bytes]]]:
    """All pages, with the thumbnails apart."""
    found = []
    for number in range(-(-N // 64)):
        facts, planes_ = opened(get(f"{base(drawn)}/page/{version(dataset)}/{number}"))
        starts = [0, *facts["ends"]]
        content = planes_["thumbnails"].tobytes()
        assert facts["ends"][-1] == len(content)
        found.append((facts, [content[starts[at] : starts[at + 1]] for at in range(facts["n"])]))
    get(f"{base(drawn)}/page/{version(dataset)}/{len(found)}", 404)
    return found


def test_pages_hold_every_image_in_spatial_order(drawn: MapResult, birds: Dataset) -> None:
    birds.put_images(
        drawn.ids[:2].tolist(),
        [replace(record, thumbnail=f"thumb of {record.path}".encode()) for record in records(birds, drawn.ids[:2])],
    )
    found = pages(drawn, birds)
    assert [facts["n"] for facts, _ in found] == [64, N - 64]
    rows = [row for facts, _ in found for row in facts["rows"]]
    assert rows == spatial.order(drawn.placed).tolist()
    images = {one["id"]: one for one in birds.images().to_pylist()}
    thumbnails = birds.thumbnails(images)
    assert len(set(thumbnails.values())) == 3
    for facts, pictures in found:
        assert facts["ids"] == drawn.ids[facts["rows"]].tolist()
        for at, image in enumerate(facts["ids"]):
            known = images[image]
            assert facts["paths"][at] == known["path"]
            assert facts["shas"][at] == known["sha256"][:16]
            assert facts["sizes"][at] == [known["width"], known["height"]]
            assert pictures[at] == thumbnails[image]


def records(dataset: Dataset, ids: np.ndarray) -> list[ImageRecord]:
    found = []
    for image in ids.tolist():
        row = dataset.image(image)
        row.pop("id")
        found.append(ImageRecord(**row, thumbnail=b"", content=b"x"))  # type: ignore[arg-type]
    return found


def test_neighbours_are_the_nearest_in_the_full_space(drawn: MapResult, birds: Dataset) -> None:
    vectors = unit_rows(birds.embedding("pixels").matrix())
    alike = vectors @ vectors.T
    np.fill_diagonal(alike, -2)
    for facts, _ in pages(drawn, birds):
        for row, near, similarity in zip(facts["rows"], facts["near"], facts["similarity"], strict=True):
            assert near == np.argsort(-alike[row], kind="stable")[:10].tolist()
            assert similarity == pytest.approx(alike[row, near], abs=6e-4)
            assert similarity == [round(value, 3) for value in similarity]


def test_of_an_image_that_is_gone_a_page_tells_nothing(drawn: MapResult, birds: Dataset) -> None:
    before = pages(drawn, birds)[0][0]
    row = before["rows"][5]
    remove(birds, before["ids"][5])
    facts, pictures = pages(drawn, birds)[0]
    assert (facts["rows"], facts["ids"]) == (before["rows"], before["ids"])
    assert (facts["paths"][5], facts["shas"][5], facts["sizes"][5], pictures[5]) == ("", "", [0, 0], b"")
    assert facts["paths"][6] == before["paths"][6]
    assert pictures[6] == b"thumb"
    assert any(row in near for near in before["near"])
    assert not any(row in near for near in facts["near"])
    assert {len(near) for near in facts["near"]} == {10}


def test_without_a_graph_there_are_no_neighbours_and_no_growing(
    monkeypatch: pytest.MonkeyPatch, drawn: MapResult, birds: Dataset
) -> None:
    monkeypatch.setattr(cached, "read_graph", lambda embedding: None)
    facts, _ = pages(drawn, birds)[0]
    assert facts["near"] == facts["similarity"] == [[]] * 64
    answer = visitor().post(f"{base(drawn)}/grow", content=bits([1]))
    assert answer.status_code == 409
    assert "have not been computed" in answer.json()["error"]


# -- selections ------------------------------------------------------------------------------------------------------


def test_a_selection_goes_to_the_server_and_comes_back(workspace: Workspace, birds: Dataset, drawn: MapResult) -> None:
    rows = [0, 7, 8, 31, N - 1]
    how = "lasso, then “all of its group”"
    answer = visitor().post(f"{base(drawn)}/selection?how={quote(how)}", content=bits(rows))
    assert answer.status_code == 200
    kept = workspace.selections.get(answer.json()["hash"])
    assert kept is not None
    assert answer.json()["count"] == len(kept) == 5
    assert set(kept.ids.tolist()) == set(drawn.ids[rows].tolist())
    assert (kept.how, kept.projection, kept.dataset) == (how, drawn.fingerprint, birds.uuid)
    back = visitor().get(f"{base(drawn)}/selection/{kept.hash}")
    assert back.content == bits(rows)
    assert back.headers["cache-control"] == IMMUTABLE


def test_a_selection_that_cannot_be_one_is_refused_in_words(drawn: MapResult, birds: Dataset) -> None:
    address = f"{base(drawn)}/selection"
    for content, status, said in (
        (bits([]), 400, "at least one image"),
        (bits([1]) + b"\0", 400, "10 came"),
        (b"", 400, "takes 9 bytes"),
        (bytes(map_routes.LARGEST_SET + 1), 413, "at most 4 MB"),
    ):
        answer = visitor().post(address, content=content)
        assert (answer.status_code, said in answer.json()["error"]) == (status, True), answer.text
    assert visitor().post(f"{address}?how={'x' * 201}", content=bits([1])).status_code == 400
    assert visitor().post(f"{address}?how={'x' * 200}", content=bits([1])).status_code == 200


def test_images_that_are_gone_are_left_out_of_a_selection(drawn: MapResult, birds: Dataset) -> None:
    remove(birds, int(drawn.ids[3]))
    assert visitor().post(f"{base(drawn)}/selection", content=bits([2, 3])).json()["count"] == 1
    assert visitor().post(f"{base(drawn)}/selection", content=bits([3])).status_code == 400


def test_a_selection_of_another_dataset_or_of_none_is_not_found(workspace: Workspace, drawn: MapResult) -> None:
    other = workspace.create("Other")
    foreign = workspace.selections.keep(other.uuid, [1], how="a test")
    for key in (foreign.hash, "0" * 16, "' OR true --"):
        get(f"{base(drawn)}/selection/{quote(key)}", 404)


def test_a_set_grows_by_the_five_nearest_of_each(drawn: MapResult, birds: Dataset) -> None:
    graph = cached.read_graph(drawn.embedding)
    assert graph is not None
    rows = [0, 9, N - 1]
    expected = {*rows, *graph.rows[rows, :5].ravel().tolist()}
    answer = visitor().post(f"{base(drawn)}/grow", content=bits(rows))
    assert set_of(answer.content) == sorted(expected)
    lost = int(graph.rows[0, 0])
    remove(birds, int(drawn.ids[lost]))
    grown = set_of(visitor().post(f"{base(drawn)}/grow", content=bits(rows)).content)
    assert set(grown) == expected - {lost}
    assert visitor().post(f"{base(drawn)}/grow", content=b"abc").status_code == 400


def test_paths_are_searched_for_a_text_whatever_its_case(drawn: MapResult, birds: Dataset) -> None:
    paths = birds.paths()

    def matched(text: str) -> list[str]:
        rows = set_of(get(f"{base(drawn)}/match/{version(birds)}?text={quote(text)}"))
        return sorted(paths[int(drawn.ids[row])] for row in rows)

    assert matched("A/1") == sorted(path for path in paths.values() if path.startswith("a/1"))
    assert matched(".PNG") == sorted(paths.values())
    assert matched("%_.*") == []
    assert len(matched("")) == N
    remove(birds, birds.ids()["a/12.png"])
    assert matched("a/12") == []
    get(f"{base(drawn)}/match/{version(birds)}?text={'x' * 201}", 400)


# -- JavaScript ------------------------------------------------------------------------------------------------------


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "js"
    folder.mkdir()
    (folder / "one.js").write_text('import { two } from "./two.js";\n' + "// ü\n" * 400)
    (folder / "two.js").write_text("export const two = 2;\n")
    (folder / "secret.txt").write_text("not a module")
    monkeypatch.setattr(modules, "FOLDER", folder)
    return folder


def test_modules_are_served_beside_each_other_under_their_revision(workspace: Workspace, script: Path) -> None:
    address = modules.address("one")
    assert modules.address("two") == address.replace("one.js", "two.js")
    answer = visitor().get(address)
    assert answer.content == (script / "one.js").read_bytes()
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cache-control"] == IMMUTABLE
    for unknown in ("three", "secret", "..%2fone"):
        get(address.replace("one.js", f"{unknown}.js"), 404)
    get(address.replace(address.split("/")[-2], "0" * 16), 404)


def test_another_content_is_another_revision_and_the_old_one_is_gone(workspace: Workspace, script: Path) -> None:
    before = modules.address("one")
    (script / "two.js").write_text("export const two = 3;\n")
    assert modules.address("one") != before
    get(before, 404)
    get(modules.address("two"))
