"""Duplicates: the parts of the search, on pictures that are made for it."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from embedding_core import neighbours, places
from embedding_core.errors import ImageRefused, InvalidInput
from embedding_core.fingerprint import digest
from embedding_core.images import decode, thumbnail
from embedding_core.neighbours import NeighbourGraph
from embedding_core.quality import hashing
from embedding_core.quality.duplicates import DuplicatesFound
from embedding_core.quality.duplicates.buckets import INVERSE, alike
from embedding_core.quality.duplicates.candidates import candidates
from embedding_core.quality.duplicates.comparing import NONE, likeness
from embedding_core.quality.duplicates.finding import Pictures, find
from embedding_core.quality.duplicates.grouping import grouped, members
from embedding_core.quality.duplicates.verifying import Look, _second_look
from embedding_core.quality.duplicates.views import view
from embedding_core.quality.photos.measuring import look
from embedding_core.records import Reason
from tests import damage


def pictures_of(files: Sequence[bytes], ids: Sequence[int]) -> tuple[Pictures, NDArray[np.float32]]:
    """As a dataset would hand them over, and vectors of 16 × 16 pixels."""
    decoded, looks = [decode(data) for data in files], [look(data) for data in files]
    of = dict(zip(ids, range(len(ids)), strict=True))

    def thumbnails(wanted: Sequence[int]) -> Mapping[int, bytes | ImageRefused]:
        return {image: thumbnail(decoded[of[image]].image) for image in wanted}

    def contents(wanted: Sequence[int]) -> Mapping[int, bytes | ImageRefused]:
        return {image: files[of[image]] for image in wanted}

    pictures = Pictures(
        np.array(ids, np.int64),
        np.array([int(digest(data)[:16], 16) for data in files], np.uint64),
        np.array([one.width for one in decoded], np.int32),
        np.array([one.height for one in decoded], np.int32),
        np.array([len(data) for data in files], np.int64),
        np.array([one.hash for one in looks], np.uint64),
        np.array([one.chroma for one in looks], np.float32),
        thumbnails,
        contents,
    )
    small = [np.asarray(one.image.resize((16, 16)), np.float32).ravel() for one in decoded]
    vectors = np.stack(small) - np.mean(small)
    return pictures, vectors.astype(np.float32)


def searched(files: Sequence[bytes], ids: Sequence[int] | None = None) -> DuplicatesFound:
    pictures, vectors = pictures_of(files, ids or range(1, len(files) + 1))
    return find(pictures, neighbours.graph(vectors))


def sample(folder: str, count: int = 30) -> dict[str, bytes]:
    return {one.name: one.read_bytes() for one in sorted((places.SAMPLE / folder).glob("*.webp"))[:count]}


def written(image: Image.Image, form: str, **settings: object) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **settings)
    return file.getvalue()


def scene(seed: int) -> Image.Image:
    """A room with something to see everywhere."""
    random = np.random.default_rng(seed)
    coarse = random.integers(0, 255, (40, 60, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((480, 320), Image.Resampling.BICUBIC)


def sets(numbers: NDArray[np.int32], ids: NDArray[np.int64]) -> set[frozenset[int]]:
    return {frozenset(ids[rows].tolist()) for rows in members(numbers)}


def test_the_same_pixels_are_exact_whatever_the_encoding() -> None:
    image = decode(next(iter(sample("fruit").values()))).image
    one_less = image.copy()
    one_less.putpixel((80, 80), tuple(255 - value for value in one_less.getpixel((80, 80))))
    png = written(image, "PNG")
    files = [png, written(image, "WEBP", lossless=True), written(image, "BMP"), written(image, "TIFF"), png]
    found = searched(
        [*files, written(one_less, "PNG"), written(image, "JPEG", quality=95), *sample("bird", 8).values()]
    )
    assert [rows.tolist() for rows in found.exact_sets] == [[0, 1, 2, 3, 4]]
    assert set(range(7)) <= set(found.copies[0].tolist()), "one pixel less and a fine JPEG are copies, and not exact"
    assert found.near == [0]
    assert found.cases()[0].suggestion is not None


def test_exact_files_alone_are_no_near_group() -> None:
    files = list(sample("bird", 12).values())
    found = searched([*files, files[3], files[3]])
    n = len(files)
    assert [rows.tolist() for rows in found.exact_sets] == [[3, n, n + 1]]
    assert found.near == []
    case = found.cases()[0]
    assert (case.ids, case.score) == ((4, n + 1, n + 2), 1.0)
    assert case.suggestion is not None
    assert case.suggestion.ids == (n + 1, n + 2)
    assert "same pixels in 3 files" in case.reason


def test_the_order_of_images_does_not_change_groups() -> None:
    originals = sample("mammal", 24)
    copies = damage.altered_copies(originals, count=12)
    files = [*originals.values(), *(copy.data for copy in copies)]
    ids = np.random.default_rng(5).permutation(10 * len(files))[: len(files)]
    pictures, vectors = pictures_of(files, ids.tolist())
    whole = find(pictures, neighbours.graph(vectors))
    assert len(whole.copies) >= 10
    for seed in (0, 1):
        order = np.random.default_rng(seed).permutation(len(files))
        other, _ = pictures_of([files[row] for row in order], ids[order].tolist())
        again = find(other, neighbours.graph(vectors[order]))
        assert sets(again.groups, again.ids) == sets(whole.groups, whole.ids)
        assert sets(again.groups_with_bursts, again.ids) == sets(whole.groups_with_bursts, whole.ids)


def test_the_same_files_have_the_same_copies_in_every_dataset() -> None:
    originals = sample("mammal", 24)
    files = [*originals.values(), *(copy.data for copy in damage.altered_copies(originals, count=12))]
    some, others = (searched(files, ids) for ids in (range(len(files)), range(len(files))[::-1]))
    assert len(some.score) >= 10, "something to tell"
    for name in ("first", "second", "score", "kind", "symmetry", "groups", "groups_with_bursts"):
        np.testing.assert_array_equal(getattr(some, name), getattr(others, name), err_msg=name)


@pytest.mark.parametrize("symmetry", hashing.SYMMETRIES[1:], ids=lambda one: one.name)
def test_a_turned_copy_is_found_by_its_hash_where_the_graph_knows_nothing(symmetry: hashing.Symmetry) -> None:
    image = scene(1)
    turned = Image.fromarray(symmetry.applied(np.asarray(image)))
    files = [written(image, "PNG"), *sample("bird", 6).values(), written(turned, "JPEG", quality=80)]
    pictures, _ = pictures_of(files, range(len(files)))
    nothing = NeighbourGraph(np.empty((len(files), 0), np.int32), np.empty((len(files), 0), np.float32))
    found = find(pictures, nothing)
    assert [rows.tolist() for rows in found.copies] == [[0, len(files) - 1]]
    assert str(found.kind_of(0)) == ("mirrored" if symmetry.mirrors else "turned")
    assert np.isnan(found.cosine).all()


def test_another_photograph_of_one_scene_is_a_burst_and_no_copy() -> None:
    first, second = scene(2), scene(2)
    first.paste(Image.new("RGB", (150, 200), "navy"), (40, 60))
    second.paste(Image.new("RGB", (130, 210), "maroon"), (250, 70))
    files = [written(first, "PNG"), written(second, "PNG"), written(scene(3), "PNG"), *sample("bird", 6).values()]
    pictures, _ = pictures_of(files, range(len(files)))
    rows = np.array([[1], [0], [0], *[[0]] * 6], np.int32)
    found = find(pictures, NeighbourGraph(rows, np.full((len(files), 1), 0.9, np.float32)))
    assert found.copies == []
    assert [rows.tolist() for rows in found.bursts] == [[0, 1]]
    assert found.groups_with_bursts.tolist() == [0, 0, *[-1] * 7]


def test_the_best_is_kept_and_the_reason_says_why() -> None:
    grain = np.random.default_rng(4).normal(0, 40, (320, 480, 1))
    fine = np.clip(np.asarray(scene(4)) + grain, 0, 255).astype(np.uint8)
    image = Image.fromarray(fine).filter(ImageFilter.GaussianBlur(0.7))
    small = image.resize((240, 160), Image.Resampling.LANCZOS)
    blown_up = small.resize((720, 480), Image.Resampling.BICUBIC)
    poor = written(image, "JPEG", quality=20)
    cut = image.crop((0, 0, 430, 290))
    for other, reason in [
        (written(small, "PNG"), "largest"),
        (written(blown_up, "PNG"), "sharpest"),
        (poor, "compressed"),
        (written(cut, "PNG"), "largest"),
    ]:
        found = searched([other, written(image, "PNG"), *sample("bird", 5).values()])
        assert (len(found.copies), found.kept(0)) == (1, 1), reason
        assert reason in found.reason(0)


def test_a_turned_and_a_grey_copy_are_not_kept_before_the_photograph() -> None:
    """Photographs of one sort are the rest of the set: what is up is known from them alone."""
    random = np.random.default_rng(8)

    def room(sky: int) -> Image.Image:
        light = np.linspace(230, sky, 320)[:, None, None] * np.array([0.8, 0.9, 1.0])
        return Image.fromarray(np.clip(light + 0.3 * (np.asarray(scene(sky), float) - 128), 0, 255).astype(np.uint8))

    rooms = [room(sky) for sky in range(20, 60, 2)]
    turned = rooms[3].transpose(Image.Transpose.ROTATE_90)
    grey = rooms[7].convert("L").resize((960, 640), Image.Resampling.BICUBIC)
    files = [written(one, "PNG") for one in (turned, grey, *rooms)]
    found = searched(files, random.permutation(len(files)).tolist())
    by_kind = {str(found.kind_of(number)): number for number in range(len(found.copies))}
    assert set(by_kind) == {"turned", "recoloured"}
    assert found.kept(by_kind["turned"]) == 2 + 3
    assert found.reason(by_kind["turned"]) == "2 copies of one picture, turned; keep the one that is upright."
    assert found.kept(by_kind["recoloured"]) == 2 + 7
    assert found.reason(by_kind["recoloured"]).endswith("; keep the one that is in colour.")


def test_the_nearest_neighbour_is_looked_at_whatever_the_cosine_if_hashes_agree_a_little() -> None:
    hashes = np.array([0, 2**20 - 1, 2**64 - 2**20, 0x5555_5555_5555_5555], np.uint64)
    rows = np.array([[1, 2], [0, 2], [3, 0], [2, 0]], np.int32)
    similarity = np.array([[0.4, 0.3], [0.4, 0.3], [0.5, 0.3], [0.5, 0.3]], np.float32)
    found = candidates(
        NeighbourGraph(rows, similarity), hashes, np.arange(4, dtype=np.uint64), np.arange(4, dtype=np.int32)
    )
    pairs = list(zip(found.first.tolist(), found.second.tolist(), strict=True))
    assert (0, 1) in pairs
    assert found.closest[pairs.index((0, 1))]
    assert found.cosine[pairs.index((0, 1))] == pytest.approx(0.4)
    assert hashing.hamming(hashes[2], hashes[3]) > 28
    assert (2, 3) not in pairs
    assert (0, 2) not in pairs, "no nearest neighbours"


def test_a_crop_of_a_fine_pattern_is_as_alike_at_its_edge_as_everywhere() -> None:
    random = np.random.default_rng(9)
    fine = np.clip(np.asarray(scene(5), float) + random.normal(0, 30, (320, 480, 1)), 0, 255).astype(np.uint8)
    whole, part = (view(written(Image.fromarray(one), "PNG"), 256) for one in (fine, fine[20:300, 30:450]))
    zoom = whole.grey.shape[1] / 480
    movement = np.array([[420 / 480, 0, 30 * zoom], [0, 280 / 320, 20 * zoom]], np.float32)
    assert likeness(whole, part, movement).score > 0.9
    other = view(written(scene(6), "PNG"), 256)
    assert likeness(whole, other, movement).score < 0.3


def test_a_look_that_was_led_to_a_mirror_image_looks_upright_as_well() -> None:
    one = view(written(scene(7), "PNG"), 256)
    mirrored = Look(0, NONE, 1, None)
    seen = _second_look(one, one, mirrored)
    assert seen.symmetry == 0
    assert seen.likeness.score > 0.9


def test_a_weak_link_brings_one_picture_and_never_joins_two_groups() -> None:
    of, alone = np.arange(6, dtype=np.uint64), np.full(6, -1, np.int32)
    first, second = np.array([0, 2, 1, 3], np.int32), np.array([1, 3, 2, 4], np.int32)
    score = np.array([0.95, 0.9, 0.75, 0.72], np.float32)
    none = np.empty(0, np.int32), np.empty(0, np.int32)
    assert grouped(of, alone, first, second, score, 0.85, none).tolist() == [0, 0, 1, 1, 1, -1]
    assert grouped(of, alone, first, second, score, 0.7, none).tolist() == [0, 0, 0, 0, 0, -1]
    exact = np.array([-1, 0, 0, -1, -1, -1], np.int32)
    assert grouped(of, exact, first[2:3], second[2:3], score[2:3], 0.85, none).tolist() == [-1, 0, 0, -1, -1, -1]


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(0, 7))
def test_hashes_up_to_six_bits_apart_are_all_looked_up(seed: int, number: int) -> None:
    random = np.random.default_rng(seed)
    hashes = random.integers(0, 2**64, 300, dtype=np.uint64)
    flipped = sum(1 << int(bit) for bit in random.permutation(64)[: random.integers(0, 7)])
    hashes[-1] = hashing.turned(hashes[0], hashing.SYMMETRIES[number]) ^ np.uint64(flipped)
    found = alike(hashes, 6)
    place = np.flatnonzero((found.first == 0) & (found.second == 299))
    assert len(place) == 1
    back = hashing.turned(hashes[-1], hashing.SYMMETRIES[found.symmetry[place[0]]])
    assert hashing.hamming(hashes[0], back) == found.distance[place[0]] <= 6
    assert found.recall == 1


def test_thousands_of_even_pictures_are_not_compared_each_with_each() -> None:
    found = alike(np.zeros(600, np.uint64), 10)
    assert 599 <= len(found.first) <= 600 * 70
    assert [hashing.SYMMETRIES[number].name for number in INVERSE][5:7] == ["turned by 270°", "turned by 90°"]


def test_what_cannot_be_read_is_left_out() -> None:
    files = list(sample("bird", 8).values())
    pictures, vectors = pictures_of([*files, files[0][:-1] + b"x", written(decode(files[1]).image, "PNG")], range(10))

    def contents(wanted: Sequence[int]) -> Mapping[int, bytes | ImageRefused]:
        gone = ImageRefused(Reason.MISSING, "It is gone.")
        return {image: gone if image == 9 else files[image % 8] for image in wanted}

    broken = Pictures(*(getattr(pictures, name) for name in Pictures.__slots__[:-1]), contents)
    found = find(broken, neighbours.graph(vectors))
    assert found.groups[9] == -1
    assert found.groups[0] == found.groups[8] >= 0


def test_results_are_kept_without_loss_and_the_line_moves_without_a_search() -> None:
    originals = sample("fruit")
    copies = damage.altered_copies(originals, count=12)
    found = searched([*originals.values(), *(copy.data for copy in copies)])
    again = DuplicatesFound.restored(found.arrays(), found.facts())
    assert again.groups.tolist() == found.groups.tolist()
    assert again.cases() == found.cases()
    assert found.at(1.01).near == []
    assert len(found.at(0.5).near) >= len(found.near) >= 10
    scores = [case.score for case in found.cases()]
    assert scores == sorted(scores, reverse=True)


def test_pictures_of_any_shape_and_of_nothing_are_compared() -> None:
    random = np.random.default_rng(6)
    shapes = [(1, 1), (3, 2000), (2000, 3), (2, 2), (300, 40), (9, 9)]
    noise = [Image.fromarray(random.integers(0, 255, (*shape, 3), dtype=np.uint8)) for shape in shapes]
    even = [Image.new("RGB", size, "teal") for size in [(40, 30), (400, 300), (1, 900)]]
    files = [written(one, "PNG") for one in [*noise, *even]]
    pictures, _ = pictures_of([*files, *(written(one, "BMP") for one in [*noise, *even])], range(18))
    everyone = np.array([[other for other in range(18) if other != row] for row in range(18)], np.int32)
    found = find(pictures, NeighbourGraph(everyone, np.full((18, 17), 0.99, np.float32)))
    assert {frozenset({row, row + 9}) for row in (1, 2, 4, 6, 7, 8)} <= {
        frozenset(rows.tolist()) for rows in found.exact_sets
    }


def test_work_that_is_cancelled_stops() -> None:
    class Stopped(Exception):
        pass

    def progress(stage: str, done: int = 0, total: int | None = None, note: str = "") -> None:
        stages.append(stage)
        if stage == "comparing pictures":
            raise Stopped

    stages: list[str] = []
    files = list(sample("bird", 5).values())
    pictures, vectors = pictures_of([*files, written(decode(files[0]).image, "PNG")], range(6))
    with pytest.raises(Stopped):
        find(pictures, neighbours.graph(vectors), progress=progress)
    assert stages[0] == "comparing hashes"


def test_few_images_have_no_duplicates_and_a_foreign_graph_is_refused() -> None:
    files = list(sample("bird", 2).values())
    for count in (1, 2):
        found = searched(files[:count])
        assert (found.copies, found.bursts, found.exact_sets) == ([], [], [])
    pictures, _ = pictures_of(files, range(2))
    with pytest.raises(InvalidInput, match="3 rows"):
        find(pictures, neighbours.graph(np.eye(3, dtype=np.float32)))
