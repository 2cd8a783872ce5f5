"""Bad photographs: planted ones are found, few others are, lines follow the set and can be moved."""

from __future__ import annotations

import hashlib
import io
import os
import re
import subprocess
import sys
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageFilter

from embedding_core import derived, places
from embedding_core.errors import ImageRefused
from embedding_core.ingest import add
from embedding_core.quality.photos.finding import Photos, UnknownKind, photos
from embedding_core.quality.photos.looks import Looks, looks
from embedding_core.quality.photos.measuring import look
from embedding_core.sources import open_source
from embedding_core.workspace import Workspace
from tests.damage_photos import planted

BENCH = os.environ.get("KINDRED_BENCH_DATA")
Files = Mapping[str, bytes]


@pytest.fixture(scope="module")
def sample() -> Files:
    return {str(one.relative_to(places.SAMPLE)): one.read_bytes() for one in sorted(places.SAMPLE.rglob("*.webp"))}


def seen(files: Files, known: Sequence[Looks] = (), asked: list[int] | None = None) -> Looks:
    names = sorted(files)
    contents = [int(hashlib.sha256(files[name]).hexdigest()[:16], 16) for name in names]

    def read(ids: Sequence[int]) -> dict[int, bytes | ImageRefused]:
        if asked is not None:
            asked.extend(ids)
        return {one: files[names[one]] for one in ids}

    return looks(np.arange(len(names)), np.array(contents, np.uint64), read, known=known)


def score(files: Files, judged: Photos, kind: str, truth: set[str]) -> float:
    """F1 of what lies beyond the line that the set draws."""
    names = sorted(files)
    found = {names[row] for row in judged.flagged(kind).tolist()}
    return 2 * len(found & truth) / (len(found) + len(truth))


def test_planted_blur_dark_and_tiny_are_found_in_the_sample(sample: Files) -> None:
    files, truth = planted(sample, each=20, seed=3)
    judged = photos(seen(files))
    scores = {kind: score(files, judged, kind, truth[kind]) for kind in truth}
    assert all(scores[kind] >= 0.9 for kind in ("blurred", "dark", "tiny", "near_empty", "odd_shape")), scores


def test_the_clean_sample_has_next_to_no_bad_photographs(sample: Files) -> None:
    counts = photos(seen(sample)).counts()
    assert sum(counts.values()) <= 0.005 * len(sample), counts


@pytest.mark.parametrize("seed", [1, 3, 4])
def test_washed_out_drawings_are_told_from_drawings_on_white_paper(sample: Files, seed: int) -> None:
    files, truth = planted(sample, each=20, seed=seed)
    assert score(files, photos(seen(files)), "bright", truth["bright"]) >= 0.8


def test_a_small_thing_on_white_paper_is_not_over_exposed() -> None:
    rng = np.random.default_rng(0)
    files = {f"{one:02}.webp": encoded(rng.integers(0, 256, (96, 96, 3))) for one in range(30)}
    paper = np.full((96, 96, 3), 255)
    paper[40:56, 40:56] = (90, 60, 40)  # 3 % of the picture: its darkest twentieth is white
    files["98.webp"] = encoded(paper)
    files["99.webp"] = encoded(rng.integers(215, 256, (96, 96, 3)))
    judged = photos(seen(files))
    assert judged.flagged("bright").tolist() == [31]


@pytest.mark.skipif(not BENCH, reason="KINDRED_BENCH_DATA is not set")
def test_planted_blur_dark_and_tiny_are_found_among_photographs() -> None:
    assert BENCH is not None
    with tarfile.open(Path(BENCH) / "clothing.tar") as archive:
        members = [one for one in archive.getmembers() if one.name.endswith(".jpg")]
        clean = {one.name: archive.extractfile(one).read() for one in members}  # type: ignore[union-attr]
    counts = photos(seen(clean)).counts()
    assert sum(counts.values()) <= 0.005 * len(clean), counts
    files, truth = planted(clean, each=40, seed=3)
    judged = photos(seen(files))
    scores = {kind: score(files, judged, kind, truth[kind]) for kind in truth}
    assert all(scores[kind] >= 0.9 for kind in ("blurred", "dark", "tiny", "grey", "near_empty")), scores


