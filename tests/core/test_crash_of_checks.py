"""A picture that kills the decoder while checks look at all of them: it is named, left out, and the job is done."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from embedding_core import derived
from embedding_core.jobs import JobRunner, Work
from embedding_core.records import LOCAL, ImageRecord, silent
from embedding_core.tasks import TASKS
from embedding_core.workspace import Dataset, Workspace
from tests.core.test_jobs import Memory

MARK = "kindred: kills the decoder"  # as in `crashing_tasks`, which must not be imported here
IMAGES, BAD = 300, "0200.png"  # more than are read at once, and one in the middle
WAIT = 120.0  # seconds after which something will not happen any more


@pytest.fixture
def noise(tmp_path: Path) -> tuple[Workspace, Dataset]:
    """Added by a decoder that the picture does not kill; the first and the bad one are the same but for a comment."""
    folder = tmp_path / "noise"
    folder.mkdir()
    pixels = np.random.default_rng(0).integers(0, 256, (IMAGES, 48, 48, 3), dtype=np.uint8)
    pixels[int(BAD[:4])] = pixels[0]
    for number in range(IMAGES):
        said = PngInfo()
        if f"{number:04d}.png" == BAD:
            said.add_text("Comment", MARK)
        Image.fromarray(pixels[number]).save(folder / f"{number:04d}.png", pnginfo=said)
    workspace = Workspace.open(str(tmp_path / "workspace"))
    TASKS["add"](workspace, {"name": "noise", "source": str(folder), "encoder": "pixels"}, silent, LOCAL)
    return workspace, workspace.dataset("noise")


@pytest.fixture
def runner(noise: tuple[Workspace, Dataset]) -> Iterator[JobRunner]:
    made = JobRunner(Work(noise[0].uri, tasks="tests.core.crashing_tasks:TASKS"), records=Memory())
    yield made
    made.shutdown()


def test_a_picture_that_kills_the_look_at_all_is_left_out(noise: tuple[Workspace, Dataset], runner: JobRunner) -> None:
    workspace, dataset = noise
    job = runner.submit("photos", {"dataset": dataset.uuid}, dataset=dataset.uuid, actor=LOCAL)
    ended = runner.wait(job.id, WAIT)
    assert ended.state == "done", ended.error
    assert ended.result["crashed"] == [BAD]
    looked = derived.read_looks(workspace, derived.looks_key(dataset))
    assert looked is not None
    bad = dataset.ids()[BAD]
    assert looked.found.ids[~looked.found.seen].tolist() == [bad], "all others have been looked at"
    assert derived.crashed_files(workspace, dataset) == {BAD: bad}, "also for whoever looks later"
    (image,) = [one for one in dataset.images().to_pylist() if one["id"] == bad]
    known = {name: image[name] for name in ("path", "width", "height", "format", "nbytes", "origin")}
    dataset.put_images([bad], [ImageRecord(**known, sha256="f" * 64, thumbnail=b"", content=None)])
    assert not derived.crashed_files(workspace, dataset), "a file that was mended is another one"


def test_a_picture_that_kills_the_search_for_duplicates_is_left_out(
    noise: tuple[Workspace, Dataset], runner: JobRunner
) -> None:
    workspace, dataset = noise
    derived.looks(workspace, dataset)  # so that it is the comparing alone that reads the file
    asked = {"dataset": dataset.uuid, "encoder": "pixels"}
    job = runner.submit("duplicates", asked, dataset=dataset.uuid, actor=LOCAL)
    ended = runner.wait(job.id, WAIT)
    assert ended.state == "done", ended.error
    assert ended.result["crashed"] == [BAD]
    kept = derived.read_duplicates(workspace, ended.result["fingerprint"])
    assert kept is not None and not kept.found.copies, "its copy could not be compared with it"
    assert derived.read_duplicates(workspace, derived.duplicates_key(dataset.embedding("pixels").fingerprint))


def test_a_picture_that_kills_all_checks_at_once_is_left_out_of_each(
    noise: tuple[Workspace, Dataset], runner: JobRunner
) -> None:
    _, dataset = noise
    asked = {"dataset": dataset.uuid, "encoder": "pixels"}
    job = runner.submit("check", asked, dataset=dataset.uuid, actor=LOCAL)
    ended = runner.wait(job.id, WAIT)
    assert ended.state == "done", ended.error
    found = ended.result["checks"]
    assert (found["photos"]["crashed"], found["duplicates"]["crashed"]) == ([BAD], [BAD])
    assert set(ended.result["left_out"]) == {"label_issues", "leakage"}, "those want labels and splits"