def test_a_whole_set_of_one_kind_is_not_bad() -> None:
    rng = np.random.default_rng(0)
    small = {f"{one}.webp": encoded(rng.integers(0, 256, (32, 32, 3))) for one in range(40)}
    assert photos(seen(small)).counts()["tiny"] == 0, "they are all so small"
    grey = {f"{one}.webp": encoded(np.repeat(rng.integers(0, 256, (64, 64, 1)), 3, axis=2)) for one in range(40)}
    assert photos(seen(grey)).counts()["grey"] == 0, "none is grey among colour"


def test_a_line_can_be_moved_without_looking_again(sample: Files) -> None:
    judged = photos(seen({name: sample[name] for name in sorted(sample)[:80]}))
    values = judged.of("dark")
    assert judged.flagged("dark", float("inf")).tolist() == np.argsort(values, kind="stable").tolist()
    line = float(np.sort(values)[5])
    assert len(judged.flagged("dark", line)) == 5, "what lies on the line is not beyond it"
    drawn = judged.distribution("dark", bins=10)
    assert drawn.counts.sum() == 80
    assert [case.ids[0] for case in judged.cases("dark", line)] == judged.flagged("dark", line).tolist()
    moved = judged.at({"dark": line})
    assert len(moved.flagged("dark")) == moved.counts()["dark"] == len(moved.cases("dark")) == 5
    assert (moved.line("dark"), moved.drawn("dark")) == (line, judged.line("dark"))
    assert moved.distribution("dark").line == line
    assert moved.flagged("tiny").tolist() == judged.flagged("tiny").tolist(), "another line stays"
    with pytest.raises(UnknownKind, match="blurred"):
        judged.flagged("blured")


def test_a_picture_that_is_bad_in_two_ways_is_one_case() -> None:
    rng = np.random.default_rng(1)
    files = {f"{one:02}.webp": encoded(rng.integers(0, 256, (96, 96, 3))) for one in range(30)}
    files["99.webp"] = encoded(np.full((16, 16, 3), 5))
    (case,) = photos(seen(files)).cases()
    assert case.ids == (30,)
    assert "Darker" in case.reason
    assert "Smaller" in case.reason
    assert case.suggestion is not None
    assert case.suggestion.act == "remove"


def test_reasons_compare_with_the_set_in_plain_words() -> None:
    rng = np.random.default_rng(1)
    files = {f"{one:03}.webp": encoded(rng.integers(60, 256, (96, 96, 3))) for one in range(150)}
    files["998.webp"] = encoded(rng.integers(0, 24, (96, 96, 3)))
    files["999.webp"] = encoded(rng.integers(4, 24, (24, 24, 3)))
    judged = photos(seen(files))
    said = {kind: judged.reason(kind, 151) for kind in judged.kinds}
    assert re.fullmatch(
        r"Darker than 150 of 151 others here: light \d+ of 255, where half of the set has at least \d+\.",
        said["dark"],
    )
    assert said["tiny"] == (
        "Smaller than all other images here: as large as 24 × 24 pixels, where half of the set has at least 96 × 96."
    )
    assert re.match(
        r"Plainer than .* here: about \d+ of 256 shades, where half of the set has at least 1\d\d",
        said["low_information"],
    )
    empty = r"Emptier than all other images here: one flat colour covers 56\.\d% of it, where .* stays below 1%\."
    assert re.fullmatch(empty, said["near_empty"])
    assert judged.reason("dark", 3).startswith("Darker than ") and " of 100 images here" in judged.reason("dark", 3)
    few = photos(seen({name: files[name] for name in sorted(files)[-8:]}))
    assert few.reason("dark", 6).startswith(("Darker than 6 of 7 others here", "Darker than all other images here"))
    sharp = few.reason("blurred", 0)
    assert "sharpness" in sharp and "of 100, where half of the set has at least" in sharp


def test_what_is_kept_is_what_was_found(sample: Files) -> None:
    looked = seen({name: sample[name] for name in sorted(sample)[:30]})
    judged = photos(Looks.restored(looked.arrays(), looked.facts()))
    again = Photos.restored(judged.arrays(), judged.facts())
    assert again.lines == judged.lines
    assert np.array_equal(again.values, judged.values, equal_nan=True)
    assert again.reason("dark", 3) == judged.reason("dark", 3)


def test_only_new_contents_are_looked_at(sample: Files) -> None:
    names = sorted(sample)[:20]
    first = seen({name: sample[name] for name in names[:12]})
    asked: list[int] = []
    second = seen({name: sample[name] for name in names[4:]}, [first], asked)
    assert asked == list(range(8, 16))
    fresh = seen({name: sample[name] for name in names[4:]})
    for name, array in fresh.arrays().items():
        assert np.array_equal(second.arrays()[name], array), name


def test_a_file_that_has_gone_is_unseen_and_never_bad() -> None:
    def read(ids: Sequence[int]) -> dict[int, bytes | ImageRefused]:
        return {0: encoded(np.full((32, 32, 3), 90)), 1: b"\xff\xd8\xff changed"}

    looked = looks(np.arange(3), np.arange(3, dtype=np.uint64), read)
    assert looked.seen.tolist() == [True, False, False]
    assert all(row == 0 for kind in photos(looked).kinds for row in photos(looked).flagged(kind, 0.0).tolist())


def test_noise_over_blur_does_not_pass_for_sharpness() -> None:
    rng = np.random.default_rng(2)
    blocks = Image.fromarray(rng.integers(0, 256, (16, 16, 3), dtype=np.uint8)).resize((256, 256), 0)
    soft = np.asarray(blocks.filter(ImageFilter.GaussianBlur(4)))
    grainy = (soft + rng.normal(0, 3, soft.shape)).clip(0, 255)
    assert measured(soft).sharpness < 0.35
    assert measured(grainy).sharpness < 0.55 < measured(np.asarray(blocks)).sharpness


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (3000, 2), (17, 17), (18, 18)])
def test_any_size_can_be_measured(size: tuple[int, int]) -> None:
    found = measured(np.full((*size, 3), 128))
    assert (found.height, found.width) == size
    assert found.flat == 1
    assert found.entropy == 0
    assert np.isnan(found.sharpness)


def test_measures_mean_what_they_say() -> None:
    half = np.zeros((100, 200, 3))
    half[:, 100:] = 255
    found = measured(half)
    assert found.brightness == pytest.approx(127.5)
    assert (found.shadows, found.highlights) == (0, 255)
    assert found.entropy == pytest.approx(1)
    assert found.contrast == pytest.approx(127.5)
    assert found.flat == pytest.approx(0.5)
    assert (found.colourfulness, found.chroma) == (0, 0)
    red = np.zeros((64, 64, 3))
    red[..., 0] = 255
    # rg = 255 and yb = 127.5 everywhere, without any spread: 0.3 of the length of their means
    assert measured(red).colourfulness == pytest.approx(0.3 * np.hypot(255, 127.5), rel=1e-3)
    assert measured(red).chroma == 255


def test_the_dataset_keeps_its_looks_and_its_bad_photographs(tmp_path: Path) -> None:
    folder = tmp_path / "few"
    folder.mkdir()
    for one in sorted((places.SAMPLE / "bug").glob("*.webp"))[:8]:
        (folder / one.name).write_bytes(one.read_bytes())
    workspace = Workspace.open(str(tmp_path / "workspace"))
    dataset = workspace.create("few")
    add(workspace, dataset, open_source(str(folder)))
    before = derived.photos(workspace, dataset)
    (folder / "dark.webp").write_bytes(encoded(np.full((160, 160, 3), 3)))
    add(workspace, dataset, open_source(str(folder)))
    assert derived.read_photos(workspace, derived.photos_key(dataset)) is None, "other images, another finding"
    after = derived.photos(workspace, dataset)
    assert (len(before.found.ids), len(after.found.ids)) == (8, 9)
    assert dataset.ids()["dark.webp"] in after.found.ids[after.found.flagged("dark")]
    assert derived.read_photos(workspace, after.fingerprint) is not None


def test_reading_what_was_found_needs_no_heavy_library() -> None:
    heavy = "cv2, sklearn, scipy, numba, torch"
    code = f"import sys, embedding_core.derived; print([m for m in '{heavy}'.split(', ') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def measured(pixels: Any) -> Any:
    return look(encoded(pixels))


def encoded(pixels: Any) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.asarray(pixels).astype(np.uint8)).save(buffer, "WEBP", lossless=True)
    return buffer.getvalue()
